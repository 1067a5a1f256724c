import pytest
import torch

from hinterland.networks.base import Network


def test_the_contract_has_no_body():
    with pytest.raises(NotImplementedError):
        Network()(torch.ones(2, 2))
    assert Network().diagnostics() == {}
