"""Methods by name: hinterland's detectors and the libraries' baselines, each with its settings for a protocol.

Nothing here names a method. Detectors are the ``Detector`` classes in ``hinterland.detectors``, baselines those of
``hinterland.baselines``, and what papers set for them is data in ``settings/*.json``:

``{METHOD: {"reported_as": [...], "settings": [{"protocols": [PATTERN, ...], "values": {...}, "why": "..."}]}}``

The first entry with a matching pattern counts; without one the method's own defaults do. The values of an entry with
``"over": "record"`` are over the defaults of record, whatever the method's are now: what a paper does not set is then
what it was when its results began to be kept (``hinterland.benchmark.experiments.defaults``). ``"by_subset"`` of an
entry gives values over its others for the subsets that it names. ``reported_as`` lists the names that papers' tables
give the method, ``source:name`` where only one source means it so. A method that ``"shown_beside": true`` marks
stands in every paper's table that it has results for. A variant, ``{METHOD: {"of": METHOD, "with": {...}}}``, is
another method, or a variant above it, with these values over its settings; its own entries say what else differs on
some protocols.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any
from typing import Protocol as Contract

import numpy as np

from hinterland.baselines import Baseline, baselines
from hinterland.benchmark.experiments import defaults
from hinterland.benchmark.names import look_up
from hinterland.detectors import catalogue


class Scorer(Contract):
    """What every method builds."""

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> Any:
        """Learn from training rows and, where given, their label codes."""

    def energy(self, X: np.ndarray) -> np.ndarray:
        """Anomaly scores, rising with anomaly."""


class Given(Contract):
    """What a protocol gives its methods."""

    @property
    def pictures(self) -> bool:
        """Whether rows are the pixels of pictures."""

    @property
    def known_anomalies(self) -> bool:
        """Whether some training rows are known to be anomalous."""


@dataclass(frozen=True)
class Method:
    """A named way of scoring rows.

    Attributes
    ----------
    name : what a command and a table call it.
    make : its class; called with ``random_state`` and the settings.
    reported_as : names in papers' tables.
    entries : settings by protocol pattern, as in the settings files.
    base : of a variant, the method whose settings its own are over.
    changed : values over all others: what makes a variant.
    shown_beside : whether papers' tables that do not name it show it too.
    footnote, candidates : see ``hinterland.baselines.Baseline``.
    """

    name: str
    make: type[Any]
    reported_as: tuple[str, ...] = ()
    entries: tuple[Mapping[str, Any], ...] = ()
    base: Method | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    shown_beside: bool = False
    footnote: str = ""
    candidates: tuple[Mapping[str, Any], ...] = ()

    def settings(self, protocol: str, subset: str = "") -> dict[str, Any]:
        """Constructor arguments for a protocol; patterns see ``protocol`` and ``protocol/subset``."""
        inherited = self.base.settings(protocol, subset) if self.base else {}
        entry = self._entry(protocol, subset)
        by_subset = entry.get("by_subset", {}).get(subset, {})
        return {**inherited, **entry.get("values", {}), **by_subset, **self.changed}

    def said(self, protocol: str, subset: str = "", given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Settings of a new job: those for the protocol, those given over them, and defaults that have changed."""
        settings = {**self.settings(protocol, subset), **(given or {})}
        return settings if self._over_record(protocol, subset) else defaults.said(self.make, settings)

    def resolved(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter that a job of these settings runs with, by its present name."""
        return defaults.resolved(self.make, settings)

    def why(self, protocol: str, subset: str = "") -> str:
        """Where the settings for a protocol come from, or ""."""
        inherited = self.base.why(protocol, subset) if self.base else ""
        return str(self._entry(protocol, subset).get("why", inherited))

    def _over_record(self, protocol: str, subset: str) -> bool:
        """Whether what the settings for a protocol leave open is as the defaults of record have it."""
        own = self._entry(protocol, subset).get("over") == "record"
        return own or (self.base is not None and self.base._over_record(protocol, subset))

    def _entry(self, protocol: str, subset: str) -> Mapping[str, Any]:
        spellings = (protocol, f"{protocol}/{subset}")
        for entry in self.entries:
            if any(fnmatchcase(spelling, p) for p in entry["protocols"] for spelling in spellings):
                return entry
        return {}

    def build(self, settings: Mapping[str, Any], seed: int, memory: str | None = None) -> Scorer:
        """An unfitted scorer of a job's settings; one that can keeps in the folder ``memory`` what variants share."""
        remembers = memory is not None and "memory" in inspect.signature(self.make).parameters
        shared = {"memory": memory} if remembers else {}
        scorer: Scorer = self.make(random_state=seed, **shared, **defaults.arguments(self.make, settings))
        return scorer

    def is_reported_as(self, source: str, name: str) -> bool:
        """Whether a paper's row of that name is about this method."""
        return name in self.reported_as or f"{source}:{name}" in self.reported_as

    def is_installed(self) -> bool:
        """Whether its library is there."""
        return self.make.is_installed() if issubclass(self.make, Baseline) else True

    @property
    def only_pictures(self) -> bool:
        """Whether rows have to be pictures."""
        return bool(getattr(self.make, "only_pictures", False))

    def lacks(self, given: Given) -> str:
        """What it needs and is not given, as the end of a sentence about it; "" where it can run."""
        if self.only_pictures and not given.pictures:
            return "needs pictures"
        if getattr(self.make, "needs_known_anomalies", False) and not given.known_anomalies:
            return "needs training rows known to be anomalous"
        return ""

    @property
    def sees_test_labels(self) -> bool:
        """Whether its parameters are chosen on the test labels."""
        return bool(self.candidates)


@cache
def methods() -> dict[str, Method]:
    """Every method by name: detectors, baselines, then variants."""
    data = _settings_files()
    known: dict[str, type[Any]] = {**catalogue.detectors(), **baselines()}
    variants = {name: entry for name, entry in data.items() if "of" in entry}
    strangers = (data.keys() - known.keys() - variants.keys()) | (
        {entry["of"] for entry in variants.values()} - known.keys() - variants.keys()
    )
    if strangers:
        raise ValueError(f"settings name methods that do not exist: {', '.join(sorted(strangers))}")
    found = {name: _method(name, make, data.get(name, {})) for name, make in known.items()}
    for name, entry in variants.items():
        base = found[entry["of"]]
        found[name] = replace(_method(name, base.make, entry), base=base, changed=entry["with"])
    return found


def _method(name: str, make: type[Any], entry: Mapping[str, Any]) -> Method:
    return Method(
        name=name,
        make=make,
        reported_as=tuple(entry.get("reported_as", ())),
        entries=tuple(entry.get("settings", ())),
        shown_beside=bool(entry.get("shown_beside", False)),
        footnote=entry.get("footnote", getattr(make, "footnote", "")),
        candidates=getattr(make, "candidates", ()),
    )


def method(name: str) -> Method:
    """The method of that name; raises ``UnknownNameError`` with the known ones."""
    return look_up("method", name, methods())


def _settings_files() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for file in sorted(
        resources.files("hinterland.benchmark.experiments").joinpath("settings").iterdir(), key=str
    ):
        if file.name.endswith(".json"):
            content = json.loads(file.read_text(encoding="utf-8"))
            twice = found.keys() & content.keys()
            if twice:
                raise ValueError(f"{file.name} repeats the settings of {', '.join(sorted(twice))}")
            found |= content
    return found
