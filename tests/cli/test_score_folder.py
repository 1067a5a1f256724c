"""``hinterland score`` of a folder."""

from __future__ import annotations

import io
import uuid
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pytest


@pytest.fixture
def tables(table: pd.DataFrame, tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    table[:100].to_csv(folder / "a.csv", index=False)
    table[100:].to_csv(folder / "b.csv", index=False)
    (folder / "notes.txt").write_text("none of ours")
    return folder


def test_a_folder_is_scored_file_by_file_and_resumed(
    run: Any, model: Path, tables: Path, tmp_path: Path
) -> None:
    result = run("score", model, tables, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert "1 files of" in result.stderr
    assert "2 tables scored, 240 rows" in result.stderr
    alone = run("score", model, tables / "a.csv").stdout
    assert (tmp_path / "out/a.csv").read_text() == alone
    again = run("score", model, tables, "-o", tmp_path / "out")
    assert "0 tables scored" in again.stderr
    assert "2 were there already" in again.stderr
    other = run("score", model, tables, "-o", tmp_path / "out", "--top", "1")
    assert other.exit_code == 1
    assert "they are not mixed: top was '3' and is now '1'" in other.stderr


def test_a_bad_file_is_named_the_others_are_scored_and_the_exit_code_is_1(
    run: Any, model: Path, tables: Path, tmp_path: Path
) -> None:
    (tables / "bad.csv").write_text((tables / "a.csv").read_text().replace("v7,", "v7,x", 1))
    result = run("score", model, tables, "-o", tmp_path / "out", "-q")
    assert result.exit_code == 1
    assert "bad.csv" in result.stderr
    assert "'age': row 8" in result.stderr
    assert "1 of 3 tables could not be scored" in result.stderr
    assert sorted(path.name for path in (tmp_path / "out").glob("*.csv")) == ["a.csv", "b.csv"]


def test_shards_share_a_folder_at_an_address(run: Any, model: Path, tables: Path) -> None:
    place = f"memory://{uuid.uuid4()}"
    files, root = fsspec.core.url_to_fs(place)
    files.put(str(tables), f"{root}/in", recursive=True)
    for shard in ("1/2", "2/2"):
        result = run("score", model, f"{place}/in", "-o", f"{place}/out", "--shard", shard)
        assert result.exit_code == 0, result.stderr
        assert f"1 tables of shard {shard} scored" in result.stderr
    found = pd.read_csv(io.BytesIO(files.cat_file(f"{root}/out/b.csv")))
    assert len(found) == 140


def test_rows_are_selected_over_a_folder(run: Any, model: Path, tables: Path, tmp_path: Path) -> None:
    calibrated = tmp_path / "calibrated"
    assert run("calibrate", model, tables / "b.csv", "-o", calibrated).exit_code == 0
    result = run("score", calibrated, tables, "-o", tmp_path / "out", "--fdr", "0.3")
    assert result.exit_code == 0, result.stderr
    assert "Selection over the folder" in result.stderr
    assert {"p_value", "flagged"} <= set(pd.read_csv(tmp_path / "out/a.csv").columns)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["{in}"], 2, "a folder is scored into a folder"),
        (["{in}", "-o", "{tmp}/out", "--shard", "3/2"], 2, "a shard is I/N"),
        (["{in}", "-o", "{tmp}/out", "--shard", "1/2", "--fdr", "0.1"], 1, "a shard sees its own alone"),
        (["{in}", "-o", "{in}/out"], 1, "give a folder apart from it"),
        (["{in}", "-o", "{tmp}"], 1, "give a folder apart from it"),
        (["memory://nowhere", "-o", "{tmp}/out"], 1, "there is no folder memory://nowhere"),
        (["nonsense://x", "-o", "{tmp}/out"], 1, "nonsense://x is no address that can be read"),
    ],
)
def test_what_is_wrong_is_named(
    run: Any, model: Path, tables: Path, tmp_path: Path, arguments: list[str], exit_code: int, message: str
) -> None:
    places = {"in": tables, "tmp": tmp_path}
    result = run("score", model, *(argument.format(**places) for argument in arguments))
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert message in " ".join(result.stderr.replace("│", " ").split())
