"""Gated PixelCNN: how likely a picture is, pixel by pixel in the order of reading."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from hinterland.baselines.own import train_by_steps
from hinterland.baselines.pictures import OnPictures
from hinterland.parameter_table import parameter
from hinterland.parameters import whole


class MaskedConvolution(nn.Conv2d):
    """A convolution that keeps pictures' size and sees a part of its window: weights elsewhere count as zero.

    Parameters
    ----------
    inputs, outputs : channels.
    window : which places of the kernel are seen, (height, width) of bool, both odd.
    """

    window: Tensor

    def __init__(self, inputs: int, outputs: int, window: Tensor) -> None:
        height, width = window.shape
        super().__init__(inputs, outputs, (height, width), padding=(height // 2, width // 2))
        self.register_buffer("window", window.float())

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures (n, inputs, h, w) to (n, outputs, h, w)."""
        seen: Tensor = self._conv_forward(x, self.weight * self.window, self.bias)
        return seen


def rows_above(size: int, *, first: bool) -> Tensor:
    """Window (size, size) on the rows above a pixel, and its own unless ``first``."""
    seen = torch.arange(size) < size // 2 if first else torch.arange(size) <= size // 2
    return seen[:, None].expand(size, size)


def columns_before(size: int, *, first: bool) -> Tensor:
    """Window (1, size) on the pixels left of one, and itself unless ``first``."""
    return (torch.arange(size) < size // 2 if first else torch.arange(size) <= size // 2)[None]


class GatedLayer(nn.Module):
    """Figure 2 of the paper: a stack on all rows above, and one on the pixels before in the row, which sees the first.

    A row of the vertical stack holds what is above that row alone, so that its own row is seen from the second layer
    on; there the horizontal stack has a residual.
    """

    def __init__(self, inputs: int, outputs: int, size: int, *, first: bool) -> None:
        super().__init__()
        self.first = first
        self.vertical = MaskedConvolution(inputs, 2 * outputs, rows_above(size, first=first))
        self.horizontal = MaskedConvolution(inputs, 2 * outputs, columns_before(size, first=first))
        self.across = nn.Conv2d(2 * outputs, 2 * outputs, 1)
        self.out = nn.Conv2d(outputs, outputs, 1)

    def forward(self, stacks: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Map the vertical and the horizontal stack, each (n, inputs, h, w)."""
        above = self.vertical(stacks[0])
        before = self.out(gated(self.horizontal(stacks[1]) + self.across(above)))
        return gated(above), before if self.first else before + stacks[1]


def gated(x: Tensor) -> Tensor:
    """Tanh of one half of the channels times the logistic function of the other (equation 2 of the paper)."""
    left, right = x.chunk(2, dim=1)
    return left.tanh() * right.sigmoid()


class PixelCNN(OnPictures, name="PixelCNN"):
    """Gated PixelCNN; energy is -ln p of a picture's grey levels, in nats, by the chain rule over its pixels.

    A colour is three pixels beside one another, red, green and blue, so that each is given those before it.

    References
    ----------
    A. van den Oord, N. Kalchbrenner, O. Vinyals, L. Espeholt, A. Graves and K. Kavukcuoglu, "Conditional Image
    Generation with PixelCNN Decoders", Advances in Neural Information Processing Systems (NeurIPS), 2016.
    arXiv:1606.05328
    """

    footnote = (
        "Own code after van den Oord et al. (2016), without a condition: 16 grey levels for 256, four layers of 16 "
        "channels and few steps, for one processor core. Who printed the number says nothing of the network."
    )

    # fmt: off
    levels: int = parameter(16, whole(least=2, most=256), "grey levels that a pixel in [0, 1] is rounded to.")
    width: int = parameter(16, whole(least=1), "channels of a stack.")
    n_layers: int = parameter(4, whole(least=1), "gated layers.")
    kernel: int = parameter(5, whole(least=3), "side of a convolution, odd; the first one's is two more.")
    # fmt: on

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, got {self.kernel}")

    def _build(self) -> None:
        first = GatedLayer(1, self.width, self.kernel + 2, first=True)
        others = [
            GatedLayer(self.width, self.width, self.kernel, first=False) for _ in range(self.n_layers - 1)
        ]
        self.layers_ = nn.Sequential(first, *others)
        self.head_ = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(self.width, 2 * self.width, 1),
            nn.ReLU(),
            nn.Conv2d(2 * self.width, self.levels, 1),
        )

    def _learn(self, pictures: Tensor, generator: torch.Generator) -> None:
        def surprisal_of_a_pixel(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
            return {"surprisal": self._energies(batch[0]).mean() / batch[0][0].numel()}

        train_by_steps([self.layers_, self.head_], surprisal_of_a_pixel, (pictures,), self, generator)

    def _energies(self, pictures: Tensor) -> Tensor:
        levels = (pictures * (self.levels - 1)).round().long().clamp(0, self.levels - 1)
        in_order = levels.permute(0, 2, 3, 1).flatten(2)  # (n, height, width * channels)
        logits = self._logits(in_order)
        return cross_entropy(logits, in_order, reduction="none").flatten(1).sum(1)

    def _logits(self, in_order: Tensor) -> Tensor:
        """Logits (n, levels, h, w) of each pixel's level, of levels (n, h, w); each sees those before it alone."""
        seen = (in_order[:, None].float() / (self.levels - 1)) - 0.5
        logits: Tensor = self.head_(self.layers_((seen, seen))[1])
        return logits
