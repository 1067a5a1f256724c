"""The score by hand, that both sides learn, and that reconstructions get nearer to the rows."""

import numpy as np
import pytest
import torch

from hinterland.baselines import baselines

SHORT = {
    "encoder_hidden": (8,),
    "generator_hidden": (8,),
    "latent_dim": 3,
    "branch": 6,
    "joint": 6,
    "row_hidden": (7, 5),
    "latent_hidden": (4,),
    "steps": 20,
    "batch_size": 16,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)


def test_the_energy_is_the_distance_in_the_last_hidden_layer_unit_by_unit(rows):
    baseline = baselines()["ALAD"](**SHORT).fit(rows)

    def features(pair):
        h = pair
        for layer in baseline.of_rows_.features[::3]:
            h = h @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
            h = np.where(h > 0, h, 0.2 * h)
        return h

    with torch.no_grad():
        again = baseline.generator_(baseline.encoder_(torch.from_numpy(rows))).numpy()
    apart = features(np.hstack([rows, rows])) - features(np.hstack([rows, again]))
    assert apart.shape == (64, 5)
    np.testing.assert_allclose(baseline.energy(rows), np.abs(apart).sum(1), rtol=1e-3, atol=1e-6)
    np.testing.assert_array_equal(baseline.energy(rows), baseline.energy(rows))  # dropout is off


def test_a_step_moves_every_part(rows):
    one, more = (baselines()["ALAD"](**SHORT | {"steps": n}).fit(rows) for n in (1, 3))
    for part in ("encoder_", "generator_", "of_rows_"):
        pairs = zip(getattr(one, part).parameters(), getattr(more, part).parameters(), strict=True)
        assert all(not torch.equal(a, b) for a, b in pairs), part


def test_a_discriminator_of_rows_without_a_layer_has_no_features():
    with pytest.raises(ValueError, match="row_hidden must have at least one layer"):
        baselines()["ALAD"](row_hidden=()).fit(np.zeros((5, 2)))
