import numpy as np
import pytest
import torch

from hinterland.densities.label_probability import LabelProbability
from hinterland.training.positive_unlabelled import (
    Estimate,
    anomaly_share,
    fit_label_probability,
    labelling_rate,
)
from hinterland.training.settings import LoopSettings


def planted(
    alpha: float, share: float, n: int = 3000, seed: int = 0
) -> tuple[torch.Tensor, np.ndarray, np.ndarray]:
    """Features, which rows are labelled, which are anomalies: two Gaussians that hardly overlap."""
    rng = np.random.default_rng(seed)
    is_anomaly = rng.random(n) < share
    features = rng.normal(size=(n, 3)) + 4 * is_anomaly[:, None]
    is_labelled = ~is_anomaly & (rng.random(n) < alpha)
    return torch.from_numpy(features), is_labelled, is_anomaly


def fit(features, is_labelled, seed=0):
    generator = torch.Generator().manual_seed(seed)
    head = LabelProbability(features.shape[1], (16,), generator=generator)
    settings = LoopSettings(epochs=200, batch_size=512, learning_rate=5e-3, max_steps=600, cosine_decay=True)
    return head, *fit_label_probability(head, features, is_labelled, settings, generator)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("share", [0.05, 0.3])
def test_the_labelling_rate_is_within_five_points_of_the_planted(alpha, share):
    features, is_labelled, is_anomaly = planted(alpha, share)
    head, _, rate = fit(features, is_labelled)
    assert rate.value == pytest.approx(alpha, abs=0.05)
    assert head.labelling_rate.item() == rate.value
    found = anomaly_share(rate, int(is_labelled.sum()), int((~is_labelled).sum()))
    assert found.value == pytest.approx(is_anomaly[~is_labelled].mean(), abs=0.12)
    # The rule h < alpha / 2, which is an energy above zero, tells the two apart.
    assert np.mean((head.energy(features) > 0).numpy() == is_anomaly) > 0.97


def test_the_rate_is_the_mean_and_its_interval_the_normal_one():
    probability = np.random.default_rng(0).uniform(0.2, 0.4, size=400)
    rate = labelling_rate(probability)
    error = probability.std(ddof=1) / 20
    assert rate.value == pytest.approx(probability.mean())
    assert (rate.low, rate.high) == pytest.approx(
        (rate.value - 1.96 * error, rate.value + 1.96 * error), abs=1e-4
    )
    assert labelling_rate(np.array([0.5])) == Estimate(0.5, 0.5, 0.5)


def test_the_share_of_anomalies_follows_from_the_rate():
    # 100 labelled of 1,000 normal rows leaves 900; with 100 anomalies, a tenth of the 1,000 unlabelled.
    found = anomaly_share(Estimate(0.1, 0.09, 0.11), 100, 1000)
    assert found.value == pytest.approx(0.1)
    assert found.low == 0.0  # at 0.09 there would be more normal rows than unlabelled ones
    assert found.high == pytest.approx(1 - 100 * 0.89 / 0.11 / 1000)
    assert anomaly_share(Estimate(0.0, 0.0, 0.0), 100, 1000).value == 0.0


def test_the_energy_is_the_log_odds_against_half_the_rate():
    features, is_labelled, _ = planted(0.3, 0.2, n=500)
    head, _, rate = fit(features, is_labelled)
    probability = torch.sigmoid(head.logits(head.positions(features)))
    torch.testing.assert_close(head.energy(features), torch.log(rate.value / 2 / probability))


def test_far_rows_and_constant_features_have_finite_energies():
    features, is_labelled, _ = planted(0.3, 0.2, n=500)
    features[:, 1] = 7.0
    head, _, _ = fit(features, is_labelled)
    assert torch.isfinite(head.energy(1e9 * features)).all()


def test_positions_are_those_among_the_training_rows():
    head = LabelProbability(2)
    rows = torch.stack(
        [torch.linspace(0, 128, 129), torch.cat([torch.zeros(64), torch.ones(65)])], 1
    ).double()
    head.estimate(lambda: [(rows[:50], None), (rows[50:], None)])
    seen = torch.tensor([[0.0, 0.0], [64.0, 1.0], [64.5, 0.5], [1e9, -3.0]], dtype=torch.float64)
    unit = (head.positions(seen) / 3**0.5 + 1) * 64
    assert unit[:, 0].tolist() == pytest.approx([0.0, 64.0, 64.5, 128.0])
    assert unit[:, 1].tolist() == pytest.approx([31.5, 96.0, 63.5, 31.5])
    assert (head.positions(rows)[1:, 0] > head.positions(rows)[:-1, 0]).all()


@pytest.mark.slow
def test_the_scale_of_a_feature_does_not_matter_however_far_a_row_lies():
    features, is_labelled, is_anomaly = planted(0.3, 0.2)
    features = torch.sinh(3 * features)  # crowded about zero, and reaching to a million
    head, _, rate = fit(features, is_labelled)
    assert rate.value == pytest.approx(0.3, abs=0.05)
    assert np.mean((head.energy(features) > 0).numpy() == is_anomaly) > 0.97
