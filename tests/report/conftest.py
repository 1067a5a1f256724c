import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from hinterland.demo import tumours
from hinterland.detectors.dagmm import DAGMM
from hinterland.pipeline import table_pipeline
from hinterland.report.scored import Scored, score_table
from hinterland.tables.source import as_table_file

SHORT = {**DAGMM.published, "epochs": 3, "steps": 60, "hidden": (12, 6), "random_state": 0}


@pytest.fixture(scope="session")
def table() -> pd.DataFrame:
    """569 tumours: thirty numbers and ``diagnosis``."""
    return tumours()


@pytest.fixture(scope="session")
def model(table: pd.DataFrame) -> Pipeline:
    """An encoder and DAGMM, trained for a moment on 200 benign tumours."""
    benign = table[table.diagnosis == "benign"].drop(columns="diagnosis")
    return table_pipeline("DAGMM", **SHORT).fit(benign.iloc[:200])


@pytest.fixture(scope="session")
def detector(benign: np.ndarray) -> DAGMM:
    """DAGMM alone, on a matrix."""
    return DAGMM(**SHORT).fit(benign[:200])


@pytest.fixture(scope="session")
def scored(model: Pipeline, table: pd.DataFrame) -> Scored:
    return score_table(model, as_table_file(table), label="diagnosis", anomaly="malignant")


@pytest.fixture(scope="session")
def mixed_table() -> pd.DataFrame:
    """400 rows of every kind of column, with all that could be taken for markup, a formula or a number."""
    generator = np.random.default_rng(0)
    n = 400
    columns: dict[str, object] = {f"number {j}": generator.normal(size=n) for j in range(190)}
    columns["<script>boom()</script>"] = generator.normal(size=n)
    columns["quote\"'s & <b>"] = generator.choice(
        [
            "</script><script>boom()</script>",
            '"; boom(); "',
            "a'b",
            "<img src=x onerror=boom()>",
            "{{ 1 + 1 }}",
        ],
        n,
    )
    columns["nothing"] = [None] * n
    columns["no number"] = np.full(n, np.nan)
    columns["long"] = [("=1+1 " if i % 2 else "long ") + "y" * 5000 for i in range(n)]
    columns["文字"] = generator.choice(["東京", "Ελλάδα", "שלום", "\u2028line\u2029", "<!-- note"], n)
    columns["formula"] = generator.choice(["=1+2", "+3*2", "-4-cmd", "@cmd", "\tx", "-1.5e3", 'a,b\n"c"'], n)
    columns["when"] = pd.date_range("2024-01-01", periods=n, freq="h")
    columns["yes"] = generator.random(n) < 0.5
    columns["name"] = [f"row-{i}" for i in range(n)]
    frame = pd.DataFrame(columns)
    frame.loc[:9, [f"number {j}" for j in range(60)]] += 8
    frame["truth"] = [1] * 10 + [0] * (n - 10)
    return frame


@pytest.fixture(scope="session")
def mixed_model(mixed_table: pd.DataFrame) -> Pipeline:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the column that names the rows is left out
        return table_pipeline("DAGMM", **SHORT).fit(mixed_table.drop(columns="truth"))
