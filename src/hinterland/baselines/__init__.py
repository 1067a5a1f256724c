"""Baselines from well-kept libraries behind one contract, one file a library.

``baselines()`` finds every ``Baseline`` of the modules here. None imports its library before it is fitted, so
that all can be listed where some libraries are missing.
"""

import importlib
import inspect
import pkgutil
from functools import cache

from hinterland.baselines.base import Baseline

__all__ = ["Baseline", "baselines"]


@cache
def baselines() -> dict[str, type[Baseline]]:
    """Every baseline by its name, in the order of files and of their text."""
    found: dict[str, type[Baseline]] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for _, member in sorted(
            inspect.getmembers(module, inspect.isclass), key=lambda item: _line(item[1], module.__name__)
        ):
            own = member.__module__ == module.__name__
            if own and issubclass(member, Baseline) and hasattr(member, "name"):
                found[member.name] = member
    return found


def _line(member: type, module: str) -> int:
    return inspect.getsourcelines(member)[1] if member.__module__ == module else 0
