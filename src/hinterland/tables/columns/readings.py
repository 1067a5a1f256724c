"""How a column's values are read: decided once, on a whole table, and kept with the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hinterland.tables.text.number_text import NumberFormat
from hinterland.tables.text.time_text import TimeFormat

LEFT_OUT = ("identifier", "ignored", "empty")
"""Kinds of columns that a model does without, so that a table to score may lack them."""
TRUE_WORDS, FALSE_WORDS = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")
_EXPECTED = {
    "number": "a number",
    "boolean": "true or false",
    "category": "a category",
    "time": "a date or time without a zone, as 2024-05-31 or 2024-05-31 14:30:00",
    "zoned_time": "a time with its zone, as 2024-05-31T14:30:00Z",
    "time_of_day": "a time of day, as 14:30",
}
FINITE = "finite numbers, or nothing"


@dataclass(frozen=True)
class Reading:
    """What a column is, and how its values are read.

    Attributes
    ----------
    kind : ``"number"``, ``"boolean"``, ``"category"``, ``"time"``, ``"zoned_time"``, ``"time_of_day"``, or why the
        column is left out: ``"identifier"``, ``"ignored"`` or ``"empty"``.
    why : what told, in words.
    number, time : how text is read as numbers or times; None for the plain way.
    pattern : ``strptime`` format of times, as the user gave it.
    epoch : what numbers count that stand for times: ``"s"``, ``"ms"``, ``"us"``, ``"ns"`` since 1970; or ``"yyyymmdd"``
        for dates.
    zone : of a zoned time, whose clock counts.
    missing : what stands for a missing value beside the usual words.
    infinite : what is done with an infinite number: ``"error"``, ``"missing"`` or ``"clip"``.
    true, false : words of a boolean, in lower case.
    as_arrow : whether text is read as pyarrow reads a CSV file: models saved by earlier versions.
    """

    kind: str
    why: str = ""
    number: NumberFormat | None = None
    time: TimeFormat | None = None
    pattern: str | None = None
    epoch: str | None = None
    zone: str | None = None
    missing: tuple[str, ...] = ()
    infinite: str = "error"
    true: tuple[str, ...] = TRUE_WORDS
    false: tuple[str, ...] = FALSE_WORDS
    as_arrow: bool = False

    @property
    def is_left_out(self) -> bool:
        """Whether the model does without the column."""
        return self.kind in LEFT_OUT

    @property
    def expected(self) -> str:
        """What is expected of a value, for messages."""
        if self.time is not None or self.pattern is not None or self.epoch is not None:
            shown = self.pattern or self.epoch or (self.time.describe() if self.time else "")
            return f"{_EXPECTED[self.kind].split(',')[0]} ({shown})"
        return _EXPECTED.get(self.kind, "a value")

    def to_state(self) -> dict[str, Any]:
        """Give what JSON can hold: what differs from the defaults."""
        state: dict[str, Any] = {}
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            if value != default:
                plain = vars(value) if isinstance(value, NumberFormat | TimeFormat) else value
                state[name] = list(plain) if isinstance(plain, tuple) else plain
        return {"kind": self.kind, **state}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Reading:
        """Undo ``to_state``; what it raises for anything else is a ValueError, TypeError or LookupError."""
        values = dict(state)
        for name, text_format in (("number", NumberFormat), ("time", TimeFormat)):
            if values.get(name) is not None:
                values[name] = _checked(text_format, values[name])
        for name in ("missing", "true", "false"):
            if name in values:
                if not all(isinstance(word, str) for word in values[name]):
                    raise ValueError(f"{name} must hold text, found {values[name]!r}")
                values[name] = tuple(values[name])
        for name in ("kind", "why", "infinite", "pattern", "epoch", "zone"):
            if not isinstance(values.get(name), str | None):
                raise ValueError(f"{name} must be text, found {values[name]!r}")
        if values["kind"] not in (*_EXPECTED, *LEFT_OUT):
            raise ValueError(f"there is no kind of column called {values['kind']!r}")
        if values.get("infinite", "error") not in ("error", "missing", "clip"):
            raise ValueError(f"infinite is {values['infinite']!r}")
        return cls(**values)


_DEFAULTS = {name: field.default for name, field in Reading.__dataclass_fields__.items() if name != "kind"}


def _checked(text_format: type[Any], state: Mapping[str, Any]) -> Any:
    made = text_format(**state)
    for name, value in state.items():
        if type(value) is not type(getattr(text_format(), name)):
            raise ValueError(f"{name} of a {text_format.__name__} is {value!r}")
    return made
