"""p-values of a table, counted and kept for a pass that is resumed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hinterland.decide import p_values
from hinterland.scoring.decided import calibration_of
from hinterland.scoring.folder.counts import KIND, count_p_values, keep_counts, kept_counts
from hinterland.scoring.folder.records import FolderRecords
from hinterland.tables import open_table
from hinterland.tables.folder.place import Entry, folder_at

ENTRY = Entry("a.csv", 10, "v")


def test_counts_are_those_of_the_p_values_and_outlast_the_process(
    model: Any, source: Path, tmp_path: Path
) -> None:
    table = open_table(source / "a.csv")
    shares: list[float] = []
    levels = count_p_values(model, calibration_of(model), table, on_batch=shares.append, batch_rows=7)
    p = p_values(model, table.read().to_pandas())
    np.testing.assert_allclose(np.repeat(levels.p, levels.counts), np.sort(p))
    assert len(shares) > 3
    assert shares[-1] == 1.0
    records = FolderRecords(folder_at(tmp_path / "out"), {})
    assert kept_counts(records, ENTRY) is None
    keep_counts(records, ENTRY, levels)
    found = kept_counts(records, ENTRY)
    assert found is not None
    np.testing.assert_array_equal(found.p, levels.p)
    np.testing.assert_array_equal(found.counts, levels.counts)


@pytest.mark.parametrize(
    "values", [{}, {"p": [2.0], "counts": [1]}, {"p": [0.5], "counts": [-1]}, {"p": [0.5], "counts": "x"}]
)
def test_counts_that_make_no_sense_are_counted_again(tmp_path: Path, values: dict[str, Any]) -> None:
    records = FolderRecords(folder_at(tmp_path), {})
    records.keep_of(KIND, "a.csv", ENTRY, values)
    assert kept_counts(records, ENTRY) is None
