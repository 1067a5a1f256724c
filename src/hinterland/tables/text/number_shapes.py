"""The shapes of texts that may be numbers: ``-€ 1.234,50`` and ``-€ 8.730,91`` have the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.tables.text.units import unit_named

_SHAPE = re.compile(
    r"(?P<open>\()? ?(?P<sign>[-+])? ?(?P<before>[^\d\s()+,.-][^\d\s()+-]*)? ?(?P<inner>[-+])?(?P<open2>\()?"
    r"(?P<digits>\d(?:[\d.,' ]*\d)?[.,]?|[.,]\d+)(?P<exponent>[eE][-+]?\d+)?(?P<close2>\))?"
    r"(?P<apart> ?)(?P<behind>[^\d\s()+,.'-](?:[^\d()+-]*[^\d\s()+-])?)? ?(?P<trailing>-)?(?P<close>\))?"
)
CODE = re.compile(r"0\d[\d ]*")


@dataclass(frozen=True)
class Part:
    """What the texts of one shape have in common, any digit but a leading zero being 9, and how much they weigh."""

    weight: float
    text: str  # one of them
    digits: str
    unit: str
    written: str  # the unit as it stands there
    unit_first: bool
    negative: str
    is_zero: bool


def shapes_of(texts: Any, weights: np.ndarray) -> tuple[list[Part], list[str]]:
    """The shapes of texts that may be numbers, and a text of each other shape."""
    zero = pc.match_substring_regex(texts, r"^[^0-9]*0(?:[.,]0*)?[^0-9]*$")
    shapes = pc.replace_substring_regex(texts, r"^([^0-9]*)0", "\\1\x01")
    shapes = pc.replace_substring_regex(pc.replace_substring_regex(shapes, "[0-9]", "9"), "9{4,}", "9999")
    shapes = pc.if_else(zero, texts, pc.replace_substring(shapes, "\x01", "0"))
    coded = pc.dictionary_encode(shapes)
    indices = np.asarray(coded.indices)
    weighed = np.bincount(indices, weights, minlength=len(coded.dictionary))
    first = np.unique(indices, return_index=True)[1]
    examples = texts.take(pa.array(first)).to_pylist()
    parts, strange = [], []
    for shape, weight, text in zip(coded.dictionary.to_pylist(), weighed, examples, strict=True):
        part = _part(shape, float(weight), text)
        parts.append(part) if part else strange.append(text)
    return parts, strange


def _part(shape: str, weight: float, text: str) -> Part | None:
    found = _SHAPE.fullmatch(shape)
    if not found:
        return None
    digits = found["digits"] + (found["exponent"] or "")
    opened = sum(bool(found[name]) for name in ("open", "open2"))
    closed = sum(bool(found[name]) for name in ("close", "close2"))
    signs = [found[name] for name in ("sign", "inner", "trailing") if found[name]]
    if (
        opened != closed
        or opened + len(signs) > 1
        or CODE.fullmatch(digits)
        or (found["before"] and found["behind"])
    ):
        return None
    written, before = found["before"] or found["behind"] or "", bool(found["before"])
    unit = unit_named(written, before=before, apart=bool(found["apart"])) if written else ""
    if unit is None:
        return None
    negative = "(5)" if opened else "5-" if found["trailing"] else "-5" if signs == ["-"] else ""
    return Part(weight, text, digits, unit, written, before, negative, is_zero=not re.search("[1-9]", shape))
