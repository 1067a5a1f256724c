from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline

from hinterland.detectors.dagmm import DAGMM
from hinterland.errors import TableError
from hinterland.report.data import page_data
from hinterland.report.scored import Kept, Scored, energies_of, score_table
from hinterland.tables import CsvFormat, open_table
from hinterland.tables.source import as_table_file


@given(st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=6), st.integers(1, 9))
def test_keeps_the_rows_of_highest_priority_the_earliest_first(batches: list[list[int]], most: int) -> None:
    kept, first = Kept(most), 0
    for batch in batches:
        kept.add(pa.table({"p": pa.array(batch, pa.int64())}), np.array(batch, float), first)
        first += len(batch)
    everything = [p for batch in batches for p in batch]
    expected = sorted(range(len(everything)), key=lambda i: (-everything[i], i))[:most]
    if everything:
        rows, index = kept.rows()
        assert index.tolist() == expected
        assert rows["p"].to_pylist() == [everything[i] for i in expected]


def test_scores_as_the_model_does(scored: Scored, model: Pipeline, table: pd.DataFrame) -> None:
    rows = table.drop(columns="diagnosis")
    np.testing.assert_allclose(scored.energy, -model.score_samples(rows), rtol=1e-12)
    np.testing.assert_array_equal(scored.truth, table.diagnosis == "malignant")
    np.testing.assert_array_equal(scored.top_index, np.argsort(-scored.energy, kind="stable")[:500])
    assert scored.top["mean area"].to_pylist() == table["mean area"].iloc[scored.top_index].tolist()
    assert scored.sample["mean area"].to_pylist() == table["mean area"].iloc[scored.sample_index].tolist()
    assert (np.diff(scored.sample_index) > 0).all()
    assert scored.model.unused == ["diagnosis"]


def test_a_table_on_disk_gives_the_same(
    scored: Scored, model: Pipeline, table: pd.DataFrame, tmp_path: object
) -> None:
    table.to_csv(f"{tmp_path}/t.csv", index=False)
    table.to_parquet(f"{tmp_path}/t.parquet")
    for name in ("t.csv", "t.parquet"):
        other = score_table(
            model, as_table_file(f"{tmp_path}/{name}"), label="diagnosis", anomaly="malignant"
        )
        np.testing.assert_allclose(other.energy, scored.energy, rtol=1e-12)
        np.testing.assert_array_equal(other.truth, scored.truth)
        np.testing.assert_array_equal(other.sample_index, scored.sample_index)
        np.testing.assert_allclose(other.model.encoded(other.top), scored.model.encoded(scored.top))


def test_a_matrix_and_labels_beside_it(detector: DAGMM, benign: np.ndarray) -> None:
    label = np.arange(len(benign)) < 10
    found = score_table(detector, as_table_file(benign), label=label, top=7)
    np.testing.assert_allclose(found.energy, detector.energy(benign), rtol=1e-12)
    np.testing.assert_allclose(found.model.encoded(found.top), benign[found.top_index])
    assert found.truth is not None
    assert found.truth.sum() == 10
    assert found.model.encoded_names() == [f"x{j}" for j in range(30)]


def test_a_second_model_scores_the_same_rows(scored: Scored, model: Pipeline) -> None:
    parts, energy = energies_of(model, scored.table)
    np.testing.assert_array_equal(energy, scored.energy)
    assert parts.threshold == scored.model.threshold


def test_the_sample_is_drawn_from_all_rows_and_repeatable(model: Pipeline, table: pd.DataFrame) -> None:
    many = pd.concat([table.drop(columns="diagnosis")] * 8, ignore_index=True)
    first, again, other = (score_table(model, as_table_file(many), random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.sample_index, again.sample_index)
    assert len(first.sample_index) == 1500
    assert (first.sample_index != other.sample_index).any()
    assert abs(np.median(first.sample_index) / len(many) - 0.5) < 0.06  # four standard errors


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"label": "diagnosys"},
            TableError,
            "label: the table has no column 'diagnosys'; did you mean 'diagnosis'",
        ),
        ({"time_column": "when"}, TableError, "time_column: the table has no column 'when'; it has"),
        ({"anomaly": "malignant"}, ValueError, "label must name that column"),
        ({"label": "diagnosis"}, TableError, "none of these is known"),
        (
            {"label": "mean area"},
            TableError,
            r"'mean area' is one of those that the model was trained on .*--drop",
        ),
    ],
)
def test_refuses_wrong_columns(
    model: Pipeline, table: pd.DataFrame, options: dict[str, str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        score_table(model, as_table_file(table), **options)  # type: ignore[arg-type]


def test_a_second_model_must_not_score_by_the_truth(scored: Scored, model: Pipeline) -> None:
    with pytest.raises(TableError, match="scores by"):
        energies_of(model, scored.table, label="mean area")


def test_rows_without_a_label_are_told_apart(model: Pipeline, table: pd.DataFrame) -> None:
    known = table.assign(truth=np.where(np.arange(len(table)) % 2, table.diagnosis == "malignant", np.nan))
    with pytest.warns(UserWarning, match=r"285 of 569 rows have no label in column 'truth'"):
        scored = score_table(model, as_table_file(known.drop(columns="diagnosis")), label="truth")
    assert scored.truth is not None
    assert (scored.truth == -1).sum() == 285
    assert scored.reading == "anomaly: '1' (110); normal: '0' (174); no label: None (285)"


def test_refuses_tables_that_do_not_fit(model: Pipeline, detector: DAGMM, table: pd.DataFrame) -> None:
    with pytest.raises(TableError, match=r"lacks 1 of the 30 columns .*'mean area'"):
        score_table(model, as_table_file(table.drop(columns="mean area")))
    with pytest.raises(TableError, match="30 columns without names, the table has 31"):
        score_table(detector, as_table_file(table))
    with pytest.raises(TableError, match="has no rows"):
        score_table(model, as_table_file(table.iloc[:0]))
    with pytest.raises(TypeError, match="got int"):
        score_table(3, as_table_file(table))
    with pytest.raises(NotFittedError):
        score_table(DAGMM(), as_table_file(table))


def test_rows_are_numbered_as_in_the_file_where_some_are_skipped(
    model: Pipeline, table: pd.DataFrame, tmp_path: Path
) -> None:
    table = table.iloc[:60]
    text = table.astype(str)
    text.loc[[4, 30], "mean area"] = "large"
    lines = text.to_csv(index=False).splitlines()
    lines[11] += ",1"  # row 11 has a value too many
    (tmp_path / "t.csv").write_text("\n".join(lines))
    file = open_table(tmp_path / "t.csv", CsvFormat(bad_rows="skip"))
    with pytest.warns(UserWarning, match="skipped 2 rows .*: row 5, row 31"):
        scored = score_table(model, file, label="diagnosis", anomaly="malignant")
    kept = table.drop(index=[4, 10, 30])
    assert scored.n_rows == len(kept) == 57
    assert scored.numbers(np.arange(57)) == (kept.index + 1).tolist()
    assert (
        scored.top["mean area"].cast("double").to_pylist()
        == kept["mean area"].iloc[scored.top_index].tolist()
    )
    shown = page_data(scored, saved={})
    energy = -model.score_samples(table.drop(columns="diagnosis"))
    for part in (
        shown["rows"]["rows"],
        [
            dict(zip(("row", "energy"), pair, strict=True))
            for pair in zip(shown["embedding"]["row"], shown["embedding"]["energy"], strict=True)
        ],
    ):
        assert [row["energy"] for row in part] == pytest.approx([energy[row["row"] - 1] for row in part])
    assert shown["order"]["x"] == (kept.index + 1).tolist()


def test_labels_beside_a_table_are_of_all_its_rows(
    detector: DAGMM, benign: np.ndarray, tmp_path: Path
) -> None:
    frame = pd.DataFrame(benign[:40]).astype(str)
    frame.iloc[3, 0] = "x"
    frame.to_csv(tmp_path / "t.csv", index=False)
    file = open_table(tmp_path / "t.csv", CsvFormat(bad_rows="skip"))
    with pytest.warns(UserWarning, match="skipped 1 row .*: row 4"):
        scored = score_table(detector, file, label=np.arange(40) % 5 == 4)
    assert scored.truth is not None
    assert np.flatnonzero(scored.truth).tolist() == [3, 8, 13, 18, 23, 28, 33, 38]
