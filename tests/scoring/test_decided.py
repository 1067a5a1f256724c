import pickle
import weakref
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hinterland import BatchScorer
from hinterland.decide import calibrate, p_values, select
from hinterland.decisions import rule_of
from hinterland.detectors import DeepMixture
from hinterland.pipeline import table_pipeline
from hinterland.scoring import TableScorer, decided
from hinterland.scoring.decided import PValue, calibration_of, energies, select_rows, watch_of
from hinterland.tables import open_table

SMALL = {"steps": 5, "hidden": (4,), "validation_share": 0, "random_state": 0}


def table(n: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame({name: generator.normal(shift, 1.0, n) for name in ("size", "weight")})


@pytest.fixture(scope="module")
def model():
    model = table_pipeline(DeepMixture(2, scaling=None, **SMALL)).fit(table(100, 0))
    return calibrate(model, table(300, 1))


@pytest.fixture
def mixed() -> pd.DataFrame:
    return pd.concat([table(80, 2), table(20, 3, shift=8.0)], ignore_index=True)


@pytest.fixture
def file(mixed: pd.DataFrame, tmp_path: Path) -> Path:
    mixed.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


@pytest.mark.parametrize("method", ["bh", "storey"])
def test_two_passes_over_a_file_select_as_one_over_an_array(model, mixed, file, method) -> None:
    columns = select_rows(model, open_table(file), 0.1, method=method, batch_rows=7)
    scorer = TableScorer(model, open_table(file), batch_rows=13, columns=columns)
    found = pa.concat_tables(scorer.batches())
    expected = select(model, mixed, 0.1, method=method)
    np.testing.assert_array_equal(found["flagged"].to_numpy(), expected.flagged)
    np.testing.assert_allclose(found["p_value"].to_numpy(), p_values(model, mixed))
    assert columns[1].rule.n_flagged == expected.n_flagged
    assert found.column_names == ["size", "weight", "energy", "label", "p_value", "flagged", "top_features"]


def test_the_first_pass_keeps_a_batch_at_a_time_and_a_count_for_each_level(model, file, monkeypatch) -> None:
    class Batch:
        def __init__(self, p: np.ndarray) -> None:
            self.table = pa.table({"p_value": p})

    alive: weakref.WeakSet[Batch] = weakref.WeakSet()
    n_levels = calibration_of(model).n_rows() + 1
    generator, most, counted = np.random.default_rng(0), [0], []

    def batches(*_, **__):
        for _ in range(50):
            batch = Batch(generator.integers(1, n_levels + 1, 1_000) / n_levels)
            alive.add(batch)
            most.append(len(alive))
            yield batch

    def counting(levels, *arguments, **options):
        counted.append((len(levels.p), levels.n_rows))
        return rule_of(levels, *arguments, **options)

    monkeypatch.setattr(decided, "_batches", batches)
    monkeypatch.setattr(decided, "rule_of", counting)
    select_rows(model, open_table(file))
    assert max(most) <= 2
    assert counted == [(n_levels, 50_000)]


def test_p_values_are_a_column_of_a_scorer_that_goes_to_other_processes(model, mixed) -> None:
    rows = pa.Table.from_pandas(mixed)
    scorer = BatchScorer(model, rows.schema, columns=[PValue(calibration_of(model))], explained="none")
    found = pickle.loads(pickle.dumps(scorer))(rows)
    np.testing.assert_array_equal(found["p_value"].to_numpy(), p_values(model, mixed))
    assert scorer(rows.slice(0, 0))["p_value"].to_pylist() == []


def test_energies_come_batch_by_batch(model, mixed, file) -> None:
    found = list(energies(model, open_table(file), batch_rows=30))
    assert len(found) >= 2
    np.testing.assert_allclose(np.concatenate(found), -model.score_samples(mixed), rtol=1e-9, atol=1e-9)


def test_a_watch_is_over_rows_like_those_set_aside(model) -> None:
    watch = watch_of(model[-1])
    assert watch is not None
    assert watch.add(-model.score_samples(table(500, 5))).alarm is None
    watch.add(-model.score_samples(table(500, 6, shift=3.0)))
    assert watch.alarm is not None
    assert 450 <= watch.alarm.since <= 550
    new = DeepMixture(3, steps=2, random_state=0).fit(table(90, 0))
    assert watch_of(new) is None
    assert watch_of(new.calibrate(table(40, 1), groups=["a", "b"] * 20)) is None


def test_what_cannot_be_is_an_error_before_the_table_is_read(model, file) -> None:
    with pytest.raises(ValueError, match="fdr"):
        select_rows(model, open_table(file), 1.0)
    with pytest.raises(ValueError, match="method"):
        select_rows(model, open_table(file), 0.1, method="by")
    plain = DeepMixture(2, **SMALL).fit(table(60, 0))
    with pytest.raises(ValueError, match="not calibrated"):
        select_rows(plain, open_table(file))
    plain.calibrate(table(60, 1), groups=["a", "b"] * 30)
    with pytest.raises(ValueError, match="calibrated by 2 groups"):
        select_rows(plain, open_table(file))
