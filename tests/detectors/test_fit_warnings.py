"""What a fit says; what it says once for itself and detectors inside of it is in ``test_base.py``."""

import warnings

import numpy as np
import pytest

from hinterland.detectors.fit_warnings import warn_of_surprises


def test_more_than_three_times_the_share_asked_for_among_held_out_rows_is_said():
    held_out = np.arange(100.0)
    with pytest.warns(UserWarning, match=r"16.0% of the rows that were held out .* 5.0% were asked for"):
        warn_of_surprises(held_out, 83.0, 0.05)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_surprises(held_out, 84.0, 0.05)
        warn_of_surprises(np.empty(0), 84.0, 0.05)
