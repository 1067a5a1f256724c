"""How long and how fast to train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class LoopSettings:
    """How long and how fast to train.

    ``epochs`` is the most passes over the rows; ``patience`` the epochs without a better validation loss after
    which training stops (None: never); ``gradient_norm`` the norm that gradients are clipped at (None: not).
    ``max_steps`` bounds the gradient steps, so that a large table needs no more time than it must; the last
    epoch may be cut short by it. ``weight_decay`` is that of AdamW (Loshchilov and Hutter, 2019): each step takes
    this share of the learning rate off every parameter, whatever its gradient. ``mean_decay`` is Adam's first decay,
    beta1. ``exact_batches`` drops the rows of each epoch that are left over for a batch of fewer rows than
    ``batch_size``, where there are rows for one batch; else all rows are shared out evenly.
    """

    epochs: int = 200
    batch_size: int = 1024
    learning_rate: float = 1e-4
    patience: int | None = None
    gradient_norm: float | None = 5.0
    weight_decay: float = 0.0
    max_steps: int | None = None
    cosine_decay: bool = False
    mean_decay: float = 0.9
    exact_batches: bool = False

    def steps_an_epoch(self, n_rows: int) -> int:
        """Batches that an epoch over so many rows has."""
        whole = n_rows // self.batch_size
        return whole if self.exact_batches and whole else -(-n_rows // self.batch_size)

    @classmethod
    def of_steps(cls, steps: int, n_rows: int, batch_size: int, **others: Any) -> Self:
        """As many epochs over n rows as make this many steps, whose size falls to zero along a cosine."""
        epochs = -(-steps // -(-n_rows // batch_size))
        return cls(epochs=epochs, batch_size=batch_size, max_steps=steps, cosine_decay=True, **others)
