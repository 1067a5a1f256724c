"""Score a folder's tables file by file: each result whole or not at all, and none twice."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import hinterland
from hinterland import persistence
from hinterland.decisions import Calibration, Levels, Rule, rule_of
from hinterland.errors import HinterlandError
from hinterland.pipeline import encoder_and_detector
from hinterland.scoring.columns import EnergyColumn
from hinterland.scoring.decided import Flagged, PValue, calibration_of
from hinterland.scoring.folder import counts
from hinterland.scoring.folder.records import FolderRecords, Made, digest
from hinterland.scoring.table import TableScorer
from hinterland.tables import BadRows, CsvFormat, TableFile, open_writer
from hinterland.tables.folder.files import Shard, own_part, result_name, tables_in
from hinterland.tables.folder.partitions import PartitionedTable, partition_values
from hinterland.tables.folder.place import Entry, check_apart, folder_at

_OF_A_FILE = (HinterlandError, ValueError, OSError)
"""What goes wrong with one file and leaves the others as they are."""


@dataclass(frozen=True)
class Outcome:
    """What came of a table.

    Attributes
    ----------
    name : below the folder.
    state : ``scored``; ``there``, where the result was there already; or ``failed``, and nothing was written.
    n_rows, n_flagged, n_skipped : rows of the result, those above the threshold, and those that were left out.
    message : what went wrong; or why a result that was there has been made again; or what the table's rows look like.
    """

    name: str
    state: Literal["scored", "there", "failed"]
    n_rows: int = 0
    n_flagged: int = 0
    n_skipped: int = 0
    message: str = ""


class FolderScorer:
    """Scores of all tables in a folder and below, in a folder of the same names.

    A result is written under a hidden name and then renamed; its record is written after it. What was cut is resumed by
    the same call: results whose table, model and options are the same stay as they are. A table that has changed since
    is scored again, and the outcome says so; for another model or other options there is an error, as results of two
    kinds would be mixed.

    Parameters
    ----------
    model : as for ``BatchScorer``.
    source, target : folders, as paths or addresses that fsspec knows.
    shard : which part of the tables to score, so that several processes share them.
    keep, explained, top : as for ``BatchScorer``. Columns that a path names, as ``year=2024/a.csv`` does, are given to
        a model that was fitted with a column of that name, where the table itself has none, and go into no result: the
        result's own path has them.
    fdr, method : select rows at this false-discovery rate over the whole folder, as ``decided.select_rows`` does over
        one table, in two passes. Tables that cannot be read are no part of it.
    csv_format, batch_rows : as for ``TableScorer``.
    made_by : name of the model for the records; by default by what ``save`` writes of it.

    Attributes
    ----------
    entries, n_others : the tables of the shard, and how many files of the folder are no tables.
    rule : of the selection, once it is known; else None.

    Raises
    ------
    TableError
        For a folder that is not there, holds no table, or is read and written; for results of another run.
    ValueError
        For a selection in shards, none of which sees the whole folder, and as ``calibration_of``.
    """

    rule: Rule | None

    def __init__(
        self,
        model: Any,
        source: str | Path,
        target: str | Path,
        *,
        shard: Shard = Shard(),  # noqa: B008 - a tuple
        keep: Sequence[str] | Literal["all"] = "all",
        explained: Literal["flagged", "all", "none"] = "flagged",
        top: int = 3,
        fdr: float | None = None,
        method: str = "bh",
        csv_format: CsvFormat | None = None,
        batch_rows: int | None = None,
        made_by: str | None = None,
    ) -> None:
        if fdr is not None and shard.of > 1:
            raise ValueError(
                "rows are selected over all tables of a folder, and a shard sees its own alone: select without shards, "
                "or score in shards and select by the p-values of the energies afterwards"
            )
        self._model, self._source, self._target = model, folder_at(source), folder_at(target)
        self._csv = csv_format or CsvFormat()
        self._bad_rows: BadRows = self._csv.bad_rows
        self._batch_rows = batch_rows
        self._scoring: dict[str, Any] = {"keep": keep, "explained": explained, "top": top}
        self._fdr, self._method, self.rule = fdr, method, None
        self._calibration = None if fdr is None else _of_one_model(calibration_of(model))
        check_apart(self._source, self._target)
        found = tables_in(self._source)
        self.entries, self.n_others = own_part(found.entries, shard), found.n_others
        options = {
            **self._scoring,
            "fdr": fdr,
            "method": None if fdr is None else method,
            "csv": vars(self._csv),
        }
        self._records = FolderRecords(
            self._target,
            {
                "model": made_by or _made_by(model),
                "version": f"hinterland {hinterland.__version__}",
                **{name: json.dumps(value, default=str) for name, value in options.items()},
            },
        )

    @property
    def selects(self) -> bool:
        """Whether rows are selected over the whole folder."""
        return self._calibration is not None

    def claim(self) -> None:
        """Make the folder of results one of this run's, unless it is already; errors as those of ``run``."""
        self._records.claim()

    def run(self, on_share: Callable[[str, float], object] = lambda name, share: None) -> Iterator[Outcome]:
        """Score the tables, and give what came of each; ``on_share`` is told a table's name and how much was read."""
        self._records.claim()
        columns: tuple[EnergyColumn, ...] = ()
        entries = self.entries
        if self._calibration is not None:
            failed: list[Outcome] = []
            self.rule = self._select(failed, on_share)
            yield from failed
            names = {outcome.name for outcome in failed}
            entries = [entry for entry in entries if entry.name not in names]
            p_value = PValue(self._calibration)
            columns = (p_value, Flagged(p_value, self.rule))
        for entry in entries:
            there, stale = self.there(entry)
            if there is not None:
                yield there
                continue
            try:
                yield self._score(entry, columns, stale, on_share)
            except _OF_A_FILE as error:
                yield self._failed(entry, error)

    def there(self, entry: Entry) -> tuple[Outcome | None, str]:
        """Give the outcome of a table whose result is there and holds; else None, and why that one does not hold."""
        made = self._records.made(entry.name)
        stale = "" if made is None else self._stale(entry, made)
        if made is None or stale:
            return None, stale
        return Outcome(entry.name, "there", made.n_rows, made.n_flagged, made.n_skipped), ""

    def _select(self, failed: list[Outcome], on_share: Callable[[str, float], object]) -> Rule:
        """Count the p-values of all tables, those counted before aside."""
        assert self._calibration is not None
        counted = Levels()
        for entry in self.entries:
            levels = counts.kept_counts(self._records, entry)
            if levels is None:
                try:
                    levels = counts.count_p_values(
                        self._model,
                        self._calibration,
                        self._open(entry)[0],
                        on_batch=partial(_first_half, on_share, entry.name),
                        batch_rows=self._batch_rows,
                        bad_rows=self._bad_rows,
                    )
                    counts.keep_counts(self._records, entry, levels)
                except _OF_A_FILE as error:
                    failed.append(self._failed(entry, error))
                    continue
            counted.join(levels.p, levels.counts)
        smallest = self._calibration.smallest_p()
        return rule_of(counted, self._fdr or 0.0, method=self._method, smallest_p=smallest)

    def _stale(self, entry: Entry, made: Made) -> str:
        """Say why a result that is there does not hold any more; nothing where it does."""
        if (made.size, made.version) != entry[1:]:
            return "the table has changed since it was scored, and is scored again"
        if made.selected_up_to != self._selected_up_to:
            return "the selection over the folder is another than before, and the table is scored again"
        there = self._target.entry(result_name(entry.name))
        if there is None or there.size != made.result_size:
            return "its result is gone or was changed, and is made again"
        return ""

    @property
    def _selected_up_to(self) -> float | None:
        return None if self.rule is None else self.rule.threshold

    def _open(self, entry: Entry) -> tuple[TableFile, Sequence[str] | Literal["all"]]:
        """A table with the columns that its path names and the model takes, and the columns to keep."""
        table = self._source.table(entry.name, self._csv)
        keep: Sequence[str] | Literal["all"] = self._scoring["keep"]
        first, detector = encoder_and_detector(self._model)
        known = set(map(str, getattr(first or detector, "feature_names_in_", ())))
        wanted = {
            name: value
            for name, value in partition_values(entry.name).items()
            if name in known and name not in table.names
        }
        if not wanted:
            return table, keep
        return PartitionedTable(table, wanted), list(table.names) if keep == "all" else keep

    def _score(
        self,
        entry: Entry,
        columns: Sequence[EnergyColumn],
        stale: str,
        on_share: Callable[[str, float], object],
    ) -> Outcome:
        table, keep = self._open(entry)
        scorer = TableScorer(
            self._model,
            table,
            **{**self._scoring, "keep": keep},
            batch_rows=self._batch_rows,
            bad_rows=self._bad_rows,
            columns=columns,
        )
        ours = [scorer.names["top_features"]] if "top_features" in scorer.names else []
        result = result_name(entry.name)
        begun = 0.5 if columns else 0.0
        with (
            self._target.replacing(result) as stream,
            open_writer(stream, scorer.schema, harmless=ours, called=result) as writer,
        ):
            for scored in scorer.scored():
                writer.write(scored.table)
                on_share(entry.name, begun + (1 - begun) * table.share_read())
        there = self._target.entry(result)
        made = Made(
            *entry[1:],
            0 if there is None else there.size,
            scorer.n_rows,
            scorer.n_flagged,
            scorer.n_skipped,
            self._selected_up_to,
        )
        self._records.keep(entry.name, made)
        told = "; ".join(text for text in (stale, scorer.too_many()) if text)
        return Outcome(entry.name, "scored", made.n_rows, made.n_flagged, made.n_skipped, told)

    def _failed(self, entry: Entry, error: Exception) -> Outcome:
        return Outcome(entry.name, "failed", message=" ".join(str(error).split()) or type(error).__name__)


def _of_one_model(calibration: Calibration) -> Calibration:
    """The calibration, if a table's energies are all that its p-values take."""
    if calibration.groups or calibration.n_models > 1:
        by = "groups" if calibration.groups else "folds"
        raise ValueError(
            f"the model is calibrated by {by}, and a folder is selected from by one calibration for all its rows: "
            "score its tables one by one, or calibrate the model with normal rows and no --group"
        )
    return calibration


def _first_half(on_share: Callable[[str, float], object], name: str, share: float) -> None:
    on_share(name, share / 2)


def _made_by(model: Any) -> str:
    with tempfile.TemporaryDirectory(prefix="hinterland-") as folder:
        persistence.save(model, Path(folder) / "model")
        return digest((Path(folder) / "model").read_bytes())
