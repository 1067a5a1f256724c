"""Columns that look like labels, by name and by what they hold."""

import pytest

from hinterland.tables.columns.label_names import MOST_LEVELS, looks_like_a_label, sounds_like_a_label


@pytest.mark.parametrize(
    "name", ["Class", "is_fraud", "attack_cat", "ground truth", "y", "label2", "isAnomaly"]
)
def test_names_of_labels(name):
    assert sounds_like_a_label(name)


@pytest.mark.parametrize(
    "name", ["class_size", "price", "y_position", "rate of failure by day", "normalised"]
)
def test_names_of_other_columns(name):
    assert not sounds_like_a_label(name)


def test_a_label_has_two_values_or_nearly_one_or_is_a_category_of_few():
    assert looks_like_a_label("Class", 2, 0.5, "number")
    assert looks_like_a_label("Class", 40, 0.95, "number")
    assert looks_like_a_label("Class", 40, 0.1, "category")
    assert not looks_like_a_label("Class", 40, 0.1, "number")
    assert not looks_like_a_label("Class", MOST_LEVELS + 1, 0.1, "category")
    assert not looks_like_a_label("price", 2, 0.5, "number")
