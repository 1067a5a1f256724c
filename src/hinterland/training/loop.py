"""The only training loop: it owns batches, the step, early stopping, recovery and interruption."""

from __future__ import annotations

import math
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from hinterland.training.history import Entry, History
from hinterland.training.learner import Learner
from hinterland.training.settings import LoopSettings
from hinterland.training.steps import Objective, steps_of

STEPS_A_ROUND = 20
"""A round is as many whole epochs as make this many steps. Validation and snapshots come once a round: on a small
table an epoch is a step or two, and costs less than they do."""


@dataclass(frozen=True)
class TrainingResult:
    """What training leaves besides the trained modules.

    Entries of the history have ``epoch``, ``seconds``, ``loss``, each loss term, and ``validation_loss`` where there is
    one.
    """

    history: History
    interrupted: bool = False


class TrainingInterruptedWarning(UserWarning):
    """Training was interrupted from the keyboard; the best state so far is kept."""


class _Interruptions(threading.local):
    seen = 0


_INTERRUPTIONS = _Interruptions()


def interruptions() -> int:
    """How often a training in this thread was interrupted so far: whether it was meanwhile is a difference."""
    return _INTERRUPTIONS.seen


def warn_interrupted(message: str, *, stacklevel: int) -> None:
    """Say, and count, that training was interrupted."""
    _INTERRUPTIONS.seen += 1
    warnings.warn(message, TrainingInterruptedWarning, stacklevel=stacklevel + 1)


class TrainingRecoveredWarning(UserWarning):
    """A loss became non-finite; training went back to the last good state with a smaller step."""


class _Totals:
    """Sums of the loss terms over rows, gathered without waiting for the device."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.sums: Tensor | None = None
        self.n_rows = 0

    def add(self, terms: Mapping[str, Tensor], n_rows: int) -> None:
        """Add a batch of n rows by its mean terms."""
        self.n_rows += n_rows
        values = torch.stack(list(terms.values()))
        if self.sums is None:
            self.names, self.sums = list(terms), values * n_rows
        else:
            self.sums.add_(values, alpha=n_rows)

    def means(self) -> dict[str, float]:
        """Mean of each term over all rows, after their sum, ``loss``."""
        assert self.sums is not None
        means = (self.sums / self.n_rows).tolist()
        return {"loss": sum(means), **dict(zip(self.names, means, strict=True))}


def batches(
    n_rows: int, settings: LoopSettings, generator: torch.Generator, device: torch.device
) -> tuple[Tensor, ...]:
    """Shuffled row numbers in batches whose sizes differ by at most one, so that no batch is nearly empty.

    Where batches are to be exact, they are of ``batch_size`` rows, and rows left over are in none.
    """
    n_batches = settings.steps_an_epoch(n_rows)
    order = torch.randperm(n_rows, generator=generator, device=generator.device).to(device)
    if settings.exact_batches:
        order = order[: n_batches * settings.batch_size]
    return torch.tensor_split(order, n_batches)


def train(
    modules: Sequence[nn.Module],
    objective: Objective,
    rows: tuple[Tensor, ...],
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    validate: Callable[[], float] | None = None,
    diagnostics: Callable[[], Mapping[str, float]] | None = None,
    on_epoch: Callable[[Entry], None] | None = None,
    learner: Learner | None = None,
    recordable: bool = False,
) -> TrainingResult:
    """Minimise an objective over rows, and leave the modules in evaluation mode in their best state.

    Parameters
    ----------
    modules : what is learnt.
    objective : gives the terms of the loss on a batch.
    rows : tensors of equal length n; a batch is the same rows of each.
    settings : see ``LoopSettings``.
    generator : draws the batches.
    validate : gives the validation loss after each round, in evaluation mode. The state with the lowest is the
        one kept; without it, the last.
    diagnostics : numbers to add to each round's entry.
    on_epoch : called with each round's entry.
    learner : of the same modules, to go on from its optimiser's state; who made it releases it in the end.
    recordable : whether the objective is the same operations on every batch, which wait for no number and draw by
        ``drawn_like`` alone: a CUDA device then repeats a recording of its steps.

    A round is one epoch, or as many as make ``STEPS_A_ROUND`` steps, but never more than the patience.
    A non-finite loss or parameter takes training back to the last good round with half the step; after ten
    such recoveries training ends there. A KeyboardInterrupt ends training with the best state so far. Both warn.
    """
    own = learner is None
    learner = Learner(modules, settings) if learner is None else learner
    n_rows, device = len(rows[0]), rows[0].device
    steps_an_epoch = settings.steps_an_epoch(n_rows)
    total_steps = settings.epochs * steps_an_epoch
    if settings.max_steps is not None:
        total_steps = min(total_steps, settings.max_steps)
    epochs_a_round = -(-STEPS_A_ROUND // steps_an_epoch)
    if settings.patience is not None:
        epochs_a_round = max(1, min(epochs_a_round, settings.patience))
    take_step = steps_of(objective, learner, rows, recordable=recordable)
    history: History = []
    best = good = learner.snapshot()
    best_loss, best_epoch = float("inf"), 0
    scale, recoveries, step, epoch, interrupted = 1.0, 0, 0, 0, False
    started = time.perf_counter()
    try:
        while step < total_steps:
            for module in modules:
                module.train()
            totals = _Totals()
            last_epoch = epoch + epochs_a_round
            while epoch < last_epoch and step < total_steps:
                epoch += 1
                for index in batches(n_rows, settings, generator, device)[: total_steps - step]:
                    decay = _cosine(step, total_steps) if settings.cosine_decay else 1.0
                    totals.add(take_step(index), len(index))
                    learner.move(settings.learning_rate * scale * decay)
                    step += 1
            for module in modules:
                module.eval()
            entry = {"epoch": epoch, "seconds": time.perf_counter() - started, **totals.means()}
            if validate is not None:
                entry["validation_loss"] = validate()
            judged = entry["validation_loss"] if validate is not None else entry["loss"]
            if not (all(map(math.isfinite, entry.values())) and learner.is_finite()):
                recoveries += 1
                scale /= 2
                learner.restore(good)
                if recoveries == 1:
                    warnings.warn(
                        f"the training loss became non-finite by epoch {epoch}; went back to the last good state and "
                        f"halved the learning rate (it started at {settings.learning_rate:g})",
                        TrainingRecoveredWarning,
                        stacklevel=2,
                    )
                if recoveries == 10:
                    break
                continue
            if diagnostics is not None:
                entry.update(diagnostics())
            history.append(entry)
            good = learner.snapshot()
            if judged < best_loss or validate is None:
                best, best_loss, best_epoch = good, judged, epoch
            if on_epoch is not None:
                on_epoch(entry)
            if settings.patience is not None and epoch - best_epoch >= settings.patience:
                break
    except KeyboardInterrupt:
        interrupted = True
        done = history[-1]["epoch"] if history else 0
        warn_interrupted(
            f"training was interrupted after {done} of at most {settings.epochs} epochs; "
            "the best state so far is kept",
            stacklevel=2,
        )
    learner.restore(best)
    if own:
        learner.release()
    for module in modules:
        module.eval()
    return TrainingResult(history, interrupted)


def _cosine(step: int, total: int) -> float:
    return 0.5 * (1 + math.cos(math.pi * step / total))
