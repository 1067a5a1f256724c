"""Training and test rows out of a truth, under the protocols of the literature.

Every split takes ``is_anomaly``, one boolean a row, and gives row numbers; no row is on both sides. All
chance comes from ``random_state`` (a seed, a NumPy ``Generator``, or None for an unforeseeable split): the
same seed gives the same split. Rows of the table that are equal in value are different rows here; see
``deduplicate``.
"""

from hinterland.datasets.splits.drawing import deduplicate, mixed_classes
from hinterland.datasets.splits.halves import (
    contaminated,
    natural_half,
    partially_labelled,
    positive_unlabelled,
)
from hinterland.datasets.splits.one_class import balanced_test, one_class, pooled, public_parts
from hinterland.datasets.splits.sides import RandomState, Rows, Split

__all__ = [
    "RandomState",
    "Rows",
    "Split",
    "balanced_test",
    "contaminated",
    "deduplicate",
    "mixed_classes",
    "natural_half",
    "one_class",
    "partially_labelled",
    "pooled",
    "positive_unlabelled",
    "public_parts",
]
