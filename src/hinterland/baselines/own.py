"""What baselines written here share: a table of parameters, checked rows, and a generator of their own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.baselines.base import Baseline
from hinterland.parameter_table import Parameterised, parameter
from hinterland.parameters import whole
from hinterland.training.loop import train
from hinterland.training.settings import LoopSettings
from hinterland.training.steps import Objective


class Steps(Protocol):
    """Gradient steps, as a baseline's table of parameters has them."""

    steps: int
    batch_size: int
    learning_rate: float


class OwnBaseline(Parameterised, Baseline):
    """A method that no well-kept library has, as its paper describes it; its body is its table of parameters.

    Rows are computed with in float32. What is drawn comes from a generator that the seed starts, never the global one.
    """

    library = "torch"
    rows_at_once = 4_096

    random_state: int | None = parameter(
        None, whole(least=0, optional=True), "seed of all that is drawn; None for another each time."
    )

    def _fit(self, X: np.ndarray, y: np.ndarray | None) -> None:
        self.check_parameters()
        rows = finite_rows(X)
        self.n_columns_: int = rows.shape[1]
        generator = torch.Generator()
        generator.seed() if self.random_state is None else generator.manual_seed(self.random_state)
        self._train(rows, y, generator)

    def _energy(self, X: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            energies: np.ndarray = self._scores(finite_rows(X, self.n_columns_)).double().numpy()
        return energies

    @abstractmethod
    def _train(self, rows: Tensor, y: np.ndarray | None, generator: torch.Generator) -> None:
        """Learn from rows (n, d); set what ``_scores`` needs."""

    @abstractmethod
    def _scores(self, rows: Tensor) -> Tensor:
        """Energies (n,) of rows (n, d)."""


def finite_rows(X: np.ndarray, n_columns: int | None = None) -> Tensor:
    """X as a tensor (n, d) in float32.

    Raises
    ------
    ValueError
        X is no table of at least one row, has not as many columns as are asked for, or a value that is not finite.
    """
    table = np.ascontiguousarray(X, dtype=np.float32)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"X must be a table of at least one row and column, got the shape {table.shape}")
    if n_columns is not None and table.shape[1] != n_columns:
        raise ValueError(f"X must have the {n_columns} columns that were learnt from, got {table.shape[1]}")
    if not np.isfinite(table).all():
        row, column = np.argwhere(~np.isfinite(table))[0]
        raise ValueError(f"X must be finite, got {table[row, column]} in row {row}, column {column}")
    return torch.from_numpy(table)


def train_by_steps(
    modules: Sequence[nn.Module],
    objective: Objective,
    rows: tuple[Tensor, ...],
    how: Steps,
    generator: torch.Generator,
    *,
    steps: int | None = None,
    mean_decay: float = 0.9,
) -> None:
    """Minimise by steps of Adam of one size, on batches out of shuffled rows, as most papers train.

    ``how`` many there are, on how many rows and of what size is the baseline's own matter; ``steps`` is another number.
    ``mean_decay`` is Adam's beta1.
    """
    steps = how.steps if steps is None else steps
    steps_an_epoch = -(-len(rows[0]) // how.batch_size)
    settings = LoopSettings(
        epochs=-(-steps // steps_an_epoch),
        max_steps=steps,
        batch_size=how.batch_size,
        learning_rate=how.learning_rate,
        gradient_norm=None,
        mean_decay=mean_decay,
    )
    train(modules, objective, rows, settings, generator)
