import numpy as np
import pytest
import torch

from hinterland.training.hold_out import energies_of_new_rows, hold_out, out_of_bag


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


# --- members that leave rows out --------------------------------------------------------------------


@pytest.mark.parametrize(("share", "n_parts"), [(1 / 2, 2), (1 / 3, 3), (0.2, 5)])
def test_each_row_is_left_out_once_in_a_round_of_members(share, n_parts):
    trained = out_of_bag(101, share, 2 * n_parts, generator())
    for a_round in (trained[:n_parts], trained[n_parts:]):
        assert ((~a_round).sum(0) == 1).all()
        assert np.ptp(a_round.sum(1)) <= 1
    assert (trained[0] != trained[n_parts]).any()  # a new deal


def test_no_share_leaves_none_out_and_a_few_rows_are_never_split_into_single_ones():
    assert out_of_bag(50, 0.0, 3, generator()).all()
    assert out_of_bag(3, 1 / 3, 6, generator()).all()
    for n_rows in range(4, 12):
        assert out_of_bag(n_rows, 1 / 3, 6, generator()).sum(1).min() >= 2


def test_a_member_trains_on_no_more_rows_than_it_may():
    trained = out_of_bag(1000, 1 / 3, 4, generator(), most=100)
    assert trained.sum(1).tolist() == [100] * 4
    assert ((~trained).sum(0) > 0).all()
    assert 0.35 < np.flatnonzero(trained[0]).mean() / 1000 < 0.65


def test_energies_of_new_rows_are_means_over_the_members_that_do_not_know_them():
    trained = np.array([[True, False, False, True], [False, True, False, True]])
    energies = np.array([[0.0, 2.0, 4.0, 9.0], [3.0, 0.0, 3.0, 9.0]])
    # levels 3 and 3: nothing to be made alike; the last row is new to nobody
    np.testing.assert_allclose(energies_of_new_rows(energies, trained), [3.0, 2.0, 3.5])


def test_what_members_differ_by_as_a_whole_is_no_matter_of_a_row():
    random = np.random.default_rng(0)
    trained = out_of_bag(300, 1 / 3, 3, generator())
    own = random.normal(size=300)
    energies = own + np.array([[0.0], [100.0], [-40.0]])
    found = energies_of_new_rows(energies, trained)
    assert np.std(found - energies.mean(0)) < 0.3


def test_no_row_left_out_gives_no_energies():
    assert energies_of_new_rows(np.zeros((2, 5)), np.ones((2, 5), bool)).shape == (0,)
