from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from hinterland import persistence
from hinterland.explain import explain


def scored(result: Any) -> pd.DataFrame:
    assert result.exit_code == 0, result.stderr
    return pd.read_csv(io.StringIO(result.stdout), keep_default_na=False, na_values={"age": [""]})


def test_rows_come_back_in_order_with_energy_label_and_reasons(
    run: Any, folder: Path, model: Path, table: pd.DataFrame
) -> None:
    result = run("score", model, folder / "visits.csv")
    found = scored(result)
    pipeline = persistence.load(model)
    rows = table.drop(columns="label").astype({"code": "str"})
    energy = -pipeline.score_samples(rows)
    np.testing.assert_allclose(found["energy"], energy, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(found["hinterland_label"] == "anomaly", pipeline.predict(rows) == -1)
    assert list(found) == [*table.columns, "energy", "hinterland_label", "top_features"]
    assert found["id"].tolist() == table["id"].tolist()
    assert found["service"].tolist() == table["service"].tolist()
    flagged = found["hinterland_label"] == "anomaly"
    assert 0 < flagged.sum() < len(found)
    assert (found["top_features"] == "").tolist() == (~flagged).tolist()
    lines = explain(pipeline, rows[flagged]).top(3)[0]
    expected = "; ".join(f"{line.column} {line.contribution:+.3g}" for line in lines if line.contribution > 0)
    assert found["top_features"][flagged].iloc[0] == expected
    assert "Columns that the model does not use: label" in result.stderr
    assert "label is called hinterland_label" in result.stderr
    assert f"240 rows scored, {flagged.sum()} of them anomalies" in result.stderr


def test_parquet_gives_what_csv_gives(run: Any, folder: Path, model: Path, tmp_path: Path) -> None:
    for kind in ("csv", "parquet"):
        assert (
            run("score", model, folder / f"visits.{kind}", "-o", tmp_path / f"{kind}.parquet").exit_code == 0
        )
    ours, theirs = (pq.read_table(tmp_path / f"{kind}.parquet") for kind in ("csv", "parquet"))
    for name in ("id", "energy", "hinterland_label", "top_features"):
        assert ours[name].to_pylist() == theirs[name].to_pylist()
    kept = pq.read_table(folder / "visits.parquet")
    assert theirs.select(kept.column_names).equals(kept)  # what is kept keeps its type


@pytest.mark.slow
def test_batches_do_not_change_results(run: Any, folder: Path, model: Path) -> None:
    whole = run("score", model, folder / "visits.csv", "--quiet").stdout
    assert run("score", model, folder / "visits.parquet", "--keep", "id", "-q").stdout.splitlines()[0] == (
        "id,energy,label,top_features"
    )
    small = scored(run("score", model, folder / "visits.csv", "--batch-rows", "7"))
    expected = pd.read_csv(io.StringIO(whole), keep_default_na=False)
    np.testing.assert_allclose(small["energy"], expected["energy"], rtol=0, atol=1e-9)
    threshold = -persistence.load(model)[
        -1
    ].offset_  # the energy of a row here, whose label a last bit decides
    decided = (expected["energy"] - threshold).abs() > 1e-9
    assert decided.sum() >= len(expected) - 1
    for name in ("hinterland_label", "top_features"):
        assert small[name][decided].tolist() == expected[name][decided].tolist()


@pytest.mark.slow
def test_columns_are_matched_by_name(
    run: Any, folder: Path, model: Path, table: pd.DataFrame, tmp_path: Path
) -> None:
    shuffled = table.drop(columns=["id", "label"])[["when", "vip", "code", "age", "service", "bytes"]].assign(
        new=1
    )
    shuffled.to_csv(tmp_path / "t.csv", index=False, sep=";")
    result = run("score", model, tmp_path / "t.csv", "--keep", "none", "--explain", "none")
    found = scored(result)
    assert list(found) == ["energy", "label"]
    assert found["energy"].tolist() == scored(run("score", model, folder / "visits.csv"))["energy"].tolist()
    assert "Columns that the model does not use: new\n" in result.stderr


def test_missing_and_retyped_columns_are_named(
    run: Any, model: Path, table: pd.DataFrame, tmp_path: Path
) -> None:
    table.rename(columns={"age": "Age"}).to_csv(tmp_path / "t.csv", index=False)
    result = run("score", model, tmp_path / "t.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        "lacks 1 of the 7 columns that the model was trained on: 'age' (is it 'Age' here?)" in result.stderr
    )
    table.assign(age="x", vip=3).to_parquet(tmp_path / "t.parquet")
    result = run("score", model, tmp_path / "t.parquet", "-o", tmp_path / "out.csv", "-q")
    assert result.exit_code == 1
    assert re.search(r"column 'age': row 1 has 'x', .* a number.*; column 'vip': row 1 has 3", result.stderr)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.slow
def test_bad_rows_are_named_and_nothing_is_written(
    run: Any, model: Path, table: pd.DataFrame, tmp_path: Path
) -> None:
    text = table.astype("str").astype(object)
    text.loc[[100, 202], "age"] = ["forty", "old"]
    text.loc[203, "vip"] = "perhaps"
    text.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "out.csv").write_text("before")
    result = run("score", model, tmp_path / "t.csv", "-o", tmp_path / "out.csv", "--batch-rows", "100", "-q")
    assert result.exit_code == 1
    assert result.stderr == "Error: column 'age': row 101 has 'forty'; expected a number, or nothing\n"
    text.loc[100, "age"] = ""
    text.to_csv(tmp_path / "t.csv", index=False)
    result = run("score", model, tmp_path / "t.csv", "-o", tmp_path / "out.csv", "--batch-rows", "100", "-q")
    assert (
        "column 'age': row 203 has 'old'; expected a number, or nothing; column 'vip': row 204"
        in result.stderr
    )
    assert (tmp_path / "out.csv").read_text() == "before"
    assert sorted(os.listdir(tmp_path)) == ["out.csv", "t.csv"]


def test_all_rows_are_explained_if_asked(run: Any, folder: Path, model: Path) -> None:
    found = scored(run("score", model, folder / "visits.csv", "--explain", "all", "--top", "1"))
    assert not found["top_features"].str.contains(";").any()
    explained = (
        found["top_features"] != ""
    )  # rows more usual than what they are compared with have nothing to explain
    assert found["top_features"][explained].str.match(r"\w+ \+[\d.e-]+$").all()
    assert explained[found["hinterland_label"] == "anomaly"].all()
    assert explained[found["hinterland_label"] == "normal"].any()


def test_a_table_without_rows_scores_to_a_header(run: Any, folder: Path, model: Path, tmp_path: Path) -> None:
    header = (folder / "visits.csv").read_text().splitlines()[0]
    (tmp_path / "t.csv").write_text(header + "\n")
    assert (
        run("score", model, tmp_path / "t.csv").stdout == f"{header},energy,hinterland_label,top_features\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["none.hinterland", "{folder}/visits.csv"], 1, "none.hinterland: No such file"),
        (["{folder}/visits.csv", "{folder}/visits.csv"], 1, "no hinterland file"),
        (["{model}", "{model}"], 1, "expected a CSV or Parquet file"),
        (["{model}", "{folder}"], 2, "a folder is scored into a folder"),
        (["{model}", "{folder}/visits.csv", "--shard", "1/2"], 2, "a folder alone has shards"),
        (["{model}", "none.csv"], 1, "there is no file none.csv"),
        (["{model}", "{folder}/visits.csv", "-o", "{tmp}/no/out.csv"], 1, "does not exist; make it first"),
        (["{model}", "{folder}/visits.csv", "-o", "{tmp}/out.xlsx"], 2, "must end in one of"),
        (["{model}", "{folder}/visits.csv", "-o", "{folder}/visits.csv"], 2, "is an input of this command"),
        (["{model}", "{folder}/visits.csv", "--keep", "nam"], 2, "has no column 'nam'"),
        (["{model}", "{folder}/visits.csv", "--explain", "some"], 2, "'some' is not one of"),
    ],
)
def test_what_is_wrong_is_named(
    run: Any, folder: Path, model: Path, tmp_path: Path, arguments: list[str], exit_code: int, message: str
) -> None:
    places = {"folder": folder, "model": model, "tmp": tmp_path}
    result = run("score", *(argument.format(**places) for argument in arguments))
    assert (result.exit_code, result.stdout) == (exit_code, "")
    flat = " ".join(result.stderr.replace("│", " ").split())
    assert message in flat or message.replace(" ", "") in flat.replace(" ", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk_is_one_line(run: Any, folder: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").symlink_to("/dev/full")
    result = run("score", model, folder / "visits.csv", "-o", tmp_path / "out.csv", "-q")
    assert (result.exit_code, result.stderr) == (
        1,
        f"Error: {tmp_path / 'out.csv'}: the file could not be written: No space left on device\n",
    )


@pytest.mark.slow
def test_a_reader_that_stops_early_is_no_error(folder: Path, model: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "hinterland",
        "score",
        str(model),
        str(folder / "visits.csv"),
        "--explain",
        "none",
        "--batch-rows",
        "5",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"id,age")
    process.stdout.close()
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(60)


def test_a_table_that_is_mostly_flagged_says_which_columns_did_it(
    run: Any, folder: Path, model: Path, table: pd.DataFrame, tmp_path: Path
) -> None:
    numbers = table.select_dtypes("number").columns
    table.assign(**{name: table[name] * 1e6 for name in numbers}).to_csv(tmp_path / "other.csv", index=False)
    strict = persistence.load(model)
    strict[-1].offset_ = 1e9
    persistence.save(strict, tmp_path / "strict.hinterland")
    result = run("score", tmp_path / "strict.hinterland", tmp_path / "other.csv", "-o", tmp_path / "s.csv")
    assert result.exit_code == 0
    assert "(100%) are flagged, which says more of the table than of its rows" in result.stderr
    assert re.search(r"on average: \w+ \+", result.stderr)


def test_in_single_precision_energies_are_nearly_the_same(run: Any, folder: Path, model: Path) -> None:
    double = scored(run("score", model, folder / "visits.csv", "--explain", "none"))["energy"]
    single = scored(run("score", model, folder / "visits.csv", "--explain", "none", "--precision", "single"))
    np.testing.assert_allclose(single["energy"], double, rtol=1e-2, atol=1e-2)
    assert (single["energy"] != double).any()
    assert run("score", model, folder / "visits.csv", "--precision", "half").exit_code == 2
