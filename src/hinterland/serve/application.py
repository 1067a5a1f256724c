"""The routes of the service: rows to score, the model, its health and its counts, and a page that describes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from hinterland import __version__
from hinterland.errors import TableError
from hinterland.nearest import did_you_mean
from hinterland.serve import metrics as counts
from hinterland.serve.answers import answer, form_of
from hinterland.serve.body import read_body
from hinterland.serve.guard import Guard
from hinterland.serve.limits import Deadline, Limits
from hinterland.serve.metrics import Metrics
from hinterland.serve.page import page
from hinterland.serve.problems import MEDIA_TYPE, Problem, of_table
from hinterland.serve.rows import ARROW, CSV, JSON, MEDIA_TYPES, reader_of
from hinterland.serve.served import MOST_REASONS, ServedModel
from hinterland.serve.token import Token
from hinterland.serve.workers import Workers
from hinterland.tables.messages import few, shown

ROUTES = ("/score", "/model", "/health", "/metrics", "/docs", "/openapi.json")
PARAMETERS = ("reasons", "explained")
_BEARER = HTTPBearer(
    auto_error=False, description="What HINTERLAND_TOKEN holds where the service runs, if it is set."
)
_SAID = (
    "By a name and in words: `error`, `message`, `request_id`, and `columns` with their rows where these are"
)
_EXAMPLE = [{"age": 31, "service": "http"}, {"age": None, "service": "ftp"}]
_SCORED = {
    "rows": [
        {
            "energy": 4.2,
            "label": "anomaly",
            "p_value": 0.003,
            "reasons": [{"column": "age", "contribution": 2.9}],
        }
    ],
    "n_rows": 1,
    "n_anomalies": 1,
    "unused_columns": [],
    "notes": [],
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": f"An empty body, or one that is not what it is said to be. {_SAID} at fault."},
    401: {"description": "No token, or a wrong one."},
    406: {"description": "No form that `Accept` allows."},
    408: {"description": "The body came too slowly."},
    413: {"description": "Too many bytes, rows or columns."},
    415: {"description": "Another media type, or a packed body."},
    422: {
        "description": "Rows that the model cannot take, each named by row and column, or a bad parameter."
    },
    500: {"description": "An error of the service, which its log has under the `request_id`."},
    503: {"description": "Too many requests are waiting; `Retry-After` says when to try again."},
    504: {"description": "The request took too long."},
}
_BODY = {
    "required": True,
    "description": "Rows: objects by the model's columns, lists in their order, CSV, or an uncompressed Arrow stream.",
    "content": {
        JSON: {
            "schema": {
                "type": "array",
                "items": {"anyOf": [{"type": "object"}, {"type": "array", "items": {}}]},
            },
            "example": _EXAMPLE,
        },
        CSV: {"schema": {"type": "string"}, "example": "age,service\n31,http\n,ftp\n"},
        ARROW: {"schema": {"type": "string", "format": "binary"}},
    },
}


def application(
    served: ServedModel, *, limits: Limits | None = None, token: Token | None = None, n_threads: int = 1
) -> FastAPI:
    """An ASGI application that serves a model.

    Parameters
    ----------
    served : the model.
    limits : of requests; the usual ones if None.
    token : what requests must carry, but for those of health and description; None lets anyone ask.
    n_threads : torch threads that a request is scored with.
    """
    limits = limits or Limits()
    workers = Workers(limits, n_threads)
    metrics = Metrics(lambda: workers.n_in_hand)
    app = FastAPI(
        title="hinterland",
        version=__version__,
        description="Energies, labels and reasons of rows by a fitted anomaly detector.",
        docs_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Guard, limits=limits, metrics=metrics, routes=ROUTES)],
        redoc_url=None,
        exception_handlers={
            Problem: _counting(metrics, _as_it_is),
            RequestValidationError: _counting(metrics, _of_parameter),
            HTTPException: _counting(metrics, _of_route),
        },
    )
    about = json.dumps(served.about, ensure_ascii=False).encode()

    def check(
        request: Request, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
    ) -> None:
        if token is not None:
            token.check(sent.credentials if sent else None)
        allowed = PARAMETERS if request.url.path == "/score" else ()
        if unknown := [name for name in request.query_params if name not in allowed]:
            hint = did_you_mean(
                unknown[0], list(allowed), f"there is {few(allowed)}" if allowed else "there is none"
            )
            raise Problem(422, "bad_parameter", f"there is no parameter {shown(unknown[0])}; {hint}")

    asked = Depends(check)

    @app.post(
        "/score",
        dependencies=[asked],
        summary="Score rows",
        openapi_extra={"requestBody": _BODY},
        response_class=Response,
        responses=_ERRORS
        | {
            200: {
                "description": "The rows, in their order: energy in nats, label, p-value of a calibrated model; "
                f"as {', '.join(MEDIA_TYPES)}, by `Accept`.",
                "content": {JSON: {"example": _SCORED}, CSV: {}, ARROW: {}},
            }
        },
    )
    async def score(
        request: Request,
        reasons: Annotated[
            int | None,
            Query(
                ge=1, le=MOST_REASONS, description="Most columns to name that raise a row's energy, in nats."
            ),
        ] = None,
        explained: Annotated[
            Literal["flagged", "all"],
            Query(description="Rows whose reasons are given: flagged, the default, or all, which is slow."),
        ] = "flagged",
    ) -> Response:
        deadline = Deadline(limits.seconds)
        form = form_of(request.headers.get("accept"))
        read = reader_of(request.headers.get("content-type"))
        with workers.admitted():
            body = await read_body(request, limits, deadline)

            def work() -> tuple[bytes, int, int]:
                deadline.check()
                try:
                    table = read(body, served.columns, limits)
                except TableError as error:
                    raise of_table(error) from error
                scored = served.score(table, deadline, top=reasons, explained=explained)
                return answer(scored, form), scored.table.num_rows, scored.n_anomalies

            content, n_rows, n_anomalies = await workers.run(work, deadline)
        metrics.scored(n_rows, n_anomalies)
        return Response(content, media_type=form)

    @app.get("/model", dependencies=[asked], summary="What is served", responses={401: _ERRORS[401]})
    async def model() -> Response:
        """Give the model's columns, its threshold and what that promises, and what `hinterland inspect` says of it."""
        return Response(about, media_type=MEDIA_TYPE)

    @app.get("/health", summary="Whether the service is there")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/metrics", dependencies=[asked], summary="Counts and times", responses={401: _ERRORS[401]})
    async def prometheus() -> Response:
        """Give requests, errors, rows, anomalies, seconds and memory, as Prometheus reads them."""
        return Response(metrics.page(), media_type=counts.MEDIA_TYPE)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response(page(app.openapi()), media_type="text/html")

    return app


def _counting(
    metrics: Metrics, problem_of: Callable[[Any], Problem]
) -> Callable[[Request, Exception], Coroutine[Any, Any, Response]]:
    """A handler of errors that are problems, which counts them."""

    async def handle(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        metrics.failed(problem.name)
        body = problem.body(request.state.request_id)
        return Response(body, problem.status, problem.headers, MEDIA_TYPE)

    return handle


def _as_it_is(error: Problem) -> Problem:
    return error


def _of_parameter(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    message = f"{first['loc'][-1]}: {first['msg']}, got {shown(str(first.get('input')))}"
    return Problem(422, "bad_parameter", message)


def _of_route(error: HTTPException) -> Problem:
    name = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "refused")
    message = "there are POST /score and GET /model, /health, /metrics, /docs and /openapi.json"
    return Problem(error.status_code, name, message, headers=error.headers)
