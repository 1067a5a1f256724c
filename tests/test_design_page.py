"""``docs/design.md``: its map is what the docstrings say."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def module_map():
    """The script that makes the map."""
    path = ROOT / "docs" / "generate" / "module_map.py"
    spec = importlib.util.spec_from_file_location("module_map", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_the_map_is_what_the_docstrings_say(module_map):
    page = module_map.PAGE.read_text(encoding="utf-8")
    assert module_map.renewed(page) == page, "run python docs/generate/module_map.py"


def test_every_room_is_on_the_map_from_the_ground_up(module_map):
    rooms = [room.relative_to(module_map.SOURCE).as_posix() for room in module_map.rooms()]
    top = [name for name in rooms if "/" not in name]
    folders = {path.parent.name for path in module_map.SOURCE.glob("*/__init__.py")}
    assert set(top) == folders
    assert top.index("tables") < top.index("networks") < top.index("detectors") < top.index("cli")
    assert rooms.index("benchmark/runs") > rooms.index("benchmark")


def test_a_first_line_is_the_docstrings_first_paragraph_in_one_line(module_map, tmp_path):
    path = tmp_path / "room.py"
    path.write_text('"""A room\nof | two lines.\n\nMore of it.\n"""\n', encoding="utf-8")
    assert module_map.first_line(path) == "A room of \\| two lines."
