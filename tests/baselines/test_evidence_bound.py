"""The variational autoencoder on pictures: its energy is the negative evidence lower bound, written out."""

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from hinterland.baselines.evidence_bound import PictureVAE

SMALL = {"steps": 3, "batch_size": 8, "latent_dim": 2, "channels": (4,), "width": 8}


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_energy_is_the_negative_evidence_bound(likelihood):
    rows = np.random.default_rng(0).random((12, 64))
    baseline = PictureVAE(random_state=0, likelihood=likelihood, n_draws=4, **SMALL).fit(rows)
    expected = []
    with torch.no_grad():
        for picture in torch.from_numpy(rows[:3]).float().reshape(-1, 1, 1, 8, 8):
            mean, log_variance = baseline.encoder_(picture).chunk(2, dim=1)
            posterior = Independent(Normal(mean, (log_variance / 2).exp()), 1)
            fits = []
            for draw in baseline.draws_:
                decoded = baseline.decoder_(mean + (log_variance / 2).exp() * draw)
                if likelihood == "bernoulli":
                    density = Bernoulli(logits=decoded, validate_args=False)
                    fits.append(density.log_prob(picture).sum())
                else:
                    constant = 32 * np.log(2 * np.pi)
                    fits.append(Normal(decoded, 1.0).log_prob(picture).sum() + constant)
            prior = Independent(Normal(torch.zeros(1, 2), 1.0), 1)
            expected.append(kl_divergence(posterior, prior) - sum(fits) / 4)
    np.testing.assert_allclose(baseline.energy(rows[:3]), torch.cat(expected).numpy(), rtol=1e-4)


def test_an_unknown_likelihood_is_an_error():
    with pytest.raises(ValueError, match="likelihood must be"):
        PictureVAE(random_state=0, likelihood="poisson", **SMALL).fit(np.zeros((12, 64)))
