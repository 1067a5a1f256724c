import numpy as np
import pytest
from sklearn.base import clone

import hinterland
from hinterland import DAGMM, DeepMixture
from hinterland.detectors import PositiveUnlabelled
from hinterland.explain import explain

BASES = {
    "DAGMM": DAGMM(hidden=(16,), latent_dim=4, epochs=10, steps=600, batch_size=256),
    "DeepMixture": DeepMixture(n_components=5, hidden=(8,), steps=50),
}


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, label codes with a third of the normal rows known, and which rows are anomalies."""
    rng = np.random.default_rng(0)
    is_anomaly = rng.random(1500) < 0.15
    rows = rng.normal(size=(1500, 5)) + 5 * is_anomaly[:, None] * np.array([1, -1, 1, -1, 1])
    y = np.where(~is_anomaly & (rng.random(1500) < 1 / 3), 1, 0)
    return rows, y, is_anomaly


@pytest.fixture(scope="module", params=BASES)
def fitted(request, planted) -> PositiveUnlabelled:
    rows, y, _ = planted
    return PositiveUnlabelled(BASES[request.param], steps=400, random_state=0).fit(rows, is_normal=y)


@pytest.mark.slow
def test_rate_share_and_labels_are_those_planted(fitted, planted):
    rows, y, is_anomaly = planted
    assert fitted.labelling_rate_["value"] == pytest.approx(1 / 3, abs=0.05)
    assert fitted.anomaly_share_["value"] == pytest.approx(is_anomaly[y == 0].mean(), abs=0.15)
    for estimate in (fitted.labelling_rate_, fitted.anomaly_share_):
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
    flagged = fitted.predict(rows) == -1
    assert np.mean(flagged[is_anomaly]) > 0.8
    assert np.mean(flagged[~is_anomaly]) < 0.1
    assert fitted.offset_ == 0.0


@pytest.mark.slow
def test_a_saved_copy_scores_alike_and_knows_its_rate(fitted, planted, tmp_path):
    rows, _, _ = planted
    fitted.save(tmp_path / "pu.hinterland")
    loaded = hinterland.load(tmp_path / "pu.hinterland")
    np.testing.assert_array_equal(loaded.energy(rows), fitted.energy(rows))
    assert loaded.labelling_rate_ == fitted.labelling_rate_
    assert loaded.anomaly_share_ == fitted.anomaly_share_
    assert loaded.detector.get_params() == fitted.detector.get_params()


@pytest.mark.slow
def test_a_row_scores_alone_as_in_company_and_is_explained(fitted, planted):
    rows, _, _ = planted
    alone = np.concatenate([fitted.energy(row[None]) for row in rows[:20]])
    np.testing.assert_allclose(alone, fitted.energy(rows)[:20], rtol=1e-6, atol=1e-6)
    result = explain(fitted, rows[:5])
    np.testing.assert_allclose(
        result.contributions.sum(1) + result.residual, result.energy - result.reference_energy, atol=1e-9
    )


@pytest.mark.slow
def test_the_detector_that_is_given_stays_as_it_was_and_a_seed_decides_all(planted):
    rows, y, _ = planted
    base = clone(BASES["DAGMM"])
    first, same, other = (
        PositiveUnlabelled(base, steps=20, random_state=seed).fit(rows, is_normal=y).energy(rows)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)
    assert not hasattr(base, "models_")


@pytest.mark.slow
def test_known_anomalies_are_left_out(planted):
    rows, y, is_anomaly = planted
    marked = np.where(is_anomaly & (np.arange(len(y)) % 2 == 0), -1, y)
    detector = PositiveUnlabelled(BASES["DAGMM"], steps=20, random_state=0)
    without = clone(detector).fit(rows[marked != -1], is_normal=marked[marked != -1])
    np.testing.assert_array_equal(detector.fit(rows, marked).energy(rows), without.energy(rows))


@pytest.mark.slow
def test_anomalies_marked_with_ones_are_warned_of_twice(planted):
    rows, _, is_anomaly = planted
    with (
        pytest.warns(UserWarning, match="1 was read as known normal.*is_anomaly=y"),
        pytest.warns(UserWarning, match="unlabelled rows are anomalies"),
    ):
        PositiveUnlabelled(BASES["DAGMM"], steps=100, random_state=0).fit(rows, is_anomaly.astype(int))


@pytest.mark.parametrize(
    ("codes", "found"), [([0], "got 0 and 1500"), ([1], "got 1500 and 0"), ([-1, 0], "got 0 and 750")]
)
def test_without_labelled_or_without_unlabelled_rows_it_says_so(planted, codes, found):
    rows, _, _ = planted
    with pytest.raises(ValueError, match=rf"at least 10 rows as known normal \(\+1\).*{found}"):
        PositiveUnlabelled(BASES["DAGMM"]).fit(rows, np.resize(codes, len(rows)))


def test_no_labels_at_all_are_an_error_too(planted):
    with pytest.raises(ValueError, match=r"known normal \(\+1\)"):
        PositiveUnlabelled(BASES["DAGMM"]).fit(planted[0])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"detector": "DAGNN"}, "no detector is called 'DAGNN'"),
        ({"detector": 3}, "detector must be the name of a detector or one itself, got 3"),
        ({"detector_options": {"layers": 3}}, "DAGMM has no parameter 'layers'"),
        ({"detector_options": [3]}, r"detector_options must be a dictionary or None, got \[3\]"),
        ({"detector": DAGMM(), "detector_options": {"epochs": 3}}, "set them on the instance, got"),
        ({"head_hidden": 32}, "head_hidden must be a sequence"),
        ({"steps": 0}, "steps must be an integer of at least 1, got 0"),
        ({"batch_size": 1}, "batch_size must be"),
        ({"learning_rate": 0}, "learning_rate must be"),
    ],
)
def test_wrong_parameters_are_named(planted, parameters, message):
    rows, y, _ = planted
    with pytest.raises(ValueError, match=message):
        PositiveUnlabelled(**parameters).fit(rows, y)


@pytest.mark.slow
def test_a_detector_that_learns_from_known_normal_rows_alone_sees_no_other(planted):
    rows, y, is_anomaly = planted
    base = BASES["DAGMM"]
    detector = PositiveUnlabelled(base, trained_on="labelled", steps=200, random_state=0).fit(
        rows, is_normal=y
    )
    wild = rows.copy()
    wild[is_anomaly] *= 100
    again = PositiveUnlabelled(base, trained_on="labelled", steps=200, random_state=0).fit(wild, is_normal=y)
    for ours, theirs in zip(
        detector.models_[0].network.parameters(), again.models_[0].network.parameters(), strict=True
    ):
        np.testing.assert_array_equal(ours.detach().numpy(), theirs.detach().numpy())
    assert np.mean(detector.predict(rows)[is_anomaly] == -1) > 0.8


def test_an_unknown_choice_of_rows_is_named(planted):
    rows, y, _ = planted
    with pytest.raises(ValueError, match="trained_on"):
        PositiveUnlabelled(trained_on="some").fit(rows, y)
