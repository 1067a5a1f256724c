from __future__ import annotations

import io
import pickle
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from hinterland import DAGMM, BatchScorer, explain
from hinterland.errors import TableError
from hinterland.model import energy_model
from hinterland.pipeline import table_pipeline
from hinterland.tables import UnreadableValuesError

SETTINGS: dict[str, Any] = {"hidden": (6,), "epochs": 2, "min_steps": 20, "random_state": 0}
N = 60


def visits() -> pa.Table:
    """A table of every kind of column, a tenth of its rows odd."""
    random = np.random.default_rng(0)
    age = random.normal(40, 8, N) + 90 * (np.arange(N) % 10 == 3)
    age[7] = np.nan
    return pa.table(
        {
            "id": [f"v{i}" for i in range(N)],
            "age": pa.array(age, from_pandas=True),
            "service": random.choice(["http", "ftp"], N),
            "vip": pa.array(random.random(N) < 0.5),
            "when": pa.array(pd.date_range("2024-05-01", periods=N, freq="7h")),
        }
    )


TABLE = visits()


@pytest.fixture(scope="module")
def model() -> Any:
    return table_pipeline("dagmm", **SETTINGS, contamination=0.1).fit(TABLE)


@pytest.fixture(scope="module")
def scorer(model: Any) -> BatchScorer:
    return BatchScorer(model, TABLE.schema)


@pytest.fixture(scope="module")
def whole(scorer: BatchScorer) -> pa.Table:
    return scorer(TABLE)


def test_rows_get_the_models_energies_labels_and_reasons(model: Any, whole: pa.Table) -> None:
    energy = -model.score_samples(TABLE)
    np.testing.assert_allclose(whole["energy"].to_numpy(), energy, rtol=0, atol=1e-9)
    flagged = model.predict(TABLE) == -1
    assert 0 < flagged.sum() < N
    assert whole["label"].to_pylist() == np.where(flagged, "anomaly", "normal").tolist()
    assert whole["top_features"].is_valid().to_pylist() == flagged.tolist()
    lines = explain.explain(model, TABLE.filter(pa.array(flagged))).top(3)
    expected = [
        "; ".join(f"{line.column} {line.contribution:+.3g}" for line in row if line.contribution > 0)
        for row in lines
    ]
    assert whole["top_features"].drop_null().to_pylist() == expected
    assert whole.select(TABLE.column_names).equals(TABLE)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, [*TABLE.column_names, "energy", "label", "top_features"]),
        ({"keep": ["when", "id"], "explained": "all"}, ["when", "id", "energy", "label", "top_features"]),
        ({"keep": [], "explained": "none"}, ["energy", "label"]),
    ],
)
def test_the_schema_is_known_before_any_batch(model: Any, options: dict[str, Any], names: list[str]) -> None:
    scorer = BatchScorer(model, TABLE.schema, **options)
    assert scorer.schema.names == names
    for batch in (TABLE, TABLE[:1], TABLE[:0], TABLE.combine_chunks().to_batches()[0]):
        scored = scorer(batch)
        assert scored.schema == scorer.schema
        assert scored.num_rows == batch.num_rows


@settings(max_examples=8)
@given(cuts=st.sets(st.integers(1, N - 1), max_size=6), seed=st.integers(0, 99))
def test_any_split_in_any_order_gives_the_same(
    scorer: BatchScorer, whole: pa.Table, cuts: set[int], seed: int
) -> None:
    edges = [0, *sorted(cuts), N]
    parts = {}
    for i in np.random.default_rng(seed).permutation(len(edges) - 1):
        parts[i] = scorer(TABLE[edges[i] : edges[i + 1]])
    joined = pa.concat_tables([parts[i] for i in sorted(parts)])
    np.testing.assert_allclose(joined["energy"], whole["energy"], rtol=0, atol=1e-9)
    # A row that the threshold was learnt from lies on it, and the last bit decides.
    decided = np.abs(whole["energy"].to_numpy() - scorer.input.threshold) > 1e-9
    for name in ("id", "label", "top_features"):
        assert joined[name].filter(pa.array(decided)).equals(whole[name].filter(pa.array(decided)))


def test_columns_may_come_in_any_order_and_with_others(scorer: BatchScorer, whole: pa.Table) -> None:
    shuffled = TABLE.select(TABLE.column_names[::-1]).append_column("new", pa.nulls(N))
    assert scorer(shuffled).equals(whole)


def test_it_pickles_and_gives_the_same(model: Any, scorer: BatchScorer, whole: pa.Table) -> None:
    copy = pickle.loads(pickle.dumps(scorer))
    assert copy.schema == scorer.schema
    assert copy(TABLE).equals(whole)
    buffer = io.BytesIO()
    joblib.dump(scorer, buffer)
    buffer.seek(0)
    assert joblib.load(buffer)(TABLE).equals(whole)
    assert len(model[-1].history_) > 0  # what stays behind is still here
    assert len(model[-1].training_energy_) == N


def test_what_only_a_fit_needs_is_not_sent(model: Any) -> None:
    scorer = BatchScorer(model, TABLE.schema, explained="none")
    model[-1].on_epoch = lambda entry: None  # would not pickle
    try:
        small = len(pickle.dumps(scorer))
        model[-1].training_energy_ = np.zeros(100_000)
        assert len(pickle.dumps(scorer)) == small
        assert scorer.input.detector.on_epoch is not None
    finally:
        model[-1].on_epoch, model[-1].training_energy_ = None, np.zeros(N)


OTHER_PROCESS = """
import pickle, sys
import pyarrow as pa
scorer, table = pickle.load(sys.stdin.buffer)
with pa.ipc.new_stream(sys.stdout.buffer, scorer.schema) as stream:
    stream.write_table(scorer(table))
"""


@pytest.mark.slow
def test_another_process_gives_the_same(scorer: BatchScorer, whole: pa.Table) -> None:
    sent = pickle.dumps((scorer, TABLE))
    done = subprocess.run([sys.executable, "-c", OTHER_PROCESS], input=sent, capture_output=True, check=True)
    assert pa.ipc.open_stream(done.stdout).read_all().equals(whole)


@dataclass(frozen=True)
class Above:
    """How far an energy lies above a bound: what another module may add."""

    bound: float
    name: str = "above"
    type: pa.DataType = field(default_factory=pa.float32)

    def values(self, energy: np.ndarray) -> Any:
        return np.maximum(energy - self.bound, 0).astype(np.float32)


def test_other_modules_add_columns_of_the_energies(model: Any) -> None:
    scorer = BatchScorer(model, TABLE.schema, keep=["id"], columns=[Above(1.0), Above(2.0, "more")])
    assert scorer.schema.names == ["id", "energy", "label", "above", "more", "top_features"]
    scored = pickle.loads(pickle.dumps(scorer))(TABLE)
    expected = np.maximum(scored["energy"].to_numpy() - 1, 0).astype(np.float32)
    np.testing.assert_array_equal(scored["above"].to_numpy(), expected)
    assert scored.schema.field("above").type == pa.float32()
    named = TABLE.append_column("above", TABLE["age"])
    assert BatchScorer(model, named.schema, columns=[Above(1.0)]).names["above"] == "hinterland_above"
    with pytest.raises(TableError, match="found more than once: \\['energy'\\]"):
        BatchScorer(model, TABLE.schema, columns=[Above(1.0, "energy")])


# --- faults ------------------------------------------------------------------------------------------

AS_TEXT = pa.table({name: [str(v) for v in TABLE[name].to_pylist()] for name in TABLE.column_names})
FAULTS = {"age": "forty", "vip": "perhaps", "when": "32.13.2024"}


def with_faults(table: pa.Table, faults: dict[str, list[int]]) -> pa.Table:
    for name, rows in faults.items():
        values = table[name].to_pylist()
        for row in rows:
            values[row - 1] = FAULTS[name]
        table = table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()))
    return table


@pytest.mark.parametrize("name", FAULTS)
def test_a_row_of_each_kind_of_fault_is_numbered(model: Any, name: str) -> None:
    table = with_faults(AS_TEXT, {name: [4, 31]})
    scorer = BatchScorer(model, table.schema)
    with pytest.raises(
        UnreadableValuesError, match=f"column '{name}': row 4 has '{FAULTS[name]}', row 31 has"
    ):
        scorer(table)
    with pytest.raises(UnreadableValuesError, match=f"column '{name}': line 34 has"):
        scorer.score(table[:10], lambda places: [f"line {place + 31}" for place in places])


def test_an_infinite_number_is_numbered(model: Any) -> None:
    age = TABLE["age"].to_numpy().copy()
    age[11] = np.inf
    table = TABLE.set_column(1, "age", pa.array(age))
    with pytest.raises(UnreadableValuesError, match="column 'age': row 12 has inf; expected finite"):
        BatchScorer(model, table.schema)(table)


def test_bad_rows_are_left_out_and_named(model: Any) -> None:
    table = with_faults(AS_TEXT, {"age": [4, 31], "vip": [31], "when": [60]})
    scorer = BatchScorer(model, table.schema, bad_rows="skip")
    with pytest.warns(UserWarning, match="^skipped 3 rows with values .*: row 4, row 31, row 60$"):
        scored = scorer(table)
    good = np.setdiff1d(np.arange(N), [3, 30, 59])
    assert scored["id"].to_pylist() == [f"v{i}" for i in good]
    np.testing.assert_allclose(scored["energy"], scorer(AS_TEXT)["energy"].take(good), rtol=0, atol=1e-9)
    assert scorer.score(table).unreadable.tolist() == [3, 30, 59]
    all_bad = with_faults(AS_TEXT, {"age": list(range(1, N + 1))})
    with pytest.warns(UserWarning, match="60 rows .*: row 1, .* row 20 and 40 more$"):
        assert scorer(all_bad).num_rows == 0


def test_what_a_worker_raises_reaches_the_driver(model: Any) -> None:
    table = with_faults(AS_TEXT, {"age": [4]})
    with pytest.raises(UnreadableValuesError) as caught:
        BatchScorer(model, table.schema)(table)
    sent = pickle.loads(pickle.dumps(caught.value))
    assert str(sent) == str(caught.value)
    assert type(sent) is UnreadableValuesError
    assert sent.complaints[0].places.tolist() == [3]


def test_batches_that_do_not_fit_are_named(scorer: BatchScorer) -> None:
    with pytest.raises(TableError, match=r"lacks 1 of the 5 columns .*: 'age'"):
        scorer(TABLE.drop_columns(["age"]))
    with pytest.raises(TableError, match="lacks column 'id', which is to be kept"):
        scorer(TABLE.drop_columns(["id"]))
    with pytest.raises(TableError, match=r"changed their type since fit: column 'age': found time"):
        scorer(TABLE.set_column(1, "age", TABLE["when"]))
    with pytest.raises(TableError, match=r"column 'id' has type list.* expected string by the schema"):
        scorer(TABLE.set_column(0, "id", pa.array([[1]] * N)))


def test_kept_columns_have_the_type_that_was_stated(scorer: BatchScorer, whole: pa.Table) -> None:
    other = TABLE.set_column(0, "id", TABLE["id"].cast(pa.large_string()))
    assert scorer(other).equals(whole)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top": 0}, "top must be an integer"),
        ({"explained": "some"}, "explained must be one of"),
        ({"bad_rows": "mend"}, "bad_rows must be one of"),
        ({"keep": ["z"]}, r"cannot keep column\(s\) \['z'\]"),
    ],
)
def test_bad_arguments_are_named(model: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BatchScorer(model, TABLE.schema, **options)


def test_what_is_no_model_of_such_tables_is_named(model: Any) -> None:
    with pytest.raises(NotFittedError):
        BatchScorer(DAGMM(), TABLE.schema)
    with pytest.raises(TypeError, match="got int"):
        BatchScorer(3, TABLE.schema)
    with pytest.raises(TableError, match="lacks 3 of the 5 columns"):
        BatchScorer(model, TABLE.select(["id", "age"]).schema)
    with pytest.raises(TableError, match=r"found more than once: \['a'\]"):
        BatchScorer(model, pa.schema([("a", pa.int8()), ("a", pa.int8())]))


# --- one score a row ---------------------------------------------------------------------------------


@pytest.mark.parametrize("explained", ["flagged", "all"])
def test_no_row_is_scored_twice(model: Any, monkeypatch: pytest.MonkeyPatch, explained: Any) -> None:
    scorer, seen = BatchScorer(model, TABLE.schema, explained=explained), []
    chunks = energy_model.EnergyModel.energy

    def counted(self: energy_model.EnergyModel, rows: torch.Tensor) -> torch.Tensor:
        seen.append(len(rows))
        return chunks(self, rows)

    monkeypatch.setattr(energy_model.EnergyModel, "energy", counted)
    scorer(TABLE)
    assert seen == [N]
