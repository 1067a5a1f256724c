"""What every network promises, run over all of them."""

import inspect

import pytest
import torch

N_FEATURES = 6


@pytest.fixture
def make(network_class, rows):
    def build(seed: int = 0, **settings):
        known = inspect.signature(network_class).parameters
        own = {
            "hidden": (5, 4),
            "latent_dim": 2,
            "n_codes": 4,
            "n_neighbors": 3,
            "shape": (2, 3, 1),
            **settings,
        }
        network = network_class(
            N_FEATURES,
            **{name: value for name, value in own.items() if name in known},
            generator=torch.Generator().manual_seed(seed),
        )
        network.prepare(rows)
        return network

    return build


@pytest.fixture
def rows() -> torch.Tensor:
    return torch.randn(16, N_FEATURES, generator=torch.Generator().manual_seed(1))


def test_rows_are_encoded_the_same_with_their_constants_and_without(make, rows):
    network = make().eval()
    constants = network.constants(rows)
    assert all(len(tensor) == len(rows) for tensor in constants)
    some = torch.tensor([3, 8, 1])
    latent = network(rows[some], *(tensor[some] for tensor in constants)).latent
    torch.testing.assert_close(latent, network(rows).latent[some])


def test_shapes(make, rows):
    network = make()
    encoding = network(rows)
    assert encoding.latent.shape == (16, network.latent_dim)
    assert encoding.reconstruction.shape == rows.shape
    assert encoding.penalty.shape == ()
    assert network.n_features == N_FEATURES


def test_in_evaluation_it_is_deterministic_and_treats_each_row_alone(make, rows):
    network = make()
    network(rows)  # a training batch, for networks that keep running numbers
    network.eval().double()
    rows = rows.double()
    whole = network(rows)
    for _ in range(2):
        assert torch.equal(network(rows).latent, whole.latent)
    alone = torch.cat([network(row[None]).reconstruction for row in rows])
    torch.testing.assert_close(alone, whole.reconstruction, rtol=1e-9, atol=1e-9)


def test_every_parameter_gets_a_gradient(make, rows):
    network = make()
    encoding = network(rows)
    (
        (rows - encoding.reconstruction).square().mean() + encoding.latent.square().mean() + encoding.penalty
    ).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert float(parameter.grad.abs().max()) > 0, name


def test_settings_build_the_same_network_again(make, network_class, rows):
    network = make().eval()
    other = network_class(**network.settings)
    other.load_state_dict(network.state_dict())
    other.eval()
    assert other.settings == network.settings
    assert torch.equal(other(rows).reconstruction, network(rows).reconstruction)


def test_weights_come_from_the_generator_alone(make):
    state = torch.get_rng_state()
    first, same, other = (torch.cat([p.flatten() for p in make(seed).parameters()]) for seed in (0, 0, 1))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)
