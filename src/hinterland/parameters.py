"""Checks of detectors' parameters: each error names the parameter, the value found and what was expected."""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Sequence
from typing import Any


def check_integer(name: str, value: Any, *, least: int, optional: bool = False) -> None:
    """Raise unless ``value`` is an integer of at least ``least`` (or None, if optional)."""
    if optional and value is None:
        return
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        none = " or None" if optional else ""
        raise ValueError(f"{name} must be an integer of at least {least}{none}, got {value!r}")


def check_number(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
    optional: bool = False,
) -> None:
    """Raise unless ``value`` is a finite number within the bounds (or None, if optional)."""
    if optional and value is None:
        return
    number = not isinstance(value, bool) and isinstance(value, numbers.Real) and math.isfinite(value)
    if (
        not number
        or (above is not None and value <= above)
        or (least is not None and value < least)
        or (below is not None and value >= below)
        or (most is not None and value > most)
    ):
        low = f"({above}" if above is not None else f"[{least}" if least is not None else "(-inf"
        high = f"{below})" if below is not None else f"{most}]" if most is not None else "inf)"
        none = " or None" if optional else ""
        raise ValueError(f"{name} must be a number in {low}, {high}{none}, got {value!r}")


def check_choice(name: str, value: Any, choices: Collection[Any]) -> None:
    """Raise unless ``value`` is one of the choices."""
    if not any(value is choice or (type(value) is type(choice) and value == choice) for choice in choices):
        raise ValueError(f"{name} must be one of {list(choices)}, got {value!r}")


def check_widths(name: str, value: Any, *, optional: bool = False) -> None:
    """Raise unless ``value`` is a sequence of positive integers, possibly empty (or None, if optional)."""
    if optional and value is None:
        return
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError(f"{name} must be a sequence of layer widths, got {value!r}")
    for width in value:
        check_integer(f"each width in {name}", width, least=1)


def check_device(name: str, value: Any) -> None:
    """Raise unless ``value`` names a device that torch has here."""
    import torch  # slow to import, and the other checks need it not

    try:
        torch.empty(0, device=value)
    except (RuntimeError, AssertionError, TypeError) as error:
        raise ValueError(f"{name} must name one that torch has here, such as 'cpu', got {value!r}") from error
