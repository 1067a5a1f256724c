"""Renew the guide's table of which detector does best where, from the results that the project keeps."""

from collections.abc import Sequence
from pathlib import Path

from hinterland.benchmark.experiments.index import suite
from hinterland.benchmark.results import tables
from hinterland.benchmark.results.compare import collect
from hinterland.benchmark.runs.jobs import Result
from hinterland.benchmark.runs.stored_rows import exported

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guide" / "which-detector.md"
KEPT = ROOT / "benchmarks" / "results.jsonl.gz"
BEGIN, END = "<!-- results: begin, by docs/generate/decision_table.py -->", "<!-- results: end -->"
SUITES = {
    "oddbench": "tables, trained on normal rows (OddBench)",
    "adbench": "tables, trained on normal rows (ADBench)",
    "resnet18-features": "frozen ResNet-18 features of pictures",
    "robustness": "1 to 30 % anomalies among the training rows",
}
SHOWN = 4
"""Methods a line."""


def line(name: str, about: str, results: Sequence[Result]) -> str:
    """A suite's best methods by mean AUROC, in percent, over the data sets that all of them finished."""
    scores = collect(name, tables.belonging(suite(name), results), "auroc")
    means = sorted(zip(scores.values.mean(0) * 100, scores.methods, strict=True), reverse=True)
    best = ", ".join(f"{method} {mean:.1f}" for mean, method in means[:SHOWN])
    return f"| [{about}](../results/{name}.md) | {len(scores.values)} | {best} |"


def renewed(page: str, results: Sequence[Result]) -> str:
    """A page with the table between its markers made anew."""
    before, rest = page.split(BEGIN)
    rows = "\n".join(line(name, about, results) for name, about in SUITES.items())
    table = f"| data | sets | best by mean AUROC, in percent |\n| --- | --- | --- |\n{rows}"
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(
        renewed(PAGE.read_text(encoding="utf-8"), [result for result, _ in exported(KEPT)]), encoding="utf-8"
    )
