"""Lengths of training by steps."""

import pytest

from hinterland.training.settings import LoopSettings


@pytest.mark.parametrize(
    ("steps", "n_rows", "batch_size", "epochs"),
    [(100, 1000, 100, 10), (101, 1000, 100, 11), (5, 7, 100, 5), (3, 250, 100, 1)],
)
def test_as_many_epochs_as_hold_the_steps(steps, n_rows, batch_size, epochs):
    settings = LoopSettings.of_steps(steps, n_rows, batch_size, learning_rate=0.5)
    assert (settings.epochs, settings.max_steps, settings.cosine_decay) == (epochs, steps, True)
    assert (settings.batch_size, settings.learning_rate) == (batch_size, 0.5)
