"""Players step in turn down their own losses alone, and what is left is the average of where they were."""

import itertools
import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from hinterland.baselines.adversarial import Critic, Player, leaky_layers, play, told_apart


class At(nn.Module):
    """A number."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor([value]))


def playing(players, *, steps, average_decay=0.0, rows=None, batch_size=4):
    play(
        players,
        torch.zeros(10, 1) if rows is None else rows,
        SimpleNamespace(steps=steps, batch_size=batch_size, learning_rate=0.01, average_decay=average_decay),
        torch.Generator().manual_seed(0),
    )


def test_each_moves_by_its_own_loss_alone_and_sees_the_others_last_step():
    first, second, seen = At(1.0), At(1.0), []

    def loss_of_first(_):
        return (first.value * second.value).sum()

    def loss_of_second(_):
        seen.append(first.value.item())
        return -(first.value * second.value).sum()

    playing([Player([first], loss_of_first), Player([second], loss_of_second)], steps=1)
    assert seen == [pytest.approx(0.99)]  # Adam's first step is of the rate's length
    assert first.value.item() == pytest.approx(0.99)
    assert second.value.item() == pytest.approx(1.01)
    assert first.value.requires_grad
    assert second.value.requires_grad


def test_what_is_left_is_the_exponential_average_in_evaluation_mode():
    at, places = At(0.0), []

    def loss(_):
        places.append(at.value.item())
        return at.value.sum()

    playing([Player([at], loss)], steps=3, average_decay=0.5)
    last = 3 * -0.01
    average = 0.0
    for place in [*places[1:], last]:
        average = 0.5 * average + 0.5 * place
    assert at.value.item() == pytest.approx(average, rel=1e-4)
    assert not at.training


def test_batches_hold_every_row_of_an_epoch_once():
    at, seen = At(0.0), []

    def loss(batch):
        seen.append(batch[:, 0].tolist())
        return at.value.sum()

    playing([Player([at], loss)], steps=5, rows=torch.arange(10.0)[:, None])
    assert sorted(itertools.chain(*seen[:3])) == list(range(10))
    assert len(seen) == 5


def test_the_discriminators_loss_is_the_cross_entropy_by_hand():
    real, made = torch.tensor([0.5, -1.0]), torch.tensor([2.0])
    expected = sum(-math.log(1 / (1 + math.exp(-o))) for o in (0.5, -1.0)) / 2 - math.log(
        1 - 1 / (1 + math.exp(-2.0))
    )
    assert told_apart(real, made).item() == pytest.approx(expected, rel=1e-6)


def test_layers_are_leaky_and_drop_units_while_training_alone():
    made = leaky_layers([2, 500], 0.5, torch.Generator().manual_seed(0))
    x = torch.ones(1, 2)
    linear = made[0](x)
    torch.testing.assert_close(made.eval()(x), torch.where(linear > 0, linear, 0.2 * linear))
    assert 150 < (made.train()(x) == 0).sum() < 350


def test_a_critic_is_its_head_on_its_features():
    critic = Critic([3, 5, 4], 0.0, torch.Generator().manual_seed(0))
    x = torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
    features = critic.features(x)
    assert features.shape == (6, 4)
    torch.testing.assert_close(critic(x), (features * critic.head.weight[0]).sum(1) + critic.head.bias)


def test_the_last_hidden_layer_may_drop_another_share():
    critic = Critic([3, 5, 4, 2], 0.2, torch.Generator().manual_seed(0), last_dropout=0.5)
    assert [layer.probability for layer in critic.features[2::3]] == [0.2, 0.2, 0.5]
    assert [layer.probability for layer in Critic([3, 5, 4], 0.2).features[2::3]] == [0.2, 0.2]
