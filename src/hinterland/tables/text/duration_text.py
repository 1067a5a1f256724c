"""How long something took, as people write it: 61:05, 38:12:05, 1 day 02:03:04, 2h 15min, PT4M13S."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_CLOCK = re.compile(
    r"(?P<sign>[-+])? *(?:(?P<days>\d+) *(?:d|days?|Tage?),? *)?[-+]?(?P<first>\d+):(?P<second>[0-5]\d)"
    r"(?::(?P<third>[0-5]\d))?(?P<fraction>[.,]\d+)?"
)
_UNITS = re.compile(
    r"(?P<sign>[-+])? *p?(?:(?P<days>\d+) *d(?:ays?)?)?,? *t?(?:(?P<hours>\d+) *h(?:(?:ou)?rs?|\.)?)?,? *"
    r"(?:(?P<minutes>\d+) *m(?:in(?:ute)?s?|ins?\.)?)?,? *(?:(?P<seconds>\d+(?:[.,]\d+)?) *s(?:ec(?:ond)?s?|ecs?\.)?)?"
)
_NAME = re.compile(
    r"(?:^|[^a-z])(?:dur|len|lap|split|pace|runtime|elapsed|dauer)(?:$|[^a-z])|duration|length|durée|duree|laptime|"
    r"dauer$",
    re.IGNORECASE,
)
_SAMPLE = 100
_DAY, _HOUR, _MINUTE = 86_400.0, 3_600.0, 60.0


def are_durations(texts: Any, name: str) -> bool:
    """Whether distinct texts (n,) without missing ones are all durations, and not times of the day.

    That is where some have units of time or reach 24 in front of the first colon, or the column's name says so.
    """
    some = np.unique(np.linspace(0, len(texts) - 1, min(_SAMPLE, len(texts))).astype(int))
    if not all(_matched(text) for text in texts.take(pa.array(some)).to_pylist()):
        return False
    found = [_matched(text) for text in texts.to_pylist()]
    if not all(found):
        return False
    clocks = [match for match in found if match and match.re is _CLOCK]
    beyond_a_day = any(match["days"] or int(match["first"]) >= 24 for match in clocks)
    return len(clocks) < len(found) or beyond_a_day or _NAME.search(name) is not None


def read_durations(texts: Any) -> tuple[Any, npt.NDArray[np.bool_]]:
    """Read durations (n,) in seconds: float64 Arrow array, null where missing, and a mask of the unreadable.

    Of two numbers with a colon between them the second counts seconds.
    """
    coded = pc.dictionary_encode(texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts)
    seconds = pa.array([_seconds(_matched(text)) for text in coded.dictionary.to_pylist()], pa.float64())
    values = seconds.take(coded.indices)
    return values, np.asarray(pc.and_(values.is_null(), texts.is_valid()))


def _matched(text: str) -> re.Match[str] | None:
    text = text.strip()
    if found := _CLOCK.fullmatch(text):
        return found
    found = _UNITS.fullmatch(text.lower() if text.startswith("P") else text)  # ISO 8601; else 12M is no time
    return found if found and _n_parts(found) else None


def _n_parts(found: re.Match[str]) -> int:
    return sum(bool(found[name]) for name in ("days", "hours", "minutes", "seconds"))


def _seconds(found: re.Match[str] | None) -> float | None:
    if found is None:
        return None
    days = _number(found["days"]) * _DAY
    if found.re is _UNITS:
        rest = (
            _number(found["hours"]) * _HOUR + _number(found["minutes"]) * _MINUTE + _number(found["seconds"])
        )
    else:
        parts = [_number(found[name]) for name in ("first", "second", "third") if found[name]]
        rest = sum(part * _MINUTE**k for k, part in enumerate(reversed(parts))) + _number(found["fraction"])
    return (days + rest) * (-1.0 if found["sign"] == "-" else 1.0)


def _number(text: str | None) -> float:
    return float(text.replace(",", ".")) if text else 0.0
