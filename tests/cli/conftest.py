from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from hinterland.cli import app

Run = Callable[..., Result]
QUICK = ["--detector", "dagmm", "--set", "epochs=3", "--set", "steps=30", "--set", "hidden=(8,)"]


def run_command(*arguments: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def run() -> Run:
    return run_command


def visits(n_rows: int = 240) -> pd.DataFrame:
    """A mixed table: text that names rows, numbers with gaps, codes, categories, booleans, times, a truth."""
    random = np.random.default_rng(0)
    odd = np.arange(n_rows) % 12 == 5
    age = random.normal(40, 8, n_rows).round(2) + 60 * odd
    age[7::50] = np.nan
    return pd.DataFrame(
        {
            "id": [f"v{i}" for i in range(n_rows)],
            "age": age,
            "bytes": random.lognormal(4, 2, n_rows).round(3),
            "code": random.choice([1, 2, 7], n_rows),
            "service": random.choice(["http", "ftp", 'odd, "quoted"'], n_rows),
            "vip": random.random(n_rows) < 0.5,
            "when": pd.to_datetime("2024-05-01") + pd.to_timedelta(np.arange(n_rows) * 7, unit="h"),
            "label": np.where(odd, "attack", "benign"),
        }
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The table as CSV and Parquet, and a model fitted on it by the command; to be read only."""
    folder = tmp_path_factory.mktemp("visits")
    table = visits()
    table.to_csv(folder / "visits.csv", index=False)
    table.to_parquet(folder / "visits.parquet", index=False)
    arguments = ["--normal-only", "label=benign", "--category", "code", *QUICK]
    for kind in ("csv", "parquet"):
        result = run_command(
            "fit", folder / f"visits.{kind}", "--save", folder / f"{kind}.hinterland", *arguments
        )
        assert result.exit_code == 0, result.stderr
    yield folder
    names = {path.name for path in folder.iterdir()}
    assert names == {"visits.csv", "visits.parquet", "csv.hinterland", "parquet.hinterland"}


@pytest.fixture
def quick() -> list[str]:
    return QUICK


@pytest.fixture
def table() -> pd.DataFrame:
    return visits()


@pytest.fixture
def model(folder: Path) -> Path:
    return folder / "csv.hinterland"
