import numpy as np
import pandas as pd
import pytest

from hinterland.datasets import Dataset


@pytest.fixture
def numbered_rows() -> Dataset:
    """600 rows, a fifth anomalous; the first column is the row's number, so that every row can be told."""
    generator = np.random.default_rng(0)
    X = pd.DataFrame(generator.normal(size=(600, 3)), columns=["a", "b", "c"])
    X.insert(0, "number", np.arange(600.0))
    return Dataset("numbered", X, generator.permutation(np.arange(600) % 5 == 0), "made up")
