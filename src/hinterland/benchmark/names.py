"""Look a name up; where it is unknown, say which are known and which one was probably meant."""

from collections.abc import Mapping
from typing import TypeVar

from hinterland.errors import HinterlandError
from hinterland.nearest import did_you_mean

Item = TypeVar("Item")


class UnknownNameError(HinterlandError, ValueError):
    """No table, protocol, method or data set has that name; the message lists those that exist."""


def look_up(kind: str, name: str, known: Mapping[str, Item]) -> Item:
    """``known[name]``.

    Raises
    ------
    UnknownNameError
        No such name; lists the known ones, and the nearest.
    """
    if name in known:
        return known[name]
    hint = did_you_mean(name, known, after=" ", cutoff=0.4)
    raise UnknownNameError(f"no {kind} is called {name!r}; {hint}Known: {', '.join(known) or 'none'}")
