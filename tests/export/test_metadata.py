import numpy as np
import pytest

import hinterland
from hinterland import DROCC
from hinterland.decisions.calibration import Calibration
from hinterland.export.columns import Input
from hinterland.export.metadata import describe, free_names, is_calibrated, said

onnx = pytest.importorskip("onnx", reason="needs hinterland[onnx]")


@pytest.fixture(scope="module")
def detector() -> DROCC:
    rows = np.random.default_rng(0).normal(size=(60, 2))
    return DROCC(hidden=(4,), steps=5, random_state=0).fit(rows)


def test_outputs_give_way_to_columns_of_their_names():
    assert free_names(["energy", "label"], ["age"]) == ["energy", "label"]
    assert free_names(["energy", "label"], ["energy", "energy_", "x"]) == ["energy__", "label"]


def test_a_matrix_is_told_with_its_width_and_names(detector):
    told = said(detector, ["rows"], [], ["energy", "label"])
    assert told["inputs"] == {"rows": {"kind": "matrix", "width": 2, "columns": None}}
    assert told["detector"] == "DROCC"
    assert told["threshold"] == -detector.offset_
    assert told["threshold_rule"] == "the highest 5% of the training rows"
    assert told["promise"] == "none: the detector is not calibrated"
    assert list(told["outputs"]) == ["energy", "label"]
    assert told["hinterland_version"] == hinterland.__version__


def test_columns_are_told_with_what_they_take(detector):
    columns = [Input("service", "category", "text", {"http": 0}), Input("age", "number", "a number")]
    told = said(detector, ["service", "age"], columns, ["energy", "label"])
    assert told["inputs"] == {
        "service": {"kind": "category", "takes": "text"},
        "age": {"kind": "number", "takes": "a number"},
    }


def test_a_calibrated_detector_tells_its_promise(detector):
    assert not is_calibrated(detector)
    calibrated = DROCC(hidden=(4,), steps=5, random_state=0).fit(
        np.random.default_rng(0).normal(size=(60, 2))
    )
    calibrated.set_calibration(Calibration.split(np.arange(99.0)))
    assert is_calibrated(calibrated)
    told = said(calibrated, ["rows"], [], ["energy", "label", "p_value"])
    assert told["promise"] == calibrated.promise()
    assert list(told["outputs"])[2] == "p_value"


def test_a_file_holds_texts_and_json(detector):
    model = onnx.helper.make_model(onnx.helper.make_graph([], "g", [], []))
    model.metadata_props.add(key="old", value="gone")
    describe(model, detector, ["rows"], [], ["energy", "label"])
    told = {entry.key: entry.value for entry in model.metadata_props}
    assert "old" not in told
    assert told["precision"] == "float64"
    assert told["detector"] == "DROCC"
    assert float(told["threshold"]) == -detector.offset_
    assert told["inputs"] == '{"rows": {"kind": "matrix", "width": 2, "columns": null}}'
    assert (model.producer_name, model.producer_version) == ("hinterland", hinterland.__version__)
