"""`hinterland inspect TABLE`, and the options about columns of `fit` and `score`."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinterland import Surprisal, persistence
from hinterland.pipeline import encoder_and_detector

N = 120


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "order_id": [f"ORD-{i:06}" for i in range(N)],
            "day": (pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(N), unit="D")).strftime(
                "%d/%m/%Y"
            ),
            "price": [f"€{v:,.2f}" for v in rng.lognormal(7, 1, N)],
            "gift": rng.choice(["Yes", "No"], N),
            "temperature": np.where(np.arange(N) % 10 == 3, -200, rng.normal(20, 1, N).round(1)),
            "shop": rng.choice(["north", "south"], N),
            "void": [None] * N,
        }
    )
    path = tmp_path / "orders.csv"
    table.to_csv(path, index=False)
    return path


def test_a_table_is_inspected_before_training(run: Any, orders: Path) -> None:
    result = run("inspect", orders, "--json")
    assert result.exit_code == 0, result.stderr
    shown = json.loads(result.stdout)
    kinds = {column["column"]: column["kind"] for column in shown["columns"]}
    assert kinds == {
        "order_id": "identifier", "day": "time", "price": "number", "gift": "boolean", "temperature": "number",
        "shop": "category", "void": "empty",
    }  # fmt: skip
    assert (shown["rows"], shown["is_sample"], shown["unreadable"]) == (N, False, "")
    order_id, day = shown["columns"][:2]
    assert (order_id["is_left_out"], order_id["n_distinct"], order_id["n_outputs"]) == (True, N, 0)
    assert (day["why"], day["n_outputs"]) == ("dates, day first, as 31/01/2024", 2)
    assert day["usual"] == "2024-01-01 to 2024-04-29"
    assert shown["columns"][6]["n_missing"] == N
    assert any("-200 in 'temperature', 12 times (--missing -200)" in note for note in shown["notes"])
    text = run("inspect", orders)
    assert f"by all {N} rows" in text.stdout
    assert "left out" in text.stdout
    assert "Note: left out as identifiers or counters: 'order_id'" in text.stderr


def test_what_is_unusual_in_a_file_is_a_note(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a;b\n1;2\n3;4\n")
    result = run("inspect", path)
    assert result.stderr == f"Note: {path}: columns are separated by semicolons\n"


def test_a_workbook_is_no_damaged_model(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
    result = run("inspect", path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "it is a zip archive or an Excel workbook; expected a CSV or Parquet file" in result.stderr


def test_options_change_what_columns_are_taken_for(run: Any, orders: Path) -> None:
    arguments = [
        "--kind",
        "order_id=category",
        "--kind",
        "shop=ignore",
        "--date",
        "day=%d/%m/%Y",
        "--missing",
        "-200",
    ]
    shown = json.loads(run("inspect", orders, "--json", "--drop", "void", *arguments).stdout)
    found = {column["column"]: column for column in shown["columns"]}
    assert "void" not in found
    assert (found["order_id"]["kind"], found["shop"]["kind"]) == ("category", "ignored")
    assert found["day"]["why"] == "asked for, as %d/%m/%Y"
    assert found["temperature"]["n_missing"] == 12


def test_a_large_table_is_inspected_by_a_sample(
    run: Any, orders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hinterland.cli.inspect as module

    monkeypatch.setattr(module, "SAMPLE_BYTES", 10)
    monkeypatch.setattr(module, "SAMPLE_ROWS", 50)
    shown = json.loads(run("inspect", orders, "--json").stdout)
    assert (shown["rows"], shown["is_sample"]) == (50, True)
    assert {column["column"]: column["kind"] for column in shown["columns"]}["price"] == "number"
    assert "the first 50 rows, a sample" in run("inspect", orders).stdout


@pytest.mark.slow
def test_what_was_asked_for_is_in_the_model_and_rows_are_read_by_it(
    run: Any, orders: Path, tmp_path: Path, quick: list[str]
) -> None:
    saved = tmp_path / "m.hinterland"
    asked = ["--kind", "shop=ignore", "--missing", "-200", "--absolute-time", "day"]
    result = run("fit", orders, "--save", saved, *asked, *quick)
    assert result.exit_code == 0, result.stderr
    encoder, _ = encoder_and_detector(persistence.load(saved))
    assert encoder is not None
    assert encoder.kinds_["shop"] == "ignored"
    assert encoder.readings_["temperature"].missing == ("-200",)
    assert encoder.get_feature_names_out().tolist()[:3] == ["day", "day:weekday_sin", "day:weekday_cos"]
    new = pd.read_csv(orders, dtype=str).drop(columns=["order_id", "void", "shop"])
    new.to_csv(tmp_path / "new.csv", index=False)
    assert run("score", saved, orders, "-o", tmp_path / "a.csv").exit_code == 0
    scored = run("score", saved, tmp_path / "new.csv", "-o", tmp_path / "b.csv")
    assert scored.exit_code == 0, scored.stderr  # columns that are left out may be missing
    a, b = (pd.read_csv(tmp_path / name)["energy"] for name in ("a.csv", "b.csv"))
    np.testing.assert_array_equal(a, b)
    shown = run("inspect", saved).stdout
    assert "dates, day first, as 31/01/2024" in shown
    assert "2024-02-29" in shown  # the day in the middle, not seconds since 1970


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "shop=color"], "a kind is one of number, category"),
        (["--kind", "shop"], "expected COLUMN=KIND"),
        (["--kind", "shpo=number"], "did you mean 'shop'?"),
        (["--date", "day=DMY"], "expected COLUMN=FORMAT"),
        (["--decimal", ";"], "a decimal mark is . or ,"),
        (["--absolute-time", "dya"], "did you mean 'day'?"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    run: Any, orders: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    result = run("fit", orders, "--save", tmp_path / "m.hinterland", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.slow
def test_bad_values_are_named_as_the_file_counts_or_skipped(
    run: Any, orders: Path, tmp_path: Path, quick: list[str]
) -> None:
    rows = pd.read_csv(orders, dtype=str)
    rows.loc[[50, 77], "price"] = "see note"
    rows.to_csv(tmp_path / "bad.csv", index=False)
    fit = ["fit", tmp_path / "bad.csv", "--save", tmp_path / "m.hinterland", *quick]
    result = run(*fit, "--normal-only", "shop=" + rows["shop"][50])
    assert result.exit_code == 1
    assert "column 'price': row 51 has 'see note'" in result.stderr
    assert "--bad-rows skip" in result.stderr
    skipped = run(*fit, "--bad-rows", "skip")
    assert skipped.exit_code == 0, skipped.stderr
    assert "Skipped 2 rows with values that cannot be read: row 51, row 78" in skipped.stderr
    refused = run("score", tmp_path / "m.hinterland", tmp_path / "bad.csv", "-o", tmp_path / "s.csv")
    assert refused.exit_code == 1
    assert "row 51 has 'see note'" in refused.stderr
    scored = run(
        "score",
        tmp_path / "m.hinterland",
        tmp_path / "bad.csv",
        "-o",
        tmp_path / "s.csv",
        "--bad-rows",
        "skip",
    )
    assert scored.exit_code == 0, scored.stderr
    assert "skipped 2 rows with values that cannot be read: row 51, row 78" in scored.stderr
    assert len(pd.read_csv(tmp_path / "s.csv")) == N - 2


def test_rows_that_are_mostly_missing_are_counted(
    run: Any, orders: Path, tmp_path: Path, quick: list[str]
) -> None:
    assert run("fit", orders, "--save", tmp_path / "m.hinterland", *quick).exit_code == 0
    rows = pd.read_csv(orders, dtype=str)
    rows.loc[:2, ["day", "price", "gift"]] = None
    rows.to_csv(tmp_path / "gaps.csv", index=False)
    result = run("score", tmp_path / "m.hinterland", tmp_path / "gaps.csv", "-o", tmp_path / "s.csv")
    assert "3 rows lack more than half of the values that the model uses" in result.stderr


def test_the_parts_inside_of_a_models_parts_are_shown(run: Any, tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(40, 2))
    Surprisal(n_members=2, steps=2, width=8, random_state=0).fit(rows).save(tmp_path / "m.hinterland")
    shown = run("inspect", tmp_path / "m.hinterland").stdout.split("threshold is")[0]
    _, network, density = re.split(r"^  (?:network|density) ", shown, flags=re.MULTILINE)
    assert network.count("Autoencoder(") == 1
    for kind in ("NearestNeighbour(", "AutoregressiveDensity(", "GaussianMixture("):
        assert density.count(kind) == 1
