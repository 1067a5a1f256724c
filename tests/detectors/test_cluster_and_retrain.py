import numpy as np
import pytest

from hinterland import DAGMM, ClusterAndRetrain, DeepMixture, load
from hinterland.training.loop import TrainingInterruptedWarning

OPTIONS = {"hidden": (6,), "n_components": 2, "epochs": 4, "steps": 50, "batch_size": 64}
SMALL = {"detector_options": OPTIONS, "n_clusters": 5, "fits": 3, "n_references": 8, "random_state": 0}


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """Rows of four spreads, so that some clusters are more compact than others."""
    generator = np.random.default_rng(0)
    kinds = generator.integers(0, 4, 300)
    return 9 * generator.normal(size=(4, 6))[kinds] + (1.0 + kinds)[:, None] * generator.normal(size=(300, 6))


@pytest.fixture(scope="module")
def fitted(rows):
    return ClusterAndRetrain(**SMALL).fit(rows)


def test_the_detector_is_one_fitted_to_the_selected_rows(rows):
    once = ClusterAndRetrain(**{**SMALL, "fits": 1}).fit(rows)
    assert 0 < once.selected_.mean() < 1
    seed = int(np.random.RandomState(0).randint(np.iinfo(np.int32).max))  # as ``fit`` draws it
    alone = DAGMM(**OPTIONS, random_state=seed).fit(rows[once.selected_])
    np.testing.assert_array_equal(once.energy(rows), alone.energy(rows))
    np.testing.assert_array_equal(once.training_energy_, alone.energy(rows))  # the threshold sees all rows
    assert not once.settled_


@pytest.mark.slow
def test_each_fit_has_its_entries_and_the_numbers_of_its_choice(fitted):
    fits = [entry["fit"] for entry in fitted.history_]
    assert fits == sorted(fits)
    assert set(fits) <= {0, 1, 2}
    assert (max(fits) == 2) or fitted.settled_
    for entry in fitted.history_:
        assert {"selected", "clusters_kept", "loss", "energy"} < set(entry)
        assert ("jaccard" in entry) == (entry["fit"] > 0)
    assert fitted.history_[-1]["selected"] == fitted.selected_.mean()


@pytest.mark.slow
def test_it_works_around_the_default_detector_by_name(rows):
    options = {"steps": 20, "n_components": 3, "hidden": (8,)}
    detector = ClusterAndRetrain("deep-mixture", options, n_clusters=5, fits=2, random_state=0).fit(rows)
    assert len(detector.models_) == DeepMixture().n_members
    assert np.isfinite(detector.energy(rows)).all()


def test_a_saved_copy_scores_equally(fitted, rows, tmp_path):
    fitted.save(tmp_path / "inner.hinterland")
    copy = load(tmp_path / "inner.hinterland")
    np.testing.assert_array_equal(copy.energy(rows), fitted.energy(rows))
    assert copy.get_params() == fitted.get_params()


def test_an_interruption_ends_all_fits(rows):
    def interrupt(entry):
        raise KeyboardInterrupt

    with pytest.warns(TrainingInterruptedWarning):
        detector = ClusterAndRetrain(**SMALL, on_epoch=interrupt).fit(rows)
    assert {entry["fit"] for entry in detector.history_} == {0}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"detector": "DAGM"}, "no detector is called 'DAGM'"),
        ({"detector": DAGMM()}, "detector must be the name of a detector, got DAGMM"),
        (
            {"detector": "PositiveUnlabelled", "detector_options": {}},
            "must be one that trains without labels",
        ),
        ({"detector_options": {"epoch": 3}}, r"DAGMM has no parameter 'epoch'; did you mean 'epochs'\?"),
        ({"detector_options": {"epochs": 0}}, "epochs must be an integer of at least 1, got 0"),
        ({"detector_options": {"random_state": 0}}, r"detector_options must not hold \['random_state'\]"),
        ({"p0": 1.5}, r"p0 must be a number in \(0, 1\), got 1.5"),
        ({"fits": 0}, "fits must be an integer of at least 1, got 0"),
    ],
)
def test_wrong_parameters_are_named(rows, settings, message):
    with pytest.raises(ValueError, match=message):
        ClusterAndRetrain(**{**SMALL, **settings}).fit(rows)
