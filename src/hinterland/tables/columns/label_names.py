"""Columns that look like the labels of an evaluation, left among the columns of a table."""

from __future__ import annotations

import re

from hinterland.tables.columns.identifiers import words

_NAMES = {
    "class", "label", "labels", "target", "y", "outcome", "fraud", "anomaly", "anomalous", "attack", "truth",
    "normal", "outlier", "ground", "malicious", "defect", "failure", "churn", "intrusion", "abnormal",
}  # fmt: skip
_ALONE = {"class", "label", "labels", "target", "y", "truth", "outcome", "normal"}
"""These count only as the whole name, or with such words as ``is``, ``true`` or ``attack`` beside them."""
_BESIDE = {"is", "has", "true", "ground", "binary", "attack", "anomaly", "fraud", "cat", "category", "type"}
MOST_LEVELS = 50


def sounds_like_a_label(name: str) -> bool:
    """Whether a column's name is one that labels have: ``Class``, ``is_fraud``, ``attack_cat``, ``ground truth``."""
    found = words(re.sub(r"\d+$", "", name))
    return (bool(found & (_NAMES - _ALONE)) and len(found) <= 3) or (
        bool(found & _ALONE) and found <= _ALONE | _BESIDE
    )


def looks_like_a_label(name: str, n_distinct: int, most_frequent_share: float, kind: str) -> bool:
    """Whether a column is called like a label and has two values, nearly one, or is a category of few."""
    few = n_distinct <= 2 or most_frequent_share >= 0.9 or kind == "category"
    return few and n_distinct <= MOST_LEVELS and sounds_like_a_label(name)
