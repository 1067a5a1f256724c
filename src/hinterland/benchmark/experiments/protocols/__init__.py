"""The papers' experiments, one file a paper, which puts its protocols and suites on their shelves."""

from hinterland.benchmark.experiments.protocol import PROTOCOLS, Protocol
from hinterland.benchmark.names import look_up


def protocols() -> dict[str, Protocol]:
    """Every protocol by its key."""
    return PROTOCOLS.members()


def protocol(key: str) -> Protocol:
    """The protocol of that key; raises ``UnknownNameError`` with the known ones."""
    return look_up("protocol", key, protocols())
