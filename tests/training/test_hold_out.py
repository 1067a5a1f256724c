import numpy as np
import pytest
import torch

from hinterland.training.hold_out import hold_out


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("n", "share", "n_held_out"), [(1000, 0.1, 100), (1000, 0.0, 0), (199, 0.1, 0), (200, 0.1, 20)]
)
def test_every_row_is_in_one_of_the_two(n, share, n_held_out):
    training, validation = hold_out(n, share, generator())
    assert len(validation) == n_held_out
    assert sorted([*training, *validation]) == list(range(n))
    assert (np.diff(training) > 0).all()


def test_the_choice_is_random_and_repeats_with_the_seed():
    first, again, other = (hold_out(500, 0.2, generator(seed))[1] for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
    assert 0.35 < first.mean() / 500 < 0.65  # from all over the table
