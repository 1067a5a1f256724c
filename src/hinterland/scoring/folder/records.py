"""What a folder of results keeps beside them of how each came about, so that results of two kinds are never mixed.

Everything lies in ``_hinterland/``, which starts with an underscore so that Spark, Arrow and Hive pass it over:
``run.json`` says which model and options made the results, and ``done/NAME.json`` of which input a result was made, and
what was counted. A record is written after its result, so that a result without one is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hinterland.errors import TableError
from hinterland.printable import shown
from hinterland.tables.folder.place import Entry, Folder

ROOM = "_hinterland"
RUN = f"{ROOM}/run.json"


@dataclass(frozen=True)
class Made:
    """Of what a result was made, and what was counted.

    Attributes
    ----------
    size, version : of the input, as ``Entry`` has them.
    result_size : bytes of the result.
    n_rows, n_flagged, n_skipped : rows of the result, those above the threshold, and those that were left out.
    selected_up_to : largest p-value that was flagged in the whole folder; None where none were selected.
    """

    size: int
    version: str
    result_size: int
    n_rows: int
    n_flagged: int
    n_skipped: int
    selected_up_to: float | None = None


class FolderRecords:
    """Records of a folder of results.

    Parameters
    ----------
    folder : of the results.
    run : what made them, plain values by name: a folder has results of one run alone.
    """

    def __init__(self, folder: Folder, run: Mapping[str, Any]) -> None:
        self._folder = folder
        self._run: dict[str, Any] = json.loads(json.dumps(dict(run)))  # as it is read again

    def claim(self) -> None:
        """Make the folder one of this run's results, unless it is already.

        Raises
        ------
        TableError
            Where it has results of another run, which the message tells apart, or other files.
        """
        content = self._folder.read(RUN)
        if content is None:
            other = next((entry.name for entry in self._entries() if not entry.name.startswith(".")), None)
            if other is not None:
                raise TableError(
                    f"{self._folder} holds files that are no results, such as {shown(other)}; give a new folder"
                )
            self.write(RUN, self._run)
            return
        found = _mapping(content)
        if found is None:
            raise TableError(
                f"{self._folder.called(RUN)} does not say what made the results; give a new folder"
            )
        differ = [name for name in {**found, **self._run} if found.get(name) != self._run.get(name)]
        if differ:
            told = "; ".join(
                f"{name} was {shown(found.get(name))} and is now {shown(self._run.get(name))}"
                for name in differ
            )
            raise TableError(
                f"{self._folder} holds results that were made otherwise, and they are not mixed: {told}. Give a new "
                "folder, or remove this one"
            )

    def made(self, name: str) -> Made | None:
        """Say of what a result was made; None where there is no record that can be read."""
        found = _mapping(self._folder.read(_place("done", name)) or b"")
        try:
            return None if found is None else Made(**found)
        except TypeError:
            return None

    def keep(self, name: str, made: Made) -> None:
        """Write a result's record."""
        self.write(_place("done", name), asdict(made))

    def kept(self, kind: str, name: str, entry: Entry) -> dict[str, Any] | None:
        """Read what was kept of an input's name in a record of another kind; None where it was of other content."""
        found = _mapping(self._folder.read(_place(kind, name)) or b"")
        if found is None or (found.pop("size", None), found.pop("version", None)) != entry[1:]:
            return None
        return found

    def keep_of(self, kind: str, name: str, entry: Entry, values: Mapping[str, Any]) -> None:
        """Write what ``kept`` reads."""
        self.write(_place(kind, name), {"size": entry.size, "version": entry.version, **values})

    def write(self, place: str, values: Mapping[str, Any]) -> None:
        """Write a record."""
        with self._folder.replacing(place) as stream:
            stream.write(json.dumps(values, indent=1).encode())

    def _entries(self) -> Any:
        return self._folder.entries() if self._folder.exists() else iter(())


def digest(content: bytes) -> str:
    """Name of a model's file by its content, by which the same model is known again."""
    return hashlib.sha256(content).hexdigest()[:16]


def _place(kind: str, name: str) -> str:
    return f"{ROOM}/{kind}/{name}.json"


def _mapping(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
