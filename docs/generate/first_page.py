"""Draw the README's picture and renew its lines of results, from the results that the project keeps."""

import contextlib
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from hinterland import plots
from hinterland.benchmark.results import headlines
from hinterland.benchmark.runs.jobs import Result
from hinterland.benchmark.runs.stored_rows import exported
from hinterland.explain import explain

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "README.md"
PICTURE = ROOT / "docs" / "images" / "tumours.svg"
KEPT = ROOT / "benchmarks" / "results.jsonl.gz"
BEGIN, END = "<!-- results: begin, by docs/generate/first_page.py -->", "<!-- results: end -->"


def renewed(page: str, results: list[Result]) -> str:
    """A page with the lines of results between its markers made anew."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{headlines.text(results)}{END}{rest.split(END)[1]}"


def example(page: str) -> dict[str, Any]:
    """Names that the page's Python example defines; what it saves is gone afterwards."""
    names: dict[str, Any] = {"__name__": "readme"}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
            exec(code, names)
    return names


def draw(names: dict[str, Any], path: Path) -> None:
    """Draw what the example finds: energies of the rows it was not trained on, and why a usual anomaly is one."""
    detector, benign = names["detector"], names["benign"]
    unseen = names["X"].drop(benign.index[:180])
    energy, is_anomaly = detector.energy(unseen), (names["y"].loc[unseen.index] == 0).to_numpy()
    row = np.flatnonzero(is_anomaly)[energy[is_anomaly].argsort()[is_anomaly.sum() // 2]]
    reasons = explain(detector, unseen.iloc[[row]])
    figure = Figure(figsize=(9, 3), layout="constrained")
    with rc_context({"svg.hashsalt": "hinterland", "svg.fonttype": "path", "font.size": 9}):
        left, right = figure.subplots(1, 2)
        plots.energy_histogram(energy, threshold=-detector.offset_, is_anomaly=is_anomaly, bins=40, ax=left)
        left.set_title("tumours that training has not seen")
        plots.contributions(reasons.columns, reasons.contributions[0], top=6, ax=right)
        right.set_title("why one of the malignant ones was flagged")
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    draw(example(text), PICTURE)
    PAGE.write_text(renewed(text, [result for result, _ in exported(KEPT)]), encoding="utf-8")
