"""The convolutional autoencoder, for rows that are pictures."""

from __future__ import annotations

import itertools
import math
import numbers
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hinterland.networks.base import Encoding, Network, check_sizes
from hinterland.networks.layers import ACTIVATIONS, linear
from hinterland.parameters import check_choice

KERNEL, STRIDE, PADDING = 3, 2, 1
"""Every convolution halves height and width, rounded up; every transposed one of the decoder undoes one of these."""


class ConvolutionalAutoencoder(Network, name="convolutional"):
    """Encoder of strided convolutions and mirrored decoder of transposed ones, with a linear layer around the latent.

    Rows are pictures as ``hinterland.preprocessing.PictureEncoder`` lays them out: pixels by rows, a pixel's channels
    together. In that order a row is a picture in torch's channels-last layout without a copy, on the way in and out.

    Parameters
    ----------
    n_features : width of a row, height times width times channels.
    hidden : channels after each of the encoder's convolutions, mirrored in the decoder; as many as the picture is to be
        halved. Any height and width will do.
    latent_dim : width of the latent.
    activation : between the layers; the layers that give the latent and the reconstruction are linear.
    shape : height, width and channels of a picture; None for a square one, grey or of three channels.
    normalise_latent : batch normalisation (without scale and shift) of the latent, as in ``Autoencoder``.
    generator : source of the initial weights.

    Raises
    ------
    ValueError
        For an unknown activation, or a shape that a row of n_features does not have.
    """

    recordable = True

    def __init__(
        self,
        n_features: int,
        hidden: Sequence[int] = (16, 32),
        latent_dim: int = 6,
        *,
        activation: str = "relu",
        shape: Sequence[int] | None = None,
        normalise_latent: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_sizes(n_features, hidden, latent_dim, activation)
        check_choice("normalise_latent", normalise_latent, (True, False))
        height, width, n_channels = picture_shape(n_features, shape)
        self.n_features = n_features
        self.latent_dim = latent_dim
        self.settings = {
            "n_features": n_features,
            "hidden": list(hidden),
            "latent_dim": latent_dim,
            "activation": activation,
            "shape": [height, width, n_channels],
            "normalise_latent": normalise_latent,
        }
        channels = [n_channels, *hidden]
        sizes = [(height, width)]
        for _ in hidden:
            sizes.append((-(-sizes[-1][0] // STRIDE), -(-sizes[-1][1] // STRIDE)))
        smallest = (*sizes[-1], channels[-1])

        encoder: list[nn.Module] = [_ToPictures(height, width, n_channels)]
        for inputs, outputs in itertools.pairwise(channels):
            encoder += [_convolution(inputs, outputs, generator), ACTIVATIONS[activation]()]
        encoder += [_ToRows(), linear(math.prod(smallest), latent_dim, generator)]
        if normalise_latent:
            encoder.append(nn.BatchNorm1d(latent_dim, affine=False))

        decoder: list[nn.Module] = [
            linear(latent_dim, math.prod(smallest), generator),
            _ToPictures(*smallest),
        ]
        for (inputs, outputs), size in zip(itertools.pairwise(channels[::-1]), sizes[-2::-1], strict=True):
            decoder += [ACTIVATIONS[activation](), _transposed_convolution(inputs, outputs, size, generator)]
        self.encoder = nn.Sequential(*encoder)
        self.decoder = nn.Sequential(*decoder, _ToRows())

    def forward(self, x: Tensor) -> Encoding:
        """Encode and reconstruct rows (n, n_features)."""
        latent = self.encoder(x)
        return Encoding(latent, self.decoder(latent), x.new_zeros(()))


def picture_shape(n_features: int, shape: Sequence[int] | None) -> tuple[int, int, int]:
    """Height, width and channels of a row of n_features: those given, or of a square picture of 1 or 3 channels.

    Raises
    ------
    ValueError
        Where a row of n_features is no such picture.
    """
    if shape is None:
        for n_channels in (1, 3):
            side = math.isqrt(n_features // n_channels)
            if side * side * n_channels == n_features:
                return side, side, n_channels
        raise ValueError(
            f"shape must be given for rows of {n_features} columns, which are no square picture of 1 or 3 channels"
        )
    whole = all(isinstance(length, numbers.Integral) for length in shape)
    if len(shape) != 3 or not whole or min(shape) < 1 or math.prod(shape) != n_features:
        raise ValueError(
            f"shape must be height, width and channels, with the product {n_features} of a row's columns, "
            f"got {tuple(shape)}"
        )
    return int(shape[0]), int(shape[1]), int(shape[2])


class _ToPictures(nn.Module):
    """Rows (n, height * width * channels) as pictures (n, channels, height, width), channels last in memory."""

    def __init__(self, height: int, width: int, n_channels: int) -> None:
        super().__init__()
        self.shape = (height, width, n_channels)

    def forward(self, rows: Tensor) -> Tensor:
        return rows.reshape(-1, *self.shape).permute(0, 3, 1, 2)


class _ToRows(nn.Module):
    """Undo ``_ToPictures``."""

    def forward(self, pictures: Tensor) -> Tensor:
        return pictures.permute(0, 2, 3, 1).flatten(1)


def _convolution(inputs: int, outputs: int, generator: torch.Generator | None) -> nn.Conv2d:
    layer: nn.Conv2d = nn.utils.skip_init(nn.Conv2d, inputs, outputs, KERNEL, stride=STRIDE, padding=PADDING)
    _initialise(layer, inputs, outputs / STRIDE**2, generator)
    return layer


def _transposed_convolution(
    inputs: int, outputs: int, size: tuple[int, int], generator: torch.Generator | None
) -> nn.ConvTranspose2d:
    """The transpose of the convolution that halves pictures of this size (height, width), to give just that size."""
    layer: nn.ConvTranspose2d = nn.utils.skip_init(
        nn.ConvTranspose2d,
        inputs,
        outputs,
        KERNEL,
        stride=STRIDE,
        padding=PADDING,
        output_padding=tuple(1 - length % STRIDE for length in size),  # even sizes need a row or column more
    )
    _initialise(layer, inputs / STRIDE**2, outputs, generator)
    return layer


def _initialise(
    layer: nn.Conv2d | nn.ConvTranspose2d, inputs: float, outputs: float, generator: torch.Generator | None
) -> None:
    """Glorot and Bengio (2010): of a kernel's places an entry takes from, or gives to, only some where it strides."""
    bound = math.sqrt(6 / (KERNEL**2 * (inputs + outputs)))
    nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
