"""The name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


def nearest_name(name: Any, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name that a given one is most like, without regard to case and to blanks around it; None if none is.

    ``cutoff`` is how like it must be at least, from 0 to 1, as in ``difflib.get_close_matches``.
    """
    spelling = {_folded(other): other for other in known}
    close = difflib.get_close_matches(_folded(name), spelling, n=1, cutoff=cutoff)
    return spelling[close[0]] if close else None


def did_you_mean(
    name: Any, known: Iterable[str], otherwise: str = "", *, after: str = "", cutoff: float = 0.6
) -> str:
    """``did you mean 'x'?`` and what comes after it where a known name is near, else another text."""
    near = nearest_name(name, known, cutoff=cutoff)
    return otherwise if near is None else f"did you mean {near!r}?{after}"


def _folded(name: Any) -> str:
    return str(name).strip().casefold()
