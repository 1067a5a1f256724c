"""Capital in several bets on one sequence: what is won, and since when."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


BLOCK = 128
"""Rows whose factors are multiplied at once: with factors from 0.02 to 50 no product of so many leaves float64."""
MOST = 1e50


class Capital:
    """A capital of 1 in each of several bets, part 1 / (s (s + 1)) of it put in at the s-th row, played in batches.

    Where a bet's factors have mean 1 or less given the rows before, whatever these were, the mean of the capitals is a
    nonnegative supermartingale. ``now`` is that mean.
    """

    def __init__(self, n_bets: int) -> None:
        self.now = 1.0
        self._n_played = 0
        self._staked = np.zeros(n_bets)
        self._gain = np.zeros(n_bets)  # in nats, since it was lowest, and the row that it rose from
        self._began = np.zeros(n_bets, np.int64)
        self._last = (np.empty((0, n_bets)), np.zeros((1, n_bets)), np.empty(0, np.int64), self._began)

    def play(self, factors: Values, rows: Counts) -> Values:
        """Capital (m,) after each row, by factors (m, bets) above 0; ``rows`` (m,) are the rows' numbers."""
        m = len(factors)
        if not m:
            return np.empty(0)
        number = self._n_played + np.arange(1, m + 1, dtype=np.float64)
        put_in = 1 / (number * (number + 1))
        blocks = range(0, m, BLOCK)
        staked = np.vstack([self._grown(factors[i : i + BLOCK], put_in[i : i + BLOCK]) for i in blocks])
        # Gains above the lowest point so far, which is the 0 in front; those below it are a new lowest point.
        gains = np.vstack([np.zeros_like(self._gain), self._gain + np.cumsum(np.log(factors), axis=0)])
        self._last = (staked, gains, np.append(rows, rows[-1] + 1), self._began)
        self._began = np.array([self._risen_from(bet, m) for bet in range(len(self._gain))])
        self._gain = gains[-1] - gains.min(axis=0)
        self._n_played += m
        capital: Values = staked.mean(axis=1) + 1 / (number + 1)
        self.now = float(capital[-1])
        return capital

    def _grown(self, factors: Values, put_in: Values) -> Values:
        """What is staked on each bet after each row of a block: S_t = (S_(t-1) + put in) f_t, written as one sum."""
        products = np.cumprod(factors, axis=0)
        before = np.vstack([np.ones_like(self._staked), products[:-1]])
        staked: Values = products * (self._staked + np.cumsum(put_in[:, None] / before, axis=0))
        self._staked = np.minimum(
            staked[-1], MOST
        )  # beyond any alarm; keeps the next block's products finite
        return staked

    def since(self, n_played: int) -> int:
        """Row since which the bet with most capital has been winning, after 1 or more rows of the last batch."""
        staked = self._last[0]
        return self._risen_from(int(np.argmax(staked[n_played - 1])), n_played)

    def _risen_from(self, bet: int, n_played: int) -> int:
        _, gains, rows, began = self._last
        upwards = gains[: n_played + 1, bet][::-1]
        lowest = n_played - int(np.argmin(upwards))
        return int(began[bet]) if lowest == 0 else int(rows[lowest])
