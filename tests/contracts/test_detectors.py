"""What every detector promises, run over all of them."""

import inspect
import random
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import make_scorer, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hinterland import TabularEncoder, in_single_precision
from hinterland.model.energy_model import EnergyModel
from hinterland.training.loop import TrainingInterruptedWarning

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def table(benign) -> np.ndarray:
    return benign[:, :8]


@pytest.fixture
def takes(detector_class: type) -> Any:
    """Skip a test of a parameter that the detector has not, as it does without: ``takes("contamination")``."""

    def skip_unless(name: str) -> None:
        if name not in inspect.signature(detector_class).parameters:
            pytest.skip(f"{detector_class.__name__} has no {name}")

    return skip_unless


@pytest.mark.usefixtures("few_steps")
def test_scikit_learns_checks_hold_at_default_parameters(scikit_learn_check):
    estimator, check = scikit_learn_check
    check(estimator)


# --- a row's energy is its own ----------------------------------------------------------------------


def energies_in_company(detector, rows):
    order = np.random.default_rng(0).permutation(len(rows))
    shuffled = np.empty(len(rows))
    shuffled[order] = detector.energy(rows[order])
    alone = np.concatenate([detector.energy(row[None]) for row in rows[:40]])
    company = detector.energy(np.concatenate([rows, rows + 1e3, rows[::-1]]))[: len(rows)]
    return shuffled, alone, company


@pytest.mark.parametrize("source", ["benign", "satellite"])
def test_a_row_scores_the_same_alone_shuffled_and_in_company(make, source, request):
    rows = request.getfixturevalue(source)[:1500]
    detector = make().fit(rows[::2])
    energy = detector.energy(rows)
    assert energy.dtype == np.float64
    shuffled, alone, company = energies_in_company(detector, rows)
    np.testing.assert_allclose(shuffled, energy, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(alone, energy[:40], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(company, energy, rtol=1e-6, atol=1e-6)


def test_scores_decisions_and_labels_follow_from_the_energy(make, table):
    detector = make().fit(table)
    energy = detector.energy(table)
    np.testing.assert_array_equal(detector.score_samples(table), -energy)
    np.testing.assert_array_equal(detector.decision_function(table), -energy - detector.offset_)
    np.testing.assert_array_equal(detector.predict(table), np.where(energy > -detector.offset_, -1, 1))
    np.testing.assert_allclose(detector.training_energy_, energy, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        energy,
        np.mean([m.energy(torch.from_numpy(table)).detach().numpy() for m in detector.models_], axis=0),
        rtol=1e-9,
        atol=1e-9,
    )


def test_transform_gives_the_composite_features_of_all_models(make, table):
    detector = make().fit(table)
    features = detector.transform(table)
    rows = torch.from_numpy(table)
    own = [model.features(rows).detach().numpy() for model in detector.models_]
    np.testing.assert_allclose(features, np.concatenate(own, axis=1), rtol=1e-9, atol=1e-9)
    model = detector.models_[0]
    if isinstance(model, EnergyModel) and model.density is not None and model.score.name == "energy":
        energy = model.density.energy(torch.from_numpy(features[:, : model.density.n_features]))
        np.testing.assert_allclose(
            model.score(energy, None).detach(),
            model.energy(rows).detach(),
            rtol=1e-9,
            atol=1e-9,
        )


@pytest.mark.parametrize("contamination", [0.01, 0.1, 0.5])
def test_the_share_flagged_of_the_training_rows_is_the_contamination(make, takes, table, contamination):
    takes("contamination")
    detector = make(contamination=contamination, novelty=False).fit(table)
    flagged = np.sum(detector.predict(table) == -1)
    assert flagged == int(contamination * len(table))


# --- fitting ----------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(make, table):
    first, same, other = (make(random_state=seed).fit(table).energy(table) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert not np.allclose(first, other)


def test_a_generator_is_a_seed_too(make, table):
    one, same = (make(random_state=np.random.RandomState(3)).fit(table).energy(table) for _ in range(2))
    np.testing.assert_array_equal(one, same)


def test_a_second_fit_forgets_the_first(make, table, benign):
    detector = make().fit(benign[:100] ** 2)
    again = detector.fit(table)
    assert again is detector
    np.testing.assert_array_equal(detector.energy(table), make().fit(table).energy(table))
    assert detector.n_features_in_ == 8
    assert not hasattr(detector, "feature_names_in_")


def test_a_clone_has_the_parameters_and_nothing_learnt(make, table):
    detector = make(contamination=0.2).fit(table)
    copy = clone(detector)
    assert copy.get_params() == detector.get_params()
    with pytest.raises(NotFittedError):
        copy.energy(table)
    np.testing.assert_array_equal(copy.fit(table).energy(table), detector.energy(table))


def test_the_constructor_stores_its_arguments_untouched_and_does_nothing_else(detector_class):
    marks = {name: object() for name in inspect.signature(detector_class).parameters}
    assert vars(detector_class(**marks)) == marks


def test_nobody_elses_generator_is_touched(make, table):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    detector = make().fit(table)
    detector.energy(table)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]  # noqa: NPY002
    assert random.getstate() == before[2]


def test_the_number_of_threads_is_that_from_before(make, table):
    before = torch.get_num_threads()
    seen = []
    few: dict[str, Any] = {"epochs": 1, "steps": 2}  # more threads than cores are slow
    few |= {"steps": 2, "decoder_steps": 2, "contrastive_steps": 2, "detector_options": dict(few)}
    detector = make(**few, n_threads=before + 1, on_epoch=lambda entry: seen.append(torch.get_num_threads()))
    detector.fit(table).energy(table)
    assert set(seen) == {before + 1}
    assert torch.get_num_threads() == before


def test_the_training_rows_are_left_as_they_were(make, table):
    rows = table.copy()
    make().fit(rows).energy(rows)
    np.testing.assert_array_equal(rows, table)


def test_history_has_an_entry_of_finite_numbers_and_on_epoch_sees_each(make, table):
    entries = []
    detector = make(on_epoch=entries.append).fit(table)
    assert detector.history_
    assert len(entries) == len(detector.history_)
    for entry in detector.history_:
        assert {"epoch", "seconds", "loss"} < set(entry)
        assert all(np.isfinite(value) for value in entry.values())


def test_an_interrupted_fit_warns_and_leaves_a_detector_that_works(make, table):
    def interrupt(entry):
        raise KeyboardInterrupt

    with pytest.warns(TrainingInterruptedWarning):
        detector = make(on_epoch=interrupt).fit(table)
    assert np.isfinite(detector.energy(table)).all()
    assert set(detector.predict(table)) == {-1, 1}


# --- labels -----------------------------------------------------------------------------------------


def test_rows_known_to_be_anomalous_do_not_train_where_no_loss_takes_them(make, table):
    rows = np.concatenate([table[:200], 100 * table[200:220]])
    y = np.r_[np.zeros(200), -np.ones(20)]
    order = np.random.default_rng(0).permutation(len(rows))
    with_them = make(label_loss=None).fit(rows[order], y[order])
    without = make(label_loss=None).fit(rows[order][y[order] == 0])
    np.testing.assert_array_equal(with_them.energy(table), without.energy(table))
    assert with_them.offset_ == without.offset_
    assert len(with_them.training_energy_) == 200
    # No reference is one of them either.
    assert with_them.references_.max() <= table[:200].max()


def test_rows_known_to_be_anomalous_are_no_training_rows_of_threshold_and_references(make, table):
    rows = np.concatenate([table[:200], 100 * table[200:220]])
    detector = make().fit(rows, np.r_[np.zeros(200), -np.ones(20)])
    assert len(detector.training_energy_) == 200
    assert detector.references_.max() <= table[:200].max()
    assert np.isfinite(detector.energy(rows)).all()


def test_without_labels_all_rows_are_unlabelled(make, table):
    np.testing.assert_array_equal(
        make().fit(table).energy(table), make().fit(table, np.zeros(len(table))).energy(table)
    )


@pytest.mark.parametrize("codes", [[-1, 2], [0, 3], [0.5, 0], ["normal", "anomaly"], [-2, 1]])
def test_unknown_label_codes_are_named(make, table, codes):
    with pytest.raises(
        ValueError, match=r"label codes: \+1 known normal, -1 known anomaly, 0 unlabelled; got"
    ):
        make().fit(table, np.resize(codes, len(table)))


def test_classes_that_mark_no_row_are_ignored_with_a_warning(make, table, detector_class):
    if detector_class.needs_labels:
        with (
            pytest.warns(UserWarning, match="no label codes"),
            pytest.raises(ValueError, match="y must mark"),
        ):
            make().fit(table, np.resize([1, 2, 3], len(table)))
        return
    with pytest.warns(UserWarning, match="no label codes"):
        detector = make().fit(table, np.resize([1, 2, 3], len(table)))
    np.testing.assert_array_equal(detector.energy(table), make().fit(table).energy(table))


@pytest.mark.parametrize("one", [1, 1.0, True])
def test_a_y_of_zeros_and_ones_says_how_it_was_read_and_how_to_mark_anomalies(make, table, one):
    y = np.where(np.arange(len(table)) % 10 == 0, one, type(one)(0))
    with pytest.warns(
        UserWarning, match=r"known normal \(36 rows\).* unlabelled \(321 rows\).*is_anomaly=y"
    ) as seen:
        make().fit(table, y)
    assert sum("known normal" in str(warning.message) for warning in seen) == 1


def test_anomalies_may_be_handed_over_as_ones(make, table):
    rows = np.concatenate([table[:200], 100 * table[200:220]])
    is_anomaly = np.arange(220) >= 200
    expected = make().fit(rows, np.where(is_anomaly, -1, 0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for given in (is_anomaly, is_anomaly.astype(int), np.where(is_anomaly, 1.0, np.nan)):
            found = make().fit(rows, is_anomaly=given)
            np.testing.assert_array_equal(found.energy(table), expected.energy(table))
        piped = make_pipeline(StandardScaler(), make())
        codes = piped.fit(rows, np.where(is_anomaly, -1, 0)).score_samples(table)
        last = piped.steps[-1][0]
        named = piped.fit(rows, **{f"{last}__is_anomaly": is_anomaly}).score_samples(table)
    np.testing.assert_array_equal(named, codes)
    assert found.offset_ == expected.offset_


def test_labels_must_be_one_a_row_and_leave_rows_to_train_on(make, table):
    with pytest.raises(ValueError, match=r"y must have one label for each of the 357 rows, got shape \(3,\)"):
        make().fit(table, [1, 1, 1])
    with pytest.raises(ValueError, match="fewer than two rows to train on"):
        make().fit(table, -np.ones(len(table)))
    with pytest.raises(ValueError, match=r"labels must be given once: .* got y and is_anomaly"):
        make().fit(table, np.zeros(len(table)), is_anomaly=np.zeros(len(table)))


# --- references -------------------------------------------------------------------------------------


def test_references_are_training_rows_of_at_most_median_energy(make, table):
    detector = make(n_references=50).fit(table)
    assert detector.references_.shape == (50, 8)
    usual = table[detector.training_energy_ <= np.median(detector.training_energy_)]
    assert {tuple(row) for row in detector.references_} <= {tuple(row) for row in usual}
    assert len(make(n_references=10**6).fit(table).references_) == len(usual)


def test_no_references_stands_for_the_medians(make, table):
    detector = make(n_references=0).fit(table)
    np.testing.assert_array_equal(detector.references_, np.median(table, axis=0)[None])


# --- wrong input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values"),
    {
        "contamination": [0, 0.51, -0.1, np.nan, "auto", None],
        "n_references": [-1, 2.5, None],
        "n_threads": [0, 1.5, "two"],
        "device": ["abacus", "cuda:99", 3.5],
    }.items(),
)
def test_wrong_parameters_are_named_with_what_was_found(make, takes, table, name, values):
    takes(name)
    for value in values:
        with pytest.raises(ValueError, match=rf"{name} must .*got {value!r}"):
            make(**{name: value}).fit(table)


def test_every_parameter_refuses_what_makes_no_sense(detector_class, make, table):
    free = {"random_state", "on_epoch", "memory"}  # any text is a folder
    for name in inspect.signature(detector_class).parameters:
        if name not in free:
            with pytest.raises(ValueError, match=name):
                make(**{name: "nonsense"}).fit(table)


def test_missing_and_infinite_values_are_named_by_column_and_row(make, table):
    frame = pd.DataFrame(table, columns=[f"c{j}" for j in range(8)])
    detector = make().fit(frame)
    bad = frame.copy()
    bad.loc[[3, 7], "c5"] = np.nan
    bad.loc[9, "c2"] = -np.inf
    message = r"NaN and infinity in columns 'c2', 'c5' \(first rows: 3, 7, 9; 3 in all\)"
    for call in (make().fit, detector.energy, detector.predict, detector.transform):
        with pytest.raises(ValueError, match=message):
            call(bad)
    with pytest.raises(ValueError, match=r"NaN in column 5 \(first rows: 3, 7;"):
        make().fit(bad.drop(index=9).to_numpy())


def test_text_in_a_matrix_is_refused(make, table):
    rows = table[:20].astype(object)
    rows[4, 2] = "unknown"
    with pytest.raises(ValueError, match="unknown"):
        make().fit(rows)


def test_too_few_rows_are_refused(make, table):
    with pytest.raises(ValueError, match="0 sample"):
        make().fit(table[:0])
    with pytest.raises(ValueError, match="minimum of 2 is required"):
        make().fit(table[:1])
    with pytest.raises(ValueError, match="0 sample"):
        make().fit(table).energy(table[:0])
    with pytest.raises(ValueError, match=r"Expected 2D array|2-dimensional"):
        make().fit(table[0])


def test_another_width_or_other_names_are_refused(make, table):
    frame = pd.DataFrame(table, columns=list("abcdefgh"))
    detector = make().fit(frame)
    with pytest.raises(ValueError, match=r"7 features, but .* is expecting 8"):
        detector.energy(table[:, :7])
    with pytest.raises(ValueError, match="feature names should match"):
        detector.energy(frame.rename(columns={"a": "z"}))
    with pytest.raises(ValueError, match="feature names should match"):
        detector.energy(frame[list("hgfedcba")])


@pytest.mark.parametrize("method", ["energy", "score_samples", "decision_function", "predict", "transform"])
def test_an_unfitted_detector_says_so(make, table, method):
    with pytest.raises(NotFittedError):
        getattr(make(), method)(table)


# --- hard tables ------------------------------------------------------------------------------------


def hard(case: str, table: np.ndarray) -> np.ndarray:
    match case:
        case "identical rows":
            return np.repeat(table[:1], 50, axis=0)
        case "zero rows":
            return np.zeros((50, 4))
        case "two rows":
            return table[:2]
        case "fewer rows than components":
            return table[:3]
        case "one column":
            return table[:, :1]
        case "constant and duplicated columns":
            return np.column_stack([table, table[:, 0], np.full(len(table), 7.0)])
        case "huge and tiny columns":
            return table * np.logspace(-150, 150, 8)
        case "an outlier of a million deviations":
            return np.concatenate([table, table[:1] + 1e6 * table.std(0)])
        case "counts with few values":
            return np.random.default_rng(0).integers(0, 2, size=(100, 3)).astype(float)
    raise AssertionError(case)


@pytest.mark.parametrize(
    "case",
    [
        "identical rows",
        "zero rows",
        "two rows",
        "fewer rows than components",
        "one column",
        "constant and duplicated columns",
        "huge and tiny columns",
        "an outlier of a million deviations",
        "counts with few values",
    ],
)
def test_hard_tables_train_to_finite_energies(make, table, case, detector_class):
    rows = hard(case, table)
    if detector_class.needs_labels and len(rows) < 10:
        with pytest.raises(ValueError, match="y must mark at least 10 rows"):
            make().fit(rows)
        return
    detector = make(n_components=4).fit(rows)
    assert np.isfinite(detector.energy(rows)).all()
    assert np.isfinite(detector.energy(rows[:1] * 1e3 + 1)).all()
    assert np.isfinite(detector.offset_)


def test_a_change_in_a_column_that_was_constant_shows(make, table):
    rows = np.column_stack([table, np.full(len(table), 7.0)])
    detector = make().fit(rows)
    changed = rows.copy()
    changed[:, -1] = 14.0
    assert (np.abs(detector.energy(changed) - detector.energy(rows)) > 1e-6).all()


# --- in company of scikit-learn, pandas and polars --------------------------------------------------


def test_pandas_and_polars_frames_give_the_energies_of_the_matrix(make, table):
    names = list("abcdefgh")
    expected = make().fit(table).energy(table)
    for frame in (pd.DataFrame(table, columns=names), pl.DataFrame(table, schema=names)):
        detector = make().fit(frame)
        assert detector.feature_names_in_.tolist() == names
        np.testing.assert_array_equal(detector.energy(frame), expected)


def test_integers_and_float32_are_taken(make, table):
    for dtype in (np.int64, np.float32, bool):
        detector = make().fit(table.astype(dtype))
        assert np.isfinite(detector.energy(table.astype(dtype))).all()


def test_in_a_pipeline_behind_a_scaler_and_behind_the_encoder(make, table):
    scaled = StandardScaler().fit_transform(table)
    piped = make_pipeline(StandardScaler(), make()).fit(table)
    np.testing.assert_allclose(piped.score_samples(table), make().fit(scaled).score_samples(scaled))
    frame = pd.DataFrame(table, columns=list("abcdefgh")).assign(kind=["x", "y", "x"] * (len(table) // 3))
    encoded = make_pipeline(TabularEncoder(), make()).fit(frame)
    assert set(encoded.predict(frame)) == {-1, 1}


def test_in_a_grid_search(make, takes, benign):
    takes("contamination")
    rng = np.random.default_rng(0)
    rows = np.concatenate([benign[:, :8], benign[:60, :8] * rng.uniform(2, 4, size=(60, 8))])
    labels = np.r_[np.ones(len(benign)), -np.ones(60)].astype(int)
    scorer = make_scorer(roc_auc_score, response_method="decision_function")
    search = GridSearchCV(make(), {"contamination": [0.1, 0.2]}, scoring=scorer, cv=StratifiedKFold(2)).fit(
        rows, labels
    )
    assert (search.cv_results_["mean_test_score"] > 0.5).all()
    assert search.best_estimator_.contamination in (0.1, 0.2)


def test_a_search_without_scoring_takes_the_mean_log_likelihood(make, table):
    detector = make().fit(table)
    scores = detector.score_samples(table)
    assert detector.score(table) == pytest.approx(np.mean(scores), rel=1e-12)
    codes = np.where(np.arange(len(table)) < 7, -1, 1)
    assert detector.score(table, codes) == pytest.approx(np.mean(scores[7:]), rel=1e-12)
    with pytest.raises(ValueError, match="score needs a row"):
        detector.score(table, np.full(len(table), -1))


def test_fit_predict_labels_the_training_rows(make, table):
    labels = make(contamination=0.1, novelty=False).fit_predict(table)
    if "contamination" in make().get_params():
        assert np.sum(labels == -1) == 35
    np.testing.assert_array_equal(labels, make(contamination=0.1, novelty=False).fit(table).predict(table))
    codes = np.where(np.arange(len(table)) < 20, -1, 0)
    with_anomalies = make(novelty=False).fit_predict(table, codes)
    np.testing.assert_array_equal(with_anomalies, make(novelty=False).fit(table, codes).predict(table))


# --- precision ---------------------------------------------------------------------------------------


def test_in_single_precision_rows_keep_their_order(make, table):
    detector = make().fit(table)
    if not detector.model_.rows_alone:
        pytest.skip("rows depend on one another")
    single = in_single_precision(detector).energy(table)
    energy = detector.energy(table)
    assert np.isfinite(single).all()
    assert np.corrcoef(single.argsort().argsort(), energy.argsort().argsort())[0, 1] > 0.999
