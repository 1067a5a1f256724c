"""Checks of parameters: each error names the parameter, the value found and what was expected."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from hinterland.printable import shown

MOST_LAYERS = 100
"""Hidden layers of a network: far more than any of these kinds trains with."""


def check_integer(
    name: str, value: Any, *, least: int, most: int | None = None, optional: bool = False
) -> None:
    """Raise unless ``value`` is an integer of at least ``least`` and at most ``most`` (or None, if optional)."""
    if optional and value is None:
        return
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        none = " or None" if optional else ""
        raise ValueError(f"{name} must be an integer {bounds}{none}, got {shown(value)}")


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
    if (
        not _is_finite(value)
        or (above is not None and value <= above)
        or (least is not None and value < least)
        or (below is not None and value >= below)
        or (most is not None and value > most)
    ):
        low = f"({above}" if above is not None else f"[{least}" if least is not None else "(-inf"
        high = f"{below})" if below is not None else f"{most}]" if most is not None else "inf)"
        none = " or None" if optional else ""
        raise ValueError(f"{name} must be a number in {low}, {high}{none}, got {shown(value)}")


def _is_finite(value: Any) -> bool:
    """Whether a value is a number that a float can hold."""
    try:
        return not isinstance(value, bool) and isinstance(value, numbers.Real) and math.isfinite(value)
    except OverflowError:  # of an integer
        return False


def check_choice(name: str, value: Any, choices: Collection[Any]) -> None:
    """Raise unless ``value`` is one of the choices."""
    if not any(value is choice or (type(value) is type(choice) and value == choice) for choice in choices):
        raise ValueError(f"{name} must be one of {list(choices)}, got {shown(value)}")


def check_widths(name: str, value: Any, *, optional: bool = False) -> None:
    """Raise unless ``value`` is a sequence of positive integers, possibly empty (or None, if optional)."""
    if optional and value is None:
        return
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise ValueError(f"{name} must be a sequence of layer widths, got {shown(value)}")
    if len(value) > MOST_LAYERS:
        raise ValueError(f"{name} must have at most {MOST_LAYERS} layer widths, got {len(value)}")
    for width in value:
        check_integer(f"each width in {name}", width, least=1)


def check_device(name: str, value: Any, *, double: bool = False) -> None:
    """Raise unless ``value`` names a device that torch has here, one of ``double`` precision if that is needed."""
    import torch  # slow to import, and the other checks need it not

    try:
        torch.empty(0, device=value)
    except (RuntimeError, AssertionError, TypeError) as error:
        raise ValueError(
            f"{name} must name one that torch has here, such as 'cpu', got {shown(value)}"
        ) from error
    if double:
        try:
            torch.empty(0, dtype=torch.float64, device=value)
        except (RuntimeError, TypeError) as error:
            raise ValueError(
                f"{name} must be one of double precision, in which rows are scored, and {shown(value)} has none"
            ) from error


# --- the same as objects, for a table of parameters ---------------------------------------------------

Check = Callable[[str, Any], None]
"""Called with a parameter's name and value; raises ValueError that names both where the value is none."""


def whole(*, least: int, most: int | None = None, optional: bool = False) -> Check:
    """Make a check for integers: see ``check_integer``."""
    return partial(check_integer, least=least, most=most, optional=optional)


def number(
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
    optional: bool = False,
) -> Check:
    """Make a check for finite numbers: see ``check_number``."""
    return partial(check_number, above=above, least=least, below=below, most=most, optional=optional)


def choice(*choices: Any) -> Check:
    """Make a check for one of the choices: see ``check_choice``."""
    return partial(check_choice, choices=choices)


def widths(*, optional: bool = False) -> Check:
    """Make a check for layer widths: see ``check_widths``."""
    return partial(check_widths, optional=optional)


def instance_of(*types: type[Any], called: str) -> Check:
    """Make a check for instances of types, which the message calls by what they stand for, such as ``a dictionary``."""

    def check(name: str, value: Any) -> None:
        if not isinstance(value, types):
            raise ValueError(f"{name} must be {called}, got {shown(value)}")

    return check


flag = choice(True, False)
"""Check for booleans."""

options = instance_of(Mapping, type(None), called="a dictionary or None")
"""Check for what another constructor is called with."""
