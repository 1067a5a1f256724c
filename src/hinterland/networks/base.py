"""The contract of a network: rows in, latent and reconstruction out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from hinterland.parameters import check_choice, check_integer, check_widths
from hinterland.shelf import Shelf

NETWORKS = Shelf("network", "hinterland.networks")
"""Networks by the name that a detector's ``network`` takes."""


class Encoding(NamedTuple):
    """What a network makes of a batch of n rows.

    ``latent`` is (n, latent_dim), ``reconstruction`` has the shape of the rows, and ``penalty`` is the
    scalar that the network adds to the training loss (a VAE's KL term; zero for an autoencoder).
    """

    latent: Tensor
    reconstruction: Tensor
    penalty: Tensor


class Network(nn.Module):
    """Base of the networks. A member sets its sizes, and keeps its own arguments in ``settings``.

    A member's constructor takes ``(n_features, hidden, latent_dim, *, activation, generator)`` and options of its own,
    which have defaults. ``settings`` holds every argument but the generator as JSON-able values, so that a saved
    detector can build the same network again. In evaluation mode a network is deterministic and treats each row alone.
    One that cannot says so in ``rows_alone``.
    """

    n_features: int
    latent_dim: int
    settings: dict[str, Any]
    least_rows: int = 2
    """Rows that it cannot be trained with fewer of."""
    rows_alone: bool = True
    """Whether what becomes of a row, in evaluation mode, depends on that row alone."""
    chunks_at_once: int = 1
    """How many of the usual chunks of rows it is fastest with at once when it scores."""

    def __init_subclass__(cls, name: str = "", **kwargs: Any) -> None:
        """Put a class that gives a name on the shelf."""
        super().__init_subclass__(**kwargs)
        if name:
            NETWORKS.add(name, cls)

    def prepare(self, rows: Tensor) -> None:
        """Keep what is needed of scaled training rows (n, n_features), once, before training; by default nothing."""

    def constants(self, rows: Tensor) -> tuple[Tensor, ...]:
        """What of scaled rows (n, n_features) does not change while training, each with a first axis of n.

        It is taken once, and ``forward`` is then given a batch's share of it beside the rows. By default nothing.
        """
        return ()

    def forward(self, x: Tensor) -> Encoding:
        """Encode and reconstruct rows (n, n_features)."""
        raise NotImplementedError

    def diagnostics(self) -> dict[str, float]:
        """Numbers worth a line in the training history, such as a codebook's usage; none by default."""
        return {}


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


def check_sizes(n_features: Any, hidden: Any, latent_dim: Any, activation: Any) -> None:
    """Raise ValueError for what no network can be built with, before anything of that size is."""
    check_integer("n_features", n_features, least=1)
    check_widths("hidden", hidden)
    check_integer("latent_dim", latent_dim, least=1)
    check_choice("activation", activation, ACTIVATIONS)


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
        drawn = torch.rand(x.shape, generator=self.generator, dtype=x.dtype, device=x.device)
        return x * drawn.ge_(self.probability).mul_(1 / (1 - self.probability))


@contextmanager
def without_gradients(module: nn.Module) -> Iterator[None]:
    """Spare the parameters' share of the work inside the block; they are as before after it."""
    learnt = [p for p in module.parameters() if p.requires_grad]
    for parameter in learnt:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learnt:
            parameter.requires_grad_(True)
