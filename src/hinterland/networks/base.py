"""The contract of a network: rows in, latent and reconstruction out."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor, nn

from hinterland.moved import names_that_left
from hinterland.networks.layers import ACTIVATIONS
from hinterland.parameters import check_choice, check_integer, check_widths
from hinterland.shelf import Shelf

NETWORKS: Shelf[type[Network]] = Shelf("network", "hinterland.networks")
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
    recordable: bool = False
    """Whether training is the same operations on every batch, which wait for no number and draw by ``drawn_like``.

    A CUDA device then repeats a recording of a step: what Python does in ``forward`` is done in the first steps alone.
    """
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


def check_sizes(n_features: Any, hidden: Any, latent_dim: Any, activation: Any) -> None:
    """Raise ValueError for what no network can be built with, before anything of that size is."""
    check_integer("n_features", n_features, least=1)
    check_widths("hidden", hidden)
    check_integer("latent_dim", latent_dim, least=1)
    check_choice("activation", activation, ACTIVATIONS)


__getattr__ = names_that_left(__name__)
