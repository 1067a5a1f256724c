"""What is run and tabulated under one name: protocols, and the methods that run where none are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hinterland.shelf import Shelf

SUITES: Shelf[Suite] = Shelf("suite", "hinterland.benchmark.experiments.protocols", by_name=False)
"""Suites by their names."""

Lines = Mapping[str, Mapping[int, tuple[str, str]]]
"""By a line's name and a place along the axis: the protocol's key and the method that give the point."""


@dataclass(frozen=True)
class Curves:
    """A figure of results: panels by title, each of lines, a row of them a metric; ``along`` says what the axis is."""

    along: str
    metrics: tuple[str, ...]
    panels: Mapping[str, Lines]


@dataclass(frozen=True)
class Published:
    """Means that others print for a collection, in percent by metric and by method; ``over`` says over which sets."""

    over: str
    means: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Suite:
    """Protocols by key; ``methods`` by name, empty for all that take no test labels and can be installed.

    ``curves`` are drawn on the page of results in place of a comparison of ranks. ``paper`` is the source whose page a
    suite stands on, and ``short_title`` what it is called there; empty for a page of its own
    under its title. ``together`` are the suites over whose data sets methods are tested against nearest neighbours,
    where that is done; ``published`` stands below.
    """

    name: str
    title: str
    protocols: tuple[str, ...]
    methods: tuple[str, ...] = ()
    curves: Curves | None = None
    paper: str = ""
    short_title: str = ""
    together: tuple[str, ...] = ()
    published: Published | None = None

    @property
    def page(self) -> str:
        """Name of the page of results that it stands on."""
        return self.paper or self.name

    @property
    def heading(self) -> str:
        """What it is called on that page."""
        return self.short_title or self.title
