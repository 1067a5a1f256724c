"""Composite features: what a density sees of a row, the latent joined with how the row was reconstructed.

All but one of the reconstruction features follow from three numbers a row, which ``row_errors`` takes once:
the squared norms of the row, of its reconstruction and of their difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

SMALLEST_SQUARED_NORM = 1e-12
"""Squared norms are kept above this, so that a zero row has a direction and a gradient that are finite."""


class RowErrors(NamedTuple):
    """Rows x and reconstructions r, both (n, d), and their squared norms, each (n,)."""

    rows: Tensor
    reconstructions: Tensor
    squared_norm: Tensor  # |x|^2
    reconstruction_squared_norm: Tensor  # |r|^2
    squared_distance: Tensor  # |x - r|^2

    @property
    def mean_squared_error(self) -> Tensor:
        """Squared error of each row, averaged over its entries, (n,)."""
        return self.squared_distance / self.rows.shape[1]


class _SquaredNorms(torch.autograd.Function):
    """Return |r|^2 and |x - r|^2 of each row; by hand, as its gradient is two passes where autograd takes five."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, r: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(x, r)
        return _squared_norm(r), _squared_norm(x - r)

    @staticmethod
    def backward(ctx: Any, norm_gradient: Tensor, distance_gradient: Tensor) -> tuple[Tensor | None, Tensor]:
        x, r = ctx.saved_tensors
        twice = (2 * distance_gradient)[:, None]
        r_gradient = (r * (twice + 2 * norm_gradient[:, None])).addcmul_(x, twice, value=-1)
        return ((x - r) * twice if ctx.needs_input_grad[0] else None), r_gradient


def _squared_norm(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x, dim=1).square()  # a third faster than a sum of squares


def row_errors(x: Tensor, r: Tensor) -> RowErrors:
    """Take the squared norms of rows x, reconstructions r and their difference, all (n, d)."""
    reconstruction_squared_norm, squared_distance = _SquaredNorms.apply(x, r)
    return RowErrors(x, r, _squared_norm(x), reconstruction_squared_norm, squared_distance)


def relative_euclidean(errors: RowErrors) -> Tensor:
    """Return |x - r| / |x| (DAGMM's first reconstruction feature)."""
    smallest = SMALLEST_SQUARED_NORM
    return torch.sqrt(errors.squared_distance.clamp_min(smallest) / errors.squared_norm.clamp_min(smallest))


def cosine_similarity(errors: RowErrors) -> Tensor:
    """Return x.r / (|x| |r|), in [-1, 1] (DAGMM's second reconstruction feature); x.r by the law of cosines."""
    twice_product = errors.squared_norm + errors.reconstruction_squared_norm - errors.squared_distance
    norms = errors.squared_norm.clamp_min(SMALLEST_SQUARED_NORM) * (
        errors.reconstruction_squared_norm.clamp_min(SMALLEST_SQUARED_NORM)
    )
    return (twice_product / 2) * torch.rsqrt(norms)


def cosine_dissimilarity(errors: RowErrors) -> Tensor:
    """Return (1 - cosine similarity) / 2, in [0, 1] (CANCE)."""
    return (1 - cosine_similarity(errors)) / 2


def squared_error(errors: RowErrors) -> Tensor:
    """Return |x - r|^2 / d, the mean over the entries (CANCE)."""
    return errors.mean_squared_error


def log_error(errors: RowErrors) -> Tensor:
    """Return the logarithm of the mean squared error, floored far below any real error."""
    return torch.log(errors.mean_squared_error + SMALLEST_SQUARED_NORM)


def residual(errors: RowErrors) -> Tensor:
    """Return x - r as a vector: which entries are wrong, and not only by how much."""
    return errors.rows - errors.reconstructions


RECONSTRUCTION_FEATURES: dict[str, Callable[[RowErrors], Tensor]] = {
    "relative_euclidean": relative_euclidean,
    "cosine_similarity": cosine_similarity,
    "cosine_dissimilarity": cosine_dissimilarity,
    "squared_error": squared_error,
    "log_error": log_error,
    "residual": residual,
}


def check_feature_names(names: Sequence[str]) -> None:
    """Raise ValueError for a name that is not in ``RECONSTRUCTION_FEATURES``."""
    unknown = [name for name in names if name not in RECONSTRUCTION_FEATURES]
    if isinstance(names, str) or unknown:
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
