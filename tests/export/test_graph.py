from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hinterland.errors import ExportError
from hinterland.export.graph import OPSET, renamed, traced, with_texts

onnx = pytest.importorskip("onnx", reason="needs hinterland[onnx]")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs hinterland[onnx]")
pytest.importorskip("onnxscript", reason="needs hinterland[onnx]")


class Weighed(nn.Module):
    """A number by a code, times a number."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weights", torch.tensor([1.0, 10.0, -1.0], dtype=torch.float64))

    def forward(self, inputs: list[Tensor]) -> tuple[Tensor]:
        codes, values = inputs
        return (self.weights[codes] * values * 0.1,)


class Chooses(nn.Module):
    def forward(self, inputs: list[Tensor]) -> tuple[Tensor]:
        return (inputs[0] if inputs[0].sum() > 0 else -inputs[0],)


@pytest.fixture(scope="module")
def weighed() -> Any:
    inputs = [torch.tensor([0, 1, 2]), torch.ones(3, dtype=torch.float64)]
    model = traced(Weighed(), inputs, ["input_0", "input_1"], ["output_0"], "Weighed")
    with_texts(model, {"input_0": {"one": 0, "ten": 1}})
    # A column may have the name of anything inside.
    renamed(model, {"input_0": "weights", "input_1": "a b", "output_0": "energy"})
    return model


def test_texts_get_their_codes_and_unknown_ones_the_last(weighed):
    session = onnxruntime.InferenceSession(weighed.SerializeToString())
    given = {"weights": np.array(["ten", "what", "one", ""], object), "a b": np.array([1.0, 2.0, 3.0, 4.0])}
    np.testing.assert_allclose(session.run(["energy"], given)[0], [1.0, -0.2, 0.3, -0.4], rtol=1e-15)


def test_inputs_and_outputs_are_named_typed_and_of_n_rows(weighed):
    onnx.checker.check_model(weighed)
    session = onnxruntime.InferenceSession(weighed.SerializeToString())
    assert [(value.name, value.type, value.shape) for value in session.get_inputs()] == [
        ("weights", "tensor(string)", ["n"]),
        ("a b", "tensor(double)", ["n"]),
    ]
    assert [(value.name, value.shape) for value in session.get_outputs()] == [("energy", ["n"])]
    assert {entry.domain: entry.version for entry in weighed.opset_import}[""] == OPSET


def test_nothing_of_this_machine_is_in_a_graph(weighed):
    assert b".py" not in weighed.SerializeToString()
    assert not any(node.metadata_props or node.doc_string for node in weighed.graph.node)


def test_a_module_that_looks_at_its_rows_is_refused_with_the_reason():
    with pytest.raises(ExportError, match=r"Chooses cannot be exported: .*data-dependent"):
        traced(Chooses(), [torch.ones(3)], ["a"], ["b"], "Chooses")
