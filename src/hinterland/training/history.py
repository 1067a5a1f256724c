"""The history of a training: entries of numbers by name, some of which say where in it they belong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypedDict

Entry: TypeAlias = dict[str, float]
"""Numbers of one round of a training: what ``Place`` names says where it is, all others are losses and what else is
worth a line, such as a codebook's usage."""

History: TypeAlias = list[Entry]
"""An entry a round of training, in order."""


class Place(TypedDict, total=False):
    """Where in a training an entry belongs; only an entry of a training in several parts has the first three."""

    fit: float
    """Of a detector that is fitted several times, from 0."""
    member: float
    """Of a detector of several models, from 0."""
    stage: float
    """Of a training in stages, from 1."""
    epoch: float
    """Epochs done so far."""
    seconds: float
    """Seconds so far."""


PLACES = tuple(Place.__annotations__)
"""Names that are no loss."""

PARTS = ("fit", "member", "stage")
"""Names that tell the parts of a training apart, in each of which numbers go on from entry to entry."""


def losses(entry: Mapping[str, float]) -> Entry:
    """Numbers of an entry that are no places: its losses, and what else is worth a line."""
    return {name: value for name, value in entry.items() if name not in PLACES}


def loss_names(history: Iterable[Mapping[str, float]]) -> list[str]:
    """Names of all numbers that a history has lines of, in the order in which they first come."""
    return list(dict.fromkeys(name for entry in history for name in losses(entry)))


def lines(history: Iterable[Mapping[str, float]]) -> list[list[Mapping[str, float]]]:
    """The entries of each part of a training: of a stage of a member of a fit, where there are such."""
    parts: dict[tuple[float | None, ...], list[Mapping[str, float]]] = {}
    for entry in history:
        parts.setdefault(tuple(entry.get(name) for name in PARTS), []).append(entry)
    return list(parts.values())


def last_entries(history: Iterable[Mapping[str, float]]) -> list[Mapping[str, float]]:
    """The last entry of each member of each fit: how many epochs and seconds it came to, its stages together."""
    return list({(entry.get("fit"), entry.get("member")): entry for entry in history}.values())
