"""CSV files as strangers write them, through the commands."""

from __future__ import annotations

import inspect
import io
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pytest
from typer.testing import CliRunner

from hinterland.cli import app, evaluate, fit, report, score

COMMANDS = [fit.fit, score.score, evaluate.evaluate, report.report]


@pytest.fixture(scope="module")
def numbers() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)).round(3), columns=["a", "b", "c"])


@pytest.fixture(scope="module")
def plain(numbers: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plain table and a model of it; to be read only."""
    folder = tmp_path_factory.mktemp("plain")
    numbers.to_csv(folder / "t.csv", index=False)
    quick = ["--detector", "dagmm", "--set", "epochs=2", "--set", "steps=20", "--set", "hidden=(6,)"]
    arguments = ["fit", folder / "t.csv", "--save", folder / "m", "-q", *quick]
    assert CliRunner().invoke(app, [str(argument) for argument in arguments]).exit_code == 0
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_all_commands_have_the_same_options_for_csv_files(command: Any) -> None:
    parameters = inspect.signature(command).parameters
    assert [
        name for name in parameters if name in ("csv", "delimiter", "header", "encoding", "bad_rows")
    ] == [
        "delimiter",
        "header",
        "encoding",
        "bad_rows",
    ]
    assert all(parameters[name].default is None for name in ("delimiter", "header", "encoding"))
    assert parameters["bad_rows"].default == "error"


@pytest.mark.slow
def test_the_layout_of_a_file_does_not_change_its_scores(
    run: Any, plain: Path, numbers: pd.DataFrame, tmp_path: Path
) -> None:
    expected = pd.read_csv(io.StringIO(run("score", plain / "m", plain / "t.csv").stdout))["energy"]
    text = (plain / "t.csv").read_text()
    for content, note in [
        (text.encode("utf-16"), "read as utf-16-le"),
        (("sep=;\n" + text.replace(",", ";")).encode(), "columns are separated by semicolons"),
        (("Report of today\n\n# made by us\n" + text).encode(), "2 lines above the table left out"),
        (text.replace("\n", "\r").encode(), ""),
        (text.replace("\n", ",,\n").encode(), "2 columns without name and values left out"),
    ]:
        (tmp_path / "t.csv").write_bytes(content)
        result = run("score", plain / "m", tmp_path / "t.csv")
        assert note in " ".join(result.stderr.split())
        assert pd.read_csv(io.StringIO(result.stdout))["energy"].tolist() == expected.tolist()


def test_bad_rows_are_an_error_or_skipped_and_counted(run: Any, plain: Path, tmp_path: Path) -> None:
    lines = (plain / "t.csv").read_text().splitlines()
    lines[8] += ",7"
    path = tmp_path / "t.csv"
    path.write_text("# made by us\n" + "\n".join(lines) + "\n")
    result = run("score", plain / "m", path)
    assert result.exit_code == 1
    assert "row 8 (line 10) has 4 values, expected 3" in result.stderr
    result = run("score", plain / "m", path, "--bad-rows", "skip")
    assert result.exit_code == 0
    assert "1 row of too few or too many values skipped: row 8 (line 10)" in result.stderr
    assert len(result.stdout.splitlines()) == 60
    for name in ("fit", "report"):
        arguments = (
            [path, "--save", tmp_path / "m"]
            if name == "fit"
            else [plain / "m", path, "-o", tmp_path / "p.html"]
        )
        result = run(name, *arguments)
        assert result.exit_code == 1
        assert "row 8 (line 10) has 4 values" in result.stderr


def test_output_has_the_rows_of_a_single_column_with_gaps(
    run: Any, quick: list[str], numbers: pd.DataFrame, tmp_path: Path
) -> None:
    values = ["" if row % 10 == 9 else str(value) for row, value in enumerate(numbers["a"])]
    (tmp_path / "t.csv").write_text("a\n" + "\n".join(values) + "\n")
    assert run("fit", tmp_path / "t.csv", "--save", tmp_path / "m", *quick).exit_code == 0
    result = run("score", tmp_path / "m", tmp_path / "t.csv", "-q")
    assert [line.split(",")[0] for line in result.stdout.splitlines()] == ["a", *values]


def test_a_table_without_rows_is_scored(run: Any, plain: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\n")
    result = run("score", plain / "m", tmp_path / "t.csv")
    assert (result.exit_code, result.stdout) == (0, "a,b,c,energy,label,top_features\n")


def test_standard_input_is_a_table(plain: Path) -> None:
    arguments = ["score", str(plain / "m"), "-", "-q"]
    result = CliRunner().invoke(app, arguments, input=(plain / "t.csv").read_bytes())
    assert result.exit_code == 0, result.stderr
    assert len(result.stdout.splitlines()) == 61
    result = CliRunner().invoke(app, arguments, input=b"")
    assert (result.exit_code, result.stderr.split(";")[0]) == (1, "Error: standard input is empty")


@pytest.mark.skipif(os.name == "nt", reason="has no such pipes")
def test_a_pipe_is_a_table(run: Any, plain: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cp", plain / "t.csv", tmp_path / "pipe"]):
        result = run("score", plain / "m", tmp_path / "pipe", "-q")
    assert len(result.stdout.splitlines()) == 61


def test_no_python_function_is_left_with_pyarrow(
    run: Any, tmp_path: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler of bad rows, held by a streaming reader's thread at exit, aborted every third process."""
    handlers = []

    def read_csv(*arguments: Any) -> Any:
        handlers.append(arguments[2].invalid_row_handler)
        return original(*arguments)

    original = pa.csv.read_csv
    monkeypatch.setattr(pa.csv, "read_csv", read_csv)
    monkeypatch.delattr(pa.csv, "open_csv")
    (tmp_path / "t.csv").write_text("x,y,z\n1,2,3\n1,2\n4,5,6\n")
    result = run("fit", tmp_path / "t.csv", "--save", tmp_path / "m", *quick)
    assert result.exit_code == 1
    assert "row 2 has 2 values, expected 3: '1,2'" in result.stderr
    assert set(handlers) == {None}


@pytest.mark.parametrize("name", ["hex", "base64", "rot13", "zip", "bz2", "uu", "quopri", "utf-9"])
def test_what_is_no_encoding_of_text_is_named(run: Any, plain: Path, name: str) -> None:
    result = run("score", plain / "m", plain / "t.csv", "--encoding", name)
    assert result.exit_code == 1
    assert (
        f"encoding must name one that Python knows for text, such as latin-1, got {name!r}" in result.stderr
    )


def test_a_missing_column_is_named_with_a_bounded_list(run: Any, plain: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(",".join(f"x{j}" * 50 for j in range(2000)) + "\n" + "1," * 1999 + "1\n")
    result = run("score", plain / "m", tmp_path / "t.csv", "--keep", "nothing like it")
    assert result.exit_code == 2
    assert "has no column 'nothing like it'" in " ".join(result.stderr.replace("│", " ").split())
    assert len(result.stderr) < 5000
