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
from hinterland.model.chunks import chunks
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
"""Rows left out, evenly spread, that the states of a network are compared on."""
WEIGHT_DECAY = 0.01


class AsNew(NamedTuple):
    """A model and the energies (n,) that the rows it was trained on would have if they were new to it."""

    model: Model
    energy: Floats
    history: History
    interrupted: bool = False


def nearest_neighbour(
    rows: Floats, view: ColumnView, n_references: int, generator: torch.Generator, device: torch.device
) -> AsNew:
    """The distance to the nearest of up to ``n_references`` of the rows (n, d), in a view of them."""
    chosen = torch.randperm(len(rows), generator=generator)[:n_references].sort().values.numpy()
    density = NearestNeighbour(2 * rows.shape[1], len(chosen))
    model = OnScaled(view, density).to(device)
    model.ready_to_score()
    energy = np.empty(len(rows))
    energy[chosen] = density.store(model.features_of(rows[chosen])).double().cpu().numpy()
    others = np.setdiff1d(np.arange(len(rows)), chosen)
    energy[others] = model.in_chunks(model.energy, rows[others])
    return AsNew(model, energy, [])


def autoregressive(
    rows: Floats,
    scaling: InputScaling,
    make: Callable[[], AutoregressiveDensity],
    n_members: int,
    steps: int,
    batch_size: int,
    learning_rate: float,
    generator: torch.Generator,
    device: torch.device,
    *,
    on_epoch: Callable[[Entry], None] | None = None,
) -> AsNew:
    """Several autoregressive densities of the scaled rows (n, d), each of which leaves a part of the rows out.

    Two or three rows are too few to leave any out, and have the energies that they have.
    """
    trained = out_of_bag(len(rows), 1 / n_members, n_members, generator)
    scaling = scaling.to(device)
    scaled = torch.cat([scaling(chunk) for chunk in chunks(rows, device)])
    members: list[OnScaled] = []
    energies: list[Floats] = []
    history: History = []
    interrupted = False
    for member, own in enumerate(trained):
        density = make()
        model = OnScaled(scaling, density).to(device)
        left_out = np.flatnonzero(~own)
        validation = left_out[:: -(-len(left_out) // MOST_VALIDATION_ROWS) or 1]
        place: Entry = {"stage": 2, "member": member}
        result = fit_autoregressive(
            density,
            scaled[own],
            scaled[validation],
            LoopSettings.of_steps(
                steps, int(own.sum()), batch_size, learning_rate=learning_rate, weight_decay=WEIGHT_DECAY
            ),
            generator,
            on_epoch=None if on_epoch is None else lambda entry, place=place: on_epoch({**place, **entry}),  # type: ignore[misc]
        )
        model.ready_to_score()
        energy = np.full(len(rows), np.nan)
        energy[left_out] = model.in_chunks(model.energy, rows[left_out])
        members.append(model)
        energies.append(energy)
        history += [{**place, **entry} for entry in result.history]
        if interrupted := result.interrupted:
            break
    together = as_one(members)
    new = energies_of_new_rows(np.stack(energies), trained[: len(members)])
    if not len(new):
        new = together.in_chunks(together.energy, rows)
    return AsNew(together, new, history, interrupted)
