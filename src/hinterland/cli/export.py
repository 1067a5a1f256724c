"""``hinterland export``: a saved model as an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hinterland.cli import options
from hinterland.cli.console import messages


def export(
    model: options.Model,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write, as model.onnx.", show_default=False)
    ],
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace the file if it is there.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a saved model as an ONNX file, which scores rows without Python.

    It takes a table's columns, an input each, or `rows` where the model was fitted on a matrix, and gives `energy`,
    `label` (1 normal, -1 anomaly) and, where the model is calibrated, `p_value`.
    """
    from hinterland.cli.fit import check_target

    check_target(output, force, "--output")
    with messages(quiet) as say:
        from hinterland import persistence
        from hinterland.export import export as write

        written = write(persistence.load(model), output)
        say.note(
            f"{output}: {written.n_bytes / 1e6:,.2f} MB, gives {', '.join(written.outputs)}; energies differ from the "
            f"library's by {written.largest_difference:.1g} at most, on rows that both scored"
        )
