"""Operators of torch that its exporter lacks or rounds to float32, or that onnxruntime has in float32 alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.polynomial import chebyshev
from onnxscript import ir, opset20
from scipy.special import erfcx

Translation = Callable[..., Any]
op: Any = opset20  # its types are those of tensors, and what is traced are their names

FLOAT, INT32, INT64 = (int(kind) for kind in (ir.DataType.FLOAT, ir.DataType.INT32, ir.DataType.INT64))
FAR = 1e8
"""Beyond this the hyperbolic sine is an exponential to the last digit."""


def searchsorted(
    sorted_sequence: Any,
    values: Any,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """How many of a sorted sequence (K,) or (d, K) lie before each of values (n,) or (d, n): a bisection.

    Of log2 K steps each asks whether so many more of the sequence lie before the value, half as many as the last.
    """
    is_one, length = len(sorted_sequence.shape) == 1, int(sorted_sequence.shape[-1])
    before = op.Mul(op.Cast(op.Less(values, values), to=INT64), _whole(0))
    for power in reversed(range(length.bit_length())):
        tried = op.Add(before, _whole(2**power))
        place = op.Sub(op.Min(tried, _whole(length)), _whole(1))
        there = (
            op.Gather(sorted_sequence, place) if is_one else op.GatherElements(sorted_sequence, place, axis=1)
        )
        after = op.LessOrEqual(there, values) if right or side == "right" else op.Less(there, values)
        before = op.Where(op.And(after, op.LessOrEqual(tried, _whole(length))), tried, before)
    return op.Cast(before, to=INT32) if out_int32 else before


def scalar_tensor(s: Any, dtype: int = FLOAT, **_: Any) -> Any:
    """A number as a tensor, all of its digits kept."""
    return op.Constant(value=ir.tensor(s, dtype=ir.DataType(dtype)))


def clamp(x: Any, min: float | None = None, max: float | None = None) -> Any:
    """Keep x within bounds, all digits of which are kept; NaN stays."""
    return op.Clip(x, None if min is None else _like(min, x), None if max is None else _like(max, x))


def clamp_max(x: Any, max: float) -> Any:
    """Keep x below a bound."""
    return clamp(x, max=max)


def masked_fill(x: Any, mask: Any, value: float) -> Any:
    """Put a number, all digits of which are kept, where a mask is true."""
    return op.Where(mask, _like(value, x), x)


def isinf(x: Any) -> Any:
    """Whether a number is infinite, and not beyond float32 alone."""
    return op.IsInf(x)


def full_like(x: Any, fill_value: float, dtype: int = -1, **_: Any) -> Any:
    """A number, all digits of which are kept, in the shape of x."""
    kind = x.dtype if dtype == -1 else ir.DataType(dtype)
    return op.Expand(op.Constant(value=ir.tensor(fill_value, dtype=kind)), op.Shape(x))


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """What is positive as it is, and a share of what is not."""
    return op.Where(op.Less(x, _like(0.0, x)), op.Mul(x, _like(negative_slope, x)), x)


def gelu(x: Any, approximate: str = "none") -> Any:
    """Multiply x by the normal distribution's share below x, (1 + erf z) / 2 of z = x / sqrt 2, in float64.

    erf |z| = 1 - t exp(P(t) - z^2), t = 2 / (2 + |z|), with P in Chebyshev's polynomials, by Clenshaw's recurrence.
    """
    assert approximate == "none"
    one, two = _like(1.0, x), _like(2.0, x)
    z = op.Mul(x, _like(0.5**0.5, x))
    t = op.Div(two, op.Add(two, op.Abs(z)))
    place = op.Sub(op.Mul(two, t), one)
    last, before = _like(0.0, x), _like(0.0, x)
    first, *others = _erf_coefficients().tolist()
    for coefficient in reversed(others):
        step = op.Sub(op.Mul(op.Mul(two, place), last), before)
        last, before = op.Add(step, _like(coefficient, x)), last
    series = op.Add(op.Sub(op.Mul(place, last), before), _like(first, x))
    complement = op.Mul(t, op.Exp(op.Sub(series, op.Mul(z, z))))
    share = op.Add(one, op.Mul(op.Sign(z), op.Sub(one, complement)))
    return op.Mul(op.Mul(_like(0.5, x), x), share)


def acos(x: Any) -> Any:
    """Arc cosine to float64's last digits: twice the angle h whose sine and cosine are the roots of (1 -+ x) / 2.

    The arc sine of the smaller of the two in float32 is h to some 1e-7, and sin(h - h0), of what is left, the rest.
    """
    sine, cosine = (op.Sqrt(op.Mul(side(_like(1.0, x), x), _like(0.5, x))) for side in (op.Sub, op.Add))
    arc = op.CastLike(op.Asin(op.Cast(op.Min(sine, cosine), to=FLOAT)), x)
    near = op.Where(op.LessOrEqual(sine, cosine), arc, op.Sub(_like(math.pi / 2, x), arc))
    rest = op.Sub(op.Mul(sine, op.Cos(near)), op.Mul(cosine, op.Sin(near)))
    return op.Mul(op.Add(near, rest), _like(2.0, x))


def asinh(x: Any) -> Any:
    """Inverse hyperbolic sine in float64; far out, where a square would overflow, ln 2|x|."""
    size = op.Abs(x)
    near = op.Min(size, _like(FAR, x))
    root = op.Sqrt(op.Add(op.Mul(near, near), _like(1.0, x)))
    far_out = op.Add(op.Log(op.Max(size, _like(FAR, x))), _like(math.log(2), x))
    climb = op.Where(op.Less(size, _like(FAR, x)), op.Log(op.Add(near, root)), far_out)
    return op.Mul(op.Sign(x), climb)


def cdist(x: Any, y: Any, p: float, compute_mode: int | None = None) -> Any:
    """Euclidean distances (n, m) of rows x (n, d) and y (m, d), by differences."""
    apart = op.Sub(op.Unsqueeze(x, _whole([1])), op.Unsqueeze(y, _whole([0])))
    return op.Sqrt(op.ReduceSum(op.Mul(apart, apart), _whole([2]), keepdims=0))


def _erf_coefficients() -> Any:
    """Of Chebyshev's polynomials in 2 t - 1, for ln(exp(z^2) erfc(z) / t), z = 2 / t - 2."""

    def of_place(place: Any) -> Any:
        t = (place + 1) / 2
        return np.log(erfcx(2 / t - 2) / t)

    return chebyshev.chebinterpolate(of_place, 28)


def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sequence[int] = (1, 1),
    padding: Sequence[int] = (0, 0),
    dilation: Sequence[int] = (1, 1),
    groups: int = 1,
) -> Any:
    """Convolution in float32, as onnxruntime has no other."""
    settings = {"strides": [*stride], "pads": [*padding, *padding], "dilations": [*dilation], "group": groups}
    return op.CastLike(op.Conv(*_floats(x, weight, bias), **settings), weight)


def conv_transpose2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sequence[int] = (1, 1),
    padding: Sequence[int] = (0, 0),
    output_padding: Sequence[int] = (0, 0),
    groups: int = 1,
    dilation: Sequence[int] = (1, 1),
) -> Any:
    """Transposed convolution in float32, as onnxruntime has no other."""
    settings = {"strides": [*stride], "pads": [*padding, *padding], "dilations": [*dilation], "group": groups}
    settings["output_padding"] = [*output_padding]
    return op.CastLike(op.ConvTranspose(*_floats(x, weight, bias), **settings), weight)


def _floats(*values: Any) -> list[Any]:
    """Values in float32; None stays."""
    return [None if value is None else op.Cast(value, to=FLOAT) for value in values]


TRANSLATIONS: dict[Translation, Translation] = {
    torch.ops.aten.searchsorted.Tensor: searchsorted,
    torch.ops.aten.scalar_tensor.default: scalar_tensor,
    torch.ops.aten.clamp.default: clamp,
    torch.ops.aten.clamp_min.default: clamp,
    torch.ops.aten.clamp_max.default: clamp_max,
    torch.ops.aten.masked_fill.Scalar: masked_fill,
    torch.ops.aten.isinf.default: isinf,
    torch.ops.aten.full_like.default: full_like,
    torch.ops.aten.leaky_relu.default: leaky_relu,
    torch.ops.aten.gelu.default: gelu,
    torch.ops.aten.acos.default: acos,
    torch.ops.aten.asinh.default: asinh,
    torch.ops.aten._cdist_forward.default: cdist,
    torch.ops.aten.conv2d.default: conv2d,
    torch.ops.aten.conv_transpose2d.input: conv_transpose2d,
}
"""What ``torch.onnx.export`` is given as its ``custom_translation_table``."""


def _whole(number: int | list[int]) -> Any:
    return op.Constant(value=ir.tensor(np.array(number, np.int64)))


def _like(number: float, x: Any) -> Any:
    """A number of the kind of x."""
    return op.Constant(value=ir.tensor(number, dtype=x.dtype))
