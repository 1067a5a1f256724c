from __future__ import annotations

import pyarrow as pa
import pytest

from hinterland.explain import Contribution
from hinterland.serve.answers import answer, form_of
from hinterland.serve.problems import Problem
from hinterland.serve.rows import ARROW, CSV, JSON
from hinterland.serve.served import Scored


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, JSON), ("*/*", JSON), ("application/json", JSON), ("text/csv", CSV), (ARROW, ARROW),
        ("text/html, */*;q=0.1", JSON), ("text/*", CSV), ("application/*", JSON), ("TEXT/CSV; q=1.0", CSV),
        ("text/csv;q=0.5, application/vnd.apache.arrow.stream", ARROW), ("application/json;q=0, */*", CSV),
        ("application/json;q=nonsense, text/csv;q=0.1", CSV), ("", JSON),
    ],
)  # fmt: skip
def test_the_form_is_the_one_liked_best(accept: str | None, form: str) -> None:
    assert form_of(accept if accept != "" else None) == form


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "text/html, application/xml"])
def test_no_form_that_is_allowed_is_a_problem(accept: str) -> None:
    with pytest.raises(Problem, match="there is application/json, text/csv") as caught:
        form_of(accept)
    assert caught.value.status == 406


def test_a_reason_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    table = pa.table({"energy": [1.0], "label": ["anomaly"]})
    scored = Scored(table, 1, [[Contribution("=cmd()", 2.0, None, None)]])
    assert answer(scored, CSV).decode().splitlines() == [
        "energy,label,top_features",
        "1,anomaly,'=cmd() +2",
    ]
