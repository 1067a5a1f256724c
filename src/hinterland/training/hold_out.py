"""Rows that are held out of a training; labels play no part in it."""

from __future__ import annotations

import numpy as np
import torch


def hold_out(
    n_rows: int, share: float, generator: torch.Generator, *, least: int = 20
) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers to train on and to validate on: a random ``share``, or none where that is under ``least`` rows."""
    n_validation = int(n_rows * share)
    if n_validation < least:
        return np.arange(n_rows), np.arange(0)
    order = torch.randperm(n_rows, generator=generator).numpy()
    return np.sort(order[n_validation:]), np.sort(order[:n_validation])


def out_of_bag(
    n_rows: int, share: float, n_members: int, generator: torch.Generator, *, most: int | None = None
) -> np.ndarray:
    """Which rows each of several members trains on, (n_members, n_rows) of bool.

    The rows are dealt into as many parts as make each the ``share``, and each of that many members leaves one part out;
    the next members leave parts of a new deal out. So every row is new to one member in each round, and to as many
    members as any other row is, give or take the last round. A share of 0 leaves none out. A member trains on at most
    ``most`` rows, a random part of its own.
    """
    trained = np.ones((n_members, n_rows), dtype=bool)
    n_parts = min(round(1 / share), n_rows // 2) if share > 0 else 0
    for member in range(n_members):
        if n_parts > 1:
            if member % n_parts == 0:
                part = torch.randperm(n_rows, generator=generator).numpy() % n_parts
            trained[member, part == member % n_parts] = False
        own = np.flatnonzero(trained[member])
        if most is not None and len(own) > most:
            trained[member] = False
            trained[member, own[torch.randperm(len(own), generator=generator)[:most].numpy()]] = True
    return trained


def energies_of_new_rows(energies: np.ndarray, trained: np.ndarray) -> np.ndarray:
    """Energies (m,) that the rows would have if they were new to all members, of those that are new to any.

    ``energies`` (n_members, n) are each member's, ``trained`` as ``out_of_bag`` gives it. A member's level, the median
    over the rows that are new to it, is all members' alike for what they differ by is no matter of the row.
    """
    new = ~trained
    counts = new.sum(0)
    there = counts > 0
    if not there.any():
        return np.empty(0)
    levels = np.array([np.median(own[rows]) for own, rows in zip(energies, new, strict=True) if rows.any()])
    level = np.zeros(len(energies))
    level[new.any(1)] = levels
    beyond = np.where(new, energies - level[:, None], 0.0).sum(0)
    mean: np.ndarray = beyond[there] / counts[there] + levels.mean()
    return mean
