import pytest
import torch
from torch import nn

from hinterland.own_draws import OwnDraws

CONSTRUCTORS = {
    "linear": lambda: nn.Linear(3, 4),
    "convolution": lambda: nn.Conv2d(1, 2, 3),
    "embedding": lambda: nn.Embedding(3, 2),
    "recurrent": lambda: nn.LSTM(3, 4),
    "attention": lambda: nn.MultiheadAttention(4, 2),
    "orthogonal": lambda: nn.init.orthogonal_(torch.empty(3, 3)),
    "truncated": lambda: nn.init.trunc_normal_(torch.empty(3)),
    "normal": lambda: torch.empty(3).normal_(),
    "permutation": lambda: torch.randperm(9),
    "numbers": lambda: torch.randn(2, 3),
}


@pytest.mark.parametrize("constructor", CONSTRUCTORS.values(), ids=CONSTRUCTORS.keys())
def test_what_is_drawn_inside_is_not_drawn_from_the_global_generator(constructor):
    state = torch.get_rng_state()
    with OwnDraws():
        constructor()
    assert torch.equal(torch.get_rng_state(), state)


def test_draws_follow_from_the_own_generator_and_a_given_one_is_left_alone():
    with OwnDraws():
        first, second = torch.rand(4), torch.rand(4)
        given = torch.rand(4, generator=torch.Generator().manual_seed(3))
    with OwnDraws():
        assert torch.equal(torch.rand(4), first)
    assert not torch.equal(first, second)
    assert torch.equal(given, torch.rand(4, generator=torch.Generator().manual_seed(3)))


def test_what_others_draw_meanwhile_counts():
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    first = torch.rand(1)
    with OwnDraws():
        nn.Linear(2, 2)
    assert torch.equal(torch.cat([first, torch.rand(1)]), expected)
