"""The only training loop: it owns batches, the step, early stopping, recovery and interruption."""

from __future__ import annotations

import math
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self

import torch
from torch import Tensor, nn

History = list[dict[str, float]]
"""One entry a round: ``epoch`` (those done so far), ``seconds``, ``loss``, each loss term, and ``validation_loss``
where there is one."""

STEPS_A_ROUND = 20
"""A round is as many whole epochs as make this many steps. Validation and snapshots come once a round: on a small
table an epoch is a step or two, and costs less than they do."""

ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8


@dataclass(frozen=True)
class TrainingResult:
    """What training leaves besides the trained modules."""

    history: History
    interrupted: bool = False


class Objective(Protocol):
    """What a training procedure minimises."""

    def __call__(self, batch: tuple[Tensor, ...]) -> Mapping[str, Tensor]:
        """Terms of the loss on a batch by name, weighted: their sum is the loss."""
        ...


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


@dataclass(frozen=True)
class LoopSettings:
    """How long and how fast to train.

    ``epochs`` is the most passes over the rows; ``patience`` the epochs without a better validation loss after
    which training stops (None: never); ``gradient_norm`` the norm that gradients are clipped at (None: not).
    ``max_steps`` bounds the gradient steps, so that a large table needs no more time than it must; the last
    epoch may be cut short by it. ``weight_decay`` is that of AdamW (Loshchilov and Hutter, 2019): each step takes
    this share of the learning rate off every parameter, whatever its gradient.
    """

    epochs: int = 200
    batch_size: int = 1024
    learning_rate: float = 1e-4
    patience: int | None = None
    gradient_norm: float | None = 5.0
    weight_decay: float = 0.0
    max_steps: int | None = None
    cosine_decay: bool = False

    @classmethod
    def of_steps(cls, steps: int, n_rows: int, batch_size: int, **others: Any) -> Self:
        """As many epochs over n rows as make this many steps, whose size falls to zero along a cosine."""
        epochs = -(-steps // -(-n_rows // batch_size))
        return cls(epochs=epochs, batch_size=batch_size, max_steps=steps, cosine_decay=True, **others)


class _Snapshot(NamedTuple):
    n_steps: int
    tensors: list[Tensor]


class Learner:
    """Modules' parameters as views into one buffer, and Adam on it: a step, a clip, a snapshot are a few operations.

    Adam (Kingma and Ba, 2015) is written out, as torch's own spends several times its arithmetic on bookkeeping.
    ``train`` makes one for itself; one that is handed to it several times keeps Adam's moments from call to call.
    """

    def __init__(self, modules: Sequence[nn.Module], settings: LoopSettings) -> None:
        self.modules = modules
        self.gradient_norm, self.weight_decay = settings.gradient_norm, settings.weight_decay
        parameters = [p for module in modules for p in module.parameters() if p.requires_grad]
        self.values = torch.cat([p.detach().flatten() for p in parameters])
        self.gradient, self.mean, self.square = (torch.zeros_like(self.values) for _ in range(3))
        self.n_steps = 0
        start = 0
        for p in parameters:
            stop = start + p.numel()
            p.data = self.values[start:stop].view_as(p)
            p.grad = self.gradient[start:stop].view_as(p)
            start = stop

    def step(self, terms: Sequence[Tensor], learning_rate: float) -> None:
        """Move the parameters by one step down the clipped gradient of the sum of the terms."""
        gradient = self.gradient.zero_()
        torch.autograd.backward([term for term in terms if term.requires_grad])
        if self.gradient_norm is not None:
            gradient.div_((torch.linalg.vector_norm(gradient) / self.gradient_norm).clamp_min_(1.0))
        if self.weight_decay:
            self.values.mul_(1 - learning_rate * self.weight_decay)
        self.n_steps += 1
        mean_decay, square_decay = ADAM_BETAS
        self.mean.lerp_(gradient, 1 - mean_decay)
        self.square.mul_(square_decay).addcmul_(gradient, gradient, value=1 - square_decay)
        unbias = math.sqrt(1 - square_decay**self.n_steps)
        size = learning_rate * unbias / (1 - mean_decay**self.n_steps)
        self.values.addcdiv_(self.mean, self.square.sqrt().add_(ADAM_EPSILON * unbias), value=-size)

    def is_finite(self) -> bool:
        """Whether every parameter is finite."""
        return bool(torch.isfinite(self.values).all())

    def snapshot(self) -> _Snapshot:
        """Copy all that ``restore`` needs to go on from here."""
        return _Snapshot(self.n_steps, [tensor.clone() for tensor in self._state()])

    def restore(self, snapshot: _Snapshot) -> None:
        """Go back to a snapshot."""
        self.n_steps = snapshot.n_steps
        for tensor, kept in zip(self._state(), snapshot.tensors, strict=True):
            tensor.copy_(kept)

    def release(self) -> None:
        """Give every parameter memory of its own again, and drop the gradients."""
        for module in self.modules:
            for p in module.parameters():
                p.data = p.data.clone()
                p.grad = None

    def _state(self) -> list[Tensor]:
        return [self.values, self.mean, self.square, *(b for m in self.modules for b in m.buffers())]


class _Totals:
    """Sums of the loss terms over rows, gathered without waiting for the device."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.sums: Tensor | None = None
        self.n_rows = 0

    def add(self, terms: Mapping[str, Tensor], n_rows: int) -> None:
        """Add a batch of n rows by its mean terms."""
        self.n_rows += n_rows
        values = torch.stack([term.detach() for term in terms.values()])
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
    n_rows: int, batch_size: int, generator: torch.Generator, device: torch.device
) -> tuple[Tensor, ...]:
    """Shuffled row numbers in batches whose sizes differ by at most one, so that no batch is nearly empty."""
    order = torch.randperm(n_rows, generator=generator, device=generator.device).to(device)
    return torch.tensor_split(order, -(-n_rows // batch_size))


def train(
    modules: Sequence[nn.Module],
    objective: Objective,
    rows: tuple[Tensor, ...],
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    validate: Callable[[], float] | None = None,
    diagnostics: Callable[[], Mapping[str, float]] | None = None,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
    learner: Learner | None = None,
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

    A round is one epoch, or as many as make ``STEPS_A_ROUND`` steps, but never more than the patience.
    A non-finite loss or parameter takes training back to the last good round with half the step; after ten
    such recoveries training ends there. A KeyboardInterrupt ends training with the best state so far. Both warn.
    """
    own = learner is None
    learner = Learner(modules, settings) if learner is None else learner
    n_rows, device = len(rows[0]), rows[0].device
    steps_an_epoch = -(-n_rows // settings.batch_size)
    total_steps = settings.epochs * steps_an_epoch
    if settings.max_steps is not None:
        total_steps = min(total_steps, settings.max_steps)
    epochs_a_round = -(-STEPS_A_ROUND // steps_an_epoch)
    if settings.patience is not None:
        epochs_a_round = max(1, min(epochs_a_round, settings.patience))
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
                for index in batches(n_rows, settings.batch_size, generator, device)[: total_steps - step]:
                    decay = _cosine(step, total_steps) if settings.cosine_decay else 1.0
                    terms = objective(tuple(r.index_select(0, index) for r in rows))
                    learner.step(list(terms.values()), settings.learning_rate * scale * decay)
                    totals.add(terms, len(index))
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
