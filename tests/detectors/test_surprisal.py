"""The default detector: three kinds of density, calibrated and averaged."""

import numpy as np
import pytest
import torch

import hinterland
from hinterland.detectors.surprisal import Surprisal
from hinterland.explain import explain
from hinterland.model.calibrated import Calibrated
from hinterland.training.loop import TrainingInterruptedWarning


def table(n, seed):
    """Columns that go together in a way that no column shows by itself."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, n)
    return np.column_stack(
        [kind, 2 * kind + rng.normal(0, 0.1, n), rng.normal(size=n), rng.exponential(size=n)]
    )


@pytest.fixture(scope="module")
def detector():
    return Surprisal(steps=100, width=32, random_state=0).fit(table(600, 0))


def test_the_energy_is_the_mean_of_three_calibrated_surprisals(detector):
    rows = table(50, 1)
    assert len(detector.models_) == 3
    assert all(isinstance(model, Calibrated) for model in detector.models_)
    with torch.no_grad():
        members = [model.energy(torch.from_numpy(rows)).numpy() for model in detector.models_]
    np.testing.assert_allclose(detector.energy(rows), np.mean(members, axis=0), rtol=1e-9)


def test_usual_rows_have_about_a_nat_and_new_rows_the_share_that_was_asked_for(detector):
    energy = detector.energy(table(4_000, 2))
    assert energy.mean() == pytest.approx(1, abs=0.3)  # -log of a uniform share is 1 on average
    assert np.mean(energy > -detector.offset_) == pytest.approx(0.05, abs=0.03)


def test_odd_values_odd_combinations_and_far_rows_are_flagged(detector):
    odd = table(4, 3)
    odd[0, 2] = 30  # far
    odd[1, :2] = 0, 4  # of another kind
    odd[2, 0] = 1.5  # between kinds
    odd[3, 3] = -5  # below what can be
    assert (detector.predict(odd) == -1).all()
    assert (detector.energy(odd) > np.quantile(detector.training_energy_, 0.96)).all()


def test_no_energy_is_absurd(detector):
    far = detector.energy(np.full((1, 4), 1e300))
    assert np.isfinite(far).all()
    assert far[0] < 100


def test_training_rows_are_judged_as_if_they_were_new(detector):
    assert detector.calibration_energy_.shape == (600,)
    assert np.mean(detector.calibration_energy_ > -detector.offset_) == pytest.approx(0.05, abs=0.005)
    np.testing.assert_array_equal(detector.training_energy_, detector.energy(table(600, 0)))
    assert "as if it were new" in detector.threshold_rule()


def test_without_novelty_the_threshold_is_of_the_training_rows():
    rows = table(200, 0)
    detector = Surprisal(steps=20, width=8, novelty=False, random_state=0)
    assert np.mean(detector.fit_predict(rows) == -1) == pytest.approx(0.05, abs=0.006)
    assert "training rows" in detector.threshold_rule()
    with pytest.raises(AttributeError, match="novelty=False"):
        detector.set_params(novelty=True).fit_predict  # noqa: B018


def test_explanations_name_the_column_and_add_up(detector):
    odd = table(3, 3)
    odd[0, 2], odd[1, 3] = 12, 30
    found = explain(detector, odd)
    assert [found.columns[j] for j in found.contributions[:2].argmax(1)] == ["x2", "x3"]
    np.testing.assert_allclose(
        found.contributions.sum(1) + found.residual, found.energy - found.reference_energy, atol=1e-9
    )
    assert np.abs(found.residual).max() < 0.02


def test_it_is_saved_and_loaded_with_the_same_bits(detector, tmp_path):
    detector.save(tmp_path / "model.hinterland")
    rows = table(100, 4)
    np.testing.assert_array_equal(
        hinterland.load(tmp_path / "model.hinterland").energy(rows), detector.energy(rows)
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows",
    [
        np.random.default_rng(0).normal(size=(12, 3)),
        np.random.default_rng(0).normal(size=(60, 1)),
        np.random.default_rng(0).integers(0, 2, (100, 40)).astype(float),
        np.ones((30, 2)),
        np.repeat(np.eye(3), 20, axis=0),
    ],
    ids=["few", "one column", "binary", "constant", "copies"],
)
def test_tables_of_any_kind_train_and_tell_a_far_row(rows):
    detector = Surprisal(steps=10, width=8, random_state=0).fit(rows)
    assert np.isfinite(detector.energy(rows)).all()
    assert detector.energy(rows[:1] + 50)[0] > np.median(detector.energy(rows))


@pytest.mark.slow
def test_wide_tables_have_fewer_bins_and_waves():
    rows = np.random.default_rng(0).normal(size=(30, 700))
    detector = Surprisal(steps=2, width=4, random_state=0).fit(rows)
    density = detector.models_[1].model.members[0].density
    assert density.n_bins == 8
    assert density.n_frequencies == 0


def test_an_interruption_keeps_the_kinds_that_are_ready():
    def interrupt(entry):
        if entry["stage"] == 2 and entry["member"] == 1:
            raise KeyboardInterrupt

    with pytest.warns(TrainingInterruptedWarning):
        detector = Surprisal(steps=40, width=8, random_state=0, on_epoch=interrupt).fit(table(200, 0))
    assert len(detector.models_) == 1
    assert np.isfinite(detector.energy(table(10, 1))).all()


def test_history_says_of_which_kind_and_member_an_entry_is(detector):
    places = {(entry["stage"], entry["member"]) for entry in detector.history_}
    assert places == {(stage, member) for stage in (2, 3) for member in (0, 1, 2)}


@pytest.mark.slow
def test_anomalies_that_are_alike_are_not_usual_to_each_other():
    rows, odd = table(570, 0), table(30, 1)
    odd[:, 2:] = np.random.default_rng(2).normal(8, 0.05, (30, 2))
    together = np.concatenate([rows, odd])
    trimmed = Surprisal(steps=30, width=8, trimmed_share=0.1, random_state=0).fit(together)
    whole = Surprisal(steps=30, width=8, random_state=0).fit(together)
    of_odd = trimmed.calibration_energy_[570:]
    assert of_odd.min() > np.quantile(trimmed.calibration_energy_[:570], 0.95)
    assert of_odd.mean() > whole.calibration_energy_[570:].mean() + 1
    assert trimmed.calibration_energy_.shape == (600,)
