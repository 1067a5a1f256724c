"""The fit over a cluster's batches: what trains is trained on a sample, and the rest is learnt from all rows."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.utils import check_random_state

from hinterland.decisions.calibration import Calibration
from hinterland.detectors.base import Detector
from hinterland.detectors.novelty import NoveltyDetector
from hinterland.engines import mixtures
from hinterland.engines.sampling import Draw, sample
from hinterland.engines.shards import Shards, summed
from hinterland.parameters import check_integer
from hinterland.pipeline import encoder_and_detector
from hinterland.preprocessing.tabular.sums import encoder_sums, with_sums
from hinterland.scoring import BatchScorer
from hinterland.sums import ValueCounts

SAMPLE_ROWS = 100_000
"""Rows that networks and trees of neighbours learn from; a quantile of as many errs by 0.4 points of rank at most,
19 times of 20 (Dvoretzky, Kiefer and Wolfowitz, 1956)."""

MOST_ENERGIES = 100_000
"""Energies that a detector keeps of all rows: the largest of each of so many equal parts."""


class SampledFitWarning(UserWarning):
    """A part of a detector was learnt from a sample of the rows."""


def described(told: dict[str, Any]) -> str:
    """Say in a sentence what a detector's ``sampled_fit_`` tells."""
    return (
        f"of {told['n_rows']:,} rows a uniform sample of {told['n_sampled']:,} trained {', '.join(told['sampled'])}; "
        f"learnt from all rows: {', '.join(told['exact'])}"
    )


def fit(shards: Shards, model: Any, *, sample_rows: int = SAMPLE_ROWS, em_passes: int = 1) -> Any:
    """Fit a detector, or a pipeline of a TabularEncoder and one, to the rows of all batches, and give it back.

    A data set of no more than ``sample_rows`` rows is fitted as on one machine. Of a longer one a uniform sample trains
    what takes rows at random anyway, networks and their companions. Exact sums over all rows then give an encoder's
    means, deviations, ranges and frequencies, a Gaussian mixture that was trained jointly with its network, and the
    threshold, which flags no more than the share asked for. A model's parts that leave rows out are judged by the rows
    that none of them has seen, which also calibrate its p-values.

    Parameters
    ----------
    shards : the batches.
    model : unfitted; it is fitted in place.
    sample_rows : rows of the sample.
    em_passes : steps of expectation-maximisation over all rows, of a mixture that is learnt from them.

    Raises
    ------
    TypeError, ValueError
        For what is no such model, a detector that needs labels or whose energies of rows depend on one another; and as
        ``fit`` on one machine.

    Warns
    -----
    SampledFitWarning
        Where a sample was drawn. The detector's ``sampled_fit_`` then tells the same: ``n_rows`` and ``n_sampled``, and
        in words what was learnt from all rows, ``exact``, and from the sample alone, ``sampled``.
    """
    check_integer("sample_rows", sample_rows, least=2)
    check_integer("em_passes", em_passes, least=1)
    encoder, detector = encoder_and_detector(model)
    if detector.needs_labels:
        raise ValueError(f"a {type(detector).__name__} needs labels, and a fit over batches has none")
    detector.check_parameters()
    n_rows = shards.n_rows()
    seed = int(check_random_state(detector.random_state).randint(np.iinfo(np.int32).max))
    rows, draw = sample(shards, n_rows, sample_rows, seed)
    exact, sampled = [], ["the detector's networks"]
    is_whole = rows.num_rows == n_rows
    if encoder is None:
        _fit_on(detector, rows.to_pandas(), is_whole)
        sampled.append("its scaling of columns")
    else:
        encoder.fit(rows)
        if not is_whole:
            unchanged = with_sums(encoder, summed(shards, partial(encoder_sums, encoder)))
            exact.append("the encoder")
            if unchanged:
                exact[-1] += f" but for {', '.join(unchanged)}"
                sampled.append(f"the columns {', '.join(unchanged)}")
        _fit_on(detector, encoder.transform(rows), is_whole)
    detector.check_rows_alone("a fit over batches")
    if not is_whole:
        if mixtures.has_sums(detector):
            for step in range(em_passes):
                mixtures.estimate(shards, model, by_posterior=step > 0 or bool(detector.em_steps))
            detector.counted_ = {"mixtures": [float(n_rows)]}
            exact.append("the mixture")
        _learn_threshold(shards, model, draw)
        exact.append("the threshold")
        detector.sampled_fit_ = {
            "n_rows": n_rows,
            "n_sampled": rows.num_rows,
            "exact": exact,
            "sampled": sampled,
        }
        warnings.warn(described(detector.sampled_fit_), SampledFitWarning, stacklevel=3)
    return model


def _fit_on(detector: Detector, rows: Any, is_whole: bool) -> None:
    """Fit a detector to the sample; what it says of the sample's threshold is said of another one."""
    with warnings.catch_warnings():
        if not is_whole:
            warnings.filterwarnings("ignore", r".*rows that were held out from training", UserWarning)
        detector.fit(rows)


def _learn_threshold(shards: Shards, model: Any, draw: Draw) -> None:
    """Learn the threshold and p-values from the energies of all rows, or of those that are new to the model."""
    detector = encoder_and_detector(model)[1]
    as_new = isinstance(detector, NoveltyDetector) and detector.novelty
    scorer = BatchScorer(model, shards.schema, keep=[], explained="none")
    counts = summed(shards, partial(_energy_counts, scorer, draw if as_new else None))
    detector.calibration_energy_ = largest_of_parts(counts, MOST_ENERGIES)
    # What an update adds to: these energies stand for more rows than they are.
    detector.counted_ = {**getattr(detector, "counted_", {}), "energies": float(counts.n_rows)}
    if as_new:
        detector.set_calibration(
            Calibration.of_counts(counts, source="rows that no part of the model has seen")
        )
    else:
        detector.training_energy_ = detector.calibration_energy_
    detector.offset_ = -counts.quantile(1 - detector.contamination)


def _energy_counts(scorer: BatchScorer, unseen_by: Draw | None, batch: pa.Table) -> ValueCounts:
    energy = scorer.score(batch).energy
    return ValueCounts.of(energy if unseen_by is None else energy[~unseen_by.drawn(batch)])


def largest_of_parts(counts: ValueCounts, most: int) -> npt.NDArray[np.float64]:
    """The largest value of each of ``most`` equal parts of the rows, ascending; all values where they are no more."""
    n = counts.n_rows
    ranks = np.ceil(np.arange(1, min(n, most) + 1) * (n / min(n, most))).astype(np.int64)
    chosen: npt.NDArray[np.float64] = counts.values[
        np.searchsorted(np.cumsum(counts.counts), np.minimum(ranks, n))
    ]
    return chosen
