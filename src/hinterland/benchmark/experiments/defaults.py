"""What a method's defaults were when results began to be kept, and what a job must say where they are others now.

A job's settings are over the defaults *of record*, ``defaults_of_record.json``, and never over those that a constructor
happens to have. A new job says every default that is not the one of record; one of a method that has no record says
all. So whoever changes a default makes new jobs of those that had it, and kept results go on being found by whoever
asks for what they were run with.

The record is not edited when a default changes. A parameter that is added may be put into it, with the value under
which all is done as before; one that is renamed says its former name in its table; one that is taken away leaves the
record too, if what is left does what its value of record did.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any, TypeVar, cast

from hinterland.baselines import Baseline
from hinterland.detectors import catalogue

NO_MATTER = ("random_state", "memory", "device", "n_threads", "n_references")
"""Parameters that decide no energy: a job has its own seed, and the others say where, how fast and for which page."""


F = TypeVar("F", bound=Callable[..., Any])


def _remembered(function: F) -> F:
    """``functools.cache`` for functions of classes, whose type is no ``Hashable`` to a type checker."""
    return cast(F, cache(function))


def said(make: type[Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a job under today's defaults: those given, and each default that is not the one of record.

    Those of a detector inside of another are said in its ``detector_options``.
    """
    named, record = catalogue.present_names(make, settings), of_record(make)
    changed = {name: value for name, value in _changed(make).items() if name not in named}
    inner = _inner(make, {**record, **changed, **named})
    if inner is not None:
        options = named.get("detector_options") or {}
        if (needed := said(inner, options)) != options:
            return {**changed, **settings, "detector_options": needed}
    return {**changed, **settings}


def resolved(make: type[Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter of a job by its present name: its settings over the defaults of record."""
    full = {**of_record(make), **catalogue.present_names(make, settings)}
    inner = _inner(make, full)
    if inner is not None:
        full["detector_options"] = resolved(inner, full.get("detector_options") or {})
    return full


def arguments(make: type[Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What to give a constructor so that it is as a job's settings say, whatever its defaults are."""
    named, today = catalogue.present_names(make, settings), defaults(make)
    record = of_record(make)
    given = {name: value for name, value in record.items() if name not in today or today[name] != value}
    given |= named
    within = {name: given.pop(name) for name in list(given) if "." in name}
    if changed := [name for name, value in within.items() if today.get(name) != value]:
        raise ValueError(
            f"{make.__name__} is no longer built with {changed[0]} = {within[changed[0]]}: "
            f"it is {today.get(changed[0], 'no parameter')} now"
        )
    inner = _inner(make, {**record, **named})
    if inner is not None and (options := arguments(inner, named.get("detector_options") or {})):
        given["detector_options"] = options
    return given


@_remembered
def defaults(make: type[Any]) -> Mapping[str, Any]:
    """A constructor's defaults that may decide an energy, as JSON has them.

    A constructor that passes what it does not know to its base's has the defaults of both. Those of a detector
    that it is built on are called ``DETECTOR.PARAMETER``.
    """
    found: dict[str, Any] = {}
    for cls in make.__mro__[:-1]:
        if cls is not make and "__init__" not in vars(cls):
            continue
        taken = inspect.signature(cls).parameters.values()
        for parameter in taken:
            if parameter.default is not parameter.empty:
                found.setdefault(parameter.name, parameter.default)
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken):
            break
    own = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in found.items()
        if name not in NO_MATTER and not name.startswith("on_")
    }
    return own | _within(make, defaults)


@_remembered
def of_record(make: type[Any]) -> Mapping[str, Any]:
    """The defaults of record of a class by its parameters' present names; none for one that is newer."""
    name = make.name if issubclass(make, Baseline) else make.__name__
    return catalogue.present_names(make, record().get(name, {})) | _within(make, of_record)


def _within(make: type[Any], of: Callable[[type[Any]], Mapping[str, Any]]) -> dict[str, Any]:
    """What ``of`` says of the detectors that one is built on."""
    return {
        f"{inner}.{name}": value
        for inner in getattr(make, "built_on", ())
        for name, value in of(catalogue.detector_class(inner)).items()
    }


@_remembered
def _changed(make: type[Any]) -> Mapping[str, Any]:
    """Today's defaults that are not those of record."""
    record = of_record(make)
    return {n: value for n, value in defaults(make).items() if n not in record or record[n] != value}


@_remembered
def record() -> dict[str, dict[str, Any]]:
    """The defaults of record by the name of a detector or baseline, under the names that parameters had."""
    file = resources.files("hinterland.benchmark.experiments").joinpath("defaults_of_record.json")
    content: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return content


def _inner(make: type[Any], full: Mapping[str, Any]) -> type[Any] | None:
    """The class of the detector that one with these parameters is built around, if it is named."""
    if "detector_options" not in {**defaults(make), **full} or not isinstance(full.get("detector"), str):
        return None
    return catalogue.detector_class(full["detector"])
