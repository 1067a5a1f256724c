"""The papers' experiments, one file a paper: every ``PROTOCOLS`` and ``SUITES`` of a module here is found."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType

from hinterland.benchmark.experiments.protocol import Protocol
from hinterland.benchmark.names import look_up


def modules() -> Iterator[ModuleType]:
    """The modules of this package, in the order of their names."""
    for info in pkgutil.iter_modules(__path__):
        yield importlib.import_module(f"{__name__}.{info.name}")


@cache
def protocols() -> dict[str, Protocol]:
    """Every protocol by its key."""
    found: dict[str, Protocol] = {}
    for module in modules():
        for protocol in getattr(module, "PROTOCOLS", ()):
            if protocol.key in found:
                raise ValueError(f"two protocols have the key {protocol.key!r}")
            found[protocol.key] = protocol
    return found


def protocol(key: str) -> Protocol:
    """The protocol of that key; raises ``UnknownNameError`` with the known ones."""
    return look_up("protocol", key, protocols())
