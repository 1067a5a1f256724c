import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from hinterland.networks import Autoencoder
from hinterland.training.principal_components import fit_principal_components


@pytest.fixture
def rows() -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.normal(size=(50, 5)) @ rng.normal(size=(5, 5)) + 3)


@pytest.mark.parametrize("latent_dim", [1, 3, 5])
def test_latent_and_reconstruction_are_scikit_learns(rows, latent_dim):
    network = Autoencoder(5, (), latent_dim)
    fit_principal_components(network, rows)
    reference = PCA(latent_dim).fit(rows.numpy())
    latent = reference.transform(rows.numpy())
    encoding = network(rows)
    np.testing.assert_allclose(encoding.latent.detach().abs(), np.abs(latent), atol=1e-10)
    np.testing.assert_allclose(
        encoding.reconstruction.detach(), reference.inverse_transform(latent), atol=1e-10
    )
    assert not network.training


def test_constant_rows_are_their_own_mean():
    network = Autoencoder(3, (), 2)
    fit_principal_components(network, torch.full((4, 3), 7.0))
    encoding = network(torch.full((1, 3), 7.0).double())
    assert encoding.latent.abs().max() < 1e-12
    torch.testing.assert_close(encoding.reconstruction, torch.full((1, 3), 7.0).double())


def test_other_networks_and_too_many_components_are_refused(rows):
    for network in (Autoencoder(5, (4,), 2), Autoencoder(5, (), 2, normalise_latent=True)):
        with pytest.raises(ValueError, match="without hidden layers and latent normalisation, got"):
            fit_principal_components(network, rows)
    with pytest.raises(ValueError, match="no more principal components than the 5 columns, got latent_dim 6"):
        fit_principal_components(Autoencoder(5, (), 6), rows)
