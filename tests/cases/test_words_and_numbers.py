"""Numbers as people write them, words for missing ones, and hexadecimal numbers late in a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from hinterland.pipeline import table_pipeline
from hinterland.tables.reading import open_table

pytestmark = pytest.mark.slow

N = 600
AMOUNTS = np.random.default_rng(0).lognormal(6, 0.8, N)
IS_ODD = np.arange(N) % 60 == 7
AMOUNTS[IS_ODD] *= 50


@pytest.mark.parametrize(
    "write",
    [
        lambda v: f"{v:.2f}",
        lambda v: f"{v:,.2f}",
        lambda v: f"{v:.2f}".replace(".", ","),
        lambda v: f"{v:,.2f}".translate(str.maketrans(",.", ".,")),
        lambda v: f"${v:,.2f}",
        lambda v: f"{v:.2f} EUR",
        lambda v: f"{v:,.0f}".replace(",", " "),
        lambda v: f"{v:,.0f}",
        lambda v: f"{round(v, -2):,.0f}",
        lambda v: f"{v / 100:.1f}%",
        lambda v: f"{v / 100:.1f} kg",
    ],
    ids=[
        "plain",
        "thousands",
        "decimal comma",
        "German",
        "dollars",
        "euros",
        "spaces",
        "whole",
        "hundreds",
        "percent",
        "unit",
    ],
)
def test_amounts_written_in_any_way_find_what_plain_ones_do(
    place: Any, write: Callable[[float], str]
) -> None:
    rng = np.random.default_rng(1)
    table = {"amount": [write(v) for v in AMOUNTS], "b": rng.normal(size=N), "c": rng.choice([*"xyz"], N)}
    rows = open_table(place.table("t.csv", table)).read()
    is_plain = write(1234.5) == "1234.50"
    with (
        nullcontext() if is_plain else pytest.warns(UserWarning, match="read as people write them: 'amount'")
    ):
        model = table_pipeline(random_state=0, steps=40, n_members=2, width=32).fit(rows)
    assert model[0].kinds_["amount"] == "number"
    assert roc_auc_score(IS_ODD, -model.score_samples(rows)) > 0.97


@pytest.mark.parametrize("every", [100, 7])
@pytest.mark.parametrize("token", ["NA", "?", "-", "None", "n.a.", "NA ", "(null)", "#DIV/0!"])
def test_the_usual_words_are_missing_numbers_and_are_said(place: Any, token: str, every: int) -> None:
    charges = [token if i % every == 3 else f"{v:.2f}" for i, v in enumerate(AMOUNTS)]
    path = place.table("t.csv", {"tenure": np.arange(N) * 37 % 72, "charges": charges})
    kinds, notes = place.kinds(path)
    assert kinds["charges"] == "number"
    if token.strip() not in ("NA",):
        assert token.strip() in notes
    assert f"{sum(text == token for text in charges)}" in notes


def test_other_words_are_named_and_can_be_made_missing(place: Any, run: Any) -> None:
    charges = ["kaputt" if i % 7 == 3 else f"{v:.2f}" for i, v in enumerate(AMOUNTS)]
    path = place.table("t.csv", {"tenure": np.arange(N) * 37 % 72, "charges": charges})
    refused = run("fit", path, "--save", place / "m", "-q")
    assert refused.code == 1
    assert "column 'charges': row 4 has 'kaputt'" in refused.said
    assert "--missing 'kaputt'" in refused.said
    place.fit(path, "--missing", "kaputt")
    scored, _ = place.score(path)
    assert len(scored) == N
    assert scored["energy"].abs().max() < 1000


def test_hexadecimal_ports_late_in_a_file_are_read_at_fit_and_score_alike(place: Any) -> None:
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {
            "sport": ["0x000b" if i % 300 == 270 else str(rng.integers(1024, 65_535)) for i in range(N)],
            "proto": rng.choice(["tcp", "udp"], N),
            "dur": rng.gamma(1, 1, N).round(4),
            "ct_ftp_cmd": [" " if rng.random() < 0.7 else str(rng.integers(0, 3)) for _ in range(N)],
            "stime": 1_421_927_377 + np.arange(N) // 10,
        }
    )
    path = place.table("unsw.csv", table)
    kinds, _ = place.kinds(path)
    assert kinds == {
        "sport": "number", "proto": "category", "dur": "number", "ct_ftp_cmd": "number", "stime": "ignored",
    }  # fmt: skip  # a minute of times has no part that recurs
    place.fit(path)
    scored, _ = place.score(path)
    assert len(scored) == N
    decimal = place.table("decimal.csv", table.assign(sport=table["sport"].replace("0x000b", "11")))
    np.testing.assert_array_equal(place.score(decimal)[0]["energy"], scored["energy"])
