"""Parameters that several detectors have: written once, and joined into the table of each."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from sklearn.utils import check_random_state

from hinterland.model.composite import check_feature_names
from hinterland.networks.base import NETWORKS
from hinterland.networks.layers import ACTIVATIONS
from hinterland.parameter_table import parameter
from hinterland.parameters import Check, check_integer, choice, number, options, whole, widths
from hinterland.printable import shown
from hinterland.shelf import Shelf

MOST_THREADS = 256
"""More are not asked for: a system that cannot start them ends the process."""

HIDDEN = "widths of the encoder's hidden layers, mirrored in the decoder."


def member(shelf: Shelf[Any], *, optional: bool = False) -> Check:
    """Make a check for names of a shelf's members (or None, if optional)."""

    def check(name: str, value: Any) -> None:
        if not (optional and value is None):
            shelf.named(value, parameter=name)

    return check


def check_threads(name: str, value: Any) -> None:
    """Raise ValueError for a number of threads that there is not, or a word other than ``auto``."""
    if not isinstance(value, str) or value != "auto":
        check_integer(name, value, least=1, most=MOST_THREADS)


def _feature_names(name: str, value: Any) -> None:
    check_feature_names(value)


def check_seed(name: str, value: Any) -> None:
    """Raise ValueError for what scikit-learn makes no generator of."""
    try:
        check_random_state(value)
    except ValueError as error:
        raise ValueError(f"{name} must be a seed, a generator or None, got {shown(value)}") from error


def check_device_name(name: str, value: Any) -> None:
    """Raise ValueError for what names no kind of device to torch, whether this machine has it or not."""
    try:
        torch.device(value)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"{name} must name one that torch has here, such as 'cpu', got {shown(value)}"
        ) from error


def check_callback(name: str, value: Any) -> None:
    """Raise ValueError for what cannot be called."""
    if value is not None and not callable(value):
        raise ValueError(f"{name} must be callable or None, got {shown(value)}")


# fmt: off
contamination = partial(
    parameter, default=0.05, check=number(above=0, most=0.5),
    about="expected share of anomalies in the training rows, in (0, 0.5]; sets ``offset_``.",
)
device = partial(parameter, default="cpu", check=check_device_name, about="torch device.")
scaling: partial[Any] = partial(
    parameter, default="standard", check=choice("standard", "minmax", None),
    about="``standard``, ``minmax`` or None: how columns are scaled by the training rows.",
)
clip = partial(
    parameter, default=10.0, check=number(above=0, optional=True),
    about="scaled values are bounded by this; None for no bound.",
)
hidden = partial(parameter, check=widths(), about=HIDDEN)
activation = partial(
    parameter, default="silu", check=choice(*ACTIVATIONS), about="of the hidden layers: tanh, relu, silu or gelu."
)
network = partial(
    parameter, default="autoencoder", check=member(NETWORKS),
    about="``autoencoder``, ``vae``, ``vqvae``, or another name in ``hinterland.networks.NETWORKS``.",
)
network_options = partial(
    parameter, default=None, check=options,
    about="what that network takes beyond the parameters here, by name; None for nothing.",
)
density_options = partial(
    parameter, default=None, check=options,
    about="what that density takes beyond the parameters here; None for nothing.",
)
reconstruction_features = partial(
    parameter, check=_feature_names,
    about="names of the reconstruction features in the composite; see ``hinterland.model.composite``.",
)
covariance_floor = partial(parameter, default=1e-6, check=number(above=0))
batch_size = partial(parameter, default=256, check=whole(least=2), about="rows of a gradient step.")
learning_rate = partial(
    parameter, default=1e-3, check=number(above=0),
    about="of Adam's steps; it falls to zero along a cosine.",
)
gradient_norm = partial(
    parameter, default=5.0, check=number(above=0, optional=True),
    about="gradients are clipped at this norm; None for no clipping.",
)
validation_share = partial(parameter, default=0.1, check=number(least=0, below=1))
# fmt: on
