"""Steps of training: operation by operation, or as one recording that a device repeats."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from hinterland.networks.draws import RecordedDraws
from hinterland.training.learner import Learner

STEPS_BEFORE = 3
"""Steps of a size that are taken one by one: libraries set themselves up in the first, the last notes what it draws."""


class Objective(Protocol):
    """What a training procedure minimises."""

    def __call__(self, batch: tuple[Tensor, ...]) -> Mapping[str, Tensor]:
        """Terms of the loss on a batch by name, weighted: their sum is the loss."""
        ...


class Steps:
    """Losses on batches, given as numbers (n,) of rows, whose gradients a learner has followed on return."""

    def __init__(self, objective: Objective, learner: Learner, rows: tuple[Tensor, ...]) -> None:
        self.objective = objective
        self.learner = learner
        self.rows = rows

    def __call__(self, index: Tensor) -> Mapping[str, Tensor]:
        """Terms of the loss on a batch."""
        terms = self.objective(tuple(r.index_select(0, index) for r in self.rows))
        self.learner.follow(list(terms.values()))
        return {name: term.detach() for name, term in terms.items()}


class _Recording(NamedTuple):
    batch: Tensor
    draws: RecordedDraws
    terms: Mapping[str, Tensor]
    repeat: Callable[[], None]


class RecordedSteps(Steps):
    """Steps that a CUDA device repeats from a recording, a graph, for each size of a batch.

    A step on a small network is some hundreds of operations of a few microseconds, and takes several times as long to
    ask for as to do; a recording is asked for once. What it repeats is the same operations on the same memory, so that
    the results are those of ``Steps``. Where a step cannot be recorded a warning says so, and none is from then on.
    """

    def __init__(self, objective: Objective, learner: Learner, rows: tuple[Tensor, ...]) -> None:
        super().__init__(objective, learner, rows)
        self._seen: Counter[int] = Counter()
        self._recordings: dict[int, _Recording] = {}
        self._can_record = True

    def __call__(self, index: Tensor) -> Mapping[str, Tensor]:
        """Terms of the loss on a batch; they hold until the next step."""
        n = len(index)
        if n in self._recordings:
            return self._repeated(self._recordings[n], index)
        self._seen[n] += 1
        if self._seen[n] < STEPS_BEFORE or not self._can_record:
            return super().__call__(index)
        draws = RecordedDraws()
        with draws.noted():
            terms = super().__call__(index)
        try:
            self._recordings[n] = self._recorded(index.clone(), draws)
        except RuntimeError as error:
            self._can_record = False
            warnings.warn(
                f"steps of training could not be recorded, and are taken operation by operation: {error}",
                UserWarning,
                stacklevel=4,
            )
        return terms

    def _recorded(self, index: Tensor, draws: RecordedDraws) -> _Recording:
        with draws.placed():
            terms, repeat = capture(lambda: Steps.__call__(self, index), index.device)
        return _Recording(index, draws, terms, repeat)

    @staticmethod
    def _repeated(recording: _Recording, index: Tensor) -> Mapping[str, Tensor]:
        recording.batch.copy_(index)
        recording.draws.again()
        recording.repeat()
        return recording.terms


def capture(
    step: Callable[[], Mapping[str, Tensor]], device: torch.device
) -> tuple[Mapping[str, Tensor], Callable[[], None]]:
    """Record what a step asks of a CUDA device, which does none of it yet: its result, and what repeats it."""
    graph = torch.cuda.CUDAGraph()
    # A stream of that device, which need not be the present one: what is asked of another is done and not recorded.
    with torch.cuda.device(device), torch.cuda.graph(graph, stream=torch.cuda.Stream(device)):
        terms = step()
    return terms, graph.replay


def steps_of(objective: Objective, learner: Learner, rows: tuple[Tensor, ...], *, recordable: bool) -> Steps:
    """Steps as they are fastest on the rows' device."""
    recorded = recordable and rows[0].device.type == "cuda"
    return (RecordedSteps if recorded else Steps)(objective, learner, rows)
