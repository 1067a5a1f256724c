from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinterland.decide import calibrate
from hinterland.detectors import DAGMM
from hinterland.pipeline import table_pipeline

NAMES = ("a.csv", "b/c.parquet", "b/d.csv.gz", "e.tsv")


def rows(n: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame({name: random.normal(shift, 1.0, n) for name in ("size", "weight")})


def write(frame: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")


@pytest.fixture(scope="session")
def model() -> Any:
    small = DAGMM(hidden=(4,), epochs=1, steps=5, random_state=0, scaling=None)
    return calibrate(table_pipeline(small).fit(rows(100, 0)), rows(300, 1))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of four tables, one of them with odd rows."""
    for place, name in enumerate(NAMES):
        write(rows(50 + place, place, shift=9.0 if place == 1 else 0.0), tmp_path / "in" / name)
    return tmp_path / "in"
