import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from hinterland import DAGMM, Surprisal, in_single_precision, load, save
from hinterland.explain import explain
from hinterland.pipeline import table_pipeline

ROWS = np.random.default_rng(0).normal(size=(150, 4))


@pytest.fixture(scope="module")
def fitted():
    return Surprisal(steps=20, random_state=0).fit(ROWS)


def test_energies_and_reasons_are_nearly_the_same(fitted):
    before = fitted.energy(ROWS)
    single = in_single_precision(fitted)
    found = single.energy(ROWS)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, before, atol=1e-4)
    assert (found != before).any()
    np.testing.assert_array_equal(fitted.energy(ROWS), before)  # the detector itself is as it was
    assert single.offset_ == fitted.offset_
    ours, theirs = (explain(one, ROWS[:5]).contributions for one in (single, fitted))
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_a_pipeline_keeps_its_encoder():
    frame = pd.DataFrame(ROWS, columns=list("abcd")).assign(kind=["x", "y"] * 75)
    pipeline = table_pipeline("DAGMM", steps=20, epochs=1, random_state=0).fit(frame)
    single = in_single_precision(pipeline)
    assert single[0] is pipeline[0]
    assert [name for name, _ in single.steps] == [name for name, _ in pipeline.steps]
    np.testing.assert_allclose(single.score_samples(frame), pipeline.score_samples(frame), atol=1e-2)


def test_it_is_saved_and_comes_back_in_double_precision(fitted, tmp_path):
    single = in_single_precision(fitted)
    save(single, tmp_path / "m.hinterland")
    np.testing.assert_allclose(load(tmp_path / "m.hinterland").energy(ROWS), fitted.energy(ROWS), atol=1e-4)


def test_what_is_no_fitted_model_is_named():
    with pytest.raises(NotFittedError):
        in_single_precision(DAGMM())
    with pytest.raises(TypeError, match="PCA"):
        in_single_precision(make_pipeline(PCA(), DAGMM()))
