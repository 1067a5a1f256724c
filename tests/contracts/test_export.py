"""What every exported detector promises: the library's numbers on any rows, however many of them at a time."""

import json
from typing import Any

import numpy as np
import pytest

from hinterland import CADGMM, CANCE, DAGMM, DROCC
from hinterland.errors import ExportError

pytest.importorskip("onnxscript", reason="onnxscript is not installed: pip install 'hinterland[onnx]'")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytestmark = pytest.mark.slow

NEAR = 1e-6
"""Share of an energy, of 1 where it is below, by which a file's may differ from the library's; promised is 1e-5."""

QUICK: dict[str, Any] = {"hidden": (8, 4), "epochs": 2, "steps": 20, "random_state": 0}
VARIANTS: dict[str, Any] = {
    "codes, Laplacians and reconstruction": lambda: DAGMM(
        network="vqvae",
        network_options={"n_codes": 8},
        density="laplacian",
        scoring="energy+reconstruction",
        **QUICK,
    ),
    "variational, contrastive density, gelu": lambda: DAGMM(
        network="vae", density="contrastive", activation="gelu", **QUICK
    ),
    "angles and residuals, known anomalies": lambda: DAGMM(
        reconstruction_features=("angle", "log_error", "residual"), activation="relu", clip=None, **QUICK
    ),
    "Euclidean neighbours without self": lambda: CADGMM(
        distance="euclidean", self_loops=False, n_neighbors=4, hidden=(8,), epochs=2, steps=20, random_state=0
    ),
}


@pytest.fixture(scope="module")
def table(benign: np.ndarray) -> np.ndarray:
    """Rows (357, 5), the last column constant."""
    rows = benign[:, :5].copy()
    rows[:, -1] = 7.0
    return rows


def odd_rows(table: np.ndarray) -> np.ndarray:
    """Some 1,000 rows: usual, far, clipped, huge, of zeros, and with another value where all others are equal."""
    changed = table[:50].copy()
    changed[:, -1] = 8.0
    several = (table, -table, 1e3 * table + 1, 1e10 * table[:50], 1e300 * table[:50], 0 * table[:10], changed)
    return np.concatenate(several)


def check_agreement(detector: Any, session: Any, rows: np.ndarray) -> None:
    energy, label, *p_value = session.run(None, {"rows": rows})
    expected = detector.energy(rows)
    np.testing.assert_allclose(energy, expected, rtol=NEAR, atol=NEAR)
    off_threshold = np.abs(expected + detector.offset_) > NEAR * np.maximum(1, np.abs(expected))
    np.testing.assert_array_equal(label[off_threshold], detector.predict(rows)[off_threshold])
    assert off_threshold.mean() > 0.9
    if p_value:  # in the last digits a row that is a calibration row itself may lie on either side of itself
        last_digits = NEAR * np.maximum(1, np.abs(expected))
        of = detector.calibration().p_values
        assert (p_value[0] >= of(expected + last_digits)).all()
        assert (p_value[0] <= of(expected - last_digits)).all()
        assert (p_value[0] >= of(expected)).all()
        assert (p_value[0] == of(expected)).mean() > 0.95
    for size in (1, 7):
        few = session.run(None, {"rows": rows[:size]})
        np.testing.assert_allclose(few[0], energy[:size], rtol=1e-9, atol=1e-9)


def session_of(detector: Any, path: Any) -> Any:
    detector.export(path)
    return onnxruntime.InferenceSession(path)


def test_a_file_gives_the_numbers_of_its_detector(make, detector_class, table, tmp_path):
    detector = make(latent_dim=2).fit(table[::2])
    detector.calibrate(table[1::2])
    session = session_of(detector, tmp_path / "a.onnx")
    assert [output.name for output in session.get_outputs()] == ["energy", "label", "p_value"]
    assert [(value.name, value.type, value.shape) for value in session.get_inputs()] == [
        ("rows", "tensor(double)", ["n", 5])
    ]
    check_agreement(detector, session, odd_rows(table))
    said = session.get_modelmeta().custom_metadata_map
    assert said["detector"] == detector_class.__name__
    assert float(said["threshold"]) == -detector.offset_
    assert said["promise"] == detector.promise()


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_file_gives_the_numbers_of_a_variant(variant, table, tmp_path):
    labels = np.where(np.arange(len(table)) < 12, -1, 0)
    detector = VARIANTS[variant]().fit(table, labels if "known" in variant else None)
    session = session_of(detector, tmp_path / "a.onnx")
    assert [output.name for output in session.get_outputs()] == ["energy", "label"]
    check_agreement(detector, session, odd_rows(table))


def test_convolutions_are_in_float32_and_say_so(tmp_path):
    pictures = np.random.default_rng(0).uniform(size=(60, 64))
    detector = CANCE(
        network="convolutional", hidden=(4,), steps=5, decoder_steps=5, contrastive_steps=5, random_state=0
    ).fit(pictures)
    session = session_of(detector, tmp_path / "a.onnx")
    energy = session.run(None, {"rows": pictures})[0]
    np.testing.assert_allclose(energy, detector.energy(pictures), rtol=1e-5, atol=1e-5)
    said = session.get_modelmeta().custom_metadata_map
    assert said["precision"] == "float64, but for Conv and ConvTranspose in float32"


def test_rows_without_a_number_have_no_energy_no_label_and_no_p_value(table, tmp_path):
    detector = DROCC(hidden=(8,), steps=20, random_state=0).fit(table).calibrate(table)
    session = session_of(detector, tmp_path / "a.onnx")
    rows = table[:4].copy()
    rows[1, 0], rows[2, 3] = np.nan, -np.inf
    energy, label, p_value = session.run(None, {"rows": rows})
    assert np.isnan(energy).tolist() == np.isnan(p_value).tolist() == [False, True, True, False]
    assert label[[1, 2]].tolist() == [0, 0]
    assert label[[0, 3]].tolist() == detector.predict(table[[0, 3]]).tolist()
    assert session.run(None, {"rows": table[:0]})[0].shape == (0,)
    assert json.loads(session.get_modelmeta().custom_metadata_map["outputs"])["label"].startswith("1 normal")


@pytest.mark.parametrize(
    ("detector", "what"),
    [
        (
            CADGMM(graph="batch", hidden=(8,), n_neighbors=3, epochs=1, steps=2),
            "CADGMM cannot be exported.*other rows",
        ),
        (
            DAGMM(network="vae", network_options={"scored_latent": "sample"}, epochs=1, steps=2),
            "DAGMM cannot be",
        ),
    ],
)
def test_what_depends_on_other_rows_or_on_chance_is_refused(detector, what, table, tmp_path):
    with pytest.raises(ExportError, match=what):
        detector.fit(table).export(tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())
