"""A table's columns as torch modules, one a kind, and what an exported file takes for each of them."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor, nn

from hinterland.errors import ExportError
from hinterland.preprocessing import TabularEncoder
from hinterland.preprocessing.tabular.columns import (
    BooleanColumn,
    CategoryColumn,
    NumberColumn,
    TimeColumn,
    TimeOfDayColumn,
)
from hinterland.preprocessing.tabular.number_column import LARGEST
from hinterland.preprocessing.tabular.time_column import DAY, OUTSIDE
from hinterland.tables.columns.read_values import read
from hinterland.tables.columns.readings import Reading
from hinterland.tables.text.missing import MISSING_ANYWHERE

UTC = ("UTC", "Etc/UTC", "GMT", "+00:00")


@dataclass(frozen=True)
class Input:
    """What a file takes for a column: its name and kind, what its values are, and texts by the code that they get."""

    name: str
    kind: str
    takes: str
    codes: dict[str, int] | None = None


class Table(nn.Module):
    """A table's columns, an input each, to the matrix that its encoder makes.

    Parameters
    ----------
    encoder : fitted.

    Attributes
    ----------
    inputs : list of Input, in the order of the encoder's columns, but for those that are left out.

    Raises
    ------
    ExportError
        For a column that cannot be exported; it names the column and what of it cannot.
    """

    def __init__(self, encoder: TabularEncoder) -> None:
        super().__init__()
        self.inputs: list[Input] = []
        parts = []
        for (name, reading), column in zip(encoder.readings_.items(), encoder.columns_, strict=True):
            if not column.labels:
                continue
            try:
                part = column_module(column, reading)
            except ExportError as error:
                raise ExportError(f"column {name!r} cannot be exported: {error}") from None
            parts.append(part)
            self.inputs.append(Input(name, str(column.kind), part.takes, part.codes))
        self.parts = nn.ModuleList(parts)

    def forward(self, inputs: list[Tensor]) -> Tensor:
        """Rows (n, width) in float64, with the digits of float32, as the encoder's."""
        encoded = [part(values) for part, values in zip(self.parts, inputs, strict=True)]
        return torch.cat(encoded, 1).float().double()

    def samples(self, n_rows: int) -> list[Tensor]:
        """Inputs of some rows that go all the ways that values can."""
        return [part.samples(n_rows) for part in self.parts if isinstance(part, Part)]


class Part(nn.Module):
    """Base of the columns: values (n,) to output columns (n, width) in float64."""

    takes: str
    codes: dict[str, int] | None = None

    def samples(self, n_rows: int) -> Tensor:
        """Give values of some rows."""
        raise NotImplementedError


@functools.singledispatch
def column_module(column: Any, reading: Reading) -> Part:
    """Module of a fitted column; ExportError where there is none for it. A kind of column registers its own."""
    raise ExportError(f"there is no graph for a {type(column).__name__}")


class Lookup(Part):
    """A column of few different values: each has a row in a table of what the encoder makes of it."""

    table: Tensor

    def __init__(self, table: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("table", torch.tensor(table, dtype=torch.float64))

    def samples(self, n_rows: int) -> Tensor:
        """Codes, one after the other."""
        return torch.arange(n_rows) % len(self.table)

    def forward(self, codes: Tensor) -> Tensor:
        """Rows of the table by their numbers (n,)."""
        return self.table[codes]


class Texts(Lookup):
    """A category: each text that is known, or stands for a missing value, has a code; all others share one."""

    takes = "text; whatever is unknown counts as in training, a missing value is an empty text"

    def __init__(self, column: CategoryColumn, reading: Reading) -> None:
        tokens = dict.fromkeys(["", *MISSING_ANYWHERE, *reading.missing])
        absent = read(pa.array(tokens, pa.string()), reading).values.is_null().to_pylist()
        missing = [token for token, is_absent in zip(tokens, absent, strict=True) if is_absent]
        known = [text for text in (*column.categories, *column.rare) if text not in missing]
        values = pa.array([*known, None, _other_than(known)], pa.large_string())
        rows = np.empty((len(values), len(column.labels)), np.float32)
        column.encode(values, rows)
        different, codes = np.unique(rows[:-1], axis=0, return_inverse=True)
        super().__init__(np.concatenate([different, rows[-1:]]))
        self.codes = {
            text: int(code)
            for text, code in [
                *zip(known, codes[:-1], strict=True),
                *((token, codes[-1]) for token in missing),
            ]
        }


class Truth(Lookup):
    """A truth value."""

    takes = "1 for true, 0 for false, NaN where missing"

    def __init__(self, column: BooleanColumn) -> None:
        rows = np.full((4, len(column.labels)), np.nan, np.float32)
        column.encode(np.array([0.0, 1.0, np.nan]), rows[:3])
        super().__init__(rows)

    def samples(self, n_rows: int) -> Tensor:
        """False, true and missing."""
        return torch.tensor([0.0, 1.0, torch.nan], dtype=torch.float64)[torch.arange(n_rows) % 3]

    def forward(self, values: Tensor) -> Tensor:
        """Rows of the table; a value that is none of these has no numbers."""
        code = torch.where(values == 0, 0, torch.where(values == 1, 1, 3))
        return super().forward(torch.where(torch.isnan(values), 2, code))


class Number(Part):
    """A number, as ``NumberColumn`` has it."""

    takes = "a number, NaN where missing"

    def __init__(self, column: NumberColumn, reading: Reading | None = None) -> None:
        super().__init__()
        if column.quantiles is not None:
            raise ExportError(
                "numbers='quantile' takes the normal distribution's quantiles, which ONNX does not have"
            )
        self.infinite = "error" if reading is None else reading.infinite
        self.tokens = (
            [] if reading is None else [float(token) for token in reading.missing if _is_number(token)]
        )
        self.has_tail, self.has_missing, self.gap = column.tail is not None, column.has_missing, column.gap
        for name in ("typical", "center", "scale", "limit"):
            self.register_buffer(name, torch.tensor(getattr(column, name), dtype=torch.float64))
        self.register_buffer("tail", torch.tensor(column.tail or 1.0, dtype=torch.float64))

    typical: Tensor
    center: Tensor
    scale: Tensor
    limit: Tensor
    tail: Tensor

    def samples(self, n_rows: int) -> Tensor:
        """Numbers about the middle and beyond the limit, and a missing one."""
        unit = self.scale * self.tail if self.has_tail else self.scale
        values = self.typical + unit * torch.linspace(-20, 20, n_rows, dtype=torch.float64)
        return torch.where(torch.arange(n_rows) == 1, torch.nan, values)

    def forward(self, values: Tensor) -> Tensor:
        """Deviations and, where there is a column for it, whether the value is missing."""
        for token in self.tokens:
            values = torch.where(values == token, torch.nan, values)
        if self.infinite == "missing":
            values = torch.where(torch.isinf(values), torch.nan, values)
        missing = torch.isnan(values)
        shaped = torch.where(missing, self.typical, values).clamp(-LARGEST, LARGEST) - self.typical
        if self.has_tail:
            shaped = torch.asinh((shaped / self.tail).clamp(-LARGEST, LARGEST))
        deviation = torch.minimum(torch.maximum((shaped - self.center) / self.scale, -self.limit), self.limit)
        if not self.has_missing and self.gap is not None:
            deviation = torch.where(missing, self.gap, deviation)
        if self.infinite == "error":
            deviation = torch.where(torch.isinf(values), torch.nan, deviation)
        return torch.stack([deviation, missing.double()], 1) if self.has_missing else deviation[:, None]


class TimeOfDay(Part):
    """A time of the day."""

    takes = "seconds since midnight, NaN where missing"

    def __init__(self, column: TimeOfDayColumn) -> None:
        super().__init__()
        self.has_missing = column.has_missing

    def samples(self, n_rows: int) -> Tensor:
        """Times of a day, and a missing one."""
        values = torch.linspace(0, DAY - 1, n_rows, dtype=torch.float64)
        return torch.where(torch.arange(n_rows) == 1, torch.nan, values)

    def forward(self, seconds: Tensor) -> Tensor:
        """Sine and cosine, and whether the time is missing where there is a column for it."""
        columns = circle(seconds / DAY, not self.has_missing)
        return torch.stack([*columns, torch.isnan(seconds).double()] if self.has_missing else columns, 1)


class Moment(Part):
    """A date or timestamp, as ``TimeColumn`` has it."""

    def __init__(self, column: TimeColumn) -> None:
        super().__init__()
        if column.zone not in (None, *UTC) and (column.has_hour or column.has_weekday):
            raise ExportError(
                f"the clock of its time zone {column.zone} is not known in ONNX; give times as of that clock, without "
                "a zone, to the fit"
            )
        clock = "of the clock that they are given by" if column.zone is None else "UTC"
        self.takes = f"seconds since 1970-01-01, {clock}, NaN where missing"
        self.seconds = None if column.seconds is None else Number(column.seconds)
        self.middle = column.middle if column.seconds is None else column.seconds.typical
        self.has_hour, self.has_weekday = column.has_hour, column.has_weekday
        self.outside, self.marks_missing = column.outside, column.seconds is None and column.has_missing

    def samples(self, n_rows: int) -> Tensor:
        """Moments of three weeks about the middle, and a missing one."""
        values = (self.middle or 0.0) + torch.linspace(-9.7, 9.7, n_rows, dtype=torch.float64) * DAY
        return torch.where(torch.arange(n_rows) == 1, torch.nan, values.round())

    def forward(self, seconds: Tensor) -> Tensor:
        """Seconds, the circles and whether the time is missing, as the column has them."""
        columns = [] if self.seconds is None else list(self.seconds(seconds).unbind(1))
        days = seconds / DAY
        whole = torch.floor(days)
        if self.has_hour:
            columns += circle(days - whole, self.outside)
        if self.has_weekday:
            columns += circle((whole + 3 - 7 * torch.floor((whole + 3) / 7)) / 7, self.outside)
        if self.marks_missing and (self.has_hour or self.has_weekday):
            columns.append(torch.isnan(seconds).double())
        return torch.stack(columns, 1)


def circle(turns: Tensor, outside: bool) -> list[Tensor]:
    """Sine and cosine (n,) of turns (n,); a missing one in the middle, or outside of the circle."""
    missing = torch.isnan(turns)
    angle = 2 * math.pi * torch.where(missing, 0.0, turns)
    nowhere = OUTSIDE / 2**0.5 if outside else 0.0
    return [torch.where(missing, nowhere, wave) for wave in (torch.sin(angle), torch.cos(angle))]


column_module.register(CategoryColumn, Texts)
column_module.register(BooleanColumn, lambda column, _: Truth(column))
column_module.register(NumberColumn, Number)
column_module.register(TimeOfDayColumn, lambda column, _: TimeOfDay(column))
column_module.register(TimeColumn, lambda column, _: Moment(column))


def read_before(encoder: TabularEncoder) -> list[str]:
    """Columns that a file takes otherwise than the encoder, which reads text: each with what the file takes."""
    said = {
        "time": "seconds since 1970",
        "zoned_time": "seconds since 1970",
        "time_of_day": "seconds since midnight",
    }
    return [
        f"{name!r} ({said.get(reading.kind, 'numbers' if reading.kind == 'number' else 'texts as they were learnt')})"
        for name, reading in encoder.readings_.items()
        if not reading.is_left_out and (reading.number is not None or reading.kind in said)
    ]


def _other_than(texts: Sequence[str]) -> str:
    """A text that is none of these."""
    return "x" * (1 + max(map(len, texts), default=0))


def _is_number(token: str) -> bool:
    try:
        return math.isfinite(float(token))
    except ValueError:
        return False
