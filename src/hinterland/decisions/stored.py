"""A calibration as settings for JSON and plain arrays, and back; what is read must fit together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from hinterland.decisions.calibration import Calibration
from hinterland.decisions.groups import MOST_GROUPS
from hinterland.decisions.tail_counts import TailCounts
from hinterland.printable import shown

Arrays = dict[str, npt.NDArray[Any]]

_SETTINGS = {"rule", "source", "groups", "models"}
_COLUMN = "column"
"""A setting that there is only where groups are the values of a table's column."""
_KINDS = {"lengths": "i", "n_rows": "i", "complete": "b", "values": "f", "above": "i", "at_least": "i"}
_EACH_VALUE = ("values", "above", "at_least")


def to_stored(calibration: Calibration) -> tuple[dict[str, Any], Arrays]:
    """Settings for JSON, and arrays: a number a part in the first three, all parts end to end in the others."""
    parts = [part for group in calibration.parts.values() for part in group]
    settings = {
        "rule": calibration.rule,
        "source": calibration.source,
        "groups": list(calibration.parts),
        "models": calibration.n_models,
    } | ({_COLUMN: calibration.column} if calibration.column else {})
    return settings, {
        "lengths": np.array([len(part.values) for part in parts], np.int64),
        "n_rows": np.array([part.n_rows for part in parts], np.int64),
        "complete": np.array([part.complete for part in parts], np.bool_),
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in _EACH_VALUE},
    }


def from_stored(settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Calibration:
    """Read what ``to_stored`` gave.

    Raises
    ------
    ValueError
        Where something lacks, is too much, or does not fit together.
    """
    if set(settings) - {_COLUMN} != _SETTINGS or set(arrays) != set(_KINDS):
        raise ValueError(f"a calibration has other parts than {shown([*settings, *arrays])}")
    if any(arrays[name].ndim != 1 or arrays[name].dtype.kind != kind for name, kind in _KINDS.items()):
        raise ValueError("a calibration's arrays have other shapes or kinds of numbers")
    rule, source, groups, models = (settings[name] for name in ("rule", "source", "groups", "models"))
    column = settings.get(_COLUMN, "")
    if not isinstance(groups, list) or not all(
        isinstance(text, str) for text in [*groups, rule, source, column]
    ):
        raise ValueError(
            f"a calibration's rule, source, column and groups must be texts, got {shown(dict(settings))}"
        )
    if type(models) is not int or not 1 <= len(set(groups)) == len(groups) <= MOST_GROUPS:
        raise ValueError(f"a calibration's groups must be different, got {shown(groups)}")
    lengths = arrays["lengths"]
    n_parts = len(groups) * models
    if not len(lengths) == len(arrays["n_rows"]) == len(arrays["complete"]) == n_parts:
        raise ValueError(f"a calibration of {n_parts} parts must have a length for each, got {len(lengths)}")
    total = len(arrays["values"])
    if np.any((lengths < 1) | (lengths > total)) or any(
        len(arrays[name]) != lengths.sum() for name in _EACH_VALUE
    ):
        raise ValueError("a calibration's lengths do not fit its values and counts")
    parts = []
    for place, stop in enumerate(np.cumsum(lengths)):
        values, above, at_least = (arrays[name][stop - lengths[place] : stop] for name in _EACH_VALUE)
        n_rows, complete = int(arrays["n_rows"][place]), bool(arrays["complete"][place])
        parts.append(
            TailCounts(
                values.astype(np.float64), above.astype(np.int64), at_least.astype(np.int64), n_rows, complete
            )
        )
        parts[-1].check()
    return Calibration(
        {name: tuple(parts[i * models : (i + 1) * models]) for i, name in enumerate(groups)},
        rule,
        source,
        column,
    )
