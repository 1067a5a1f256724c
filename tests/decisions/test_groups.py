"""Rows of groups; what calibrations make of them is in ``test_calibration.py``."""

import numpy as np
import pytest

from hinterland.decisions.groups import EVERY_ROW, MOST_GROUPS, rows_by_group


def test_rows_are_placed_by_group_in_their_order():
    found = rows_by_group(["b", "a", "b", 3], 4)
    assert {name: places.tolist() for name, places in found.items()} == {"3": [3], "a": [1], "b": [0, 2]}
    assert {name: places.tolist() for name, places in rows_by_group(None, 3).items()} == {
        EVERY_ROW: [0, 1, 2]
    }


def test_groups_of_another_length_or_too_many_are_named():
    with pytest.raises(ValueError, match=r"one name for each of the 3 rows, got shape \(2,\)"):
        rows_by_group(["a", "b"], 3)
    with pytest.raises(ValueError, match="at most 1,000 different names, got 1,001"):
        rows_by_group(np.arange(MOST_GROUPS + 1), MOST_GROUPS + 1)
