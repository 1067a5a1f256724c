"""Every route, and every bad input, through the whole application."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from hinterland import BatchScorer
from hinterland.decide import p_values
from hinterland.serve.application import application
from hinterland.serve.limits import Limits
from hinterland.serve.rows import ARROW, CSV, JSON
from hinterland.serve.served import ServedModel
from hinterland.serve.token import Token


def as_arrow(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def as_csv(table: pa.Table) -> bytes:
    return table.to_pandas().to_csv(index=False).encode()


def problem(response: Any, status: int, name: str) -> dict[str, Any]:
    """The problem that a response tells, which has this status and name, a number and no traceback."""
    assert response.status_code == status, response.text
    said = response.json()
    assert said["error"] == name, said
    assert said["request_id"] == response.headers["x-request-id"]
    assert "Traceback" not in response.text
    assert "/hinterland/" not in response.text
    return said


@pytest.fixture
def post(client: TestClient) -> Callable[..., Any]:
    def send(content: Any, kind: str = JSON, **more: Any) -> Any:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"content-type": kind, **more.pop("headers", {})}
        return client.post("/score", content=body, headers=headers, **more)

    return send


@pytest.mark.parametrize("sent", [JSON, CSV, ARROW])
@pytest.mark.parametrize("answered", [JSON, CSV, ARROW])
def test_rows_in_any_form_get_the_librarys_results_in_any_form(
    post: Any, table: pa.Table, rows: Any, model: Any, sent: str, answered: str
) -> None:
    body = {JSON: json.dumps(rows).encode(), CSV: as_csv(table), ARROW: as_arrow(table)}[sent]
    response = post(body, sent, headers={"accept": answered}, params={"reasons": 2})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].split(";")[0] == answered
    reader = {
        JSON: lambda content: pd.DataFrame(json.loads(content)["rows"]),
        CSV: lambda content: pd.read_csv(io.BytesIO(content)),
        ARROW: lambda content: pa.ipc.open_stream(content).read_all().to_pandas(),
    }[answered]
    found = reader(response.content)
    expected = BatchScorer(model, table.schema, keep=[], top=2)(table).to_pandas()
    np.testing.assert_allclose(found["energy"], expected["energy"], rtol=1e-6)
    assert found["label"].tolist() == expected["label"].tolist()
    np.testing.assert_allclose(found["p_value"], p_values(model, table), rtol=1e-12)
    if answered == JSON:
        flagged = found["label"] == "anomaly"
        assert found["reasons"].notna().tolist() == flagged.tolist()
        assert flagged.any()
        assert all(len(lines) <= 2 and "contribution" in lines[0] for lines in found["reasons"][flagged])
    else:
        assert found["top_features"].notna().tolist() == expected["top_features"].notna().tolist()


def test_lists_follow_the_models_columns(post: Any, client: TestClient, rows: Any) -> None:
    names = [column["name"] for column in client.get("/model").json()["columns"]]
    lists = [[row[name] for name in names] for row in rows[:5]]
    assert post(lists).json()["rows"] == post(rows[:5]).json()["rows"]
    assert "reasons" not in post(lists).json()["rows"][0]


def test_an_answer_says_what_was_counted_left_out_and_found_out(post: Any, rows: Any) -> None:
    said = post([{**row, "colour": "red"} for row in rows[:4]]).json()
    assert (said["n_rows"], said["unused_columns"], said["notes"]) == (4, ["colour"], [])
    assert said["n_anomalies"] == sum(row["label"] == "anomaly" for row in said["rows"])
    text = "id;age;visits;service;vip;when;Größe\nv;41.5;2;ftp;true;2024-05-01T00:00:00;1\n".encode("latin-1")
    said = post(text, CSV).json()
    assert any("cp1252" in note for note in said["notes"])


def test_every_row_is_explained_where_all_are_to_be(post: Any, rows: Any) -> None:
    said = post(rows[:6], params={"reasons": 1, "explained": "all"}).json()
    assert all(len(row["reasons"]) <= 1 for row in said["rows"])
    found = [line for row in said["rows"] for line in row["reasons"]]
    assert found
    assert {line["column"] for line in found} <= set(rows[0])
    assert all(line["contribution"] > 0 for line in found)


def test_no_rows_get_no_results(post: Any, table: pa.Table) -> None:
    assert post([]).json()["rows"] == []
    assert post(as_arrow(table.slice(0, 0)), ARROW).json()["rows"] == []


def test_the_model_says_its_columns_its_threshold_and_its_promise(
    client: TestClient, served: ServedModel
) -> None:
    said = client.get("/model").json()
    assert said == served.about
    age = next(column for column in said["columns"] if column["name"] == "age")
    assert (age["kind"], age["needed"], age["expected"]) == ("number", True, "a number")
    assert not next(column for column in said["columns"] if column["name"] == "id")["needed"]
    assert said["threshold"]["unit"] == "nats"
    assert "normal rows are flagged" in said["threshold"]["promises"]
    assert said["has_p_values"]


def test_health_counts_and_description(client: TestClient, post: Any, rows: Any) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    before = _counted(client)
    post(rows[:3])
    post(b"nonsense")
    client.get("/no/such/../place")
    after = _counted(client)
    assert after["hinterland_rows_total"] - before["hinterland_rows_total"] == 3
    assert (
        after['hinterland_errors_total{error="bad_json"}']
        == before.get('hinterland_errors_total{error="bad_json"}', 0) + 1
    )
    assert after["hinterland_requests_in_hand"] == 0
    assert 'hinterland_requests_total{route="other",status="404"}' in after
    assert after['hinterland_request_seconds_bucket{le="+Inf",route="/score"}'] > 0
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {"/score", "/model", "/health", "/metrics"}
    assert set(document["paths"]["/score"]["post"]["requestBody"]["content"]) == {JSON, CSV, ARROW}
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://127.0.0.1", "")


def _counted(client: TestClient) -> dict[str, float]:
    lines = client.get("/metrics").text.splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


@pytest.mark.parametrize(
    "path", ["/", "/score/", "/static/x", "/model/../../etc/passwd", "/etc/passwd", "/docs/oauth2-redirect"]
)
def test_nothing_else_is_reachable(client: TestClient, path: str) -> None:
    said = problem(client.get(path, follow_redirects=False), 404, "not_found")
    assert "POST /score" in said["message"]


def test_another_method_is_an_error(client: TestClient) -> None:
    response = client.get("/score")
    problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


ROW = {"id": "v", "age": 41.5, "visits": 2, "service": "ftp", "vip": True, "when": "2024-05-01T00:00:00"}


@pytest.mark.parametrize(
    ("rows", "status", "name", "message"),
    [
        ({"rows": []}, 422, "no_rows", "the body is an object; expected a list of rows"),
        (7, 422, "no_rows", "the body is a number"),
        ([1, 2], 422, "uneven_rows", "row 1 is a number, expected an object or a list"),
        ([ROW, [1]], 422, "uneven_rows", "row 2 is a list, and row 1 is an object"),
        ([{}], 422, "no_columns", "row 1 has no values"),
        ([[1, 2]], 422, "uneven_rows", "row 1 has 2 values; expected 6, one for each of the model's columns"),
        ([ROW, {"age": 1}], 422, "uneven_rows", "row 2 lacks 'id', 'visits', 'service', 'vip', 'when', which row"),
        ([ROW, {**ROW, "more": 1}], 422, "uneven_rows", "row 1 lacks 'more', which row 2 has"),
        ([ROW, {**ROW, "age": "old"}], 422, "several_types", "column 'age': row 1 has a number, row 2 has 'old'"),
        ([{**ROW, "age": "old"}], 422, "unreadable_values", "column 'age': row 1 has 'old'; expected a number"),
        ([{**ROW, "age": True}, ROW], 422, "several_types", "column 'age': row 1 has true or false, row 2 has"),
        ([{**ROW, "age": [1]}], 422, "nested_value", "column 'age': row 1 has a list; expected a single value"),
        ([{**ROW, "age": {}}], 422, "nested_value", "column 'age': row 1 has an object"),
        ([ROW, {**ROW, "age": float("nan")}], 422, "nan", "column 'age': row 2 has NaN"),
        ([{**ROW, "age": float("inf")}], 422, "unreadable_values", "column 'age': row 1 has inf; expected finite"),
        ([{**ROW, "age": 10**400}], 422, "unreadable_values", "column 'age': row 1 has inf"),
        ([{**ROW, "when": "yesterday"}], 422, "unreadable_values", "column 'when': row 1 has 'yesterday'"),
        ([{**ROW, "vip": "perhaps"}], 422, "unreadable_values", "column 'vip': row 1 has 'perhaps'; expected true"),
        ([{**ROW, "vip": 7}], 422, "unreadable_values", "column 'vip': row 1 has 7"),
        ([{**ROW, "when": True}], 422, "bad_table", "columns changed their type since fit: column 'when'"),
        ([{"Age": 1}], 422, "bad_table", "the table lacks 5 of the 6 columns that the model was trained on: 'age'"),
    ],
)  # fmt: skip
def test_bad_rows_are_named(post: Any, rows: Any, status: int, name: str, message: str) -> None:
    said = problem(post(json.dumps(rows).encode()), status, name)
    assert message in said["message"]


def test_bad_values_are_listed_by_row_and_column(post: Any) -> None:
    rows = [dict(ROW, age="41") for _ in range(9)]
    for place in (1, 4, 5, 6, 7, 8):
        rows[place]["age"] = "old"
    rows[3]["when"] = "soon"
    said = problem(post(rows), 422, "unreadable_values")
    assert said["columns"] == [
        {"column": "age", "rows": [2, 5, 6, 7, 8], "n_rows": 6, "expected": "a number, or nothing"},
        {"column": "when", "rows": [4], "n_rows": 1, "expected": said["columns"][1]["expected"]},
    ]


@pytest.mark.parametrize(
    ("body", "kind", "status", "name", "message"),
    [
        (b"", JSON, 400, "empty_body", "the body is empty"),
        (b"[{", JSON, 400, "bad_json", "the body is no JSON: EOF while parsing"),
        (b"\xff\xfe", JSON, 400, "bad_json", "the body is no JSON"),
        (b"[1" + b"]" * 5, JSON, 400, "bad_json", "trailing characters"),
        (b"[" * 100_000, JSON, 422, "json_too_deep", "nested too deeply"),
        (b'{"a":' * 100_000, JSON, 422, "json_too_deep", "nested too deeply"),
        (b"[[" + b"[" * 60 + b"]" * 60 + b",1,1,1,1,1]]", JSON, 422, "nested_value", "row 1 has a list"),
        (b"age\n41\n", CSV, 422, "bad_table", "the table lacks 4 of the 6 columns"),
        (b"id,age,visits,service,vip,when\nv,old,2,ftp,true,2024-05-01\n", CSV, 422, "unreadable_values",
         "column 'age': row 1 has 'old'"),
        (b"id,age,visits,service,vip,when\nv,1\n", CSV, 422, "bad_table", "the body: "),
        (b"\0\1\2\3", CSV, 422, "bad_table", "the body: it is a binary file"),
        (b'[{"a": 1}]', CSV, 422, "bad_table", "the body: it is JSON"),
        (b"\x1f\x8b" + b"\0" * 50, CSV, 415, "packed_body", "packed by gzip"),
        (b"PAR1" + b"\0" * 50, CSV, 415, "packed_body", "a Parquet file"),
        (b'"' * (2**20 + 1), CSV, 413, "body_too_large", "a line of 1,048,577 bytes; at most 1,048,576"),
        (b"a,b\n\"1,2\n", CSV, 422, "bad_table", "a quote is never closed"),
        (b"nonsense", ARROW, 400, "bad_arrow", "the body cannot be read as an Arrow IPC stream"),
        (b"x", "", 415, "unknown_media_type", "the body has 'no media type'; expected a Content-Type of"),
        (b"a=1", "application/x-www-form-urlencoded", 415, "unknown_media_type", "expected a Content-Type of"),
        (b"x", "text/csv; charset=klingon", 415, "unknown_media_type", "encoding must name one that Python knows"),
        (b"x", "text/csv; charset=punycode", 415, "unknown_media_type", "charset must be an encoding of files"),
        (b"x", "text/csv; header=perhaps", 415, "unknown_media_type", "header must be present or absent"),
    ],
)  # fmt: skip
def test_bad_bodies_are_named(
    post: Any, body: bytes, kind: str, status: int, name: str, message: str
) -> None:
    said = problem(post(body, kind), status, name)
    assert message in said["message"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("reasons=0", "reasons: Input should be greater than or equal to 1, got '0'"),
        ("reasons=many", "reasons: Input should be a valid integer"),
        ("explained=none", "explained: Input should be 'flagged' or 'all'"),
        ("reason=3", "there is no parameter 'reason'; did you mean 'reasons'?"),
        ("file=/etc/passwd", "there is no parameter 'file'"),
    ],
)
def test_bad_parameters_are_named(client: TestClient, query: str, message: str) -> None:
    response = client.post(f"/score?{query}", json=[ROW])
    assert message in problem(response, 422, "bad_parameter")["message"]


def test_a_form_that_there_is_not_is_an_error(post: Any) -> None:
    problem(post([ROW], headers={"accept": "image/png"}), 406, "not_acceptable")


def test_a_packed_body_is_refused(post: Any) -> None:
    problem(post([ROW], headers={"content-encoding": "gzip"}), 415, "packed_body")


def test_nan_in_csv_and_arrow_is_a_missing_value_as_on_the_command_line(
    post: Any, table: pa.Table, model: Any
) -> None:
    gap = table.slice(0, 1).set_column(1, "age", pa.array([float("nan")]))
    expected = BatchScorer(model, table.schema, keep=[])(gap)["energy"].to_pylist()
    for body, kind in ((as_arrow(gap), ARROW), (as_csv(gap), CSV)):
        assert [row["energy"] for row in post(body, kind).json()["rows"]] == pytest.approx(expected)
    assert [row["energy"] for row in post([dict(ROW, age=None)]).json()["rows"]] != []


@pytest.fixture(scope="module")
def narrow(served: ServedModel) -> TestClient:
    limits = Limits(body_bytes=3_000, rows=5, columns=12, seconds=20, at_once=1, waiting=0)
    return TestClient(application(served, limits=limits), raise_server_exceptions=False)


@pytest.mark.parametrize("kind", [JSON, CSV, ARROW])
def test_too_many_rows_are_refused(narrow: TestClient, table: pa.Table, rows: Any, kind: str) -> None:
    six = table.slice(0, 6)
    body = {JSON: json.dumps(rows[:6]).encode(), CSV: as_csv(six), ARROW: as_arrow(six)}[kind]
    response = narrow.post("/score", content=body, headers={"content-type": kind})
    assert "at most 5" in problem(response, 413, "too_many_rows")["message"]


def test_too_many_columns_are_refused(narrow: TestClient) -> None:
    names = [f"c{j}" for j in range(13)]
    for body, kind in (
        (json.dumps([dict.fromkeys(names, 1)]).encode(), JSON),
        (",".join(names).encode(), CSV),
        (as_arrow(pa.table({name: [1] for name in names}).slice(0, 0)), ARROW),
    ):
        response = narrow.post("/score", content=body, headers={"content-type": kind})
        problem(response, 413, "too_many_columns")


def test_a_body_is_too_large_by_its_length(narrow: TestClient) -> None:
    response = narrow.post("/score", content=b" " * 3_001, headers={"content-type": JSON})
    assert "larger than 3,000 bytes" in problem(response, 413, "body_too_large")["message"]


def test_a_token_is_asked_for_where_there_is_one(served: ServedModel) -> None:
    with TestClient(application(served, token=Token("open-sesame"))) as client:
        for path in ("/model", "/metrics"):
            assert problem(client.get(path), 401, "unauthorized")["message"].startswith(
                "the request has no token"
            )
            assert client.get(path, headers={"authorization": "Bearer open-sesame"}).status_code == 200
        response = client.post("/score", json=[ROW])
        problem(response, 401, "unauthorized")
        assert response.headers["www-authenticate"] == "Bearer"
        for wrong in ("Bearer Open-sesame", "Basic open-sesame", "Bearer ", "open-sesame", "Bearer ø"):
            response = client.post("/score", json=[ROW], headers={"authorization": wrong.encode()})
            problem(response, 401, "unauthorized")
        right = {"authorization": "Bearer open-sesame"}
        assert client.post("/score", json=[ROW], headers=right).status_code == 200
        for path in ("/health", "/docs", "/openapi.json"):  # they say nothing of the model
            assert client.get(path).status_code == 200


def test_what_nobody_foresaw_is_numbered_and_logged(
    client: TestClient, served: ServedModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: Any, **more: Any) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(ServedModel, "score", fail)
    response = client.post("/score", json=[ROW])
    said = problem(response, 500, "internal_error")
    assert "secret" not in response.text
    assert said["request_id"] in caplog.text
    assert "a secret of the inside" in caplog.text
    monkeypatch.undo()
    assert client.post("/score", json=[ROW]).status_code == 200
