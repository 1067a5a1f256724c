"""The only training loop: it owns batches, the step, early stopping, recovery and interruption."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

History = list[dict[str, float]]
"""One entry an epoch: ``epoch``, ``seconds``, ``loss``, each loss term, and ``validation_loss`` where there is one."""


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


class TrainingRecoveredWarning(UserWarning):
    """A loss became non-finite; training went back to the last good state with a smaller step."""


@dataclass(frozen=True)
class LoopSettings:
    """How long and how fast to train.

    ``epochs`` is the most passes over the rows; ``patience`` the epochs without a better validation loss after
    which training stops (None: never); ``gradient_norm`` the norm that gradients are clipped at (None: not).
    ``max_steps`` bounds the gradient steps, so that a large table needs no more time than it must; the last
    epoch may be cut short by it.
    """

    epochs: int = 200
    batch_size: int = 1024
    learning_rate: float = 1e-4
    patience: int | None = None
    gradient_norm: float | None = 5.0
    weight_decay: float = 0.0
    max_steps: int | None = None
    cosine_decay: bool = False


class _FlatParameters:
    """All parameters as views into one buffer, so that a step, a clip or a snapshot is one operation."""

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        self.modules = modules
        parameters = [p for module in modules for p in module.parameters() if p.requires_grad]
        self.values = nn.Parameter(torch.cat([p.detach().flatten() for p in parameters]))
        self.values.grad = torch.zeros_like(self.values)
        start = 0
        for p in parameters:
            stop = start + p.numel()
            p.data = self.values.data[start:stop].view_as(p)
            p.grad = self.values.grad[start:stop].view_as(p)
            start = stop

    def snapshot(self) -> tuple[Tensor, list[Tensor]]:
        return self.values.detach().clone(), [b.clone() for m in self.modules for b in m.buffers()]

    def restore(self, snapshot: tuple[Tensor, list[Tensor]]) -> None:
        values, buffers = snapshot
        self.values.data.copy_(values)
        for buffer, kept in zip((b for m in self.modules for b in m.buffers()), buffers, strict=True):
            buffer.copy_(kept)

    def detach(self) -> None:
        """Give every parameter memory of its own again, and drop the gradients."""
        for module in self.modules:
            for p in module.parameters():
                p.data = p.data.clone()
                p.grad = None


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
) -> TrainingResult:
    """Minimise an objective over rows, and leave the modules in evaluation mode in their best state.

    Parameters
    ----------
    modules : what is learnt.
    objective : gives the terms of the loss on a batch.
    rows : tensors of equal length n; a batch is the same rows of each.
    settings : see ``LoopSettings``.
    generator : draws the batches.
    validate : gives the validation loss after each epoch, in evaluation mode. The state with the lowest is the
        one kept; without it, the last.
    diagnostics : numbers to add to each epoch's entry.
    on_epoch : called with each epoch's entry.

    A non-finite loss or parameter takes training back to the last good epoch with half the step; after ten
    such recoveries training ends there. A KeyboardInterrupt ends training with the best state so far. Both warn.
    """
    flat = _FlatParameters(modules)
    optimizer = torch.optim.Adam(
        [flat.values], lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    n_rows, device = len(rows[0]), rows[0].device
    total_steps = settings.epochs * -(-n_rows // settings.batch_size)
    if settings.max_steps is not None:
        total_steps = min(total_steps, settings.max_steps)
    history: History = []
    good, good_optimizer = flat.snapshot(), _copy_state(optimizer)
    best, best_loss, best_epoch = good, float("inf"), 0
    scale, recoveries, step, epoch, interrupted = 1.0, 0, 0, 0, False
    started = time.perf_counter()
    try:
        while step < total_steps:
            epoch += 1
            for module in modules:
                module.train()
            sums: dict[str, Tensor] = {}
            n_seen = 0
            for index in batches(n_rows, settings.batch_size, generator, device)[: total_steps - step]:
                decay = _cosine(step, total_steps) if settings.cosine_decay else 1.0
                optimizer.param_groups[0]["lr"] = settings.learning_rate * scale * decay
                _step(
                    objective, tuple(r.index_select(0, index) for r in rows), flat, optimizer, settings, sums
                )
                step += 1
                n_seen += len(index)
            for module in modules:
                module.eval()
            means = {name: float(value) / n_seen for name, value in sums.items()}
            entry = {
                "epoch": epoch,
                "seconds": time.perf_counter() - started,
                "loss": sum(means.values()),
                **means,
            }
            if validate is not None:
                entry["validation_loss"] = validate()
            judged = entry["validation_loss"] if validate is not None else entry["loss"]
            finite = all(torch.isfinite(torch.tensor(list(entry.values())))) and bool(
                torch.isfinite(flat.values).all()
            )
            if not finite:
                recoveries += 1
                scale /= 2
                flat.restore(good)
                optimizer.load_state_dict(good_optimizer)
                if recoveries == 1:
                    warnings.warn(
                        f"the training loss became non-finite in epoch {epoch}; went back to the last good state and "
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
            good, good_optimizer = flat.snapshot(), _copy_state(optimizer)
            if judged < best_loss or validate is None:
                best, best_loss, best_epoch = good, judged, epoch
            if on_epoch is not None:
                on_epoch(entry)
            if settings.patience is not None and epoch - best_epoch >= settings.patience:
                break
    except KeyboardInterrupt:
        interrupted = True
        warnings.warn(
            f"training was interrupted after {len(history)} of at most {settings.epochs} epochs; "
            "the best state so far is kept",
            TrainingInterruptedWarning,
            stacklevel=2,
        )
    flat.restore(best)
    flat.detach()
    for module in modules:
        module.eval()
    return TrainingResult(history, interrupted)


def _step(
    objective: Objective,
    batch: tuple[Tensor, ...],
    flat: _FlatParameters,
    optimizer: torch.optim.Optimizer,
    settings: LoopSettings,
    sums: dict[str, Tensor],
) -> None:
    """One gradient step; adds each term, times the batch's rows, to ``sums`` without waiting for the device."""
    terms = objective(batch)
    gradient = flat.values.grad
    assert gradient is not None
    gradient.zero_()
    torch.stack(list(terms.values())).sum().backward()
    if settings.gradient_norm is not None:
        norm = torch.linalg.vector_norm(gradient)
        gradient.mul_((settings.gradient_norm / (norm + 1e-12)).clamp_max(1.0))
    optimizer.step()
    for name, value in terms.items():
        weighted = value.detach() * len(batch[0])
        sums[name] = sums[name] + weighted if name in sums else weighted


def _cosine(step: int, total: int) -> float:
    return 0.5 * (1 + float(torch.cos(torch.tensor(torch.pi * step / total))))


def _copy_state(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    state = optimizer.state_dict()
    state["state"] = {
        key: {name: value.clone() if isinstance(value, Tensor) else value for name, value in entry.items()}
        for key, entry in state["state"].items()
    }
    return state
