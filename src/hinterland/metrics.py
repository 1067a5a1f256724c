"""How good a ranking is (``ranking``), and how good the labels that a named threshold rule makes of it.

The anomaly is the positive class and energies rise with anomaly. AUROC and average precision judge the
ranking alone. Precision, recall and F1 need a threshold, and published numbers for the same data set
rest on different rules, a choice that can move F1 by more than the methods differ. Here no such number
comes without the name of its rule, which says from which rows the threshold is learnt:

- ``natural_half``: from the test rows. Fits the numbers printed for DAGMM and CADGMM, on a test half
  with its natural share of anomalies. All test rows must be there before the first is labelled.
- ``pooled``: from training and test rows together. Used by public DAGMM code, where the test set
  holds all anomalies but half of the normal rows, and so fewer false alarms for each hit.
- ``training``: from the training rows. The one that can be deployed.

Each rule flags the rows with ``energy > threshold``; the threshold is that of
``hinterland.thresholds.cut_at_share``: with m rows and ``asked = floor(share * m)``, the
(m - asked)-th smallest energy.

**Ties.** Data sets with many equal rows have large blocks of equal energies, and a cut inside such a
block flags fewer rows than asked for. ``ThresholdMetrics`` holds both readings: the strict one
(none of the block is flagged; a function of the threshold alone, and what a user would get) and the
one expected when as many of the block as are missing are flagged at random. Numbers that depend on the
order of equal rows, as those of ``argsort`` do, are one draw of the second.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hinterland.ranking import anomaly_scorer, auroc, average_precision, best_f1, precision_at_k
from hinterland.thresholds import Energies, check_energy, check_is_anomaly, count, cut_at_share

__all__ = [
    "RULES",
    "Evaluation",
    "LabelMetrics",
    "ThresholdMetrics",
    "anomaly_scorer",
    "auroc",
    "average_precision",
    "best_f1",
    "evaluate",
    "label_metrics",
    "natural_half",
    "pooled",
    "precision_at_k",
    "threshold_metrics",
    "training",
]


Rule = Callable[[Energies, Energies | None], Energies]


def natural_half(energy: Energies, training_energy: Energies | None) -> Energies:
    """Learn the threshold from the test energies alone; training energies are not used."""
    return energy


def pooled(energy: Energies, training_energy: Energies | None) -> Energies:
    """Learn the threshold from training and test energies together."""
    return np.concatenate([_required(training_energy, rule="pooled"), energy])


def training(energy: Energies, training_energy: Energies | None) -> Energies:
    """Learn the threshold from the training energies alone: no test row is seen before it is judged."""
    return _required(training_energy, rule="training")


RULES: dict[str, Rule] = {"natural_half": natural_half, "pooled": pooled, "training": training}
"""The threshold rules by name. A rule gives the energies whose top ``share`` is cut off."""
OWN = "own"
"""The rule of a detector that brings its own threshold."""


def _required(training_energy: Energies | None, rule: str) -> Energies:
    if training_energy is None:
        raise ValueError(f"rule {rule!r} needs training_energy, the energies of the training rows, got None")
    return training_energy


class LabelMetrics(NamedTuple):
    """Precision, recall and F1 of the anomalies, in [0, 1]; the last two NaN where there is none to be found."""

    precision: float
    recall: float
    f1: float


def label_metrics(hits: float, flagged: float, anomalies: float) -> LabelMetrics:
    """Give ``LabelMetrics`` of any labels from counts, or mean counts, of rows.

    The precision of no flagged row is given as 0, as in scikit-learn. ``hits`` are the anomalies that are flagged.

    >>> label_metrics(hits=3, flagged=4, anomalies=6)
    LabelMetrics(precision=0.75, recall=0.5, f1=0.6)
    """
    precision = hits / flagged if flagged else 0.0
    if not anomalies:
        return LabelMetrics(precision, float("nan"), float("nan"))
    return LabelMetrics(precision, hits / anomalies, 2 * hits / (flagged + anomalies))


@dataclass(frozen=True)
class ThresholdMetrics:
    """Precision, recall and F1 of the anomalies under a named threshold rule; shares are in [0, 1].

    ``precision``, ``recall``, ``f1``, ``flagged`` and ``flagged_share`` are for the test rows with
    ``energy > threshold``. The precision of no flagged row is given as 0, as in scikit-learn.

    ``ties_at_threshold`` is the number of test rows in the block of equal energies that the cut falls
    into, and 0 where the cut falls between two different energies. ``tie_probability`` is the chance of
    a row of this block to be flagged when the rule's missing rows are drawn from the block at random (for
    the rule ``training``: the chance that makes the training rows come out at ``share``).

    ``expected_flagged`` is the mean number of flagged test rows under such draws, strict ones included.
    ``expected_precision``, ``expected_recall`` and ``expected_f1`` are those of the mean number of hits
    (that of a hypergeometric draw) among them. Under ``natural_half`` the number flagged is fixed, so they
    are exact means over the draws; under the other rules precision and F1 are ratios of means. Without
    ties they are the strict values.
    """

    rule: str
    share: float
    threshold: float
    precision: float
    recall: float
    f1: float
    flagged: int
    flagged_share: float
    ties_at_threshold: int
    tie_probability: float
    expected_precision: float
    expected_recall: float
    expected_f1: float
    expected_flagged: float


def threshold_metrics(
    is_anomaly: npt.ArrayLike,
    energy: npt.ArrayLike,
    *,
    rule: str,
    share: float,
    training_energy: npt.ArrayLike | None = None,
) -> ThresholdMetrics:
    """Judge the labels that the threshold of a rule gives; for a detector's own see ``at_own_threshold``.

    Parameters
    ----------
    is_anomaly, energy : of the test rows, as in ``auroc``.
    rule : a name in ``RULES``.
    share : share of the rule's rows to be flagged, in (0, 1).
    training_energy : shape (m,); of the training rows, from the same frozen detector as ``energy``.
        Needed by ``pooled`` and ``training``.

    Raises
    ------
    TypeError, ValueError
        As in ``auroc``, and if the rule is unknown or lacks its training energies, or the share is no number in range.
    """
    energy = check_energy(energy)
    is_anomaly = check_is_anomaly(is_anomaly, rows=len(energy))
    if rule not in RULES:
        raise ValueError(f"rule must be one of {', '.join(map(repr, RULES))}, got {rule!r}")
    if training_energy is not None:
        training_energy = check_energy(training_energy, name="training_energy")
    cut = cut_at_share(RULES[rule](energy, training_energy), share)

    anomalies = count(is_anomaly)
    above, tied = energy > cut.threshold, energy == cut.threshold
    flagged, hits = count(above), count(is_anomaly & above)
    expected_flagged = flagged + cut.missing * count(tied) / cut.tied
    expected_hits = hits + cut.missing * count(is_anomaly & tied) / cut.tied
    expected = label_metrics(expected_hits, expected_flagged, anomalies)
    return ThresholdMetrics(
        rule=rule,
        share=float(share),
        threshold=cut.threshold,
        **label_metrics(hits, flagged, anomalies)._asdict(),
        flagged=flagged,
        flagged_share=flagged / len(energy),
        ties_at_threshold=count(tied) if cut.missing else 0,
        tie_probability=cut.missing / cut.tied,
        expected_precision=expected.precision,
        expected_recall=expected.recall,
        expected_f1=expected.f1,
        expected_flagged=expected_flagged,
    )


def at_own_threshold(is_anomaly: npt.ArrayLike, energy: npt.ArrayLike, threshold: float) -> ThresholdMetrics:
    """Judge the labels that a threshold gives which the detector brings along; the rule is called ``own``.

    Its share is the one that came out. Equal energies at the threshold are not flagged, and no draw is made among them.
    """
    energy = check_energy(energy)
    is_anomaly = check_is_anomaly(is_anomaly, rows=len(energy))
    above = energy > threshold
    flagged = count(above)
    precision, recall, f1 = label_metrics(count(is_anomaly & above), flagged, count(is_anomaly))
    return ThresholdMetrics(
        rule=OWN,
        share=flagged / len(energy),
        threshold=float(threshold),
        precision=precision,
        recall=recall,
        f1=f1,
        flagged=flagged,
        flagged_share=flagged / len(energy),
        ties_at_threshold=0,
        tie_probability=0.0,
        expected_precision=precision,
        expected_recall=recall,
        expected_f1=f1,
        expected_flagged=flagged,
    )


@dataclass(frozen=True)
class Evaluation:
    """What one set of test energies is worth: its ranking, and its labels under a named rule."""

    rows: int
    anomalies: int
    auroc: float
    average_precision: float
    at_threshold: ThresholdMetrics

    def as_dict(self) -> dict[str, str | int | float]:
        """One flat row for a table or a JSON file: names to plain strings, integers and floats."""
        row = asdict(self)
        flat: dict[str, str | int | float] = row | row.pop("at_threshold")
        return flat


def evaluate(
    is_anomaly: npt.ArrayLike,
    energy: npt.ArrayLike,
    *,
    rule: str,
    share: float,
    training_energy: npt.ArrayLike | None = None,
    threshold: float | None = None,
) -> Evaluation:
    """AUROC, average precision and ``ThresholdMetrics`` of the same rows.

    Arguments and errors as in ``threshold_metrics``. Rule and share have no default: a number
    without them cannot be compared. The rule ``own`` takes the detector's ``threshold``, and no share.

    Examples
    --------
    >>> result = evaluate([False, False, True, False], [0.1, 0.3, 2.0, 0.2], rule="natural_half", share=0.25)
    >>> result.auroc, result.at_threshold.f1, result.at_threshold.flagged
    (1.0, 1.0, 1)
    """
    energy = check_energy(energy)
    is_anomaly = check_is_anomaly(is_anomaly, rows=len(energy))
    return Evaluation(
        rows=len(energy),
        anomalies=count(is_anomaly),
        auroc=auroc(is_anomaly, energy),
        average_precision=average_precision(is_anomaly, energy),
        at_threshold=(
            threshold_metrics(is_anomaly, energy, rule=rule, share=share, training_energy=training_energy)
            if threshold is None
            else at_own_threshold(is_anomaly, energy, threshold)
        ),
    )
