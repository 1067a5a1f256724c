"""Tables as strangers have them, through the commands; settings are short where accuracy is not the point."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from typer.testing import CliRunner

from hinterland.cli import app

SHORT = ["--set", "steps=100", "--set", "n_members=2", "--set", "width=32"]


class Told(NamedTuple):
    """What a command ended with: notes and errors as one line of text, and what it printed."""

    code: int
    said: str
    printed: str

    @property
    def json(self) -> Any:
        return json.loads(self.printed)


def command(*arguments: object) -> Told:
    """Run a command in this process."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return Told(result.exit_code, " ".join(result.stderr.split()), result.stdout)


class Place:
    """A folder of one test, and the commands in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, lines: Iterable[str]) -> Path:
        """Write a text file of these lines."""
        (self / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return self / name

    def table(self, name: str, columns: Mapping[str, Any] | pd.DataFrame) -> Path:
        """Write a plain CSV file of these columns."""
        pd.DataFrame(columns).to_csv(self / name, index=False)
        return self / name

    def fit(self, table: Path, *options: object, model: str = "m.hinterland", settings: Any = SHORT) -> Told:
        """Fit a model; the command must end well."""
        told = command("fit", table, "--save", self / model, "--force", "--json", *settings, *options)
        assert told.code == 0, told.said
        return told

    def score(self, table: Path, *options: object, model: str = "m.hinterland") -> tuple[pd.DataFrame, str]:
        """Score a table: its rows with their energies and labels, and what was said."""
        told = command("score", self / model, table, "-o", self / "scored.csv", *options)
        assert told.code == 0, told.said
        return pd.read_csv(self / "scored.csv"), told.said

    def evaluate(self, table: Path, *options: object, model: str = "m.hinterland") -> Any:
        """Evaluate a model on a table: the figures, as JSON has them."""
        told = command("evaluate", self / model, table, "--json", *options)
        assert told.code == 0, told.said
        return told.json

    def kinds(self, table: Path, *options: object) -> tuple[dict[str, str], str]:
        """Inspect a table: the kind of each column, and all notes."""
        told = command("inspect", table, "--json", *options)
        assert told.code == 0, told.said
        shown = told.json
        return {column["column"]: column["kind"] for column in shown["columns"]}, " ".join(shown["notes"])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def run() -> Callable[..., Told]:
    return command
