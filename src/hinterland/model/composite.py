"""Composite features: what a density sees of a row, the latent joined with how the row was reconstructed.

All but one of the reconstruction features follow from three numbers a row, which ``row_errors`` takes once:
the squared distance of the row and its reconstruction, absolute and relative, and the cosine between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

SMALLEST_SQUARED_NORM = 1e-12
"""Squared norms are kept above this, so that a zero row has a direction and a gradient that are finite."""

COSINE_MARGIN = 1e-12
"""Cosines are kept this far from 1 for the angle, or as far as their numbers tell: its derivative is infinite there."""


ERROR_FLOOR = 1e-3
"""Mean squared errors well below this are all alike to ``floored_log_error``."""


class RowErrors(NamedTuple):
    """Rows x and reconstructions r, both (n, d), and how they differ, each (n,)."""

    rows: Tensor
    reconstructions: Tensor
    squared_distance: Tensor  # |x - r|^2
    relative_distance: Tensor  # |x - r| / |x|
    cosine: Tensor  # x.r / (|x| |r|)

    @property
    def mean_squared_error(self) -> Tensor:
        """Squared error of each row, averaged over its entries, (n,)."""
        return self.squared_distance / self.rows.shape[1]


class _Differences(torch.autograd.Function):
    """Squared distance, relative distance and cosine of rows and reconstructions, from the squared norms a of x, b of r
    and c of x - r: c, sqrt(c / a) and, by the law of cosines, (a + b - c) / (2 sqrt(a b)).

    By hand, as the gradient is then two passes over a batch and a dozen small operations, where autograd takes
    five passes and thirty. It gathers the gradients of a, b and c, and pulls them back through x, r and x - r.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, r: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, b, c = _squared_norm(x), _squared_norm(r), _squared_norm(x - r)
        safe_a, safe_b, safe_c = (norm.clamp_min(SMALLEST_SQUARED_NORM) for norm in (a, b, c))
        relative = torch.sqrt(safe_c / safe_a)
        inverse = torch.rsqrt(safe_a * safe_b).mul_(0.5)
        cosine = (a + b).sub_(c).mul_(inverse)
        ctx.save_for_backward(x, r, safe_a, safe_b, safe_c, relative, inverse, cosine)
        return c, relative, cosine

    @staticmethod
    def backward(
        ctx: Any, distance_gradient: Tensor, relative_gradient: Tensor, cosine_gradient: Tensor
    ) -> tuple[Tensor | None, Tensor]:
        x, r, safe_a, safe_b, safe_c, relative, inverse, cosine = ctx.saved_tensors
        doubled_relative = (
            relative_gradient * relative
        )  # all from here are twice the gradients they are named for
        doubled_cosine = cosine_gradient * cosine
        through_sum = (cosine_gradient * inverse).mul_(2)
        to_b = through_sum - doubled_cosine / safe_b
        to_c = torch.add(doubled_relative / safe_c, distance_gradient, alpha=2).sub_(through_sum)
        r_gradient = (r * (to_b + to_c)[:, None]).addcmul_(x, to_c[:, None], value=-1)
        if not ctx.needs_input_grad[0]:
            return None, r_gradient
        to_a = through_sum - (doubled_cosine + doubled_relative) / safe_a
        return (x * (to_a + to_c)[:, None]).addcmul_(r, to_c[:, None], value=-1), r_gradient


def _squared_norm(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x, dim=1).square_()  # a third faster than a sum of squares


def row_errors(x: Tensor, r: Tensor) -> RowErrors:
    """Compare rows x with their reconstructions r, both (n, d)."""
    return RowErrors(x, r, *_Differences.apply(x, r))


def relative_euclidean(errors: RowErrors) -> Tensor:
    """Return |x - r| / |x| (DAGMM's first reconstruction feature)."""
    return errors.relative_distance


def cosine_similarity(errors: RowErrors) -> Tensor:
    """Return x.r / (|x| |r|), in [-1, 1] (DAGMM's second reconstruction feature)."""
    return errors.cosine


def cosine_dissimilarity(errors: RowErrors) -> Tensor:
    """Return (1 - cosine similarity) / 2, in [0, 1] (CANCE)."""
    return (1 - cosine_similarity(errors)) / 2


def angle(errors: RowErrors) -> Tensor:
    """Return the angle between x and r in radians, in [0, pi] (DEUAD, eq. 6)."""
    cosine = cosine_similarity(errors)
    bound = 1 - max(COSINE_MARGIN, torch.finfo(cosine.dtype).eps)
    return torch.acos(cosine.clamp(-bound, bound))


def squared_error(errors: RowErrors) -> Tensor:
    """Return |x - r|^2 / d, the mean over the entries (CANCE)."""
    return errors.mean_squared_error


def log_error(errors: RowErrors) -> Tensor:
    """Return the logarithm of the mean squared error, floored far below any real error."""
    return torch.log(errors.mean_squared_error + SMALLEST_SQUARED_NORM)


def floored_log_error(errors: RowErrors) -> Tensor:
    """Return the logarithm of the mean squared error and a thousandth, that of a column's variance where it is scaled.

    How far below that an error lies is chance, and would make the rows that happen to be given back exactly odd ones.
    """
    return torch.log(errors.mean_squared_error + ERROR_FLOOR)


def residual(errors: RowErrors) -> Tensor:
    """Return x - r as a vector: which entries are wrong, and not only by how much."""
    return errors.rows - errors.reconstructions


def norm_of_error(errors: RowErrors) -> Tensor:
    """Return |x - r|."""
    return errors.squared_distance.clamp_min(SMALLEST_SQUARED_NORM).sqrt()


MEASURES: dict[str, Callable[[RowErrors], Tensor]] = {
    "mean": squared_error,
    "sum": lambda errors: errors.squared_distance,
    "norm": norm_of_error,
}
"""How badly a row was reconstructed, in a loss or a score: squared error, its mean or sum over entries, or the root."""

RECONSTRUCTION_FEATURES: dict[str, Callable[[RowErrors], Tensor]] = {
    "relative_euclidean": relative_euclidean,
    "cosine_similarity": cosine_similarity,
    "cosine_dissimilarity": cosine_dissimilarity,
    "angle": angle,
    "squared_error": squared_error,
    "log_error": log_error,
    "floored_log_error": floored_log_error,
    "residual": residual,
}

ERROR_FEATURES = ("relative_euclidean", "cosine_dissimilarity", "squared_error")
"""Reconstruction features that are zero where a row is given back as it was, and never negative."""


def check_feature_names(names: Sequence[str]) -> None:
    """Raise ValueError for a name that is not in ``RECONSTRUCTION_FEATURES``."""
    listed = isinstance(names, Sequence) and not isinstance(names, str)
    if not listed or any(name not in RECONSTRUCTION_FEATURES for name in names):
        raise ValueError(
            f"reconstruction_features must be a list of names among {sorted(RECONSTRUCTION_FEATURES)}, got {names!r}"
        )


def composite_features(latent: Tensor, errors: RowErrors, names: Sequence[str]) -> Tensor:
    """Join the latent (n, k) with the named reconstruction features: (n, k + m)."""
    parts = (RECONSTRUCTION_FEATURES[name](errors) for name in names)
    return torch.cat([latent, *(part if part.ndim == 2 else part[:, None] for part in parts)], dim=1)


def composite_names(latent_dim: int, names: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Names of the composite features, in the order of ``composite_features``."""
    result = [f"latent{i}" for i in range(latent_dim)]
    for name in names:
        result += [f"residual_{column}" for column in columns] if name == "residual" else [name]
    return result


def composite_width(latent_dim: int, n_features: int, names: Sequence[str]) -> int:
    """Number of composite features for rows of n_features columns."""
    return latent_dim + sum(n_features if name == "residual" else 1 for name in names)
