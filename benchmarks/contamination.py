"""How far estimates of the share of anomalies lie off on real tables, ours and PyThresh's, and whether intervals cover.

ADBench's sets and OddBench's largest that have enough anomalies for 200 rows of which 30 % are such. Half of the normal
rows, 1,000 at most, are known to be normal ("clean"); of the others and of anomalies up to 1,000 "mixed" rows are made,
1, 5, 10, 20 or 30 % of them anomalies. What each estimator is given:

- `Storey, clean rows`: a detector fitted to half of the clean rows, calibrated on the other half; its interval's lower
  end, and its estimate.
- `positive-unlabelled`: clean rows as known normal ones, mixed rows unlabelled.
- `gamma, unlabelled`, and PyThresh's thresholders: energies alone of the mixed rows, under a detector fitted to them
  ("own", each row judged by members that left it out). PyThresh's share is that of the rows it flags; it also gets the
  energies under the detector of the clean rows ("clean").

PyThresh is no dependency: `pip install --no-deps --target DIR pythresh==1.1.1`, and DIR into PYTHONPATH. A call of it
has 20 seconds, and what takes longer or fails is counted.

    python benchmarks/contamination.py --keep figures.jsonl
"""

from __future__ import annotations

import argparse
import importlib
import math
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np
from kept_lines import KeptLines

from hinterland.benchmark.experiments.protocols.robustness import PERCENTAGES, TOO_SMALL
from hinterland.datasets.adbench import adbench_names, load_adbench
from hinterland.datasets.oddbench import load_oddbench, oddbench_names
from hinterland.decisions.calibration import Calibration
from hinterland.decisions.contamination import Contamination, estimate_contamination
from hinterland.decisions.unlabelled import estimate_unlabelled
from hinterland.detectors import DeepMixture, PositiveUnlabelled

Rows = np.ndarray
MOST_ROWS, FEWEST_ROWS, N_ODDBENCH, SECONDS = 1_000, 200, 30, 20
THRESHOLDERS = ("CLF", "EB", "FILTER", "HIST", "IQR", "KARCH", "MAD", "MTT")
SMALL = {"n_components": 10, "hidden": (32,), "steps": 50, "n_references": 0}
ONE = {**SMALL, "n_members": 1, "validation_share": 0.0}


class Table(NamedTuple):
    """Rows known to be normal, and those of which mixed rows are made."""

    name: str
    clean: Rows
    normal: Rows
    anomalies: Rows

    @classmethod
    def of(cls, name: str, rows: Rows, truth: Rows, seed: int) -> Table:
        generator = np.random.default_rng(seed)
        normal = rows[generator.permutation(np.flatnonzero(~truth))]
        half = len(normal) // 2
        anomalies = rows[generator.permutation(np.flatnonzero(truth))]
        return cls(name, normal[:half][:MOST_ROWS], normal[half:], anomalies)

    @property
    def n_mixed(self) -> int:
        """Rows that can be made, as many at every share."""
        share = max(PERCENTAGES) / 100
        return min(MOST_ROWS, int(len(self.anomalies) / share), len(self.normal))

    def mixed(self, percent: int) -> tuple[Rows, float]:
        """Mixed rows (m, d) and the share of anomalies among them."""
        n_anomalies = round(self.n_mixed * percent / 100)
        rows = np.concatenate([self.anomalies[:n_anomalies], self.normal[: self.n_mixed - n_anomalies]])
        return rows, n_anomalies / self.n_mixed


def tables(seed: int) -> Iterator[Table]:
    for name in adbench_names():
        if name not in TOO_SMALL:
            data = load_adbench(name)
            yield Table.of(data.name, data.matrix(), data.is_anomaly, seed)
    sizes = {name: load_oddbench(name) for name in oddbench_names()}
    chosen = 0
    for data in sorted(sizes.values(), key=lambda data: -len(data.is_anomaly)):
        table = Table.of(data.name, data.matrix(), data.is_anomaly, seed)
        if chosen < N_ODDBENCH and table.n_mixed >= FEWEST_ROWS:
            chosen += 1
            yield table


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    def out_of_time(signum: int, frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def thresholded(name: str, energy: Rows) -> float | str:
    """Share of rows that a thresholder of PyThresh flags, or the name of what went wrong."""
    make = getattr(importlib.import_module(f"pythresh.thresholds.{name.lower()}"), name)
    try:
        with time_limit(SECONDS):
            return float(np.mean(make().eval(energy)))
    except Exception as error:  # whatever it is, it is counted
        return type(error).__name__


def told(found: Contamination) -> dict[str, Any]:
    return {"estimate": found.estimate, "low": found.low, "high": found.high, "reason": found.reason}


def figures_of(table: Table, percent: int, seed: int, thresholders: tuple[str, ...]) -> dict[str, Any]:
    rows, share = table.mixed(percent)
    half = len(table.clean) // 2
    clean = DeepMixture(**ONE, random_state=seed).fit(table.clean[:half])
    clean_energy = clean.energy(rows)
    calibration = Calibration.split(clean.energy(table.clean[half:]))
    own = DeepMixture(3, **SMALL, random_state=seed).fit(rows)
    own_energy = own.energy_as_new()
    known = np.arange(len(table.clean) + len(rows)) < len(table.clean)
    unlabelled = PositiveUnlabelled("DeepMixture", ONE, steps=500, random_state=seed)
    unlabelled.fit(np.concatenate([table.clean, rows]), is_normal=known)
    of_labels = unlabelled.anomaly_share_
    found: dict[str, Any] = {
        "Storey, clean rows": told(estimate_contamination(clean_energy, calibration)),
        "positive-unlabelled": {
            "estimate": of_labels["value"], "low": of_labels["low"], "high": of_labels["high"], "reason": ""
        },
        "gamma, unlabelled": told(estimate_unlabelled(own_energy)),
    }  # fmt: skip
    for scores, energy in (("own", own_energy), ("clean", clean_energy)):
        for name in thresholders:
            value = thresholded(name, energy)
            failed = isinstance(value, str)
            found[f"PyThresh {name}, {scores}"] = {
                "estimate": None if failed else value, "low": None, "high": None, "reason": value if failed else ""
            }  # fmt: skip
    return {"share": share, "rows": len(rows), "found": found}


def nonsense(found: dict[str, Any]) -> bool:
    """Whether a number that was told is no share, or the three are not in order."""
    numbers = [found[part] for part in ("low", "estimate", "high") if found[part] is not None]
    return any(not (math.isfinite(x) and 0 <= x <= 1) for x in numbers) or numbers != sorted(numbers)


def line_of(name: str, results: list[dict[str, Any]], part: str) -> str:
    """A line of the table: mean absolute error by share, how many answered, how often an interval covers."""
    cells = []
    for percent in PERCENTAGES:
        of_share = [one for one in results if one["percent"] == percent]
        off = [
            abs(one["found"][name][part] - one["share"])
            for one in of_share
            if one["found"][name][part] is not None
        ]
        cells.append(f"{np.mean(off):.3f}" if off else "–")
    answered = [one for one in results if one["found"][name][part] is not None]
    all_off = [abs(one["found"][name][part] - one["share"]) for one in answered]
    mean_off = f"{np.mean(all_off):.3f}" if all_off else "–"
    with_ends = [one for one in answered if one["found"][name]["high"] is not None]
    ends = ["–", "–"]
    if with_ends:
        low = np.mean([one["found"][name]["low"] <= one["share"] for one in with_ends])
        high = np.mean([one["found"][name]["high"] >= one["share"] for one in with_ends])
        ends = [f"{low:.1%}", f"{high:.1%}"]
    shown = name + (", lower end" if part == "low" else "")
    return f"| {shown} | {' | '.join(cells)} | {mean_off} | {len(answered)} of {len(results)} | {' | '.join(ends)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sets", type=int, help="how many; all by default")
    parser.add_argument(
        "--thresholders", nargs="*", default=list(THRESHOLDERS), help="of PyThresh; none for ours alone"
    )
    parser.add_argument("--keep", type=Path, help="a file of JSON lines; what it has is not run again")
    parser.add_argument("--check", action="store_true", help="fail where a number that was told is no share")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    kept, results, started = KeptLines(arguments.keep), [], time.process_time()
    thresholders = tuple(arguments.thresholders)
    for table in list(tables(arguments.seed))[: arguments.sets]:
        for percent in PERCENTAGES:
            result = kept.of(
                f"{table.name} {percent} {arguments.seed} {' '.join(thresholders)}",
                partial(figures_of, table, percent, arguments.seed, thresholders),
            )
            results.append({"percent": percent, "name": table.name, **result})
        print(
            f"{table.name[:40]:40} {result['rows']:5} rows  {time.process_time() - started:5.0f} s",
            flush=True,
        )
    print(
        f"\n{len(results) // len(PERCENTAGES)} sets, seed {arguments.seed}: mean absolute error at shares of"
    )
    print(
        f"| | {' | '.join(f'{p} %' for p in PERCENTAGES)} | all | answered | low end holds | high end holds |"
    )
    print("| --- " * (5 + len(PERCENTAGES)) + "|")
    for name in results[0]["found"]:
        print(line_of(name, results, "estimate"))
        if name.startswith("Storey"):
            print(line_of(name, results, "low"))
    reasons: dict[tuple[str, str], int] = {}
    wrong = []
    for one in results:
        for name, found in one["found"].items():
            if found["reason"]:
                reasons[name, found["reason"]] = reasons.get((name, found["reason"]), 0) + 1
            if nonsense(found):
                wrong.append(f"{name} on {one['name']} at {one['percent']} %: {found}")
    print("\nnot answered:")
    for (name, reason), times in sorted(reasons.items(), key=lambda pair: -pair[1]):
        print(f"{times:5}  {name}: {reason}")
    print(f"\n{len(wrong)} answers are no shares or out of order")
    print("\n".join(wrong))
    if arguments.check and any(not line.startswith("PyThresh") for line in wrong):
        sys.exit("an answer of ours is no share")


if __name__ == "__main__":
    main()
