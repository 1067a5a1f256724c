"""OddBench's real tables that are on this machine: one-class, by the split that each file fixes."""

import numpy as np

from hinterland.benchmark.experiments.protocol import PROTOCOLS, Protocol, Sides, load_once
from hinterland.benchmark.experiments.protocols.adbench import ALL_SETS, JUDGEMENTS, METHODS, TOGETHER
from hinterland.benchmark.experiments.suite import SUITES, Published, Suite
from hinterland.datasets import Dataset, oddbench_names

MAX_ROWS = 20_000


def _subsets() -> tuple[str, ...]:
    return tuple(oddbench_names())


def _load(name: str) -> Dataset:
    return load_once(f"oddbench/{name}")


def _fixed(data: Dataset, _: str, seed: int) -> Sides:
    assert data.split is not None
    draw = np.random.default_rng(seed)
    train, test = (_at_most(rows, draw) for rows in (data.split.train, data.split.test))
    return Sides(train, {"test": test})


def _at_most(rows: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """The rows, or ``MAX_ROWS`` random ones of them in their order."""
    return rows if len(rows) <= MAX_ROWS else np.sort(draw.permutation(rows)[:MAX_ROWS])


PROTOCOLS.add_by(
    "key",
    Protocol(
        key="oddbench-one-class",
        title="OddBench: the split of each file, trained on normal rows",
        dataset="OddBench",
        load=_load,
        split=_fixed,
        judgements=JUDGEMENTS,
        subsets=_subsets,
        average=ALL_SETS,
        readings=(
            f"One-class, by the split that OddBench's files fix: at most {MAX_ROWS:,} training and {MAX_ROWS:,} test "
            "rows, drawn by the seed where there are more, standardised by the training rows; a seed changes that draw "
            "and the method, and nothing else. F1 flags as many test rows as are anomalous, their number taken as "
            "known; the second reading takes its threshold from the training rows alone.",
        ),
    ),
    home=__name__,
)

SUITES.add_by(
    "name",
    Suite(
        "oddbench",
        "OddBench, one-class",
        ("oddbench-one-class",),
        methods=METHODS,
        together=TOGETHER,
        published=Published(
            "over all 790 sets of OddBench",
            {
                "pretrained table foundation model": {"auroc": 80.24, "average_precision": 50.43},
                "5-NN": {"auroc": 76.25, "average_precision": 42.41},
                "Isolation Forest": {"auroc": 71.26, "average_precision": 31.26},
                "DAGMM": {"auroc": 60.50, "average_precision": 25.24},
            },
        ),
    ),
    home=__name__,
)
