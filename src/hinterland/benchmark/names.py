"""Look a name up; where it is unknown, say which are known and which one was probably meant."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

from hinterland.errors import HinterlandError

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
    spelling = {key.casefold(): key for key in known}
    nearest = difflib.get_close_matches(str(name).casefold(), spelling, n=1, cutoff=0.4)
    hint = f"did you mean {spelling[nearest[0]]!r}? " if nearest else ""
    raise UnknownNameError(f"no {kind} is called {name!r}; {hint}Known: {', '.join(known) or 'none'}")
