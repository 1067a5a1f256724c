"""A model's update by a table: as by its rows, whatever the batches."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinterland.decide import rows_for
from hinterland.detectors import DAGMM
from hinterland.errors import TableError
from hinterland.pipeline import table_pipeline
from hinterland.scoring.updating import update_by_table
from hinterland.tables import open_table


def visits(n: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame({"age": random.normal(40, 8, n).round(3), "kind": random.choice(["a", "b"], n)})


def fitted() -> Any:
    small = DAGMM(hidden=(4,), epochs=1, steps=10, random_state=0, scaling=None)
    return table_pipeline(small).fit(visits(150, 0))


@pytest.mark.parametrize("bad_rows", [0, 3])
def test_a_table_in_batches_updates_as_its_rows_do(tmp_path: Path, bad_rows: int) -> None:
    table = visits(100, 1)
    text = table.to_csv(index=False) + "much,a\n" * bad_rows
    (tmp_path / "t.csv").write_text(text)
    by_rows, by_table = fitted(), fitted()
    by_rows[-1].update(rows_for(by_rows, table), forget=0.2)
    shares: list[float] = []
    with pytest.warns(UserWarning, match="skipped 3 rows") if bad_rows else nullcontext():
        done, n_rows = update_by_table(
            by_table,
            open_table(tmp_path / "t.csv"),
            forget=0.2,
            batch_rows=17,
            bad_rows="skip",
            on_share=shares.append,
        )
    assert n_rows == 100
    assert done.has_mixtures
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    np.testing.assert_allclose(
        by_table.score_samples(table), by_rows.score_samples(table), rtol=1e-9, atol=1e-9
    )
    assert by_table[-1].offset_ == pytest.approx(by_rows[-1].offset_)


def test_a_table_without_rows_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("age,kind\n")
    model = fitted()
    before = model.score_samples(visits(20, 2))
    with pytest.raises(TableError, match="has no rows"):
        update_by_table(model, open_table(tmp_path / "t.csv"))
    np.testing.assert_array_equal(model.score_samples(visits(20, 2)), before)
