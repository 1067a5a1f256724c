"""One history of several trainings that follow one another."""

from __future__ import annotations

from collections.abc import Callable

from hinterland.training.history import Entry, History


class StagedHistory:
    """The entries of several stages as one list, in which epochs and seconds go on counting.

    Each entry has its ``stage`` beside what the training loop puts into it.

    Parameters
    ----------
    on_epoch : called with each entry, or None.
    """

    def __init__(self, on_epoch: Callable[[Entry], None] | None) -> None:
        self.entries: History = []
        self._on_epoch = on_epoch

    def stage(self, number: int) -> Callable[[Entry], None]:
        """Begin a stage; what it gives is called with each of its entries."""
        before = self.entries[-1] if self.entries else {"epoch": 0, "seconds": 0.0}

        def record(entry: Entry) -> None:
            self.entries.append(
                {
                    "stage": number,
                    **entry,
                    "epoch": before["epoch"] + entry["epoch"],
                    "seconds": before["seconds"] + entry["seconds"],
                }
            )
            if self._on_epoch is not None:
                self._on_epoch(self.entries[-1])

        return record

    def repeat(self, entries: History) -> None:
        """Take in the entries of stages that were trained before."""
        for entry in entries:
            self.entries.append(dict(entry))
            if self._on_epoch is not None:
                self._on_epoch(self.entries[-1])
