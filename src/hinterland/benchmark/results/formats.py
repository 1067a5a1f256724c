"""A table as text, Markdown, CSV or LaTeX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

from hinterland.benchmark.names import look_up
from hinterland.benchmark.results.tables import Row, Table

NOTHING = "–"
_SHORT = {
    "precision": "P",
    "recall": "R",
    "f1": "F1",
    "auroc": "AUROC",
    "average_precision": "AP",
}


def render(table: Table, how: str) -> str:
    """The table in one of ``FORMATS``; raises ``UnknownNameError`` for another."""
    return look_up("format", how, FORMATS)(table)


def text(table: Table) -> str:
    """Columns in line, for a terminal."""
    header, *body = _cells(table)
    widths = [max(len(row[j]) for row in (header, *body)) for j in range(len(header))]
    lines = [f"{table.title}", ""]
    lines += [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (header, ["-" * width for width in widths], *body)
    ]
    lines += ["", *_notes(table)]
    return "\n".join(lines) + "\n"


def markdown(table: Table) -> str:
    """A pipe table and its notes."""
    header, *body = _cells(table)
    lines = [_pipes(header), _pipes(["---"] * len(header)), *(_pipes(row) for row in body), ""]
    for note in _notes(table):
        lines += [note, ""]
    return "\n".join(lines)


def latex(table: Table) -> str:
    """A booktabs tabular, notes below it."""
    header, *body = _cells(table)
    lines = [
        f"% {table.title}",
        rf"\begin{{tabular}}{{{'l' * 4 + 'r' * (len(header) - 4)}}}",
        r"\toprule",
        " & ".join(map(_escaped, header)) + r" \\",
        r"\midrule",
        *(" & ".join(map(_escaped, row)) + r" \\" for row in body),
        r"\bottomrule",
        r"\end{tabular}",
        *(f"\\par\\footnotesize {_escaped(note)}" for note in _notes(table)),
    ]
    return "\n".join(lines) + "\n"


def comma_separated(table: Table) -> str:
    """One number a line, unrounded: for other programs. Empty cells where there is none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["table", "protocol", "dataset", "subset", "rule", "method", "metric", "reported", "reported_sd", "mean", "sd",
         "difference", "seeds", "failures", "notes"]
    )  # fmt: skip
    for row in table.rows:
        notes = " ".join(table.notes[number - 1] for number in row.notes)
        for metric, value in zip(table.metrics, row.values, strict=True):
            numbers = (value.reported, value.reported_sd, value.mean, value.sd, value.difference)
            writer.writerow(
                [table.name, row.protocol, row.dataset, row.subset, row.judgement, row.method, metric]
                + ["" if number is None else repr(number) for number in numbers]
                + [row.seeds, row.failures, notes]
            )
    return out.getvalue()


FORMATS: dict[str, Callable[[Table], str]] = {
    "text": text,
    "markdown": markdown,
    "csv": comma_separated,
    "latex": latex,
}


def _cells(table: Table) -> list[list[str]]:
    """Header and rows as text; a metric takes two columns, and two more where a paper reports numbers."""
    printed = any(value.reported is not None for row in table.rows for value in row.values)
    header = ["data", "subset", "rule", "method"]
    for metric in table.metrics:
        short = _SHORT.get(metric, metric)
        header += [f"{short} reported", f"{short} ours", "diff"] if printed else [short]
    rows = [header + ["seeds", "failed"]]
    for row in table.rows:
        cells = [row.dataset, row.subset, row.judgement, row.method + "".join(f" [{n}]" for n in row.notes)]
        for value in row.values:
            ours = _number(value.mean, value.sd)
            if printed:
                difference = NOTHING if value.difference is None else f"{value.difference:+.2f}"
                cells += [_number(value.reported, value.reported_sd), ours, difference]
            else:
                cells.append(ours)
        rows.append([*cells, _count(row.seeds, row), _count(row.failures, row)])
    return rows


def _number(value: float | None, sd: float | None) -> str:
    if value is None:
        return NOTHING
    return f"{value:.2f}" + (f" ± {sd:.2f}" if sd is not None else "")


def _count(number: int, row: Row) -> str:
    return str(number) if row.seeds or row.failures else NOTHING


def _notes(table: Table) -> list[str]:
    numbered = [f"[{number}] {note}" for number, note in enumerate(table.notes, start=1)]
    return [*numbered, *table.readings]


def _pipes(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "–": "--",
}  # fmt: skip


def _escaped(text: str) -> str:
    return re.sub("|".join(map(re.escape, _LATEX)), lambda match: _LATEX[match.group()], text)
