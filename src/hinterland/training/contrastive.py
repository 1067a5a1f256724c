"""Noise-contrastive training: a density on features that stay as they are (CANCE's third stage)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from hinterland.densities.contrastive import (
    ContrastiveDensity,
    contrastive_losses,
    log_normal_mode,
    truncated_normal,
)
from hinterland.densities.mixture import CHUNK_ENTRIES
from hinterland.model.composite import ERROR_FEATURES, composite_names
from hinterland.model.energy_model import EnergyModel
from hinterland.model.on_features import OnFeatures
from hinterland.training.loop import TrainingResult, train
from hinterland.training.settings import LoopSettings


class Augmentation:
    """CANCE's p_m (equation 10): of half of the rows, errors replaced by draws of smaller ones.

    The draws come from a normal about the mode of a log-normal with the error's mean and variance, truncated to
    between zero and the mode: no error in training is then too small to be normal. Columns are drawn independently.

    Parameters
    ----------
    density : with its mean and deviations stored.
    columns : which features are errors; none leaves the rows as they are.
    generator : source of the draws.
    """

    def __init__(
        self, density: ContrastiveDensity, columns: Sequence[int], generator: torch.Generator
    ) -> None:
        self.columns = torch.tensor(columns, dtype=torch.long, device=density.mean.device)
        self.mean, self.deviation = density.mean[self.columns], density.scale[self.columns]
        smallest = torch.finfo(torch.float64).tiny ** 0.25  # of an error that is always zero
        self.mode = log_normal_mode(self.mean.clamp_min(smallest), self.deviation.square())
        self.generator = generator

    def __call__(self, rows: Tensor) -> Tensor:
        """Standardised features (n, D) with the errors of the last half of the rows replaced."""
        if not len(self.columns):
            return rows
        n_kept = len(rows) - len(rows) // 2
        shape = (len(rows) - n_kept, len(self.columns))
        drawn = torch.rand(shape, generator=self.generator, dtype=torch.float64, device=self.generator.device)
        errors = truncated_normal(self.mode, self.deviation, 1 - drawn.to(rows.device))
        replaced = rows.clone()
        replaced[n_kept:, self.columns] = ((errors - self.mean) / self.deviation).to(rows.dtype)
        return replaced


class ContrastiveObjective:
    """CANCE's two losses in one: the score network descends equation 11 while the noise's growth ascends equation 12.

    Both are the same expression on the same batch, so that one forward pass serves both, and the growth's gradient is
    turned round on its way back. In equation 12 a row z stands as K times what K made of it, K sg(K^-1 z), which has
    the value of z and moves with K.

    Parameters
    ----------
    density : with its mean and covariance stored.
    augmentation : what makes p_m of the rows.
    generator : source of the noise.
    noise_ratio : nu, noise points for each row.
    """

    def __init__(
        self,
        density: ContrastiveDensity,
        augmentation: Augmentation,
        generator: torch.Generator,
        *,
        noise_ratio: int,
    ) -> None:
        self.density = density
        self.augmentation = augmentation
        self.generator = generator
        self.noise_ratio = noise_ratio
        self.cholesky = torch.linalg.inv(density.factor.mT)

    def __call__(self, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Both means of equation 11 on a batch of standardised features (m, D)."""
        rows = self.augmentation(batch[0])
        growth = self.density.growth()
        turned = 2 * growth.detach() - growth  # K itself, with minus its gradient
        base = torch.cat([rows / growth.detach(), self.base_noise(self.noise_ratio * len(rows)).to(rows)])
        log_ratio = self.density.log_ratio(turned * base)
        return self._terms(log_ratio[: len(rows)], log_ratio[len(rows) :])

    def base_noise(self, n: int) -> Tensor:
        """Draw n points of N(mean, Sigma), standardised (n, D), in float64."""
        normal = torch.randn((n, self.density.n_features), generator=self.generator, dtype=torch.float64)
        noise: Tensor = normal.to(self.cholesky.device) @ self.cholesky.mT
        return noise

    def against(self, rows: Tensor, noise: Tensor) -> float:
        """Loss of the density as it is on rows (m, D) against noise (nu m, D) that has not grown.

        A proper score of the density: unlike the loss that is trained on, it can be compared between epochs, as its
        noise stays what it is.
        """
        with torch.no_grad():
            return float(sum(self._terms(self._over_base(rows), self._over_base(noise)).values()))

    def _over_base(self, points: Tensor) -> Tensor:
        """Log-ratio (n,) of the density to noise that has not grown."""
        growth = self.density.growth()
        gained = self.density.log_noise(points, growth) - self.density.log_noise(
            points, torch.ones_like(growth)
        )
        return self.density.log_ratio(points) + gained

    def _terms(self, rows: Tensor, noise: Tensor) -> dict[str, Tensor]:
        of_rows, of_noise = contrastive_losses(rows, noise, self.noise_ratio)
        return {"contrast_of_rows": of_rows, "contrast_of_noise": of_noise}


def fit_contrastive(
    density: ContrastiveDensity,
    features: Tensor,
    held_out: np.ndarray,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    noise_ratio: int,
    errors: Sequence[int] = (),
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train a density to tell features (n, D) from noise, which is made of their mean and covariance.

    The state is kept that is best on the ``held_out`` rows (m,), which are not trained on; the last, where there are
    none. Training leaves the score network in float32.

    Parameters
    ----------
    density : what is trained.
    features : of all training rows, float64.
    held_out : row numbers.
    settings, generator, on_epoch : as in ``hinterland.training.loop.train``.
    noise_ratio : nu, noise points for each row.
    errors : columns that ``Augmentation`` replaces; none for plain noise-contrastive estimation.
    """
    size = max(1, CHUNK_ENTRIES // density.n_features)
    density.estimate(lambda: ((part, None) for part in features.split(size)))
    density.ratio.float()
    density.growth.float()
    augmentation = Augmentation(density, errors, generator)
    objective = ContrastiveObjective(density, augmentation, generator, noise_ratio=noise_ratio)
    standardised = density.standardised(features).float()
    kept = np.setdiff1d(np.arange(len(features)), held_out)
    judged_rows = augmentation(standardised[held_out])
    judged_noise = objective.base_noise(noise_ratio * len(held_out)).float()
    return train(
        [density.ratio, density.growth],
        objective,
        (standardised[kept],),
        settings,
        generator,
        validate=(lambda: objective.against(judged_rows, judged_noise)) if len(held_out) else None,
        diagnostics=density.diagnostics,
        on_epoch=on_epoch,
    )


def fit_contrastive_model(
    model: EnergyModel | OnFeatures,
    rows: np.ndarray,
    held_out: np.ndarray,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    noise_ratio: int,
    augment: bool,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train a model's contrastive density on the features that it makes of raw rows (n, d).

    ``augment`` replaces the model's reconstruction features that are ``ERROR_FEATURES``. Otherwise as
    ``fit_contrastive``; the model is ready to score afterwards.
    """
    if not isinstance(model.density, ContrastiveDensity):
        raise TypeError(
            f"contrastive training needs a ContrastiveDensity, got {type(model.density).__name__}"
        )
    model.ready_to_score()
    result = fit_contrastive(
        model.density,
        model.features_of(rows),
        held_out,
        settings,
        generator,
        noise_ratio=noise_ratio,
        errors=error_columns(model) if augment else (),
        on_epoch=on_epoch,
    )
    model.ready_to_score()
    return result


def error_columns(model: EnergyModel | OnFeatures) -> list[int]:
    """Which of a model's features are ``ERROR_FEATURES``: none where they are not of a reconstruction."""
    if not isinstance(model, EnergyModel):
        return []
    names = composite_names(model.seen_width, model.reconstruction_features, [""] * model.n_features)
    return [i for i, name in enumerate(names) if name in ERROR_FEATURES]
