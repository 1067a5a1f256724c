"""The distance by hand, and that the search finds what the generator can make."""

import numpy as np
import pytest
import torch

from hinterland.baselines import baselines

SHORT = {
    "generator_hidden": (8,),
    "latent_dim": 2,
    "critic_hidden": (6, 5),
    "steps": 20,
    "batch_size": 16,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def fitted():
    rows = np.random.default_rng(0).normal(size=(64, 4))
    return baselines()["AnoGAN"](**SHORT, search_steps=300, search_rate=0.05).fit(rows)


def test_the_distance_is_of_values_and_of_features(fitted):
    rows, latents = torch.randn(5, 4), torch.randn(5, 2)
    with torch.no_grad():
        made = fitted.generator_(latents)
        values = (rows - made).abs().numpy()
        features = (fitted.critic_.features(rows) - fitted.critic_.features(made)).abs().numpy()
        found = fitted.distance(rows, latents).numpy()
    expected = [0.9 * sum(v) + 0.1 * sum(f) for v, f in zip(values, features, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_search_comes_near_to_what_is_made_and_nearer_than_its_start(fitted):
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        made = fitted.generator_(torch.randn(20, 2, generator=generator))
        start = fitted.distance(made, fitted.start_.repeat(20, 1)).numpy()
    found = fitted.energy(made.numpy())
    assert np.median(found) < 0.1 * np.median(start)
    assert found.mean() < 0.5 * start.mean()


def test_scoring_moves_neither_network(fitted):
    before = [p.clone() for p in (*fitted.generator_.parameters(), *fitted.critic_.parameters())]
    fitted.energy(np.ones((3, 4)))
    after = [*fitted.generator_.parameters(), *fitted.critic_.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(p.requires_grad for p in after)


def test_a_discriminator_without_a_layer_has_no_features():
    with pytest.raises(ValueError, match="critic_hidden must have at least one layer"):
        baselines()["AnoGAN"](critic_hidden=()).fit(np.zeros((5, 2)))
