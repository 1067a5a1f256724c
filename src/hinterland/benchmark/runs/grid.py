"""A grid makes jobs: protocols times methods times seeds, where a method can run and a protocol has the subset."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from hinterland.benchmark.experiments.methods import Method, method
from hinterland.benchmark.experiments.protocol import Protocol
from hinterland.benchmark.experiments.protocols import protocol
from hinterland.benchmark.names import look_up
from hinterland.benchmark.runs.jobs import Job
from hinterland.errors import DataNotFoundError


def grid(
    protocols: Iterable[str],
    methods: Iterable[str],
    seeds: Iterable[int],
    *,
    subsets: Iterable[str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[Job]:
    """Jobs of all combinations, seed by seed, so that every method has some seeds before any has all.

    A method is left out where a protocol lacks what it needs, and a protocol where it has none of the subsets asked
    for; a ``UserWarning`` says so.

    Parameters
    ----------
    protocols : keys.
    methods : names.
    seeds : of split and method alike.
    subsets : only these; None for all of each protocol.
    settings : constructor arguments that replace those of the settings files, for all methods.

    Raises
    ------
    UnknownNameError
        A protocol or method is unknown, or a subset to all of the protocols.
    DataNotFoundError
        A protocol over the data sets on this machine finds none.
    ValueError
        A method can run under none of the protocols.
    """
    asked, chosen, seeds = (
        [protocol(key) for key in protocols],
        [method(name) for name in methods],
        list(seeds),
    )
    places = _places(asked, subsets)
    can = {one.key: _able(one, chosen) for one in asked}
    for found in chosen:
        _say_where_not(found, [one for one in asked if found not in can[one.key]], len(asked))
    return list(
        dict.fromkeys(  # two protocols may read one run
            Job(found.name, one.run_key, subset, seed, found.said(one.run_key, subset, settings))
            for one in asked
            for subset in places[one.key]
            for seed in seeds
            for found in can[one.key]
        )
    )


def _places(asked: list[Protocol], subsets: Iterable[str] | None) -> dict[str, list[str]]:
    """The subsets to run of each protocol, by its key."""
    known = {one.key: one.subsets() for one in asked}
    for key, found in known.items():
        if not found:
            raise DataNotFoundError(
                f"the protocol {key!r} finds no data on this machine; set HINTERLAND_DATA"
            )
    if subsets is None:
        return {key: list(found) for key, found in known.items()}
    wanted = list(subsets)
    every = dict.fromkeys(subset for found in known.values() for subset in found)
    for subset in wanted:
        look_up(f"data set or subset of {', '.join(known)}", subset, every)
    places = {key: [subset for subset in wanted if subset in found] for key, found in known.items()}
    if without := [key for key, found in places.items() if not found]:
        warnings.warn(
            f"nothing is run of {', '.join(without)}, which {'has' if len(without) == 1 else 'have'} no subset "
            f"{' or '.join(map(repr, wanted))}",
            UserWarning,
            stacklevel=3,
        )
    return places


def _able(one: Protocol, methods: list[Method]) -> list[Method]:
    return [found for found in methods if not found.lacks(one)]


def _say_where_not(chosen: Method, where: list[Protocol], of: int) -> None:
    if not where:
        return
    said = f"{chosen.name} {chosen.lacks(where[0])}: not run under {', '.join(one.key for one in where)}"
    if len(where) == of:
        raise ValueError(said)
    warnings.warn(said, UserWarning, stacklevel=3)
