"""Baselines behind one contract: one file a library, or a method that none has. A shelf; members go by name."""

from hinterland.baselines.base import BASELINES, Baseline

__all__ = ["BASELINES", "Baseline", "baselines"]


def baselines() -> dict[str, type[Baseline]]:
    """Every baseline by its name."""
    return BASELINES.members()
