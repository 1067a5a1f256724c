"""A file that the version before readings wrote, with every kind of column it had, scores as it did then."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from hinterland import persistence
from hinterland.scoring.table import TableScorer
from hinterland.tables import open_table

FOLDER = Path(__file__).parent / "earlier"


def energies(path: Path) -> np.ndarray:
    scorer = TableScorer(persistence.load(path), open_table(FOLDER / "rows.csv"), explained="none")
    return np.concatenate([batch["energy"].to_numpy() for batch in scorer.batches()])


def test_a_model_of_before_scores_the_same() -> None:
    expected = json.loads((FOLDER / "energies.json").read_text())
    np.testing.assert_allclose(energies(FOLDER / "model.hinterland"), expected, rtol=1e-6, atol=1e-6)


def test_it_does_when_saved_again(tmp_path: Path) -> None:
    persistence.save(persistence.load(FOLDER / "model.hinterland"), tmp_path / "again.hinterland")
    np.testing.assert_array_equal(
        energies(tmp_path / "again.hinterland"), energies(FOLDER / "model.hinterland")
    )
