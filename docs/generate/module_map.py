"""Write the map of the rooms into ``docs/design.md``, from the first lines of their docstrings.

Rooms stand from the ground up, in the order of the floors that ``tests/test_floors.py`` holds them to.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "hinterland"
PAGE = ROOT / "docs" / "design.md"
FLOORS = ROOT / "tests" / "test_floors.py"
BEGIN, END = "<!-- module map: begin, by docs/generate/module_map.py -->", "<!-- module map: end -->"
DEEPEST = 2
"""Packages within packages that are named: ``benchmark/runs``."""


def first_line(path: Path) -> str:
    """The first sentence of a module's docstring, up to a blank line."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")


def floors() -> list[list[str]]:
    """Names of packages and modules on each floor, from the ground up."""
    for node in ast.parse(FLOORS.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOORS":
            return [line.split() for line in ast.literal_eval(node.value)]
    raise LookupError(f"{FLOORS} has no FLOORS")


def floor_of(path: Path) -> int:
    """Number of the floor that a package or a module stands on."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    for stop in range(len(parts), 0, -1):
        for number, names in enumerate(floors()):
            if ".".join(parts[:stop]) in names:
                return number
    raise LookupError(f"{path} is on no floor of {FLOORS}")


def upwards(paths: Iterable[Path]) -> list[Path]:
    """Packages or modules from the ground up, by name within a floor; what is in a package follows it."""
    return sorted(paths, key=lambda path: (floor_of(SOURCE / path.relative_to(SOURCE).parts[0]), path))


def rooms() -> list[Path]:
    """Every package to a depth of two."""
    found = [path.parent for path in SOURCE.rglob("__init__.py") if path.parent != SOURCE]
    return upwards(path for path in found if len(path.relative_to(SOURCE).parts) <= DEEPEST)


def text() -> str:
    """The map in Markdown: packages, then the modules that stand beside them."""
    lines = ["| room | what is in it |", "| --- | --- |"]
    for room in rooms():
        name = room.relative_to(SOURCE).as_posix()
        lines.append(f"| [`{name}/`](../src/hinterland/{name}/) | {first_line(room / '__init__.py')} |")
    lines += ["", "| module | what it is |", "| --- | --- |"]
    for path in upwards(path for path in SOURCE.glob("*.py") if not path.name.startswith("__")):
        lines.append(f"| [`{path.stem}`](../src/hinterland/{path.name}) | {first_line(path)} |")
    return "\n".join(line.replace("``", "`") for line in lines) + "\n"


def renewed(page: str) -> str:
    """A page with the map between its markers made anew."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{text()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
