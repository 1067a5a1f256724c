"""What baselines on pictures share: rows of pixels as pictures, and residual networks to a code and back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.baselines.own import OwnBaseline
from hinterland.networks.conv import picture_shape
from hinterland.own_draws import OwnDraws
from hinterland.parameter_table import parameter
from hinterland.parameters import number, whole, widths


class OnPictures(OwnBaseline):
    """An own baseline whose rows are pictures, as ``hinterland.preprocessing.PictureEncoder`` lays them out."""

    only_pictures = True
    rows_at_once = 500

    # fmt: off
    shape: Sequence[int] | None = parameter(None, widths(optional=True),
        "height, width and channels of a picture; None for a square one, grey or of three channels.")
    steps: int = parameter(1_500, whole(least=1), "gradient steps.")
    batch_size: int = parameter(128, whole(least=2), "pictures of a gradient step.")
    learning_rate: float = parameter(1e-3, number(above=0), "of Adam's steps.")
    # fmt: on

    def _train(self, rows: Tensor, y: np.ndarray | None, generator: torch.Generator) -> None:
        self.shape_ = picture_shape(rows.shape[1], self.shape)
        with OwnDraws(generator):  # initial weights
            self._build()
        self._learn(pictures_of(rows, self.shape_), generator)

    def _build(self) -> None:
        """Make the networks for pictures of ``shape_``."""
        raise NotImplementedError

    def _learn(self, pictures: Tensor, generator: torch.Generator) -> None:
        """Train them on pictures (n, channels, height, width)."""
        raise NotImplementedError

    def _scores(self, rows: Tensor) -> Tensor:
        return self._energies(pictures_of(rows, self.shape_))

    def _energies(self, pictures: Tensor) -> Tensor:
        """Energies (n,) of pictures (n, channels, height, width)."""
        raise NotImplementedError


class PictureAutoencoder(OnPictures):
    """Base of those whose networks are an ``encoder`` and a ``decoder``: their sizes."""

    # fmt: off
    latent_dim: int = parameter(64, whole(least=1), "width of the code.")
    channels: Sequence[int] = parameter((32, 64), widths(), "channels after each block, which halves the picture.")
    width: int = parameter(64, whole(least=1), "of the layer between the blocks and the code.")
    # fmt: on


def pictures_of(rows: Tensor, shape: Sequence[int]) -> Tensor:
    """Rows (n, height * width * channels) as pictures (n, channels, height, width)."""
    return rows.reshape(-1, *shape).permute(0, 3, 1, 2).contiguous()


class Residual(nn.Module):
    """Two convolutions, each with batch normalisation, beside a shortcut; leaky rectifiers."""

    def __init__(self, first: nn.Module, second: nn.Module, shortcut: nn.Module, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            first, nn.BatchNorm2d(channels), nn.LeakyReLU(), second, nn.BatchNorm2d(channels)
        )
        self.shortcut = nn.Sequential(shortcut, nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures (n, inputs, h, w) to (n, channels, h', w')."""
        return nn.functional.leaky_relu(self.body(x) + self.shortcut(x))


def halving(inputs: int, outputs: int) -> Residual:
    """A block that halves height and width, as Abati et al. (2019, Figure 2) draw it."""
    return Residual(
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.Conv2d(inputs, outputs, 1, stride=2, bias=False),
        outputs,
    )


def doubling(inputs: int, outputs: int) -> Residual:
    """A block that doubles height and width."""
    return Residual(
        nn.ConvTranspose2d(inputs, outputs, 5, stride=2, padding=2, output_padding=1, bias=False),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.ConvTranspose2d(inputs, outputs, 1, stride=2, output_padding=1, bias=False),
        outputs,
    )


def encoder(shape: Sequence[int], channels: Sequence[int], width: int, outputs: int) -> nn.Sequential:
    """Pictures of a shape (height, width, channels) to ``outputs`` numbers, through blocks and a layer of ``width``.

    Raises
    ------
    ValueError
        Height or width cannot be halved as often as there are blocks.
    """
    return nn.Sequential(
        *(halving(i, o) for i, o in itertools.pairwise([shape[2], *channels])),
        nn.Flatten(),
        nn.Linear(math.prod(_smallest(shape, channels)), width),
        nn.BatchNorm1d(width),
        nn.LeakyReLU(),
        nn.Linear(width, outputs),
    )


def decoder(shape: Sequence[int], channels: Sequence[int], width: int, latent_dim: int) -> nn.Sequential:
    """The way back of ``encoder``: codes (n, latent_dim) to pictures, without a last activation."""
    smallest = _smallest(shape, channels)
    upwards = [*reversed(channels), max(1, channels[0] // 2)]
    return nn.Sequential(
        nn.Linear(latent_dim, width),
        nn.BatchNorm1d(width),
        nn.LeakyReLU(),
        nn.Linear(width, math.prod(smallest)),
        nn.BatchNorm1d(math.prod(smallest)),
        nn.LeakyReLU(),
        nn.Unflatten(1, smallest),
        *(doubling(i, o) for i, o in itertools.pairwise(upwards)),
        nn.Conv2d(upwards[-1], shape[2], 1, bias=False),
    )


def _smallest(shape: Sequence[int], channels: Sequence[int]) -> tuple[int, int, int]:
    """Channels, height and width after all blocks."""
    times = 2 ** len(channels)
    if shape[0] % times or shape[1] % times or not channels:
        raise ValueError(
            f"pictures of {shape[0]} x {shape[1]} cannot be halved once for each of channels = {list(channels)}"
        )
    return channels[-1], shape[0] // times, shape[1] // times
