"""The optimiser: modules' parameters in one buffer, and Adam on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from hinterland.training.settings import LoopSettings

SQUARE_DECAY = 0.999
ADAM_EPSILON = 1e-8


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
        self.mean_decay = settings.mean_decay
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
        self.follow(terms)
        self.move(learning_rate)

    def follow(self, terms: Sequence[Tensor]) -> None:
        """Take the clipped gradient of the sum of the terms into Adam's moments."""
        gradient = self.gradient.zero_()
        torch.autograd.backward([term for term in terms if term.requires_grad])
        if self.gradient_norm is not None:
            gradient.div_((torch.linalg.vector_norm(gradient) / self.gradient_norm).clamp_min_(1.0))
        self.mean.lerp_(gradient, 1 - self.mean_decay)
        self.square.mul_(SQUARE_DECAY).addcmul_(gradient, gradient, value=1 - SQUARE_DECAY)

    def move(self, learning_rate: float) -> None:
        """Move the parameters by one step, by the moments."""
        if self.weight_decay:
            self.values.mul_(1 - learning_rate * self.weight_decay)
        self.n_steps += 1
        unbias = math.sqrt(1 - SQUARE_DECAY**self.n_steps)
        size = learning_rate * unbias / (1 - self.mean_decay**self.n_steps)
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
