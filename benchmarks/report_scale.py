"""A page on 1,000,000 rows: seconds from scores to page, memory over that of scoring, bytes, seconds to open.

The table is a Parquet file of mixed columns that is read in batches. Where playwright and Chromium are found the page
is also opened.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from measure import Claim, machine, report

from hinterland.pipeline import table_pipeline
from hinterland.report.data import page_data
from hinterland.report.page import render
from hinterland.report.scored import score_table
from hinterland.scoring.table import TableScorer
from hinterland.tables.source import as_table_file

N_TRAINING = 20_000
LAUNCH = ("--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run")


def write_table(path: Path, n_rows: int) -> None:
    """Numbers of several shapes, categories, a time, and a label column; a hundredth of the rows are far off."""
    generator = np.random.default_rng(0)
    schema = None
    writer = None
    for start in range(0, n_rows, 100_000):
        n = min(100_000, n_rows - start)
        truth = generator.random(n) < 0.01
        columns = {f"normal {j}": generator.normal(size=n) + 4 * truth for j in range(12)}
        columns |= {f"tailed {j}": generator.lognormal(sigma=2, size=n) for j in range(4)}
        columns["service"] = generator.choice(["http", "smtp", "ftp", "domain"], n)
        columns["when"] = np.datetime64("2024-01-01", "s") + np.arange(start, start + n)
        columns["is_anomaly"] = truth
        table = pa.table(columns)
        if writer is None:
            schema = table.schema
            writer = pyarrow.parquet.ParquetWriter(path, schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def peak() -> float:
    """Most memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def seconds_to_open(page: Path) -> float | None:
    """From the address to drawn charts and a filled list, or None without a browser."""
    executable = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if executable is None:
        return None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(LAUNCH))
        tab = browser.new_page()
        started = time.perf_counter()
        tab.goto(page.as_uri())
        tab.wait_for_selector("#list tbody tr")
        tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        taken = time.perf_counter() - started
        browser.close()
    return taken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    n_rows = parser.parse_args().rows
    print(f"{n_rows:,} rows; {machine()}")
    with tempfile.TemporaryDirectory() as folder:
        path, page = Path(folder) / "table.parquet", Path(folder) / "report.html"
        write_table(path, n_rows)
        head = next(pa.parquet.ParquetFile(path).iter_batches(N_TRAINING))
        training = pa.Table.from_batches([head]).drop_columns(["is_anomaly", "when"])
        model = table_pipeline("DAGMM", epochs=1, steps=200, random_state=0).fit(training)

        started = time.perf_counter()
        for _ in TableScorer(model, as_table_file(path), keep=[], explained="none").batches():
            pass
        scoring, memory_of_scoring = time.perf_counter() - started, peak()

        started = time.perf_counter()
        scored = score_table(model, as_table_file(path), label="is_anomaly", time_column="when")
        gathering = time.perf_counter() - started
        started = time.perf_counter()
        html = render(
            page_data(scored, saved={}), title="Scale", model_names=["DAGMM"], has_encoder=True
        ).encode()
        page.write_bytes(html)
        drawing = time.perf_counter() - started
        memory = peak() - memory_of_scoring
        opening = seconds_to_open(page)
    print(f"seconds: scoring alone {scoring:.1f}, scoring and gathering {gathering:.1f}, page {drawing:.1f}")
    claims = [
        Claim("seconds from scores to page", [drawing + max(0.0, gathering - scoring)], most=60),
        Claim("memory over that of scoring, bytes a row", [1e6 * memory / n_rows], most=400),
        Claim("page, MB", [len(html) / 1e6], most=8),
    ]
    if opening is not None:
        claims.append(Claim("seconds to open", [opening], most=2))
    return 0 if report(claims) else 1


if __name__ == "__main__":
    sys.exit(main())
