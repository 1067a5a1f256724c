"""Latent space autoregression: an autoencoder on pictures, and a density of its code by the chain rule."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear

from hinterland.baselines.own import train_by_steps
from hinterland.baselines.pictures import PictureAutoencoder, decoder, encoder
from hinterland.parameter_table import parameter
from hinterland.parameters import number, whole, widths
from hinterland.training.hold_out import hold_out

LEAST_HELD_OUT = 2
"""A range of errors and surprisals needs as many pictures."""


class MaskedLinear(nn.Linear):
    """A linear layer on a sequence of groups of units: a group sees those before it and, unless ``strict``, itself.

    Parameters
    ----------
    length : groups, of as many inputs as outputs.
    inputs, outputs : units of a group.
    strict : whether a group is kept from itself, as in the first layer.
    """

    mask: Tensor

    def __init__(self, length: int, inputs: int, outputs: int, *, strict: bool) -> None:
        super().__init__(length * inputs, length * outputs)
        sources = torch.arange(length).repeat_interleave(inputs)
        targets = torch.arange(length).repeat_interleave(outputs)[:, None]
        self.register_buffer("mask", (sources < targets if strict else sources <= targets).float())

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, length * inputs) to (n, length * outputs)."""
        return linear(x, self.weight * self.mask, self.bias)


class CodeDensity(nn.Module):
    """-ln p(z) of codes z in [0, 1]: each entry's bin, out of equally wide ones, given the entries before it."""

    def __init__(self, length: int, features: Sequence[int], n_bins: int) -> None:
        super().__init__()
        self.length, self.n_bins = length, n_bins
        layers: list[nn.Module] = []
        for place, (inputs, outputs) in enumerate(itertools.pairwise([1, *features, n_bins])):
            layers += [MaskedLinear(length, inputs, outputs, strict=place == 0), nn.LeakyReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, codes: Tensor) -> Tensor:
        """Surprisal (n,) in nats of codes (n, length). Bins are no function of the codes to a gradient."""
        logits = self.layers(codes).view(-1, self.length, self.n_bins)
        bins = (codes.detach() * self.n_bins).long().clamp(0, self.n_bins - 1)
        return cross_entropy(logits.transpose(1, 2), bins, reduction="none").sum(1)


class LSA(PictureAutoencoder, name="LSA"):
    """Latent space autoregression: an autoencoder and, jointly, the density of its code.

    The loss is the squared reconstruction error and ``density_weight`` times the surprisal of the code; the energy is
    the sum of both, each over its range on pictures that training has not seen (equations 6 and 9 of the paper).

    References
    ----------
    D. Abati, A. Porrello, S. Calderara and R. Cucchiara, "Latent Space Autoregression for Novelty Detection",
    Conference on Computer Vision and Pattern Recognition (CVPR), 2019. arXiv:1807.01653
    """

    footnote = (
        "Own code after Abati et al. (2019): their blocks, code of 64 and 100 bins; smaller layers of the density, and "
        "fewer and larger steps, than theirs, for one processor core."
    )

    # fmt: off
    features: Sequence[int] = parameter((8, 8, 8), widths(),
        "units that each entry of the code has in the density's hidden layers (four of 32 in the paper).")
    n_bins: int = parameter(100, whole(least=2), "bins of an entry of the code.")
    density_weight: float = parameter(1.0, number(least=0), "of the surprisal in the loss (the paper's lambda).")
    validation_share: float = parameter(0.1, number(above=0, below=1),
        "share of the training pictures that the ranges are of.")
    # fmt: on

    def _build(self) -> None:
        self.encoder_ = nn.Sequential(
            encoder(self.shape_, self.channels, self.width, self.latent_dim), nn.Sigmoid()
        )
        self.decoder_ = decoder(self.shape_, self.channels, self.width, self.latent_dim)
        self.density_ = CodeDensity(self.latent_dim, self.features, self.n_bins)

    def _learn(self, pictures: Tensor, generator: torch.Generator) -> None:
        fitted, held_out = hold_out(len(pictures), self.validation_share, generator, least=LEAST_HELD_OUT)
        if len(held_out) < LEAST_HELD_OUT:
            raise ValueError(
                f"validation_share = {self.validation_share:g} of {len(pictures)} pictures leaves {len(held_out)}, "
                f"but the ranges of both scores need {LEAST_HELD_OUT}"
            )

        def objective(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
            errors, surprisals = self._parts(batch[0])
            return {"reconstruction": errors.mean(), "code": self.density_weight * surprisals.mean()}

        train_by_steps(
            [self.encoder_, self.decoder_, self.density_], objective, (pictures[fitted],), self, generator
        )
        with torch.no_grad():
            parts = torch.stack(self._parts(pictures[held_out]))
        self.least_ = parts.amin(1)
        self.range_ = (parts.amax(1) - self.least_).clamp_min(torch.finfo(parts.dtype).tiny)

    def _parts(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Squared reconstruction errors and surprisals of codes, each (n,)."""
        codes = self.encoder_(pictures)
        return (pictures - self.decoder_(codes)).square().flatten(1).sum(1), self.density_(codes)

    def _energies(self, pictures: Tensor) -> Tensor:
        errors, surprisals = self._parts(pictures)
        return (errors - self.least_[0]) / self.range_[0] + (surprisals - self.least_[1]) / self.range_[1]
