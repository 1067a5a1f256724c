"""The contract of an encoder that a file can hold: state out, and the same encoder from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

import numpy.typing as npt

from hinterland.shelf import Shelf


class Encoder(Protocol):
    """What stands between a table, or pictures, and a detector, and is saved with it."""

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """What was learnt: JSON-able values, and arrays by name."""

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The encoder that has that state."""


ENCODERS: Shelf[type[Encoder]] = Shelf("encoder", "hinterland.preprocessing")
"""Encoders by the name of their class."""
