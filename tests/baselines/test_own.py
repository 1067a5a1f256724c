"""What is shared by baselines written here: bad rows are named, the seed decides all, and steps move the network."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from hinterland.baselines import baselines
from hinterland.baselines.own import OwnBaseline, finite_rows, train_by_steps

OWN = {name: make for name, make in baselines().items() if issubclass(make, OwnBaseline)}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros(3), r"at least one row and column, got the shape \(3,\)"),
        (np.zeros((0, 2)), r"at least one row and column, got the shape \(0, 2\)"),
        (np.array([[0.0, 1.0], [2.0, np.nan]]), "must be finite, got nan in row 1, column 1"),
        (np.array([[np.inf]]), "must be finite, got inf in row 0, column 0"),
    ],
)
def test_rows_that_cannot_be_learnt_from_are_named(table, message):
    with pytest.raises(ValueError, match=message):
        finite_rows(table)


def test_rows_of_another_width_are_an_error():
    with pytest.raises(ValueError, match="must have the 3 columns that were learnt from, got 2"):
        finite_rows(np.zeros((4, 2)), 3)


@pytest.mark.parametrize("name", OWN)
def test_every_own_baseline_refuses_what_is_no_seed(name):
    with pytest.raises(ValueError, match="random_state must be an integer of at least 0 or None, got -1"):
        OWN[name](random_state=-1).fit(np.zeros((4, 2)))


def test_as_many_steps_are_taken_as_asked_for_and_they_find_the_minimum():
    seen = []
    layer = nn.Linear(1, 1, bias=False)
    rows = torch.linspace(-1, 1, 10)[:, None]

    def loss(batch):
        seen.append(len(batch[0]))
        return {"squared": (layer(batch[0]) - 3 * batch[0]).square().mean()}

    train_by_steps(
        [layer],
        loss,
        (rows,),
        SimpleNamespace(steps=301, batch_size=4, learning_rate=0.05),
        torch.Generator().manual_seed(0),
    )
    assert len(seen) == 301
    assert set(seen) <= {3, 4}
    assert layer.weight.item() == pytest.approx(3, abs=1e-3)
