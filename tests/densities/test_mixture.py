import numpy as np
import pytest
import torch

from hinterland.densities.base import Density
from hinterland.densities.mixture import MembershipNetwork, Mixture


def network(dropout: float = 0.5, seed: int = 0) -> MembershipNetwork:
    return MembershipNetwork(3, 4, (6, 5), dropout, torch.Generator().manual_seed(seed))


def rows(n: int = 20) -> torch.Tensor:
    return torch.randn(n, 3, generator=torch.Generator().manual_seed(1))


def test_memberships_are_the_explicit_formula():
    members = network().eval()
    w1, b1, w2, b2, w3, b3 = (p.detach().double().numpy() for p in members.parameters())
    z = rows().double().numpy()
    logits = np.tanh(np.tanh(z @ w1.T + b1) @ w2.T + b2) @ w3.T + b3
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    found = members(rows())
    assert found.dtype == torch.float64
    np.testing.assert_allclose(found.detach(), expected, atol=1e-6)
    np.testing.assert_allclose(found.detach().sum(1), 1, atol=1e-12)


def test_one_component_has_every_row():
    members = MembershipNetwork(3, 1, (), 0.0, None)
    assert torch.equal(members(rows()), torch.ones(20, 1, dtype=torch.float64))


def test_dropout_acts_in_training_and_not_in_evaluation():
    members = network(0.5)
    assert not torch.equal(members(rows()), members(rows()))
    members.eval()
    assert torch.equal(members(rows()), members(rows()))


def test_huge_logits_do_not_overflow():
    members = network().eval()
    found = members(1e30 * rows())
    assert torch.isfinite(found).all()


@pytest.mark.parametrize("method", ["estimate", "energy"])
def test_the_contract_has_no_body(method):
    with pytest.raises(NotImplementedError):
        getattr(Density(), method)(None)


@pytest.mark.parametrize("method", ["batch_energy", "component_log_densities"])
def test_the_contract_of_a_mixture_has_no_body(method):
    with pytest.raises(NotImplementedError):
        getattr(Mixture(2), method)(None)


def test_the_contract_has_no_diagnostics():
    assert Density().diagnostics() == {}
