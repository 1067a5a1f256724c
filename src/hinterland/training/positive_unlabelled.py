"""Learning from rows known to be normal among unlabelled ones: the label-probability head, and what follows from it.

Notation of methods.md section 3.6: t = 1 for a normal row, y = 1 for a labelled one. Where the labelled rows are a
random share alpha = p(y = 1 | t = 1) of the normal rows, h(x) = p(y = 1 | x) is alpha on normal rows and 0 on
anomalies. (Elkan and Noto, Learning Classifiers from Only Positive and Unlabeled Data, KDD 2008.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import norm
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from hinterland.densities.label_probability import LabelProbability
from hinterland.training.loop import TrainingResult, train
from hinterland.training.settings import LoopSettings

CONFIDENCE = 0.95
HELD_OUT = 0.2
LEAST_HELD_OUT = 2


@dataclass(frozen=True)
class Estimate:
    """A number and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def labelling_rate(probability: np.ndarray) -> Estimate:
    """Alpha from the label probabilities (m,) of held-out labelled rows: their mean, by the normal approximation.

    The interval says how sure the mean is, not how well the head is calibrated.
    """
    value = float(np.mean(probability))
    error = float(np.std(probability, ddof=1)) / math.sqrt(len(probability)) if len(probability) > 1 else 0.0
    reach = float(norm.ppf((1 + CONFIDENCE) / 2)) * error
    return Estimate(value, max(value - reach, 0.0), min(value + reach, 1.0))


def anomaly_share(rate: Estimate, n_labelled: int, n_unlabelled: int) -> Estimate:
    """Share of anomalies among the unlabelled rows: 1 - (normal rows that are unlabelled) / (unlabelled rows).

    Labelled rows are a share alpha of the normal ones, so that n_labelled (1 - alpha) / alpha of these are unlabelled.
    Where normal rows and anomalies overlap in the features, alpha is underestimated, and so is the share.
    """

    def share(alpha: float) -> float:
        if alpha <= 0:
            return 0.0
        return min(max(1 - n_labelled * (1 - alpha) / alpha / n_unlabelled, 0.0), 1.0)

    return Estimate(share(rate.value), share(rate.low), share(rate.high))


def fit_label_probability(
    head: LabelProbability,
    features: Tensor,
    is_labelled: np.ndarray,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> tuple[TrainingResult, Estimate]:
    """Train a head on features (n, D) to tell labelled rows (n,) from others, and store the labelling rate.

    A fifth of either kind is held out: the state that is best on it is kept, and the rate is estimated on the labelled
    rows in it, which the head has not seen.
    """
    head.estimate(lambda: [(features, None)])
    rows = head.positions(features).float()
    targets = torch.from_numpy(is_labelled.astype(np.float32)).to(rows.device)
    held_out = np.concatenate(
        [_held_out(np.flatnonzero(is_labelled == kind), generator) for kind in (True, False)]
    )
    kept = np.setdiff1d(np.arange(len(rows)), held_out)

    def objective(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        return {"cross_entropy": binary_cross_entropy_with_logits(head.logits(batch[0]), batch[1])}

    def validate() -> float:
        with torch.no_grad():
            return float(objective((rows[held_out], targets[held_out]))["cross_entropy"])

    result = train(
        [head],
        objective,
        (rows[kept], targets[kept]),
        settings,
        generator,
        validate=validate,
        on_epoch=on_epoch,
    )
    head.eval().double()
    with torch.no_grad():
        seen = features[held_out[is_labelled[held_out]]]
        rate = labelling_rate(head.log_probability(seen).exp().cpu().numpy())
    head.labelling_rate = torch.tensor(rate.value, dtype=torch.float64, device=rows.device)
    return result, rate


def _held_out(rows: np.ndarray, generator: torch.Generator) -> np.ndarray:
    """A random fifth of these rows, two at least."""
    n = max(LEAST_HELD_OUT, int(len(rows) * HELD_OUT))
    chosen = torch.randperm(len(rows), generator=generator)[:n].numpy()
    held_out: np.ndarray = rows[chosen]
    return held_out
