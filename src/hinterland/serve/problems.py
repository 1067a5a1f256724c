"""What went wrong with a request: a status, a name that programs can tell it by, and a sentence; never a traceback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hinterland.errors import HinterlandError, TableError
from hinterland.printable import printable
from hinterland.tables import UnreadableValuesError
from hinterland.tables.columns.unreadable import SHOWN, Complaint

MEDIA_TYPE = "application/json"


class Problem(HinterlandError):  # noqa: N818 - it is an answer
    """A request that gets no result.

    Parameters
    ----------
    status : of the answer, 400 or more.
    name : such as ``unreadable_values``; one of few.
    message : what is wrong, and with what.
    headers : further ones of the answer.
    details : further values of the answer, as JSON can hold them.
    """

    def __init__(
        self,
        status: int,
        name: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        **details: Any,
    ) -> None:
        super().__init__(printable(message))
        self.status, self.name = status, name
        self.headers = dict(headers or {})
        self.details = details

    def body(self, request_id: str) -> bytes:
        """The answer's body, JSON."""
        said = {"error": self.name, "message": str(self), **self.details, "request_id": request_id}
        return json.dumps(said, ensure_ascii=False, allow_nan=False).encode(errors="replace")


def of_table(error: TableError) -> Problem:
    """The problem of rows that the model cannot take, as the command line says it."""
    if isinstance(error, UnreadableValuesError):
        return unreadable(error, first=0)
    return Problem(422, "bad_table", str(error))


def unreadable(error: UnreadableValuesError, first: int) -> Problem:
    """The problem of values that cannot be read, in rows of which the first is the ``first`` of the request, from 0."""
    return in_columns("unreadable_values", str(error), error.complaints, first)


def in_columns(name: str, message: str, complaints: list[Complaint], first: int = 0) -> Problem:
    """A problem of values in columns and rows, which the answer lists: rows from 1, the first few of each column."""
    columns = [
        {
            "column": complaint.column,
            "rows": (complaint.places[:SHOWN] + first + 1).tolist(),
            "n_rows": len(complaint.places),
            "expected": complaint.expected,
        }
        for complaint in complaints
    ]
    return Problem(422, name, message, columns=columns)


def internal() -> Problem:
    """The problem of an error in the service itself, of which the log has all and the answer a number."""
    return Problem(
        500, "internal_error", "an error of the service, not of the request; its log names it by request_id"
    )
