"""The README's lines: what a reader asks first, ours beside what is reported and the best other method run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hinterland.benchmark.experiments.index import suite
from hinterland.benchmark.experiments.methods import method, methods
from hinterland.benchmark.results import against, tables
from hinterland.benchmark.results.compare import collect
from hinterland.benchmark.results.formats import NOTHING
from hinterland.benchmark.results.tables import Row, Value
from hinterland.benchmark.runs.jobs import Result
from hinterland.detectors.catalogue import DEFAULT_DETECTOR

SHORT = {"auroc": "AUROC", "f1": "F1"}


@dataclass(frozen=True)
class Headline:
    """A method's number in a table: on one subset of one protocol, under one judgement.

    ``subset`` None takes the mean over a suite's data sets, under each protocol's first judgement.
    """

    what: str
    table: str
    protocol: str
    subset: str | None
    judgement: str
    method: str
    metric: str


_NATURAL = "natural half, top {} %"
_RANKING = "as many flagged as anomalous"

_KDD = "KDD Cup 1999, trained on its attacks"
_CANCE = (_RANKING, "CANCE", "auroc")

_ADBENCH = "ADBench, mean of 20 tables, trained on normal rows"
_ODDBENCH = "OddBench, mean of 120 tables, trained on normal rows"

HEADLINES = (
    Headline(_ADBENCH, "adbench", "", None, "", DEFAULT_DETECTOR, "auroc"),
    Headline(_ODDBENCH, "oddbench", "", None, "", DEFAULT_DETECTOR, "auroc"),
    Headline(_KDD, "cadgmm/Table-3", "cadgmm-kdd99", "", _NATURAL.format(20), "DAGMM", "f1"),
    Headline(_KDD, "cadgmm/Table-3", "cadgmm-kdd99", "", _NATURAL.format(20), "CADGMM", "f1"),
    Headline(
        "arrhythmia, trained on normal rows",
        *("cadgmm/Table-3", "cadgmm-arrhythmia-unscaled", "", _NATURAL.format(15), "CADGMM", "f1"),
    ),
    Headline("MNIST, one digit normal", "cance/Table-1", "cance-mnist-unimodal", "class=avg", *_CANCE),
    Headline("CIFAR-10, one class normal", "cance/Table-1", "cance-cifar10-unimodal", "class=avg", *_CANCE),
    Headline(
        "KDD Cup 1999, 20 % anomalies among the training rows",
        *("deuad/Table-2", "deuad-kddcup", "train_anomaly=20%", _NATURAL.format(20), "DEUAD", "auroc"),
    ),
)


def text(results: Sequence[Result]) -> str:
    """The lines as a Markdown table, in percent, and one on the default beside nearest neighbours.

    Those that the results have nothing for are left out.
    """
    header = "| data | metric | method | ours | reported | seeds | best other method run |"
    lines = [line for line in (_line(headline, results) for headline in HEADLINES) if line]
    beside = against.sentence(results)
    return "\n".join([header, "| --- " * 7 + "|", *lines, *(["", beside] if beside else [])]) + "\n"


def _line(asked: Headline, results: Sequence[Result]) -> str:
    rows = _means(asked, results) if asked.subset is None else _rows(asked, results)
    if asked.method not in rows:
        return ""
    own = rows.pop(asked.method)
    value = own.values[0]
    rows = {name: row for name, row in rows.items() if not _searched(name)}
    best = max(rows, key=lambda name: rows[name].values[0].mean or 0.0, default=None)
    cells = [
        asked.what,
        SHORT[asked.metric],
        f"`{asked.method}`",
        _number(value.mean, value.sd),
        NOTHING if value.reported is None else f"{value.reported:.1f}",
        str(own.seeds),
        NOTHING if best is None else _other(best, rows[best], own.seeds),
    ]
    return "| " + " | ".join(cells) + " |"


def _rows(asked: Headline, results: Sequence[Result]) -> dict[str, Row]:
    """The table's rows that the headline is about, by method: the first of each that has a number of ours."""
    found: dict[str, Row] = {}
    for row in tables.build(asked.table, results, (asked.metric,)).rows:
        place = (row.protocol, row.subset, row.judgement)
        if place == (asked.protocol, asked.subset, asked.judgement) and row.values[0].mean is not None:
            found.setdefault(row.method.rpartition(": ")[2], row)
    return found


def _means(asked: Headline, results: Sequence[Result]) -> dict[str, Row]:
    """Means over a suite's data sets, as rows of its table; of data sets on which all methods have a result."""
    own = tables.belonging(suite(asked.table), results)
    if not own:
        return {}
    scores = collect(asked.table, own, asked.metric)
    seeds = len({result.job.seed for result in own})
    return {
        method: Row("", asked.what, "", "", method, (Value(None, None, 100 * mean, None),), seeds, 0)
        for method, mean in zip(scores.methods, scores.values.mean(0).tolist(), strict=True)
    }


def _searched(name: str) -> bool:
    """Whether the method is chosen by the test labels: a bound, which no method in use reaches."""
    return name in methods() and bool(method(name).candidates)


def _other(name: str, row: Row, seeds: int) -> str:
    text = f"{name} {_number(row.values[0].mean, row.values[0].sd)}"
    return text if row.seeds == seeds else f"{text} ({row.seeds} seed{'s' if row.seeds > 1 else ''})"


def _number(mean: float | None, sd: float | None) -> str:
    return f"{mean:.1f}" + ("" if sd is None else f" ± {sd:.1f}")
