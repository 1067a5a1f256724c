"""What is run and tabulated under one name: protocols, and the methods that run where none are asked for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """Protocols by key; ``methods`` by name, empty for all that take no test labels and can be installed."""

    name: str
    title: str
    protocols: tuple[str, ...]
    methods: tuple[str, ...] = ()
