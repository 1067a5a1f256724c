import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline, make_pipeline

from hinterland import fit_calibrated
from hinterland.decide import (
    MOST_SET_ASIDE,
    ROWS_TO_SPARE,
    ROWS_TO_SPLIT,
    Plan,
    calibrate,
    estimate_contamination,
    p_values,
    plan,
    select,
    set_threshold,
)
from hinterland.detectors import DAGMM, DeepMixture, Surprisal
from hinterland.errors import TableError
from hinterland.persistence import load, save
from hinterland.pipeline import table_pipeline

SMALL = {"steps": 5, "hidden": (4,), "validation_share": 0, "random_state": 0}


def table(n: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "size": generator.normal(shift, 1.0, n),
            "weight": generator.normal(shift, 1.0, n),
            "kind": generator.choice(["a", "b"], n),
        }
    )


def unfitted() -> Pipeline:
    return table_pipeline(DeepMixture(2, scaling=None, **SMALL))


@pytest.fixture(scope="module")
def model() -> Pipeline:
    return calibrate(unfitted().fit(table(100, 0)), table(200, 1))


def test_a_pipeline_decides_as_its_detector_does_on_encoded_rows(model: Pipeline) -> None:
    new = table(30, 2)
    np.testing.assert_array_equal(p_values(model, new), model[-1].p_values(model[:-1].transform(new)))
    mixed = pd.concat([table(80, 3), table(20, 4, shift=8.0)])
    assert select(model, mixed, 0.1).flagged[80:].all()
    found = estimate_contamination(model, mixed)
    assert found.low is not None
    assert 0 < found.low <= 0.2


def test_frames_of_all_kinds_give_the_same(model: Pipeline) -> None:
    new = table(30, 2)
    np.testing.assert_array_equal(p_values(model, new), p_values(model, pa.Table.from_pandas(new)))


def test_a_detector_alone_and_behind_other_steps() -> None:
    rows = np.random.default_rng(0).normal(size=(90, 4))
    detector = calibrate(DeepMixture(2, **SMALL).fit(rows[:60]), rows[60:])
    np.testing.assert_array_equal(p_values(detector, rows), detector.p_values(rows))
    behind = calibrate(make_pipeline(PCA(2), DeepMixture(2, **SMALL)).fit(rows[:60]), rows[60:])
    assert p_values(behind, rows).shape == (90,)


def test_another_threshold_without_a_fit_also_after_a_file(model: Pipeline, tmp_path) -> None:
    save(model, tmp_path / "m")
    loaded = set_threshold(load(tmp_path / "m"), false_alarms=0.1)
    new = table(50, 2)
    assert ((p_values(model, new) <= 0.1) == (loaded.predict(new) == -1)).all()


@pytest.mark.parametrize("as_frame", [pd.DataFrame, pa.Table.from_pandas], ids=["pandas", "Arrow"])
def test_a_share_is_set_aside_before_anything_sees_it(as_frame) -> None:
    rows = table(100, 0)
    model = fit_calibrated(unfitted(), as_frame(rows), share=0.3, random_state=1)
    assert model[-1].calibration_.n_rows() == 30
    assert len(model[-1].training_energy_) == 70
    kept = np.sort(np.random.RandomState(1).permutation(100)[30:])
    other = unfitted().fit(rows.iloc[kept])
    np.testing.assert_array_equal(other.score_samples(rows), model.score_samples(rows))


def test_known_anomalies_are_not_set_aside() -> None:
    rows = np.random.default_rng(0).normal(size=(100, 3))
    odd = np.arange(100) < 40
    rows[odd] += 8.0
    for model in (DeepMixture(2, **SMALL), make_pipeline(DeepMixture(2, **SMALL))):
        fit_calibrated(model, rows, share=0.5, is_anomaly=odd)
        detector = model[-1] if isinstance(model, Pipeline) else model
        assert detector.calibration_.n_rows() == 30
        assert len(detector.training_energy_) == 30
        assert (p_values(model, rows[odd]) == 1 / 31).all()


@pytest.mark.parametrize(
    ("detector", "n_rows", "expected"),
    [
        (Surprisal(), ROWS_TO_SPARE - 1, Plan()),
        (Surprisal(), ROWS_TO_SPARE, Plan(share=0.2)),
        (Surprisal(novelty=False), 100, Plan(n_folds=5)),
        (DeepMixture(), 100, Plan()),
        (DAGMM(), 9, Plan(share=0.2)),
        (DAGMM(), ROWS_TO_SPLIT - 1, Plan(n_folds=5)),
        (DAGMM(), ROWS_TO_SPLIT, Plan(share=0.2)),
        (DAGMM(), 10**6, Plan(share=MOST_SET_ASIDE / 10**6)),
    ],
)
def test_what_is_done_by_default_follows_detector_and_rows(detector, n_rows, expected) -> None:
    assert plan(detector, n_rows) == expected
    by_group = {Plan(): Plan() if isinstance(detector, Surprisal) else Plan(n_folds=5)}
    assert plan(detector, n_rows, grouped=True) == by_group.get(expected, expected)
    assert plan(detector, n_rows, share=0.5) == Plan(share=0.5)
    assert plan(detector, n_rows, n_folds=3) == Plan(n_folds=3)


def test_few_rows_of_the_default_detector_are_judged_as_new() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 3))
    model = fit_calibrated(Surprisal(steps=5, width=8, random_state=0), rows)
    assert model.calibration().rule == "as_new"
    assert model.calibration().n_rows() == 60


def test_bad_input_is_named() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 3))
    with pytest.raises(TypeError, match="ends in one, got PCA"):
        p_values(make_pipeline(PCA(2)).fit(rows), rows)
    with pytest.raises(TypeError, match="got str"):
        calibrate("model", rows)
    for share in (-0.1, 1.0, float("nan")):
        with pytest.raises(ValueError, match="share"):
            fit_calibrated(DeepMixture(2, **SMALL), rows, share=share)
    with pytest.raises(ValueError, match=r"a share of 0\.01 sets none of 40 rows aside"):
        fit_calibrated(DeepMixture(2, **SMALL), rows, share=0.01)
    with pytest.warns(UserWarning, match="has 4 calibration rows"):
        fit_calibrated(DeepMixture(2, **SMALL), rows, share=0.1)


def test_groups_are_a_column_that_a_model_may_know_or_not() -> None:
    rows = table(120, 0).assign(shop=["a", "B "] * 60)
    for known in (False, True):
        training = rows if known else rows.drop(columns="shop")
        model = table_pipeline(DeepMixture(2, **SMALL)).fit(training)
        calibrate(model, rows, groups="shop")
        assert model[-1].calibration_.groups == ("a", "b")
        p = p_values(model, rows)
        within = p_values(model, training, groups=["a", "b"] * 60) if not known else p
        np.testing.assert_array_equal(p, within)
        assert select(model, pa.Table.from_pandas(rows), 0.1).flagged.shape == (120,)
    with pytest.raises(TableError, match="the rows have no column 'shop', which names their groups"):
        p_values(model, rows.drop(columns="shop"))
    with pytest.raises(TypeError, match="groups by the column 'shop' take rows in a frame, got ndarray"):
        p_values(model, rows.to_numpy())


def test_few_rows_are_cross_fitted_behind_an_encoder() -> None:
    rows = table(90, 0).assign(shop=["a", "b", "b"] * 30)
    model = fit_calibrated(table_pipeline(DAGMM(epochs=1, steps=10, hidden=(4,))), rows, groups="shop")
    calibration = model[-1].calibration()
    assert (calibration.rule, calibration.n_models, calibration.n_rows("a")) == ("cross", 5, 30)
    assert "behind steps that have seen all" in str(calibration)
    assert p_values(model, rows[:5]).shape == (5,)
    with pytest.raises(ValueError, match="give one of share and n_folds"):
        fit_calibrated(DAGMM(), rows, share=0.1, n_folds=3)
    with pytest.raises(ValueError, match="does not judge every row"):
        fit_calibrated(DeepMixture(2, **SMALL), rows[["size"]], share=0, groups=["a", "b", "b"] * 30)
