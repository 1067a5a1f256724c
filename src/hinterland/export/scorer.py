"""Encoder, model and decision as one torch module: what comes in to energy, label and p-value."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hinterland.decisions.tail_counts import TailCounts
from hinterland.model.base import Model

NO_LABEL = 0
"""Label of a row that has no energy, as a value is infinite, or missing where nothing stands for that."""

LAST_DIGITS = 1e-9
"""Share of an energy by which two that are the same may differ; of 1, where they are below."""


class PValues(nn.Module):
    """p-values (n,) of energies (n,), as ``hinterland.decisions.p_values`` has them for one model.

    An energy counts as equal to one that differs in its last digits alone: those are other ones than the library's, and
    of rows that equal a calibration row no p-value is to be too small.

    Parameters
    ----------
    counts : of the calibration energies.
    """

    values: Tensor
    at_least: Tensor
    between: Tensor

    def __init__(self, counts: TailCounts) -> None:
        super().__init__()
        self.n_rows = counts.n_rows
        self.register_buffer("values", torch.tensor(counts.values, dtype=torch.float64))
        at_least = [*counts.at_least, 0]  # the last stands for energies above all values
        between = at_least if counts.complete else [counts.n_rows, *counts.above]
        for name, of_each in (("at_least", at_least), ("between", between)):
            self.register_buffer(name, torch.tensor(of_each, dtype=torch.float64))

    def forward(self, energy: Tensor) -> Tensor:
        """Give the share of calibration rows, the row itself among them, that have as high an energy."""
        last_digits = LAST_DIGITS * energy.abs().clamp_min(1.0)
        place = torch.searchsorted(self.values, energy - last_digits)
        same = self.values[place.clamp_max(len(self.values) - 1)] <= energy + last_digits
        at_least = torch.where(same, self.at_least[place], self.between[place])
        return (1 + at_least) / (self.n_rows + 1)


class Scorer(nn.Module):
    """What an exported file computes.

    Parameters
    ----------
    rows : makes rows (n, d) in float64 of the inputs.
    model : rows to energy, ready to score.
    offset : a detector's ``offset_``.
    p_values : of energies; None where a detector is not calibrated.
    """

    def __init__(self, rows: nn.Module, model: Model, offset: float, p_values: PValues | None) -> None:
        super().__init__()
        self.rows, self.model, self.p_values = rows, model, p_values
        self.register_buffer("offset", torch.tensor(offset, dtype=torch.float64))

    offset: Tensor

    def forward(self, inputs: list[Tensor]) -> tuple[Tensor, ...]:
        """Energies and labels (n,), and p-values where there are such, of inputs of n rows each."""
        rows = self.rows(inputs)
        known = torch.isfinite(rows).all(1)
        energy = self.model.energy(rows).double()
        known = known & torch.isfinite(energy)
        nothing = energy.new_full((), torch.nan)
        energy = torch.where(known, energy, nothing)
        label = torch.where(-energy - self.offset < 0, -1, 1)
        label = torch.where(known, label, NO_LABEL)
        if self.p_values is None:
            return energy, label
        return energy, label, torch.where(known, self.p_values(energy), nothing)


class Matrix(nn.Module):
    """Rows that come as they are, in one input (n, d)."""

    def forward(self, inputs: list[Tensor]) -> Tensor:
        """Give the only input."""
        return inputs[0]
