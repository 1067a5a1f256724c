"""Rows that ``hinterland fit`` is told of by the values of a column: those to train on, and those that are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from hinterland.cli import options
from hinterland.cli.console import Messages

if TYPE_CHECKING:
    from hinterland.tables import TableFile

Pair = tuple[str, str]
"""A column and a value of it."""


@dataclass(frozen=True)
class LabelOptions:
    """What ``--normal-only``, ``--known-anomaly`` and ``--known-normal`` ask for."""

    normal_only: Pair | None = None
    known_anomaly: list[Pair] = field(default_factory=list)
    known_normal: list[Pair] = field(default_factory=list)

    @classmethod
    def parsed(
        cls, normal_only: str | None, known_anomaly: Sequence[str] | None, known_normal: Sequence[str] | None
    ) -> LabelOptions:
        """Read ``COLUMN=VALUE`` of each option."""
        return cls(
            None if normal_only is None else options.column_and_value(normal_only, "--normal-only"),
            [options.column_and_value(text, "--known-anomaly") for text in known_anomaly or []],
            [options.column_and_value(text, "--known-normal") for text in known_normal or []],
        )

    def columns(self) -> list[str]:
        """Columns that hold labels: they are read as text, and are no features."""
        pairs = [*([self.normal_only] if self.normal_only else []), *self.known_anomaly, *self.known_normal]
        return list(dict.fromkeys(column for column, _ in pairs))

    def check_columns(self, file: TableFile) -> None:
        """Raise the error of wrong usage where the table lacks a column."""
        for option, pairs in (
            ("--normal-only", [self.normal_only] if self.normal_only else []),
            ("--known-anomaly", self.known_anomaly),
            ("--known-normal", self.known_normal),
        ):
            options.check_columns(file, [column for column, _ in pairs], option)

    def check_detector(self, detector: Any) -> None:
        """Raise the error of wrong usage where a detector cannot do with the labels, or not without."""
        name = type(detector).__name__
        if self.known_normal and not detector.needs_labels:
            raise typer.BadParameter(
                f"{name} learns nothing from rows known to be normal among others; --normal-only COLUMN=VALUE trains "
                "on such rows alone, and --detector PositiveUnlabelled learns from them",
                param_hint="--known-normal",
            )
        if detector.needs_labels and not self.known_normal:
            raise typer.BadParameter(
                f"{name} learns from rows known to be normal; say which with --known-normal COLUMN=VALUE",
                param_hint="--detector",
            )

    def apply(self, table: Any, say: Messages) -> LabelledRows:
        """Take the rows to train on, and look which of the table's are known to be something.

        Raises
        ------
        TableError
            Where no row has a value that was asked for.
        """
        import numpy as np
        import pyarrow as pa

        from hinterland.errors import TableError
        from hinterland.tables import rows_with

        features, places = table.drop_columns(self.columns()), np.arange(table.num_rows)
        if self.normal_only is not None:
            chosen = rows_with(table, *self.normal_only)
            wanted = _written([self.normal_only])
            _warn_of_second_labels(features, chosen, f"--normal-only {wanted}", left_single=True)
            say.note(f"Training on {chosen.sum():,} of {len(chosen):,} rows, those with {wanted}")
            places = np.flatnonzero(chosen)
        known = {}
        for option, name, pairs in (
            ("--known-anomaly", "detector__is_anomaly", self.known_anomaly),
            ("--known-normal", "detector__is_normal", self.known_normal),
        ):
            if pairs:
                marked = np.any([rows_with(table, *pair) for pair in pairs], axis=0)
                _warn_of_second_labels(features, marked, f"{option} {_written(pairs)}", left_single=False)
                if not marked[places].any():
                    raise TableError(
                        f"none of the rows to train on is left of those of {option} {_written(pairs)}"
                    )
                known[name] = marked
        chosen_rows = features if self.normal_only is None else features.take(pa.array(places))
        return LabelledRows(chosen_rows, places, known)


class LabelledRows(NamedTuple):
    """Rows (n,) to train on, their places in the table, and of all of its rows which are known to be something."""

    rows: Any
    places: Any
    known: dict[str, Any]

    def arguments(self, places: Any, detector: Any, say: Messages) -> dict[str, Any]:
        """Labels of the rows at these places as arguments of the pipeline's ``fit``."""
        arguments = {name: marked[places] for name, marked in self.known.items()}
        if "detector__is_anomaly" in arguments:
            name, n_known = type(detector).__name__, int(arguments["detector__is_anomaly"].sum())
            learns = getattr(detector, "label_loss", None) is not None
            use = (
                "learns from them"
                if learns
                else "leaves them out of training (DAGMM and CADGMM learn from them)"
            )
            say.note(f"{n_known:,} rows are known anomalies: {name} {use}")
        return arguments


def codes_of(arguments: dict[str, Any], n_rows: int) -> Any:
    """Label codes (n_rows,) of what ``LabelledRows.arguments`` gave."""
    from hinterland.labels import label_codes

    return label_codes(None, n_rows, **{name.split("__")[1]: marked for name, marked in arguments.items()})


def _warn_of_second_labels(features: Any, marked: Any, option: str, *, left_single: bool) -> None:
    import warnings

    from hinterland.tables import second_labels

    single, telling = second_labels(features, marked)
    if not left_single:
        single, telling = [], single + telling
    for names, what in (
        (single, f"left with a single value by {option}, of several before: any other value will stand out"),
        (telling, f"able to tell the rows of {option} from the others"),
    ):
        if names:
            drops = " ".join(f"--drop {name}" for name in names)
            several = len(names) > 1
            warnings.warn(
                f"column{'s' if several else ''} {', '.join(map(repr, names))} {'are' if several else 'is'} {what}. "
                f"What is a label in another form must be left out: {drops}",
                UserWarning,
                stacklevel=2,
            )


def _written(pairs: Sequence[Pair]) -> str:
    return " and ".join(f"{column}={value}" for column, value in pairs)
