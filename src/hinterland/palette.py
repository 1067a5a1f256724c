"""The colours of every figure, on paper, in notebooks and on the page of a run: one visual language.

They stay apart for the colour-blind, after Okabe and Ito (2008). What is told apart by colour also differs in form:
anomalies are triangles, lines have dashes or markers of their own, a threshold is a line.
"""

from __future__ import annotations

from itertools import cycle, islice
from typing import NamedTuple

USUAL, ALARM, THIRD = "#0072b2", "#d55e00", "#009e73"
"""What is normal, what is not, and a third thing beside them; on a light ground."""
USUAL_ON_DARK, ALARM_ON_DARK, THIRD_ON_DARK = "#56b4e9", "#f0a030", "#00e0a0"
"""The same on a dark ground."""
GREY = "#6e6e6e"
"""What is only there to compare with."""
ENERGIES = "cividis"
"""Matplotlib's colour map for energies: dark where a row would be usual."""
USUAL_MARKER, ALARM_MARKER = "o", "^"


class Line(NamedTuple):
    """How one of several curves is drawn."""

    colour: str
    dashes: str
    marker: str


_LINES = (
    Line(USUAL, "-", "o"),
    Line(ALARM, "--", "^"),
    Line(THIRD, "-.", "s"),
    Line("#cc79a7", ":", "D"),
    Line("#56b4e9", "-", "v"),
    Line("#e69f00", "--", "P"),
    Line(GREY, "-.", "X"),
)


def lines(n: int) -> list[Line]:
    """Give n curves their looks; beyond seven these come again.

    Examples
    --------
    >>> [line.marker for line in lines(3)]
    ['o', '^', 's']
    """
    return list(islice(cycle(_LINES), n))


__all__ = ["Line", "lines"]
