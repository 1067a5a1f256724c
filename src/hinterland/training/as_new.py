"""Models of several kinds, each with the energies that its own training rows have as if they were new to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from hinterland.densities.autoregressive import AutoregressiveDensity
from hinterland.densities.nearest_neighbour import NearestNeighbour
from hinterland.model.base import Model
from hinterland.model.column_view import ColumnView
from hinterland.model.ensemble import as_one
from hinterland.model.on_scaled import OnScaled
from hinterland.model.scaling import InputScaling
from hinterland.training.autoregressive import fit_autoregressive
from hinterland.training.history import Entry, History
from hinterland.training.hold_out import energies_of_new_rows, out_of_bag
from hinterland.training.settings import LoopSettings

Floats = npt.NDArray[np.float64]

MOST_VALIDATION_ROWS = 1_000


class AsNew(NamedTuple):
    """A model and the energies (n,) that the rows it was trained on would have if they were new to it."""

    model: Model
    energy: Floats
    history: History
    interrupted: bool = False


def nearest_neighbour(
    rows: Floats, n_references: int, generator: torch.Generator, *, constant_unit: float
) -> AsNew:
    """The nearest of up to ``n_references`` of the rows (n, d); a row that is one of them has the distance to the others."""
    n_knots = min(256, max(2, max(len(np.unique(column)) for column in rows.T)))
    view = ColumnView.from_rows(rows, n_knots, constant_unit=constant_unit)
    chosen = torch.randperm(len(rows), generator=generator)[:n_references].sort().values.numpy()
    model = OnScaled(view, NearestNeighbour(2 * rows.shape[1], len(chosen)))
    model.ready_to_score()
    with torch.no_grad():
        features = view(torch.from_numpy(rows[chosen]))
        density = model.density
        assert isinstance(density, NearestNeighbour)
        density.estimate(lambda: [(features, None)])
    return AsNew(model, model.in_chunks(model.energy, rows), [])


def autoregressive(
    rows: Floats,
    make: Callable[[torch.Generator], AutoregressiveDensity],
    scaling: InputScaling,
    n_members: int,
    steps: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    generator: torch.Generator,
    device: torch.device,
    *,
    on_epoch: Callable[[Entry], None] | None = None,
) -> AsNew:
    """Several autoregressive densities of the scaled rows (n, d), each of which leaves a part of the rows out."""
    trained = out_of_bag(len(rows), 1 / n_members, n_members, generator)
    members, energies, history = [], [], []
    for member, own in enumerate(trained):
        model = OnScaled(scaling, make(generator)).to(device)
        density = model.density
        assert isinstance(density, AutoregressiveDensity)
        with torch.no_grad():
            scaled = torch.cat([model.scaled(chunk) for chunk in model.chunks(rows)])
        left_out = np.flatnonzero(~own)
        result = fit_autoregressive(
            density,
            scaled[own],
            scaled[left_out[:: -(-len(left_out) // MOST_VALIDATION_ROWS)]],
            LoopSettings.of_steps(
                steps, int(own.sum()), batch_size, learning_rate=learning_rate, weight_decay=weight_decay
            ),
            generator,
            on_epoch=on_epoch,
        )
        model.ready_to_score()
        energy = np.full(len(rows), np.nan)
        energy[left_out] = model.in_chunks(model.energy, rows[left_out])
        members.append(model)
        energies.append(energy)
        history += [{"stage": "autoregressive", "member": member, **entry} for entry in result.history]
        if result.interrupted:
            break
    new = energies_of_new_rows(np.stack(energies), trained[: len(members)])
    return AsNew(as_one(members), new, history, result.interrupted)
