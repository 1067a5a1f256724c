"""The house's floors: a module imports from its own floor and those below it alone, and no imports go in a circle.

What a function imports when it is called, and what only types need, keeps to the floors as well; exceptions are listed.
"""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).parents[1] / "src"

FLOORS = (
    "moved printable palette as_html progress "
    "whole_files warning_filters own_draws pyod_style errors offline download cores threads parameters",
    "nearest",
    "shelf labels parameter_table",
    "tables pictures thresholds sums ranking metrics decisions",
    "datasets",
    "model.scaling model.chunks model.composite model.column_scales",
    "preprocessing",
    "networks",
    "densities",
    "model",
    "clustering",
    "training",
    "detectors",
    "pipeline decide",
    "persistence baselines",
    "explain export plots precision",
    "scoring",
    "engines",
    "report serve",
    "benchmark benchmark.names",
    "benchmark.experiments",
    "benchmark.runs",
    "benchmark.results",
    "demo",
    "cli",
    "__main__ benchmark.__main__",
)
"""From the ground up: modules, or packages with all that is in them that is not named on a floor of its own."""

LATE = {
    ("detectors.base", "export"): "Detector.export is a shorthand, and an export needs the detectors",
    ("detectors.base", "persistence"): "Detector.save is a shorthand, and loading needs the detectors",
}
"""Imports against the floors in functions that are called late, and why."""


class Import(NamedTuple):
    """A module's import of another; ``now`` where it runs when the module is imported."""

    source: str
    target: str
    now: bool


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its name."""
    found = {}
    for path in sorted((SOURCE / "hinterland").rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def targets(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[str]:
    """Modules that an import statement names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    base = ".".join([*above, *([node.module] if node.module else [])])
    for alias in node.names:
        inner = f"{base}.{alias.name}"
        yield inner if inner in modules() else base


def imports_of(name: str, path: Path) -> Iterator[Import]:
    """Imports of hinterland's own modules in a module."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]

    def walk(node: ast.AST, now: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                for target in targets(child, package):
                    if target in modules() and target != name:
                        yield Import(name, target, now)
            in_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            yield from walk(child, now and not in_function and not for_types)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), True)


@cache
def imports() -> tuple[Import, ...]:
    """Every import of one module of hinterland in another."""
    return tuple(found for name, path in modules().items() for found in imports_of(name, path))


def floor(module: str) -> int:
    """Number of a module's floor, from 0: that of its own name, or of the nearest package around it."""
    parts = module.removeprefix("hinterland.").split(".")
    for stop in range(len(parts), 0, -1):
        for number, line in enumerate(FLOORS):
            if ".".join(parts[:stop]) in line.split():
                return number
    raise LookupError(f"{module} is on no floor; FLOORS in {__file__} is to name it or its package")


def without_root(module: str) -> str:
    return module.removeprefix("hinterland.")


def test_every_import_goes_down_or_stays_on_its_floor() -> None:
    against = {
        (without_root(found.source), without_root(found.target))
        for found in imports()
        if "hinterland" not in (found.source, found.target) and floor(found.target) > floor(found.source)
    }
    assert against == set(LATE)


def test_what_goes_up_is_not_imported_with_its_module() -> None:
    assert not {(without_root(f.source), without_root(f.target)) for f in imports() if f.now} & set(LATE)


def test_the_root_imports_its_public_names_late() -> None:
    assert {f.target for f in imports() if f.source == "hinterland" and f.now} == {"hinterland.moved"}


def test_no_imports_go_in_a_circle() -> None:
    graph: dict[str, set[str]] = {name: set() for name in modules()}
    for found in imports():
        if found.now:
            graph[found.source].add(found.target)
            parts = found.target.split(".")
            packages = (
                ".".join(parts[:stop]) for stop in range(1, len(parts))
            )  # these are imported before it
            graph[found.source] |= {p for p in packages if not f"{found.source}.".startswith(f"{p}.")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def test_every_module_is_on_a_floor_and_every_name_of_a_floor_is_there() -> None:
    for name in modules():
        assert name == "hinterland" or floor(name) >= 0
    named = [f"hinterland.{name}" for line in FLOORS for name in line.split()]
    assert len(named) == len(set(named))
    assert set(named) <= modules().keys()
