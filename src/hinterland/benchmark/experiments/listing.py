"""What can be run, as text: papers' tables and suites, protocols, methods."""

from __future__ import annotations

from hinterland.benchmark.experiments.index import suites
from hinterland.benchmark.experiments.methods import methods
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.names import look_up


def text(what: str = "") -> str:
    """The listing called ``what`` (tables, protocols, methods), or all three.

    Raises
    ------
    UnknownNameError
        There is no such listing.
    """
    chosen = (look_up("listing", what, _LISTINGS),) if what else _LISTINGS.values()
    return "\n".join(listing() for listing in chosen)


def _tables() -> str:
    single = protocols()
    lines = ["Tables and suites:"]
    for name, suite in suites().items():
        if name not in single:
            lines.append(f"  {name}: {suite.title}")
            lines.append(f"      {', '.join(suite.protocols) or 'no protocol is built for it'}")
    return "\n".join(lines) + "\n"


def _protocols() -> str:
    lines = ["Protocols:"]
    for key, protocol in protocols().items():
        subsets = [subset for subset in protocol.subsets() if subset]
        lines.append(f"  {key}: {protocol.title}")
        if subsets:
            lines.append(f"      {', '.join(subsets)}")
    return "\n".join(lines) + "\n"


def _methods() -> str:
    lines = ["Methods:"]
    for name, method in methods().items():
        lines.append(f"  {name}{'' if method.is_installed() else ' (not installed)'}")
        lines += [f"      {method.footnote}"] * bool(method.footnote)
    return "\n".join(lines) + "\n"


_LISTINGS = {"tables": _tables, "protocols": _protocols, "methods": _methods}
