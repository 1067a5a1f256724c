"""Calibrations as nodes of JSON and arrays, and back."""

from __future__ import annotations

from typing import Any

from hinterland.decisions.calibration import Calibration
from hinterland.decisions.stored import from_stored, to_stored
from hinterland.persistence.values import Arrays, Node, pack, unpack
from hinterland.printable import shown


def pack_calibration(value: Any, where: str, arrays: Arrays) -> Node | None:
    """Node of a calibration; None for anything else."""
    if not isinstance(value, Calibration):
        return None
    settings, own = to_stored(value)
    return {
        "$calibration": {
            "settings": settings,
            "arrays": {name: pack(array, f"{where}.{name}", arrays) for name, array in own.items()},
        }
    }


def unpack_calibration(node: Any, arrays: Arrays) -> Calibration:
    """Undo ``pack_calibration``; its arrays leave ``arrays``.

    Raises
    ------
    ValueError
        Where a node is no calibration, or its parts do not fit together.
    """
    calibration = unpack(node, {}, {"$calibration": lambda content: _unpacked(content, arrays)})
    if not isinstance(calibration, Calibration):
        raise ValueError(f"the calibration of a detector is {shown(node)}")
    return calibration


def _unpacked(content: Node, arrays: Arrays) -> Calibration:
    settings, own = content["settings"], content["arrays"]
    if not isinstance(settings, dict) or not isinstance(own, dict):
        raise ValueError(f"a calibration has settings and arrays by name, got {shown(content)}")
    return from_stored(settings, {name: unpack(array, arrays) for name, array in own.items()})
