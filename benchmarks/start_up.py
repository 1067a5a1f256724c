"""Start-up: processor seconds of whole processes, from `import hinterland` to a table of 100 rows scored, by budget.

    python benchmarks/start_up.py

Processes of all kinds run in turn. Figures are seconds of the processor, as other programs' turns say nothing; on an
idle machine those of the clock are the same. `torch` and `scikit-learn` are what scoring cannot do without: nothing
that is done here makes it faster than these two. `onnxruntime` is the same rows scored by an exported model.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from measure import Claim, machine, put_table, ratios, report

PAGE = Path(__file__).parents[1] / "docs" / "onnx.md"
N_ROWS, N_COLUMNS, TRAINING_ROWS = 100, 10, 2_000

BY_SESSION = """
import sys
import numpy as np, onnxruntime
rows = np.loadtxt(sys.argv[2], delimiter=",", skiprows=1)
session = onnxruntime.InferenceSession(sys.argv[1])
energy, = session.run(["energy"], {f"c{j}": column for j, column in enumerate(rows.T)})
np.savetxt(sys.argv[3], energy)
"""
WITHOUT_TORCH = ("onnxruntime",)
BUDGETS = {"import hinterland": 0.05, "hinterland --help": 0.3, "hinterland score": 2.5}


def hinterland(*arguments: object) -> list[str]:
    """The command line's words."""
    return [sys.executable, "-m", "hinterland", *map(str, arguments)]


def write_rows(path: Path, n_rows: int, seed: int) -> None:
    """Write a CSV file of normal numbers."""
    names = ",".join(f"c{j}" for j in range(N_COLUMNS))
    rows = np.random.default_rng(seed).normal(size=(n_rows, N_COLUMNS))
    np.savetxt(path, rows, delimiter=",", header=names, comments="")


def processor_seconds(words: list[str]) -> float:
    """Seconds of the processor, its own and the system's, of a process that must end well."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed with status {os.waitstatus_to_exitcode(status)}: {' '.join(words)}")
    return usage.ru_utime + usage.ru_stime


def processes(folder: Path) -> dict[str, list[str]]:
    """Words of the processes that are timed, by name; makes the models that they score with."""
    model, rows = folder / "model.hinterland", folder / "rows.csv"
    write_rows(folder / "training.csv", TRAINING_ROWS, 0)
    write_rows(rows, N_ROWS, 1)
    subprocess.run(hinterland("fit", folder / "training.csv", "--save", model, "--quiet"), check=True)
    subprocess.run(hinterland("export", model, "-o", folder / "model.onnx", "--quiet"), check=True)
    python = [sys.executable, "-c"]
    return {
        "python": [*python, ""],
        "import hinterland": [*python, "import hinterland"],
        "hinterland --help": hinterland("--help"),
        "import torch": [*python, "import torch"],
        "import torch, sklearn.base": [*python, "import torch, sklearn.base"],
        "hinterland score": hinterland("score", model, rows, "-o", folder / "scored.csv", "--quiet"),
        "onnxruntime": [*python, BY_SESSION, str(folder / "model.onnx"), str(rows), str(folder / "by.txt")],
    }


def megabytes(names: tuple[str, ...]) -> float:
    """Size on disk of distributions and of all that these require."""
    return sum(_bytes(name) for name in required(names)) / 1e6


def required(names: tuple[str, ...]) -> set[str]:
    """Distributions and what these require, at any depth, without extras; what is not installed is left out."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            requirements = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        found.add(name)
        needed = map(Requirement, requirements)
        waiting += [r.name for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
    return found


def _bytes(name: str) -> int:
    files = importlib.metadata.files(name) or []
    return sum(path.stat().st_size for path in map(Path, (f.locate() for f in files)) if path.is_file())


def table(seconds: dict[str, list[float]]) -> list[str]:
    """Lines of the page: what scoring takes with the library, and with onnxruntime alone."""
    floor = statistics.median(seconds["import torch, sklearn.base"])
    needed = {
        "hinterland": (megabytes(("hinterland",)), seconds["hinterland score"]),
        "onnxruntime": (megabytes(WITHOUT_TORCH), seconds["onnxruntime"]),
    }
    lines = [
        "| scored by | installed, MB | 100 rows, processor seconds | of these imports |",
        "|" + " --- |" * 4,
    ]
    bare = {"hinterland": f"torch and scikit-learn {floor:.2f}", "onnxruntime": "nearly all"}
    for name, (size, taken) in needed.items():
        spread = f"{statistics.median(taken):.2f} ({min(taken):.2f} to {max(taken):.2f})"
        lines.append(f"| `{name}` | {size:,.0f} | {spread} | {bare[name]} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="put the table into docs/onnx.md")
    parser.add_argument("--check", action="store_true", help="fail where a budget is missed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        words = processes(Path(folder))
        seconds: dict[str, list[float]] = {name: [] for name in words}
        for _ in range(arguments.repeats):
            for name, process in words.items():
                seconds[name].append(processor_seconds(process))
    print(machine())
    floor = seconds["import torch, sklearn.base"]
    met = report(
        [
            *(Claim(f"{name}: seconds", taken, most=BUDGETS.get(name)) for name, taken in seconds.items()),
            Claim("score over torch and scikit-learn", ratios(seconds["hinterland score"], floor)),
        ]
    )
    if arguments.write:
        put_table(PAGE, "benchmarks/start_up.py", table(seconds))
    sys.exit(1 if arguments.check and not met else 0)


if __name__ == "__main__":
    main()
