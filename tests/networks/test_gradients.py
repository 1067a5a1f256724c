"""Parameters are spared inside the block alone."""

import pytest
import torch
from torch import nn

from hinterland.networks.gradients import without_gradients


def test_inputs_have_gradients_and_parameters_none_until_the_block_ends():
    module = nn.Linear(3, 2)
    module.bias.requires_grad_(False)
    x = torch.ones(1, 3, requires_grad=True)
    with without_gradients(module):
        module(x).sum().backward()
    torch.testing.assert_close(x.grad, module.weight.detach().sum(0, keepdim=True))
    assert module.weight.grad is None
    assert (module.weight.requires_grad, module.bias.requires_grad) == (True, False)


def test_an_error_leaves_them_as_they_were():
    module = nn.Linear(3, 2)
    with pytest.raises(ZeroDivisionError), without_gradients(module):
        _ = 1 / 0
    assert all(parameter.requires_grad for parameter in module.parameters())
