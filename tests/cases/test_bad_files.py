"""Rows of too few or many values, values that cannot be read, and truths as people write them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow

N = 300
IS_ODD = np.arange(N) % 50 == 0


def numbers() -> pd.DataFrame:
    rows = np.random.default_rng(0).normal(size=(N, 3)).round(3)
    rows[IS_ODD] += 5
    return pd.DataFrame(rows, columns=["a", "b", "c"])


def test_a_ragged_row_ends_with_exit_code_1(place: Any) -> None:  # why so: test_csv_files.py in tests/cli
    path = place.write("ragged.csv", ["x,y,z", "1,2,3", "1,2", "4,5,6"])
    command = [sys.executable, "-m", "hinterland", "fit", str(path), "--save", str(place / "m")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "row 2 has 2 values, expected 3" in " ".join(ended.stderr.split())


def test_one_bad_row_is_named_or_skipped_when_fitting_and_scoring_alike(place: Any, run: Any) -> None:
    lines = place.table("t.csv", numbers()).read_text().splitlines()
    place.fit(place / "t.csv")
    bad_value, bad_row = lines.copy(), lines.copy()
    bad_value[200] = "n/a?," + bad_value[200].split(",", 1)[1]
    bad_row[200] += ",7"
    for name, changed in (("value.csv", bad_value), ("row.csv", bad_row)):
        path = place.write(name, changed)
        for arguments in (
            ["fit", path, "--save", place / "n"],
            ["score", place / "m.hinterland", path, "-o", place / "n.csv"],
        ):
            refused = run(*arguments)
            assert refused.code == 1
            assert "row 200" in refused.said
        assert not list(place.folder.glob("n*"))
        scored, said = place.score(path, "--bad-rows", "skip")
        assert len(scored) == N - 1
        assert "skipped" in said.lower()


TRUTHS = {
    "1": ("1", "0"), "1.0": ("1", "0.0"), "True": ("true", "False"), "Yes": ("yes", "No"), "-1": ("-1", "1"),
    " Attack": ("attack", "BENIGN "),
}  # fmt: skip
"""How an odd row is written; how it is asked for, and how a normal one is written."""


def test_truths_match_as_values_and_blanks_are_left_out(place: Any) -> None:
    rows = numbers()
    place.fit(place.table("t.csv", rows))
    judged = place.table("e.csv", rows.assign(truth=IS_ODD.astype(int)))
    expected = place.evaluate(judged, "--label", "truth", "--anomaly", 1)
    assert (expected["rows"], expected["anomalies"]) == (N, 6)
    assert expected["auroc"] > 0.95
    for written, (asked, normal) in TRUTHS.items():
        path = place.table("e.csv", rows.assign(truth=np.where(IS_ODD, written, normal)))
        assert place.evaluate(path, "--label", "truth", "--anomaly", asked) == expected
    partly = rows.assign(truth=np.where(np.arange(N) % 3 == 1, "", IS_ODD.astype(int)))
    for option in (["--anomaly", 1], ["--normal", 0]):
        found = place.evaluate(place.table("e.csv", partly), "--label", "truth", *option)
        assert (found["rows"], found["unlabelled"], found["anomalies"]) == (200, 100, 4)


def test_a_table_of_one_column_with_empty_lines_keeps_its_rows(place: Any) -> None:
    values = [
        "" if row % 10 == 4 else f"{v:.3f}" for row, v in enumerate(np.random.default_rng(0).normal(size=N))
    ]
    path = place.write("one.csv", ["a", *values])
    place.fit(path)
    place.score(path)
    lines = (place / "scored.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["a", *values]
