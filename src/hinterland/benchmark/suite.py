"""What is run and tabulated under one name: protocols, and the methods that run where none are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Curve:
    """One panel of a figure of AUROC: the keys of its protocols by percentage of anomalies among the training rows."""

    title: str
    protocols: Mapping[int, str]


@dataclass(frozen=True)
class Suite:
    """Protocols by key; ``methods`` by name, empty for all that take no test labels and can be installed.

    ``curves`` are drawn on the page of results in place of a comparison of ranks.
    """

    name: str
    title: str
    protocols: tuple[str, ...]
    methods: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()
