from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.pipeline import Pipeline

from hinterland import DAGMM, DeepMixture
from hinterland.errors import TableError
from hinterland.pipeline import table_pipeline
from hinterland.scoring.table import TableScorer
from hinterland.tables import CsvFormat, open_table

SETTINGS = {"hidden": (6,), "epochs": 2, "steps": 20, "random_state": 0}


@pytest.fixture
def rows() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(0).normal(size=(50, 3)), columns=["a", "b", "c"])


def energies(scorer: TableScorer) -> np.ndarray:
    return np.concatenate([batch[scorer.names["energy"]].to_numpy() for batch in scorer.batches()])


@pytest.mark.slow
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("encoded", [True, False])
def test_any_model_scores_a_file(rows: pd.DataFrame, tmp_path: Path, named: bool, encoded: bool) -> None:
    given = rows if named else rows.to_numpy()
    model = (table_pipeline("dagmm", **SETTINGS) if encoded else DAGMM(**SETTINGS)).fit(given)  # type: ignore[arg-type]
    rows.to_csv(tmp_path / "t.csv", index=False)
    scorer = TableScorer(model, open_table(tmp_path / "t.csv"), batch_rows=13)
    np.testing.assert_allclose(energies(scorer), -model.score_samples(given), rtol=0, atol=1e-9)
    assert scorer.unused == []


@pytest.mark.parametrize("nothing", ["passthrough", None])
def test_steps_that_do_nothing_change_nothing(
    rows: pd.DataFrame, tmp_path: Path, nothing: str | None
) -> None:
    model = table_pipeline("dagmm", **SETTINGS).fit(rows)  # type: ignore[arg-type]
    rows.to_csv(tmp_path / "t.csv", index=False)
    steps = [*model.steps[:1], ("between", nothing), *model.steps[1:]]
    for wrapped in (Pipeline(steps), Pipeline([*steps, ("behind", nothing)])):
        scorer = TableScorer(wrapped, open_table(tmp_path / "t.csv"), explained="all")
        expected = TableScorer(model, open_table(tmp_path / "t.csv"), explained="all")
        assert next(scorer.batches()).equals(next(expected.batches()))


def test_columns_without_names_must_be_as_many(rows: pd.DataFrame, tmp_path: Path) -> None:
    rows.assign(d=1).to_csv(tmp_path / "t.csv", index=False)
    model = DAGMM(**SETTINGS).fit(rows.to_numpy())  # type: ignore[arg-type]
    with pytest.raises(TableError, match="3 columns without names, the table has 4"):
        TableScorer(model, open_table(tmp_path / "t.csv"))


def test_results_are_renamed_but_never_twice(rows: pd.DataFrame, tmp_path: Path) -> None:
    model = DAGMM(**SETTINGS).fit(rows)  # type: ignore[arg-type]
    table = rows.assign(energy=0, label="x")
    table.to_csv(tmp_path / "t.csv", index=False)
    scorer = TableScorer(model, open_table(tmp_path / "t.csv"), explained="none")
    assert scorer.schema.names == ["a", "b", "c", "energy", "label", "hinterland_energy", "hinterland_label"]
    assert next(scorer.batches()).schema == scorer.schema
    assert scorer.unused == ["energy", "label"]
    assert TableScorer(model, open_table(tmp_path / "t.csv"), keep=["a"], explained="none").schema.names == [
        "a",
        "energy",
        "label",
    ]
    table.assign(hinterland_energy=0).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(TableError, match=r"hinterland_energy.*results are called so"):
        TableScorer(model, open_table(tmp_path / "t.csv"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"top": 0}, "top must be an integer"),
        ({"batch_rows": 0}, "batch_rows must be an integer"),
        ({"explained": "some"}, "explained must be one of"),
        ({"keep": ["z"]}, r"cannot keep column\(s\) \['z'\]"),
    ],
)
def test_bad_arguments_are_named(
    rows: pd.DataFrame, tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    rows.to_csv(tmp_path / "t.csv", index=False)
    model = DAGMM(**SETTINGS).fit(rows)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        TableScorer(model, open_table(tmp_path / "t.csv"), **arguments)  # type: ignore[arg-type]


def test_a_column_that_had_no_name_in_training_is_found(rows: pd.DataFrame, tmp_path: Path) -> None:
    rows.to_csv(tmp_path / "t.csv")  # as pandas writes it: its index has no name
    model = table_pipeline("dagmm", **SETTINGS).fit(rows.rename_axis("").reset_index())  # type: ignore[arg-type]
    with pytest.warns(UserWarning, match="1 column without name, called 'unnamed'"):
        table = open_table(tmp_path / "t.csv")
    scorer = TableScorer(model, table, explained="none")
    assert scorer.schema.names == ["", "a", "b", "c", "energy", "label"]
    assert len(energies(scorer)) == 50


# --- a table that is unlike the training table ------------------------------------------------------


def too_many(model: Any, table: pd.DataFrame, path: Path, **settings: Any) -> str | None:
    table.to_csv(path, index=False)
    scorer = TableScorer(model, open_table(path), batch_rows=7, **settings)
    for _ in scorer.batches():
        pass
    return scorer.too_many()


@pytest.mark.slow
@pytest.mark.parametrize("explained", ["flagged", "none"])
def test_where_most_rows_are_flagged_the_columns_that_did_it_are_named(
    rows: pd.DataFrame, tmp_path: Path, explained: str
) -> None:
    model = DeepMixture(3, steps=5, random_state=0).fit(rows)
    moved = rows.assign(b=rows["b"] + 30)
    message = too_many(model, moved, tmp_path / "t.csv", explained=explained)
    assert message is not None
    assert "50 of 50 rows (100%) are flagged" in message
    assert message.partition("on average: ")[2].startswith("b +")
    assert too_many(model, rows, tmp_path / "t.csv", explained=explained) is None
    assert too_many(model, moved[:9], tmp_path / "t.csv", explained=explained) is None  # too few to tell


@pytest.mark.slow
def test_half_of_the_rows_are_not_too_many(rows: pd.DataFrame, tmp_path: Path) -> None:
    model = DAGMM(**SETTINGS).fit(rows)  # type: ignore[arg-type]
    model.offset_ = float(np.median(model.score_samples(rows)))
    assert too_many(model, rows, tmp_path / "t.csv") is None
    model.offset_ += 100
    assert too_many(model, rows, tmp_path / "t.csv") is not None


# --- rows that cannot be read ------------------------------------------------------------------------


def test_rows_left_out_are_called_as_in_the_file(rows: pd.DataFrame, tmp_path: Path) -> None:
    model = table_pipeline("dagmm", **SETTINGS).fit(rows)
    lines = rows.to_csv(index=False).splitlines()
    for number, line in {4: "x,1,1", 9: "1,2,3,4", 20: "1,2,y", 50: "1,z,1"}.items():
        lines[number] = line
    lines.insert(10, "# a comment")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    table = open_table(tmp_path / "t.csv", CsvFormat(bad_rows="skip"))
    scorer = TableScorer(model, table, batch_rows=7)
    with pytest.warns(UserWarning, match="cannot be read") as said:
        scored = pa.concat_tables(scorer.batches())
    notes = [str(warning.message) for warning in said if "cannot be read" in str(warning.message)]
    found = "row 4, row 20 (line 22), row 50 (line 52)"
    assert notes == [f"{tmp_path / 't.csv'}: skipped 3 rows with values that cannot be read: {found}"]
    assert (scored.num_rows, scorer.n_rows, scorer.n_skipped) == (46, 46, 3)
    expected = rows.drop(index=[3, 8, 19, 49])
    np.testing.assert_allclose(scored["energy"], -model.score_samples(expected), rtol=0, atol=1e-9)


def test_of_many_rows_left_out_the_first_are_named(rows: pd.DataFrame, tmp_path: Path) -> None:
    model = DAGMM(**SETTINGS).fit(rows)
    rows.assign(b=np.where(np.arange(50) % 2, "x", "1")).to_csv(tmp_path / "t.csv", index=False)
    scorer = TableScorer(model, open_table(tmp_path / "t.csv"), batch_rows=7, bad_rows="skip")
    with pytest.warns(UserWarning, match="skipped 25 rows .*: row 2, row 4, .* row 40 and 5 more$"):
        assert sum(batch.num_rows for batch in scorer.batches()) == 25
    with pytest.warns(UserWarning, match="25 rows"):  # again from the beginning
        assert sum(batch.num_rows for batch in scorer.batches()) == 25
