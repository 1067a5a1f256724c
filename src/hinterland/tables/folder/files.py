"""Which of a folder's files are tables, what their results are called, and which shard each belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hinterland.errors import TableError
from hinterland.parameters import check_integer
from hinterland.tables.folder.place import Entry, Folder
from hinterland.tables.messages import few

RESULTS = {
    ".csv": ".csv",
    ".tsv": ".tsv",
    ".parquet": ".parquet",
    ".pq": ".pq",
    ".csv.gz": ".csv",
    ".tsv.gz": ".tsv",
}
"""How names of tables end, and how those of their results."""


class Tables(NamedTuple):
    """Tables of a folder, by name, and how many of its other files are none; hidden ones are not counted."""

    entries: list[Entry]
    n_others: int


class Shard(NamedTuple):
    """Part ``number``, from 1, of ``of`` parts of a folder."""

    number: int = 1
    of: int = 1

    @classmethod
    def read(cls, text: str) -> Shard:
        """Read ``I/N``; ValueError for another text, or I outside of 1 to N."""
        number, slash, of = text.partition("/")
        if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise ValueError(f"a shard is I/N, as 1/4, with I from 1 to N, got {text!r}")
        return cls(int(number), int(of))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def tables_in(folder: Folder) -> Tables:
    """Find the tables in a folder and below, by how their names end; what starts with . or _ is hidden.

    Raises
    ------
    TableError
        Where the folder is not there or holds none, or two tables would have results of one name.
    """
    if not folder.exists():
        raise TableError(f"there is no folder {folder}")
    seen = [entry for entry in folder.entries() if not _is_hidden(entry.name)]
    entries = sorted(entry for entry in seen if _ending(entry.name) is not None)
    if not entries:
        raise TableError(f"{folder} holds no table: none of its files ends in {', '.join(RESULTS)}")
    by_result: dict[str, str] = {}
    for entry in entries:
        other = by_result.setdefault(result_name(entry.name), entry.name)
        if other != entry.name:
            raise TableError(
                f"the results of {few([other, entry.name])} in {folder} would have one name; rename one of them"
            )
    return Tables(entries, len(seen) - len(entries))


def result_name(name: str) -> str:
    """Name of a table's result below the folder of results: its own, but what was packed comes out unpacked."""
    ending = _ending(name)
    assert ending is not None
    return name[: len(name) - len(ending)] + RESULTS[ending]


def own_part(entries: Sequence[Entry], shard: Shard) -> list[Entry]:
    """Entries that a shard scores: dealt in turn, largest first, so that shards have about as many bytes.

    It follows from the names and sizes alone, so that every shard finds the same deal.
    """
    check_integer("shard", shard.number, least=1, most=shard.of)
    dealt = sorted(entries, key=lambda entry: (-entry.size, entry.name))
    return sorted(dealt[shard.number - 1 :: shard.of])


def _ending(name: str) -> str | None:
    lowered = name.lower()
    return next((ending for ending in RESULTS if lowered.endswith(ending)), None)


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "_")) for part in name.split("/"))
