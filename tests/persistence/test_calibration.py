"""Calibrations and chosen thresholds in files: the same after a load, and nothing believed."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from hinterland.decide import p_values
from hinterland.decisions import Calibration, from_stored, to_stored
from hinterland.detectors import DeepMixture
from hinterland.errors import FileFormatError
from hinterland.persistence import MANIFEST, TENSORS, describe, load, save
from hinterland.persistence.archive import open_archive, write_archive
from hinterland.persistence.calibration import pack_calibration, unpack_calibration

FILES = Path(__file__).parent / "files"
ROWS = np.random.default_rng(0).normal(size=(120, 3))


@pytest.fixture(scope="module")
def detector() -> DeepMixture:
    made = DeepMixture(2, steps=3, hidden=(4,), validation_share=0, random_state=0).fit(ROWS[:60])
    return made.calibrate(ROWS[60:], groups=["a", "b"] * 30).set_threshold(energy=1.0)


def forged(path: Path, detector: DeepMixture, *keys: Any, value: Any = None, **arrays: Any) -> Path:
    """A file of which one value learnt, or some arrays, are replaced."""
    save(detector, path)
    with open_archive(path, (MANIFEST, TENSORS)) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        found = safetensors.numpy.load(archive.read(TENSORS))
    node = manifest["object"]["fitted"]
    for key in keys[:-1]:
        node = node[key]
    if keys:
        node[keys[-1]] = value
    found |= {f"calibration_.{name}": array for name, array in arrays.items()}
    write_archive(path, {MANIFEST: json.dumps(manifest).encode(), TENSORS: safetensors.numpy.save(found)})
    return path


def test_a_calibration_comes_back_with_few_numbers_and_no_row(detector: DeepMixture, tmp_path: Path) -> None:
    save(detector, tmp_path / "m")
    loaded = load(tmp_path / "m")
    groups = ["a", "b"] * 30
    new = ROWS[60:] + 0.3
    np.testing.assert_array_equal(loaded.p_values(new, groups=groups), detector.p_values(new, groups=groups))
    assert str(loaded.calibration_) == str(detector.calibration_)
    assert loaded.threshold_by_ == {"energy": 1.0}
    told = describe(tmp_path / "m")["fitted"]["calibration_"]["settings"]
    assert told == {"rule": "split", "source": "rows set aside", "groups": ["a", "b"], "models": 1}


def test_a_million_rows_are_some_thousand_numbers() -> None:
    arrays: dict[str, np.ndarray] = {}
    calibration = Calibration.split(np.random.default_rng(0).normal(size=10**6))
    node = pack_calibration(calibration, "calibration_", arrays)
    assert sum(array.size for array in arrays.values()) < 20_000
    energy = np.linspace(-3, 5, 100)
    back = unpack_calibration(node, arrays)
    assert not arrays
    np.testing.assert_array_equal(back.p_values(energy), calibration.p_values(energy))
    assert pack_calibration([1.0], "x", arrays) is None


def test_earlier_files_have_no_calibration_and_say_so() -> None:
    model = load(FILES / "dagmm.hinterland")
    rows = np.zeros((3, model.n_features_in_))
    with pytest.raises(ValueError, match=r"not calibrated.*calibrate\(rows\)"):
        model.calibration()
    assert not hasattr(model, "calibration_")
    assert "training rows" in model.threshold_rule()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the rows' columns have no names
        model.calibrate(np.random.default_rng(0).normal(size=(50, model.n_features_in_)))
        assert (p_values(model, rows) > 0).all()


SETTINGS = ("calibration_", "$calibration", "settings")


@pytest.mark.parametrize(
    ("keys", "value", "arrays"),
    [
        ((*SETTINGS, "rule"), "none", {}),
        ((*SETTINGS, "rule"), "cross", {}),
        ((*SETTINGS, "groups"), ["a", "a"], {}),
        ((*SETTINGS, "groups"), "ab", {}),
        ((*SETTINGS, "models"), 10**9, {}),
        ((*SETTINGS, "more"), 1, {}),
        (SETTINGS, [], {}),
        (("calibration_", "$calibration"), {}, {}),
        (("calibration_",), 1.0, {}),
        (("calibration_",), {"$array": {}}, {}),
        (("threshold_by_",), {"luck": 0.1}, {}),
        (("threshold_by_",), {"energy": 1.0, "contamination": 0.1}, {}),
        (("threshold_by_",), {"energy": "high"}, {}),
        (("threshold_by_",), {"energy": {"$float": "nan"}}, {}),
        ((), None, {"values": np.full(60, np.nan)}),
        ((), None, {"above": np.zeros(60, np.int64)}),
        ((), None, {"n_rows": np.array([1, 1])}),
    ],
)
def test_a_file_is_believed_nothing(
    detector: DeepMixture, tmp_path: Path, keys: tuple[Any, ...], value: Any, arrays: dict[str, Any]
) -> None:
    with pytest.raises(FileFormatError):
        load(forged(tmp_path / "m", detector, *keys, value=value, **arrays))


def test_a_calibration_is_of_one_model_or_of_as_many_as_there_are(
    detector: DeepMixture, tmp_path: Path
) -> None:
    of_three = Calibration.cross(np.arange(60.0), np.arange(60) % 3)
    with pytest.raises(ValueError, match="a detector of 2 models was given a calibration of 3"):
        detector.set_calibration(of_three)
    path = forged(tmp_path / "m", detector, "calibration_", "$calibration", "settings", "models", value=3)
    with pytest.raises(FileFormatError):
        load(path)
    of_two = DeepMixture(2, steps=3, hidden=(4,), random_state=0).fit(ROWS)
    of_two.set_calibration(Calibration.cross(np.arange(60.0), np.arange(60) % 2)).save(tmp_path / "m")
    np.testing.assert_array_equal(load(tmp_path / "m").p_values(ROWS), of_two.p_values(ROWS))


def test_the_column_of_groups_is_in_the_file(detector: DeepMixture, tmp_path: Path) -> None:
    named = Calibration.split(np.arange(60.0), ["a", "b"] * 30, column="shop")
    settings, arrays = to_stored(named)
    assert from_stored(settings, arrays).column == "shop"
    assert "of 2 groups of 'shop'" in named.promise()
    with pytest.raises(ValueError, match="column and groups must be texts"):
        from_stored({**settings, "column": 3}, arrays)
    unnamed, _ = to_stored(Calibration.split(np.arange(60.0)))
    assert "column" not in unnamed  # as files had it before
