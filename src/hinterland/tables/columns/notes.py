"""What was decided about a table's columns, said once and in few lines: a line for each topic, not for each column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

MOST_NAMED = 8


class ColumnsWarning(UserWarning):
    """Says how columns of a table are taken, which are left out, and how to have it otherwise."""


class Note(NamedTuple):
    """What is to be said of a column: on which topic, and the column with what is particular to it."""

    topic: str
    text: str


_TOPICS = {
    "identifier": "left out as identifiers or counters: {} (--kind COLUMN=number, or =category, keeps one)",
    "empty": "left out, without any value: {}",
    "ignored": "left out, as dates of which no part recurs (--absolute-time COLUMN uses one as it is): {}",
    "time": "of times only what recurs is used: {} (--absolute-time COLUMN adds the time itself)",
    "form": "read as people write them: {}",
    "ambiguous": "not settled by the values themselves: {}",
    "missing": "taken for missing: {}",
    "sentinel": "values far outside that occur often, and may stand for a missing one: {}",
    "label": "called and filled like labels, but used as any column: {}. If they say which rows are anomalies, leave "
    "them out (--drop COLUMN)",
    "rare": "categories without any value that is frequent enough to learn from, so that they hardly count: {} (--kind "
    "COLUMN=ignore leaves one out)",
    "category": "taken as categories though they hold numbers, as they are called ids: {} (--kind COLUMN=number)",
}
"""Sentences by topic, in the order in which they are said."""


def sentences(notes: Iterable[Note]) -> list[str]:
    """Give a sentence for each topic, its columns in their order."""
    found: dict[str, list[str]] = {}
    for note in notes:
        found.setdefault(note.topic, []).append(note.text)
    return [sentence.format(_listed(found[topic])) for topic, sentence in _TOPICS.items() if topic in found]


def _listed(texts: list[str]) -> str:
    more = f" and {len(texts) - MOST_NAMED} more" if len(texts) > MOST_NAMED else ""
    return ", ".join(texts[:MOST_NAMED]) + more
