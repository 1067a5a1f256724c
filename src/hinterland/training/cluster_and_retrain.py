"""Training on rows of compact clusters, chosen anew every few epochs (DEUAD, Algorithm 1; methods.md section 4)."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from hinterland.clustering.base import Clustering, unit_length
from hinterland.clustering.selection import PercentileOver, select_compact
from hinterland.model.chunks import CHUNK_ROWS
from hinterland.model.composite import angle, row_errors
from hinterland.networks.base import Network
from hinterland.training.history import Entry, History
from hinterland.training.learner import Learner
from hinterland.training.loop import train, warn_interrupted
from hinterland.training.reconstruction import reconstruction_objective
from hinterland.training.settings import LoopSettings


class EmptySelectionWarning(UserWarning):
    """No cluster was compact enough to train on; training went on with the rows from before."""


@dataclass(frozen=True)
class Retraining:
    """What cluster-and-retrain leaves besides the trained network.

    ``selected`` (n,) says of each row whether it was trained on in the end; ``settled`` whether training ended because
    the rows that were chosen did not change any more.
    """

    history: History
    selected: np.ndarray
    settled: bool
    interrupted: bool


class CompactRows:
    """The rows that are trained on: those of compact clusters, chosen again and again (DEUAD, eqs. 2 and 7).

    Parameters
    ----------
    first, later : how rows are clustered the first time, and how afterwards. These start from one another's clusters,
        and all draw the same numbers, so that rows change only where the features have.
    first_dropped, later_dropped : shares p0 and p that are left out, the clusters of the greatest variance.
    percentile_over : whether these are shares of the ``clusters`` or of their ``rows``; see ``select_compact``.
    min_cluster_size : smaller clusters are left out too.
    seed : of all clusterings.

    Attributes
    ----------
    chosen : (n,) bool, the rows chosen last.
    numbers : of the last choice, for the history: the share of the rows that is ``selected``; ``clusters`` of enough
        rows and ``clusters_kept``; the ``variance_threshold``, where it is finite; ``jaccard``, the share of the rows
        of this choice or the one before that are in both, where there is one before; and ``empty_selection``, 1 where
        no cluster was compact enough and the rows from before were kept, else 0.
    """

    def __init__(
        self,
        first: Clustering,
        later: Clustering,
        *,
        first_dropped: float,
        later_dropped: float,
        min_cluster_size: int,
        seed: int,
        percentile_over: PercentileOver = "clusters",
    ) -> None:
        self.first, self.later = first, later
        self.first_dropped, self.later_dropped = first_dropped, later_dropped
        self.min_cluster_size = min_cluster_size
        self.percentile_over: PercentileOver = percentile_over
        self.seed = seed
        self.chosen = np.zeros(0, dtype=bool)
        self.numbers: Entry = {}
        self._labels: np.ndarray | None = None

    def choose_first(self, rows: np.ndarray) -> None:
        """Choose among scaled rows (n, d); all of them, with a warning, where no cluster is compact."""
        everything = np.ones(len(rows), dtype=bool)
        self._choose(self._cluster(self.first, rows, None), rows, self.first_dropped, everything)
        self.numbers.pop("jaccard")

    def choose_again(self, features: np.ndarray) -> bool:
        """Choose by features (n, k) of the same rows; whether that is a new choice, or none could be made."""
        before = self.chosen
        self._labels = self._cluster(self.later, features, self._labels)
        self._choose(self._labels, features, self.later_dropped, before)
        return bool(self.numbers["empty_selection"]) or not np.array_equal(before, self.chosen)

    def _cluster(self, how: Clustering, rows: np.ndarray, start: np.ndarray | None) -> np.ndarray:
        return how.cluster(rows, np.random.default_rng(self.seed), start)

    def _choose(self, labels: np.ndarray, rows: np.ndarray, dropped: float, before: np.ndarray) -> None:
        selection = select_compact(rows, labels, dropped, self.min_cluster_size, self.percentile_over)
        empty = not selection.rows.any()
        if empty:
            warnings.warn(
                f"none of {selection.n_clusters} clusters of at least {self.min_cluster_size} rows has a variance "
                f"below the threshold; training goes on with the {int(before.sum())} rows from before",
                EmptySelectionWarning,
                stacklevel=3,
            )
        self.chosen = before if empty else selection.rows
        self.numbers = {
            "selected": float(self.chosen.mean()),
            "clusters": float(selection.n_clusters),
            "clusters_kept": float(selection.n_kept),
            "empty_selection": float(empty),
            "jaccard": float((before & self.chosen).sum() / (before | self.chosen).sum()),
        }
        if np.isfinite(selection.threshold):
            self.numbers["variance_threshold"] = selection.threshold


def cluster_and_retrain(
    network: Network,
    rows: Tensor,
    compact: CompactRows,
    every: int,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    on_epoch: Callable[[Entry], None] | None = None,
) -> Retraining:
    """Train a network to reconstruct the compact ones of scaled rows (n, d), and choose these anew now and then.

    ``compact`` has made its first choice among the rows. After ``every`` epochs come choices by what the network makes
    of all rows (``retraining_features``). Weights and the optimiser's state carry over. It ends when a choice is the
    one before, or after ``settings.epochs``. The loss is the squared error, as the gradient of the angle is infinite
    where it vanishes; the paper does not say. Each entry of the history has the numbers of its choice.
    """
    learner = Learner([network], settings)
    objective = reconstruction_objective(network)
    history: History = []
    done, settled, interrupted = 0, False, False
    started = time.perf_counter()
    try:
        while done < settings.epochs:
            before, elapsed = done, time.perf_counter() - started
            epochs = min(every, settings.epochs - done)

            def placed(entry: Entry, before: int = before, elapsed: float = elapsed) -> Entry:
                return {**entry, "epoch": entry["epoch"] + before, "seconds": entry["seconds"] + elapsed}

            result = train(
                [network],
                objective,
                (rows[torch.from_numpy(np.flatnonzero(compact.chosen)).to(rows.device)],),
                replace(settings, epochs=epochs),
                generator,
                diagnostics=lambda: {**compact.numbers, **network.diagnostics()},
                on_epoch=None if on_epoch is None else lambda entry: on_epoch(placed(entry)),
                learner=learner,
            )
            history += map(placed, result.history)
            done += epochs
            interrupted = result.interrupted
            if interrupted:
                break
            if done < settings.epochs and not compact.choose_again(retraining_features(network, rows)):
                settled = True
                break
    except KeyboardInterrupt:  # while clustering: the loop ends by itself
        interrupted = True
        warn_interrupted(
            f"training was interrupted after {done} of at most {settings.epochs} epochs, while rows were chosen anew; "
            "the network is kept as it is",
            stacklevel=2,
        )
    finally:
        learner.release()
    return Retraining(history, compact.chosen, settled, interrupted)


def retraining_features(network: Network, rows: Tensor) -> np.ndarray:
    """[z_c; angle] of scaled rows (n, d), brought to unit length: (n, latent_dim + 1) float64 (DEUAD, eqs. 5 and 6)."""
    with torch.no_grad():
        parts = []
        for chunk in rows.split(CHUNK_ROWS):
            encoding = network(chunk)
            parts.append(
                torch.column_stack([encoding.latent, angle(row_errors(chunk, encoding.reconstruction))])
            )
    return unit_length(torch.cat(parts).double().cpu().numpy())
