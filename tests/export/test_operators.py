"""Each operator in onnxruntime beside torch's own; all are traced as one graph, as tracing takes a second."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from hinterland.export.graph import traced

onnxruntime = pytest.importorskip("onnxruntime", reason="needs hinterland[onnx]")
pytest.importorskip("onnxscript", reason="needs hinterland[onnx]")

GENERATOR = torch.Generator().manual_seed(0)
KNOTS = torch.randn(3, 37, generator=GENERATOR, dtype=torch.float64).sort(1).values
KNOTS[1, 5:12] = KNOTS[1, 5]
CODES = torch.randn(6, 3, generator=GENERATOR, dtype=torch.float64)

OPERATORS = {
    "search on the left": lambda x: torch.searchsorted(KNOTS, x.T.contiguous()).T.double(),
    "search on the right": lambda x: torch.searchsorted(KNOTS, x.T.contiguous(), right=True).T.double(),
    "search in one sequence": lambda x: torch.searchsorted(
        KNOTS[1], x[:, 1], side="right", out_int32=True
    ).double(),
    "search in a sequence of one": lambda x: torch.searchsorted(KNOTS[1, :1].clone(), x[:, 1]).double(),
    "tiny bound": lambda x: x.square().clamp_min(1e-100).log(),
    "huge bounds": lambda x: (x * 1e305).clamp(-1e300, 1.1),
    "upper bound": lambda x: x.clamp_max(0.1),
    "filled": lambda x: x.masked_fill(x > 0.3, 0.1),
    "lowest": lambda x: torch.full_like(x, 0.1) + x,
    "huge and infinite": lambda x: torch.isinf(
        x * torch.tensor([1e300, torch.inf, 1.0], dtype=torch.float64)
    ).double(),
    "where a scalar": lambda x: torch.where(x > 0, 1e-200, x),
    "leaky": lambda x: functional.leaky_relu(x, 0.2),
    "gelu": lambda x: functional.gelu(3 * x),
    "arc cosine": lambda x: torch.acos((x / 2).clamp(-1, 1)),
    "arc cosine near its ends": lambda x: torch.acos(x.sign() * (1 - 1e-9 * x.square())),
    "inverse hyperbolic sine": lambda x: torch.asinh(
        x * torch.tensor([1.0, 1e9, 1e300], dtype=torch.float64)
    ),
    "distance": lambda x: torch.cdist(x, CODES, compute_mode="donot_use_mm_for_euclid_dist"),
}


class All(nn.Module):
    def forward(self, inputs: list[Tensor]) -> tuple[Tensor, ...]:
        return tuple(operator(inputs[0]) for operator in OPERATORS.values())


@pytest.fixture(scope="module")
def results() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of each operator onnxruntime's result and torch's."""
    x = torch.randn(200, 3, generator=GENERATOR, dtype=torch.float64)
    x[0], x[1], x[2] = 0.0, KNOTS[:, 7], KNOTS[:, 5]
    names = [f"output_{place}" for place in range(len(OPERATORS))]
    model = traced(All(), [x[:5]], ["x"], names, "all operators")
    found = onnxruntime.InferenceSession(model.SerializeToString()).run(names, {"x": x.numpy()})
    expected = [result.numpy() for result in All()([x])]
    return dict(zip(OPERATORS, zip(found, expected, strict=True), strict=True))


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_keeps_the_digits_of_float64(operator, results):
    found, expected = results[operator]
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)


def test_convolutions_have_the_digits_of_float32():
    body = nn.Sequential(
        nn.Conv2d(2, 3, 3, stride=2, padding=1),
        nn.Tanh(),
        nn.ConvTranspose2d(3, 2, 3, stride=2, padding=1, output_padding=1),
    ).double()

    class Pictures(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = body

        def forward(self, inputs: list[Tensor]) -> tuple[Tensor]:
            return (self.body(inputs[0]),)

    pictures = torch.rand(4, 2, 8, 8, generator=GENERATOR, dtype=torch.float64)
    model = traced(Pictures(), [pictures[:2]], ["x"], ["y"], "pictures")
    found = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": pictures.numpy()})[0]
    np.testing.assert_allclose(found, body(pictures).detach(), rtol=1e-5, atol=1e-6)
