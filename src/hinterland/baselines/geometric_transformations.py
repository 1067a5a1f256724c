"""Geometric transformations: a network learns which one a picture went through; on anomalies it is less sure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax, pad

from hinterland.baselines.own import train_by_steps
from hinterland.baselines.pictures import OnPictures
from hinterland.parameter_table import parameter
from hinterland.parameters import choice, whole

LEAST_PROBABILITY = 1e-7
"""Probabilities are kept above it, as the public code's are by its float32, so that a Dirichlet density is finite."""


class Transformation(NamedTuple):
    """A mirroring, then a shift, then quarter turns: see ``transform``."""

    mirrored: bool
    right: int
    down: int
    turns: int


def transformations(shift: int) -> list[Transformation]:
    """The 72 of the paper: mirrored or not, shifted by -shift, 0 or shift each way, turned by 0 to 3 quarters."""
    shifts = (0, -shift, shift)
    return [Transformation(*each) for each in itertools.product((False, True), shifts, shifts, range(4))]


def transform(pictures: Tensor, by: Transformation) -> Tensor:
    """Pictures (n, channels, h, w) under a transformation; what a shift uncovers is the reflection of what is there."""
    if by.mirrored:
        pictures = pictures.flip(3)
    if by.right or by.down:
        height, width = pictures.shape[2:]
        sides = (max(by.right, 0), max(-by.right, 0), max(by.down, 0), max(-by.down, 0))
        padded = pad(pictures, sides, mode="reflect")
        top, left = max(-by.down, 0), max(-by.right, 0)
        pictures = padded[:, :, top : top + height, left : left + width]
    return pictures.rot90(by.turns, (2, 3)) if by.turns else pictures


class WideBlock(nn.Module):
    """Two convolutions after batch normalisation and a rectifier each, beside a shortcut (Zagoruyko and Komodakis)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.before = nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU())
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        )
        same = inputs == outputs and stride == 1
        self.shortcut = None if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        seen = self.before(x)
        out: Tensor = self.body(seen) + (x if self.shortcut is None else self.shortcut(seen))
        return out


def wide_residual_network(
    channels: int, n_classes: int, *, depth: int, widening: int, first_stride: int
) -> nn.Sequential:
    """Pictures (n, channels, h, w) to logits (n, n_classes), through three groups of (depth - 4) / 6 blocks."""
    widths = [16, 16 * widening, 32 * widening, 64 * widening]
    blocks = [
        WideBlock(inputs if first else outputs, outputs, stride if first else 1)
        for (inputs, outputs), stride in zip(itertools.pairwise(widths), (1, 2, 2), strict=True)
        for first in (True, *[False] * ((depth - 4) // 6 - 1))
    ]
    return nn.Sequential(
        nn.Conv2d(channels, widths[0], 3, first_stride, padding=1, bias=False),
        *blocks,
        nn.BatchNorm2d(widths[-1]),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(widths[-1], n_classes),
    )


def fit_dirichlet(log_probabilities: Tensor, *, n_rounds: int = 1_000, tolerance: float = 1e-9) -> Tensor:
    """Concentrations (..., k) of the likeliest Dirichlet distributions of probabilities with logarithms (n, ..., k).

    Minka's fixed point psi(a_i) = psi(sum a) + mean ln p_i, from his approximation of the sum (Golan and El-Yaniv,
    section 4.2).
    """
    logs = log_probabilities.double()
    means, mean_logs = logs.exp().mean(0), logs.mean(0)
    spread = (means * (means.log() - mean_logs)).sum(-1, keepdim=True)
    euler = -torch.digamma(torch.ones((), dtype=logs.dtype))
    concentrations = means * (means.shape[-1] - 1) * euler / spread.clamp_min(torch.finfo(logs.dtype).tiny)
    for _ in range(n_rounds):
        following = inverse_digamma(torch.digamma(concentrations.sum(-1, keepdim=True)) + mean_logs)
        moved = torch.linalg.vector_norm(following - concentrations, dim=-1)
        concentrations = following
        if bool((moved < tolerance).all()):
            break
    return concentrations


def inverse_digamma(y: Tensor) -> Tensor:
    """The x above 0 whose digamma is y, by Newton's steps from Minka's start (2000, appendix C)."""
    psi_of_one = torch.digamma(torch.ones((), dtype=y.dtype))
    x = torch.where(y >= -2.22, y.exp() + 0.5, -1 / (y - psi_of_one))
    for _ in range(5):
        x = x - (torch.digamma(x) - y) / torch.polygamma(1, x)
    return x


class GeometricTransformations(OnPictures, name="Geometric transformations"):
    """A wide residual network tells the 72 transformations of a picture apart; energy is how unsure it is, in nats.

    With ``score="dirichlet"`` the mean over transformations i of -(a_i - 1) . ln p(T_i(x)), where a_i are the
    concentrations of a Dirichlet distribution fitted to p of the training pictures (equation 1 of the paper); with
    ``"simple"`` minus the mean of the probability of the right transformation.

    References
    ----------
    I. Golan and R. El-Yaniv, "Deep Anomaly Detection Using Geometric Transformations", Advances in Neural Information
    Processing Systems (NeurIPS), 2018. arXiv:1805.10917
    """

    footnote = (
        "Own code after Golan and El-Yaniv (2018). A wide residual network of depth 10 and widening 1 whose first "
        "convolution halves the picture, for their widening 4 at full size, and far fewer steps: the largest that one "
        "processor core trains and scores in minutes."
    )

    # fmt: off
    shift: int | None = parameter(None, whole(least=1, optional=True),
        "pixels of a shift; None for a quarter of the height, as the paper has it.")
    depth: int = parameter(10, whole(least=10), "of the network, 4 more than a multiple of 6.")
    widening: int = parameter(1, whole(least=1), "of the network's groups of 16, 32 and 64 channels (the paper's 4).")
    first_stride: int = parameter(2, whole(least=1), "of the network's first convolution (the paper's 1).")
    score: str = parameter("dirichlet", choice("dirichlet", "simple"), "see above.")
    n_dirichlet: int = parameter(500, whole(least=2),
        "training pictures, at random, that the Dirichlet distributions are fitted to (all in the paper).")
    # fmt: on

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.depth % 6 != 4:
            raise ValueError(f"depth must be 4 more than a multiple of 6, got {self.depth}")

    def _build(self) -> None:
        height, width, channels = self.shape_
        shift = height // 4 if self.shift is None else self.shift
        if height != width:
            raise ValueError(f"quarter turns need square pictures, got {height} x {width}")
        if not 0 < shift < height:
            raise ValueError(
                f"shift must be from 1 to {height - 1} for pictures of {height} x {width}, got {shift}"
            )
        self.transformations_ = transformations(shift)
        self.network_ = wide_residual_network(
            channels,
            len(self.transformations_),
            depth=self.depth,
            widening=self.widening,
            first_stride=self.first_stride,
        )

    def _learn(self, pictures: Tensor, generator: torch.Generator) -> None:
        """See ``OnPictures``. A batch makes the transformed pictures that it needs, as all together would be large."""
        n_kinds = len(self.transformations_)
        numbers = torch.arange(len(pictures) * n_kinds)

        def telling_apart(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
            kinds, order = (batch[0] % n_kinds).sort()
            chosen = pictures[batch[0][order] // n_kinds]
            parts = chosen.split(torch.bincount(kinds, minlength=n_kinds).tolist())
            seen = torch.cat([transform(p, by) for p, by in zip(parts, self.transformations_, strict=True)])
            return {"cross_entropy": cross_entropy(self.network_(seen), kinds)}

        train_by_steps([self.network_], telling_apart, (numbers,), self, generator)
        if self.score == "dirichlet":
            some = torch.randperm(len(pictures), generator=generator)[: self.n_dirichlet]
            with torch.no_grad():
                logs = torch.stack(list(self._log_probabilities(pictures[some])), dim=1)
            self.concentrations_ = fit_dirichlet(logs)

    def _log_probabilities(self, pictures: Tensor) -> Iterator[Tensor]:
        """Logarithms (n, k) of the probabilities of pictures under each transformation in turn."""
        for by in self.transformations_:
            logs: Tensor = log_softmax(self.network_(transform(pictures, by)), dim=1)
            yield logs.clamp_min(math.log(LEAST_PROBABILITY))

    def _energies(self, pictures: Tensor) -> Tensor:
        sure = torch.zeros(len(pictures), dtype=torch.float64)
        for kind, logs in enumerate(self._log_probabilities(pictures)):
            if self.score == "dirichlet":
                sure += logs.double() @ (self.concentrations_[kind] - 1)
            else:
                sure += logs[:, kind].double().exp()
        return -sure / len(self.transformations_)
