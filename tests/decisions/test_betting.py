import numpy as np
import pytest

from hinterland.decisions.betting import Capital


def slow_capital(factors):
    """Mean over bets of what each start's part has grown to, and of what has not been put in."""
    m, n_bets = factors.shape
    capital = []
    for t in range(1, m + 1):
        staked = [
            sum(np.prod(factors[s - 1 : t, bet]) / (s * (s + 1)) for s in range(1, t + 1))
            for bet in range(n_bets)
        ]
        capital.append(np.mean(staked) + 1 / (t + 1))
    return capital


@pytest.mark.parametrize("sizes", [[60], [1, 59], [20, 0, 20, 20], [1] * 60])
def test_the_capital_is_that_of_its_definition_in_batches_of_any_size(sizes):
    factors = np.random.default_rng(0).uniform(0.3, 1.8, size=(60, 3))
    capital, start, found = Capital(3), 0, []
    for size in sizes:
        found += capital.play(factors[start : start + size], np.arange(start, start + size)).tolist()
        start += size
    assert np.allclose(found, slow_capital(factors))
    assert capital.now == pytest.approx(found[-1])


def test_blocks_join_without_a_seam():
    factors = np.random.default_rng(0).uniform(0.5, 1.5, size=(400, 2))
    whole = Capital(2).play(factors, np.arange(400))
    parts = Capital(2)
    found = [parts.play(factors[i : i + 7], np.arange(i, min(i + 7, 400))) for i in range(0, 400, 7)]
    assert np.allclose(np.concatenate(found), whole)


def test_what_never_wins_costs_at_most_what_was_put_in_and_great_gains_stay_finite():
    losing, winning = np.full((5000, 1), 0.1), np.full((5000, 1), 1.9)
    capital = Capital(1)
    assert capital.play(losing, np.arange(5000))[-1] == pytest.approx(1 / 5001, rel=1e-3)
    assert np.isfinite(capital.play(winning, np.arange(5000, 10_000))).all()


@pytest.mark.parametrize("size", [200, 33, 1])
def test_it_knows_since_when_it_has_been_winning(size):
    factors = np.concatenate([np.full((120, 1), 0.9), np.full((80, 1), 1.3)])
    capital = Capital(1)
    rows = np.arange(200) + 1000
    for i in range(0, 200, size):
        last = capital.play(factors[i : i + size], rows[i : i + size])
    assert capital.since(len(last)) == 1120
