"""Files that earlier versions wrote, one of each kind of model: they load, and score as they did.

All but that of Surprisal were written by 0.1.0, before anything in a file was checked but its digests and the shapes of
its models.
"""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hinterland.persistence import load, save

FILES = Path(__file__).parent / "files"
ENERGIES = json.loads((FILES / "energies.json").read_text())
ROWS = np.sin(np.outer(np.arange(1, 61), [1.0, 2.3, 3.7, 0.2]))


def table():
    n = len(ROWS)
    table = pd.DataFrame(
        {
            "amount": np.round(np.exp(2 * ROWS[:, 0]), 3),
            "count": np.arange(n) % 7,
            "service": ["http" if i % 3 else "ftp" for i in range(n)],
            "flag": [i % 4 == 0 for i in range(n)],
            "when": pd.date_range("2024-01-01", periods=n, freq="7h"),
        }
    )
    table["gap"] = table["amount"].where(table["count"] > 2)
    table["long"] = [f"c{i % 5}" for i in range(n)]
    return table


def rows_for(name):
    return {"table": table(), "dagmm": pd.DataFrame(ROWS, columns=list("abcd"))}.get(name, ROWS)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ENERGIES.keys() - {"pictures"}))
def test_a_model_scores_as_it_did(name):
    loaded = load(FILES / f"{name}.hinterland")
    energy = -loaded.score_samples(rows_for(name))  # of a graph within the batch: all rows
    np.testing.assert_allclose(energy[:6], ENERGIES[name], rtol=1e-7, atol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ENERGIES.keys() - {"pictures"}))
def test_it_can_be_saved_again(name, tmp_path):
    loaded = load(FILES / f"{name}.hinterland")
    save(loaded, tmp_path / "again")
    rows = rows_for(name)
    np.testing.assert_array_equal(load(tmp_path / "again").score_samples(rows), loaded.score_samples(rows))


@pytest.mark.slow
def test_files_of_all_kinds_load_without_torchs_compiler_and_what_fits_alone_need():
    heavy = [
        "torch._dynamo",
        "sympy",
        "requests",
        "sklearn.cluster",
        "sklearn.ensemble",
        "sklearn.decomposition",
    ]
    code = (
        f"import glob, sys; from hinterland import load\n"
        f"for path in glob.glob({str(FILES / '*.hinterland')!r}): load(path)\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_parameters_are_read_by_the_names_that_they_had_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        graph, inner = load(FILES / "cadgmm.hinterland"), load(FILES / "contrastive_scorer.hinterland")
    assert (graph.n_graph_rows, graph.steps) == (8, 3)
    assert "steps" in inner.detector_options
    assert "min_steps" not in inner.detector_options


def test_pictures():
    pictures = np.arange(160, dtype=np.uint8).reshape(10, 4, 4)
    np.testing.assert_allclose(
        load(FILES / "pictures.hinterland").transform(pictures)[1], ENERGIES["pictures"], rtol=1e-5
    )
