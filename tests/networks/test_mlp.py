import numpy as np
import torch

from hinterland.networks.mlp import Autoencoder


def rows(n: int = 30, d: int = 5) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(1))


def network(**settings) -> Autoencoder:
    defaults = {"hidden": (4, 3), "latent_dim": 2, "generator": torch.Generator().manual_seed(0)}
    return Autoencoder(5, **{**defaults, **settings})


def test_latent_and_reconstruction_are_the_explicit_formulas():
    net = network()
    p = [q.detach().numpy() for q in net.parameters()]
    assert [w.shape for w in p[::2]] == [(4, 5), (3, 4), (2, 3), (3, 2), (4, 3), (5, 4)]
    x = rows().numpy()
    latent = np.tanh(np.tanh(x @ p[0].T + p[1]) @ p[2].T + p[3]) @ p[4].T + p[5]
    reconstruction = np.tanh(np.tanh(latent @ p[6].T + p[7]) @ p[8].T + p[9]) @ p[10].T + p[11]
    encoding = net(rows())
    np.testing.assert_allclose(encoding.latent.detach(), latent, atol=1e-5)
    np.testing.assert_allclose(encoding.reconstruction.detach(), reconstruction, atol=1e-5)
    assert encoding.penalty.shape == ()
    assert float(encoding.penalty) == 0


def test_without_hidden_layers_it_is_linear():
    net = network(hidden=())
    p = [q.detach().numpy() for q in net.parameters()]
    latent = rows().numpy() @ p[0].T + p[1]
    np.testing.assert_allclose(net(rows()).reconstruction.detach(), latent @ p[2].T + p[3], atol=1e-5)


def test_noise_is_added_in_training_only_and_not_to_the_rows_themselves():
    noisy, clean = network(input_noise=0.5), network()
    noisy.load_state_dict(clean.state_dict())
    x = rows()
    before = x.clone()
    assert not torch.equal(noisy(x).latent, noisy(x).latent)
    assert torch.equal(x, before)
    noisy.eval()
    assert torch.equal(noisy(x).latent, clean(x).latent)
    assert torch.equal(noisy(x).reconstruction, clean(x).reconstruction)


def test_the_noise_has_the_standard_deviation_asked_for():
    net = network(hidden=(), latent_dim=5, input_noise=0.5)
    with torch.no_grad():
        net.encoder[0].weight.copy_(torch.eye(5))
    noise = net(torch.zeros(20_000, 5)).latent
    np.testing.assert_allclose(noise.std().item(), 0.5, rtol=0.02)


def test_a_normalised_latent_has_zero_mean_and_unit_variance_in_training():
    net = network(normalise_latent=True)
    latent = net(rows(200)).latent.detach().numpy()
    np.testing.assert_allclose(latent.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(latent.std(0), 1, atol=1e-2)
    net.eval()
    alone = torch.cat([net(row[None]).latent for row in rows(10)])
    torch.testing.assert_close(alone, net(rows(10)).latent)


def test_weights_and_noise_come_from_the_generator_and_from_no_other():
    state = torch.get_rng_state()
    one, same = (network(input_noise=0.1, generator=torch.Generator().manual_seed(7)) for _ in range(2))
    other = network(input_noise=0.1, generator=torch.Generator().manual_seed(8))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert torch.equal(one(rows()).latent, same(rows()).latent)
    assert not torch.equal(one.encoder[0].weight, other.encoder[0].weight)
    assert torch.equal(torch.get_rng_state(), state)
