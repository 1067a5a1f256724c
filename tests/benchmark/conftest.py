import numpy as np
import pandas as pd
import pytest

from hinterland.datasets import Dataset
from hinterland.datasets.splits import Split


@pytest.fixture
def numbered_rows() -> Dataset:
    """600 rows, a fifth anomalous; the first column is the row's number, so that every row can be told.

    Half of the rows are trained on by the split that comes with them.
    """
    generator = np.random.default_rng(0)
    X = pd.DataFrame(generator.normal(size=(600, 3)), columns=["a", "b", "c"])
    X.insert(0, "number", np.arange(600.0))
    is_anomaly = generator.permutation(np.arange(600) % 5 == 0)
    train = np.flatnonzero(~is_anomaly)[:300]
    split = Split(train, np.setdiff1d(np.arange(600), train), np.zeros(300, np.int8))
    return Dataset("numbered", X, is_anomaly, "made up", split)
