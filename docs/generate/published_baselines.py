"""Renew the table of ``docs/published-baselines.md`` from the results that the project keeps."""

from collections.abc import Sequence
from pathlib import Path

from hinterland.benchmark.results import baselines
from hinterland.benchmark.runs.jobs import Result
from hinterland.benchmark.runs.stored_rows import exported

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "published-baselines.md"
KEPT = ROOT / "benchmarks" / "results.jsonl.gz"
BEGIN = "<!-- baselines: begin, by docs/generate/published_baselines.py -->"
END = "<!-- baselines: end -->"


def renewed(page: str, results: Sequence[Result]) -> str:
    """A page with the table between its markers made anew."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{baselines.text(results)}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(
        renewed(PAGE.read_text(encoding="utf-8"), [result for result, _ in exported(KEPT)]), encoding="utf-8"
    )
