"""Exported detectors in onnxruntime beside the library, on one thread each: agreement, size, rows a second."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from measure import in_turns, machine, put_table

from hinterland.detectors import DETECTORS
from hinterland.export import export
from hinterland.threads import threads

PAGE = Path(__file__).parents[1] / "docs" / "onnx.md"
N_FEATURES, TRAINING_ROWS, BATCH = 20, 5_000, 1_024
PROMISED = 1e-5

SHORT: dict[str, Any] = {
    "steps": 20,
    "epochs": 2,
    "decoder_steps": 5,
    "contrastive_steps": 10,
    "random_state": 0,
}
"""Training is short, as speed and agreement are those of the sizes; of these a detector takes what it has."""

VARIANTS: dict[str, dict[str, Any]] = {
    "VAE": {"network": "vae"},
    "VQ-VAE": {"network": "vqvae"},
    "Laplacians": {"density": "laplacian"},
    "energy and reconstruction": {"scoring": "energy+reconstruction"},
}
"""Of DAGMM."""


class Row(NamedTuple):
    """What was measured of a detector: seconds to write it, the largest difference, bytes, rows a second."""

    name: str
    seconds: float
    difference: float
    n_bytes: int
    theirs: float
    ours: float


def rows_of(n: int, seed: int) -> np.ndarray:
    """Rows of two clusters, correlated; one in a hundred far off."""
    draw = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).normal(size=(N_FEATURES, N_FEATURES)) / N_FEATURES**0.5
    rows = (draw.normal(size=(n, N_FEATURES)) + 3 * draw.integers(0, 2, (n, 1))) @ mixing
    return rows * np.where(np.arange(n) % 100 == 0, 1e3, 1)[:, None]


def measure(name: str, make: Callable[[], Any], rows: np.ndarray, repeats: int) -> Row:
    """Fit, export and score."""
    training = rows_of(TRAINING_ROWS, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        detector = make().fit(training, np.arange(len(training)) % 3 == 0 if make().needs_labels else None)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            started = time.process_time()
            exported = export(detector, path)
            seconds = time.process_time() - started
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            session = onnxruntime.InferenceSession(path, options)

    def by_session() -> np.ndarray:
        parts = (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
        return np.concatenate([session.run(["energy"], {"rows": part})[0] for part in parts])

    energy = detector.energy(rows)
    difference = float(np.max(np.abs(by_session() - energy) / np.maximum(1, np.abs(energy))))
    taken = in_turns({"theirs": by_session, "ours": lambda: detector.energy(rows)}, repeats)
    speed = {which: len(rows) / statistics.median(times) for which, times in taken.items()}
    return Row(name, seconds, difference, exported.n_bytes, speed["theirs"], speed["ours"])


def makers() -> dict[str, Callable[[], Any]]:
    """Makes each detector of the shelf, and variants of DAGMM, of its default size."""
    found = {}
    named = {name: (member, {}) for name, member in DETECTORS.members().items()}
    dagmm = DETECTORS.named("DAGMM")
    for name, (member, extra) in (named | {f"DAGMM, {n}": (dagmm, e) for n, e in VARIANTS.items()}).items():
        known = member().get_params()
        settings = {key: value for key, value in SHORT.items() if key in known} | extra
        found[name] = lambda member=member, settings=settings: member(**settings)
    return found


def table(measured: list[Row]) -> list[str]:
    """Lines of the page."""
    names = (
        "detector",
        "difference",
        "file, MB",
        "rows/s, onnxruntime",
        "rows/s, hinterland",
        "seconds to write",
    )
    return [
        f"| {' | '.join(names)} |",
        f"|{' --- |' * len(names)}",
        *(
            f"| `{row.name}` | {row.difference:.0e} | {row.n_bytes / 1e6:.2f} | {row.theirs:,.0f} "
            f"| {row.ours:,.0f} | {row.seconds:.0f} |"
            for row in measured
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4 * BATCH)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into docs/onnx.md")
    parser.add_argument("--check", action="store_true", help="fail where a difference is above 1e-5")
    arguments = parser.parse_args()
    rows, measured = rows_of(arguments.rows, 2), []
    with threads(1):
        print(
            f"{machine()}, onnxruntime {onnxruntime.__version__}; {arguments.rows:,} rows of {N_FEATURES} columns"
        )
        for name, make in makers().items():
            measured.append(measure(name, make, rows, arguments.repeats))
            print(table(measured)[-1], flush=True)
    if arguments.write:
        put_table(PAGE, "benchmarks/onnx_scoring.py", table(measured))
    missed = [row.name for row in measured if not row.difference <= PROMISED]
    print(f"differences above {PROMISED:g}: {', '.join(missed) or 'none'}")
    sys.exit(1 if arguments.check and missed else 0)


if __name__ == "__main__":
    main()
