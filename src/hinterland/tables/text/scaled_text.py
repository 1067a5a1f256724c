"""Numbers in thousands and millions side by side, as people write them: €1.2M and €500K, 1,5 Mio. €, 340 MB."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.tables.text.units import unit_named

_FACTORS = {
    "": 1.0, "k": 1e3, "K": 1e3, "tsd": 1e3, "thousand": 1e3, "M": 1e6, "MM": 1e6, "mn": 1e6, "mio": 1e6,
    "million": 1e6, "B": 1e9, "bn": 1e9, "mrd": 1e9, "billion": 1e9, "T": 1e12, "tn": 1e12, "trillion": 1e12,
    "lakh": 1e5, "crore": 1e7,
}  # fmt: skip
_BYTES = {"B": 1.0, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
_BYTES |= {"KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40}
_TEXT = re.compile(
    r"(?P<sign>[-+])? *(?P<before>[^\d\s.,+()-]{1,4})? *(?P<number>\d[\d.,']*) *(?P<factor>[A-Za-z]+)?\.? *"
    r"(?P<behind>[^\d\s.,]{1,4})?"
)
_SAMPLE = 100


def scale_of(texts: Any) -> tuple[str, str] | None:
    """Tell which factors stand in distinct texts (n,), and their decimal mark, or None where these are no such numbers.

    Factors are ``"thousands"``, or ``"bytes"`` where B is one.

    All of them are, beside a currency that is the same in all, and at least one has a factor.
    """
    some = np.unique(np.linspace(0, len(texts) - 1, min(_SAMPLE, len(texts))).astype(int))
    if not all(_parts(text) for text in texts.take(pa.array(some)).to_pylist()):
        return None
    found = [_parts(text) for text in texts.to_pylist()]
    parts = [part for part in found if part]
    factors = {factor for _, factor, currency in parts if factor or currency}
    currencies = {currency for *_, currency in parts}
    are_bytes = factors <= {"", *_BYTES} and not factors <= {"", "B"} and currencies <= {""}
    if len(parts) < len(found) or len(currencies - {""}) > 1 or factors <= {""}:
        return None
    if not are_bytes and not factors <= set(_FACTORS):
        return None
    commas = [number for number, *_ in parts if "," in number]
    is_decimal = bool(commas) and all(re.fullmatch(r"\d[\d.']*,\d{1,2}", number) for number in commas)
    return "bytes" if are_bytes else "thousands", "," if is_decimal else "."


def read_scaled(texts: Any, scaled: str, decimal: str) -> tuple[Any, npt.NDArray[np.bool_]]:
    """Read such texts (n,): float64 Arrow array, null where missing, and a mask of the unreadable."""
    factors = _FACTORS | _BYTES if scaled == "bytes" else _FACTORS
    coded = pc.dictionary_encode(texts)
    values = pa.array([_value(text, factors, decimal) for text in coded.dictionary.to_pylist()], pa.float64())
    values = values.take(coded.indices)
    return values, np.asarray(pc.and_(values.is_null(), texts.is_valid()))


def _parts(text: str) -> tuple[str, str, str] | None:
    """Digits, factor and currency of a text; of each but the digits perhaps none."""
    found = _TEXT.fullmatch(text.strip())
    if not found:
        return None
    factor, before, behind = (found[name] or "" for name in ("factor", "before", "behind"))
    if factor and factor not in _FACTORS and factor not in _BYTES:
        if factor.lower() in _FACTORS and len(factor) > 1:
            factor = factor.lower()
        elif not behind:
            factor, behind = "", factor
    currency = before or behind
    name = unit_named(currency, before=True) if currency else ""
    if (before and behind) or name is None or name == "%":
        return None
    return found["number"], factor, name


def _value(text: str, factors: dict[str, float], decimal: str) -> float | None:
    parts = _parts(text)
    if parts is None:
        return None
    number, factor, _ = parts
    thousands = "," if decimal == "." else "."
    if re.search(rf"[{decimal}].*[{decimal}{thousands}]", number):
        return None
    digits = number.replace(thousands, "").replace("'", "").replace(decimal, ".")
    times = factors.get(factor)
    sign = -1.0 if text.strip().startswith("-") else 1.0
    return None if times is None else sign * float(digits) * times
