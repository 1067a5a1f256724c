"""Layers that networks and densities are built of, with initial weights and draws from a generator."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from hinterland.networks.draws import drawn_like
from hinterland.parameters import check_choice


class Linear(nn.Linear):
    """A linear layer of a matrix; adds the bias in place, where torch's own first copies it to every row."""

    def forward(self, x: Tensor) -> Tensor:
        """Map rows (n, in_features) to (n, out_features)."""
        return torch.mm(x, self.weight.t()).add_(self.bias)


class Tanh(nn.Tanh):
    """The hyperbolic tangent in place, for use after a layer whose gradient does not need its own output."""

    def forward(self, x: Tensor) -> Tensor:
        """Overwrite and return x."""
        return x.tanh_()


ACTIVATIONS: dict[str, type[nn.Module]] = {"tanh": Tanh, "relu": nn.ReLU, "silu": nn.SiLU, "gelu": nn.GELU}


def linear(inputs: int, outputs: int, generator: torch.Generator | None) -> Linear:
    """A linear layer initialised by Glorot and Bengio (2010) from ``generator``, never the global one."""
    layer: Linear = nn.utils.skip_init(Linear, inputs, outputs)
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


def layers(widths: list[int], activation: str, generator: torch.Generator | None) -> list[nn.Module]:
    """Linear layers through ``widths`` with the activation between them and none after the last."""
    check_choice("activation", activation, ACTIVATIONS)
    parts: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths):
        parts += [linear(inputs, outputs, generator), ACTIVATIONS[activation]()]
    return parts[:-1]


class Dropout(nn.Module):
    """Dropout that draws from its own generator, so that training leaves the global one untouched."""

    def __init__(self, probability: float, generator: torch.Generator | None) -> None:
        super().__init__()
        self.probability = probability
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        """Zero each entry with the given probability while training; identity in evaluation mode."""
        if not self.training or self.probability == 0:
            return x
        drawn = drawn_like(x, torch.rand, self.generator)
        return x * drawn.ge_(self.probability).mul_(1 / (1 - self.probability))
