"""Counts and times of the service, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from hinterland import __version__

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """What is counted: requests by route and status, their seconds, errors by name, rows and anomalies.

    Parameters
    ----------
    in_hand : gives the number of requests that are in hand.
    """

    def __init__(self, in_hand: Callable[[], float]) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "hinterland_requests", "Requests answered.", ["route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "hinterland_request_seconds",
            "Time of a request, its body's way here included.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._errors = Counter(
            "hinterland_errors", "Requests without a result.", ["error"], registry=registry
        )
        self._rows = Counter("hinterland_rows", "Rows scored.", registry=registry)
        self._anomalies = Counter("hinterland_anomalies", "Rows labelled as anomalies.", registry=registry)
        gauge = Gauge(
            "hinterland_requests_in_hand",
            "Requests to score that are on their way, wait or are scored.",
            registry=registry,
        )
        gauge.set_function(in_hand)
        Gauge("hinterland_info", "Version of the library.", ["version"], registry=registry).labels(
            __version__
        ).set(1)
        ProcessCollector(registry=registry)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is one of the service's own, as what is asked for may be anything."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def failed(self, error: str) -> None:
        """Count a problem by its name."""
        self._errors.labels(error).inc()

    def scored(self, n_rows: int, n_anomalies: int) -> None:
        """Count rows."""
        self._rows.inc(n_rows)
        self._anomalies.inc(n_anomalies)

    def page(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self._registry)
