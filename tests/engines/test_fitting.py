from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hinterland import load
from hinterland.engines.fitting import SampledFitWarning, fit, largest_of_parts
from hinterland.engines.shards import InTurn
from hinterland.sums import ValueCounts

Make = Callable[..., Any]


def energies(model: Any, rows: pa.Table) -> np.ndarray:
    return model[-1].energy(model[0].transform(rows))


def test_a_data_set_no_longer_than_the_sample_is_fitted_as_on_one_machine(
    rows: pa.Table, parts: list[pa.Table], untrained: Make
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", SampledFitWarning)
        model = fit(InTurn(parts), untrained())
    plain = untrained().fit(rows)
    assert np.array_equal(energies(model, rows), energies(plain, rows))
    assert model[-1].offset_ == plain[-1].offset_
    assert not hasattr(model[-1], "sampled_fit_")


def test_of_a_longer_one_what_comes_of_all_rows_and_what_of_the_sample_is_said(
    rows: pa.Table, parts: list[pa.Table], untrained: Make, tmp_path: Path
) -> None:
    with pytest.warns(
        SampledFitWarning, match=r"of 3,000 rows a uniform sample of 1,000 trained the detector's"
    ):
        model = fit(InTurn(parts), untrained(), sample_rows=1_000)
    told = model[-1].sampled_fit_
    assert (told["n_rows"], told["n_sampled"]) == (3_000, 1_000)
    assert told["exact"] == ["the encoder", "the mixture", "the threshold"]
    assert model[-1].counted_ == {"mixtures": [3_000.0], "energies": 3_000.0}
    column, size = model[0].columns_[0], rows["size"].to_numpy()
    assert column.typical + column.center == pytest.approx(size.mean(), rel=1e-9)
    assert column.scale == pytest.approx(size.std(), rel=1e-9)
    flagged = (energies(model, rows) > -model[-1].offset_).mean()
    assert 0.045 < flagged <= 0.05
    model[-1].save(tmp_path / "detector")
    assert load(tmp_path / "detector").sampled_fit_ == told
    model.fit(rows)
    assert not hasattr(model[-1], "sampled_fit_")


@pytest.mark.filterwarnings("ignore::hinterland.engines.fitting.SampledFitWarning")
def test_the_result_follows_from_seed_and_batches_alone(
    rows: pa.Table, parts: list[pa.Table], untrained: Make
) -> None:
    one, other = (fit(InTurn(parts), untrained(), sample_rows=500) for _ in range(2))
    assert np.array_equal(energies(one, rows), energies(other, rows))
    more = fit(InTurn(parts), untrained(), sample_rows=500, em_passes=3)
    assert (
        energies(more, rows).mean() <= energies(one, rows).mean() + 1e-3
    )  # of a likelihood that can only rise


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::hinterland.engines.fitting.SampledFitWarning")
def test_parts_that_leave_rows_out_are_calibrated_by_rows_that_none_has_seen(
    rows: pa.Table, parts: list[pa.Table], untrained: Make
) -> None:
    settings = {"hidden": (4,), "steps": 5, "n_components": 4, "n_members": 2}
    model = fit(InTurn(parts), untrained("DeepMixture", **settings), sample_rows=500)
    calibration = model[-1].calibration()
    assert calibration.n_rows() == 2_500
    assert "no part of the model has seen" in calibration.source
    p = model[-1].p_values(model[0].transform(rows))
    assert p.min() >= 1 / 2_501
    assert (p <= 0.1).mean() == pytest.approx(0.1, abs=0.02)


def test_a_detector_alone_takes_a_table_of_numbers(parts: list[pa.Table], untrained: Make) -> None:
    numbers = [part.select(["size", "weight"]) for part in parts]
    detector = untrained(scaling="standard", clip=10.0)[-1]
    with pytest.warns(SampledFitWarning, match="its scaling of columns"):
        fit(InTurn(numbers), detector, sample_rows=500)
    assert detector.feature_names_in_.tolist() == ["size", "weight"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sample_rows": 1}, "sample_rows must be an integer"),
        ({"em_passes": 0}, "em_passes must be an integer"),
    ],
)
def test_parameters_are_checked(
    parts: list[pa.Table], untrained: Make, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fit(InTurn(parts), untrained(), **arguments)


def test_a_detector_that_needs_labels_is_refused(parts: list[pa.Table], untrained: Make) -> None:
    from hinterland import PositiveUnlabelled

    with pytest.raises(ValueError, match="PositiveUnlabelled needs labels"):
        fit(InTurn(parts), PositiveUnlabelled())


def test_the_largest_of_each_part_stand_for_all_rows() -> None:
    counts = ValueCounts.of(np.arange(1.0, 11.0))
    assert largest_of_parts(counts, 5).tolist() == [2.0, 4.0, 6.0, 8.0, 10.0]
    assert largest_of_parts(counts, 99).tolist() == np.arange(1.0, 11.0).tolist()
