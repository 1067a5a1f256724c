"""Columns of a table found again by what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hinterland.errors import TableError
from hinterland.nearest import did_you_mean
from hinterland.tables.frames import Frame


def match(known: list[str] | None, used: Sequence[bool], frame: Frame, *, may_have_more: bool) -> list[int]:
    """Find the position in a frame of each training column; -1 for one that is not there and not used.

    Parameters
    ----------
    known : what the training columns are told by, as in ``Frame.keys``; None where they were numbered.
    used : whether the model uses each.
    may_have_more : whether other columns may be there.

    Raises
    ------
    TableError
        For columns that are missing, or too many.
    """
    found = frame.keys
    if known is None and found is None:
        return list(range(frame.n_columns))
    numbered = [str(position) for position in range(frame.n_columns)]
    if known is None or found is None:  # numbers as names, in their order on one side only
        if set(known or numbered) != set(found or numbered):
            return list(range(frame.n_columns))
        known, found = known or numbered, found or numbered
    place = {name: position for position, name in enumerate(found)}
    missing = [name for name, is_used in zip(known, used, strict=True) if is_used and name not in place]
    names = set(known)
    extra = [name for name in found if name not in names]
    if missing or (extra and not may_have_more):
        raise TableError(
            "the columns should match those that were passed during fit: "
            f"missing {missing}, unexpected {extra}; found {found}, expected {known}"
        )
    return [place.get(name, -1) for name in known]


def check_there(parameter: str, named: Iterable[str], names: Sequence[str]) -> None:
    """Raise TableError where a parameter names columns that are not there."""
    for name in named:
        if name not in names:
            hint = did_you_mean(name, names, f"found {list(names)}")
            raise TableError(f"{parameter} names {name!r}, but there is no such column; {hint}")
