"""How many anomalies there are where no row is known to be normal: by an assumption, or not at all.

Without one the question has no answer: any part of the rows may be called normal. Here it is a "zero assumption" with
an empirical null as Efron's (2004): none of the calmer ``calm`` share of the rows is an anomaly, and the normal rows'
energies are a shifted gamma's,

    G(e) = P(k, (e - e_0) / s),

as the energies of a Gaussian's rows are (k is half the number of dimensions), with three parameters that the calm rows'
counts between their quantiles give. What these leave unexplained above is the anomalies. The likelihood of the counts
is multinomial, and the interval that of the likelihood ratio. Of normal rows whose energies have a heavier tail than a
gamma's a part would be taken for anomalies, so that the same is asked with a tenth of the rows more and less for calm
ones, and the interval holds all three. The answer is "cannot be told" where the calm rows do not look like a gamma's,
the interval says next to nothing, or there are few rows or few different ones.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import gammainc
from scipy.stats import chi2

from hinterland.decisions.contamination import Contamination
from hinterland.parameters import check_number
from hinterland.thresholds import Energies, check_energy

LEAST_ROWS = 200
LEAST_DIFFERENT = 100
N_BINS = 20
WIDEST = 0.25
"""An interval that is wider tells nothing."""
APART = 0.1
"""The calm share by which an answer is asked for again: one that hangs on it is none."""
LEAST_FIT = 0.01
"""Smallest p-value of the chi-squared test with which a gamma's shape is believed."""
SHARES = np.concatenate([[0.0, 0.002, 0.005], np.arange(0.01, 0.1, 0.01), np.arange(0.1, 0.51, 0.02)])
"""Shares of anomalies at which the likelihood is evaluated."""


class Fit(NamedTuple):
    """Shares of anomalies that go with the calm rows: the best, and those within the likelihood ratio's interval."""

    low: float
    estimate: float
    high: float


def estimate_unlabelled(
    energy: npt.ArrayLike, *, calm: float = 0.6, confidence: float = 0.95
) -> Contamination:
    """Share of anomalies among rows of which none is known to be normal, by the assumption of this module.

    Parameters
    ----------
    energy : (m,), in nats, of rows that the model should not know too well: training rows under models without them.
    calm : share of all rows, the calmest, among which there is no anomaly, in [0.4, 0.8]. The answer must be much the
        same with a tenth of the rows more or less.
    confidence : of the interval, in (0, 1), given the assumption.

    Returns
    -------
    Contamination, whose ``estimate`` is None, and ``reason`` says why, where it cannot be told.
    """
    values = np.sort(check_energy(energy))
    check_number("calm", calm, least=0.4, most=0.8)
    check_number("confidence", confidence, above=0, below=1)
    m = len(values)

    assumption = f"the calmest {calm:.0%} of the rows are normal, and normal rows' energies a shifted gamma's"

    def untold(reason: str) -> Contamination:
        return Contamination(None, None, None, m, float(confidence), assumption, reason=reason)

    if m < LEAST_ROWS:
        return untold(f"it takes {LEAST_ROWS} rows")
    if len(np.unique(values)) < LEAST_DIFFERENT:
        return untold(f"it takes {LEAST_DIFFERENT} different energies")
    fits: list[Fit] = []
    for share in (calm, calm + APART, calm - APART):
        fit = _fit(values, share, confidence)
        if isinstance(fit, str):
            return untold(f"of the calmest {share:.0%} {fit}")
        fits.append(fit)
        low, high = min(fit.low for fit in fits), max(fit.high for fit in fits)
        if high - low > WIDEST or high == SHARES[-1]:
            return untold(f"anything from {low:.0%} to {high:.0%} fits")
    return Contamination(low, fits[0].estimate, high, m, float(confidence), assumption)


def _fit(values: Energies, calm: float, confidence: float) -> Fit | str:
    """Shares of anomalies by the calmest rows of ascending energies (m,), or why these say nothing."""
    m = len(values)
    edges = np.unique(np.quantile(values, calm * np.arange(1, N_BINS + 1) / N_BINS))
    if len(edges) < N_BINS:
        return "many have one energy"
    counts = np.diff(np.concatenate([[0], np.searchsorted(values, edges, side="right"), [m]]))
    logs, start = [], _start(values[: int(calm * m)])
    for share in SHARES:
        log_likelihood, start = _best(counts, edges, share, start)
        logs.append(log_likelihood)
    likelihood = np.array(logs)
    best = int(np.argmax(likelihood))
    misfit = 2 * (float(np.sum(counts * np.log(counts / m))) - likelihood[best])
    if chi2.sf(misfit, len(counts) - 5) < LEAST_FIT:
        return "the energies do not look like a shifted gamma's"
    within = np.flatnonzero(2 * (likelihood[best] - likelihood) <= chi2.ppf(confidence, 1))
    low, high = SHARES[max(0, within[0] - 1)], SHARES[min(len(SHARES) - 1, within[-1] + 1)]
    return Fit(float(low), float(SHARES[best]), float(high))


def _start(calm_values: Energies) -> Energies:
    """Shape, scale and gap below the least energy, as logarithms, from the calm rows' quartiles."""
    spread = float(calm_values[-1] - calm_values[0])
    return np.log([3.0, spread / 3, 0.2 * spread])


def _best(
    counts: npt.NDArray[np.int64], edges: Energies, share: float, start: Energies
) -> tuple[float, Energies]:
    """Greatest log-likelihood of the counts at a share of anomalies, and the parameters that reach it."""

    def loss(parameters: Energies) -> float:
        shape, scale, gap = np.exp(np.clip(parameters, -50, 50))
        below = (1 - share) * gammainc(shape, np.maximum(edges - edges[0] + gap, 0.0) / scale)
        chances = np.diff(np.concatenate([[0.0], below, [1.0]]))
        return -float(np.sum(counts * np.log(np.maximum(chances, 1e-300))))

    found = minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-3, "maxiter": 600}
    )
    return -float(found.fun), found.x
