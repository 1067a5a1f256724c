"""Every name that can be run or tabulated: papers' tables, suites, and single protocols."""

from __future__ import annotations

from functools import cache

from hinterland.benchmark.experiments.methods import Method, methods
from hinterland.benchmark.experiments.protocol import Protocol
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.experiments.reported import Reported, provenance, reported
from hinterland.benchmark.experiments.suite import SUITES, Suite
from hinterland.benchmark.names import UnknownNameError, look_up


@cache
def suites() -> dict[str, Suite]:
    """Suites by name: first the papers' tables (``cadgmm/Table-3``), then suites, then single protocols.

    A table whose protocols are not built has none.
    """
    found: dict[str, Suite] = {}
    for row in reported():
        if row.table_key not in found:
            title = f"{provenance()['sources'][row.source]['title']}, {row.table}"
            answering = _answering(row.table_key)
            found[row.table_key] = Suite(
                row.table_key, title, answering, paper=row.source, short_title=row.table
            )
    found |= SUITES.members()
    for key, protocol in protocols().items():
        found.setdefault(key, Suite(key, protocol.title, (key,)))
    return found


def suite(name: str) -> Suite:
    """The suite of that name.

    Raises
    ------
    UnknownNameError
        No such table, suite or protocol (lists those there are), or none of its protocols is built.
    """
    found = look_up("table, suite or protocol", name, suites())
    if not found.protocols:
        wanted = ", ".join(dict.fromkeys(row.protocol for row in reported_in(name)))
        raise UnknownNameError(
            f"the table {name!r} is known, but its protocols are not: {wanted}. "
            f"Protocols: {', '.join(protocols())}"
        )
    return found


def run_keys(chosen: Suite) -> frozenset[str]:
    """Keys that the results of a suite's protocols are kept under."""
    return frozenset(protocols()[key].run_key for key in chosen.protocols)


@cache
def reported_in(table_key: str) -> tuple[Reported, ...]:
    """The reported numbers of a table; empty for a suite that is no paper's table."""
    return tuple(row for row in reported() if row.table_key == table_key)


def companions(chosen: Suite) -> list[Protocol]:
    """Protocols that are shown beside a paper's table's own as a second opinion; none beside other suites."""
    if not reported_in(chosen.name):
        return []
    keys = run_keys(chosen)
    return [p for p in protocols().values() if p.companion_of in keys]


def default_methods(chosen: Suite) -> list[str]:
    """What runs where no method is asked for: the suite's own list; the methods a paper's table names; or all.

    Methods whose library is missing are left out, and those that lack something under each of its protocols; so are
    variants of others, those that see test labels and those for pictures alone, but in papers' tables that name them.
    """
    if chosen.methods:
        return [name for name in chosen.methods if methods()[name].is_installed()]
    rows = reported_in(chosen.name)
    given = [protocols()[key] for key in chosen.protocols]
    usable = {
        name: m
        for name, m in methods().items()
        if m.is_installed() and not all(m.lacks(protocol) for protocol in given)
    }
    if rows:
        return [name for name, m in usable.items() if names_method(rows, m)]
    return [name for name, m in usable.items() if not (m.sees_test_labels or m.only_pictures or m.changed)]


def belongs(name: str, chosen: Suite) -> bool:
    """Whether a method's results stand in a suite's table.

    In a paper's table those do that its rows name or that are shown beside, and of methods no longer known none. In
    another that names its methods, variants of others do only where it names them.
    """
    known, rows = methods().get(name), reported_in(chosen.name)
    if rows:
        return known is not None and (known.shown_beside or names_method(rows, known))
    return not chosen.methods or name in chosen.methods or known is None or not known.changed


def names_method(rows: tuple[Reported, ...], chosen: Method) -> bool:
    """Whether one of the reported rows is about this method."""
    return any(chosen.is_reported_as(row.source, row.method) for row in rows)


def _answering(table_key: str) -> tuple[str, ...]:
    wanted = dict.fromkeys(row.protocol for row in reported() if row.table_key == table_key)
    return tuple(key for asked in wanted for key, p in protocols().items() if p.answers == asked)
