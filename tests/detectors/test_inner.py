import pytest

from hinterland import DAGMM, ContrastiveScorer
from hinterland.detectors.inner import unfitted_inner


def test_one_by_name_has_the_options_then_what_they_leave_unsaid_and_the_seed():
    inner = unfitted_inner("DAGMM", {"epochs": 3, "contamination": 0.2}, 7, contamination=0.1, n_threads=2)
    assert isinstance(inner, DAGMM)
    assert (inner.epochs, inner.contamination, inner.n_threads, inner.random_state) == (3, 0.2, 2, 7)
    assert unfitted_inner("DAGMM", {"random_state": 4}, 7).random_state == 4


def test_an_instance_is_cloned_and_keeps_its_own_seed():
    mine = DAGMM(epochs=3)
    inner = unfitted_inner(mine, None, 7, contamination=0.1)
    assert inner is not mine
    assert (inner.epochs, inner.contamination, inner.random_state) == (3, mine.contamination, 7)
    assert mine.random_state is None
    assert unfitted_inner(DAGMM(random_state=4), None, 7).random_state == 4


@pytest.mark.parametrize(
    ("detector", "options", "message"),
    [
        (3, None, "detector must be the name of a detector or one itself, got 3"),
        ("DAGMM", [1], r"detector_options must be a dictionary or None, got \[1\]"),
        ("DAGMM", {"epoch": 3}, "no parameter 'epoch'; did you mean 'epochs'"),
        (DAGMM(), {"epochs": 3}, r"set them on the instance, got \['epochs'\]"),
    ],
)
def test_what_is_no_detector_and_options_that_it_has_not_are_named(detector, options, message):
    with pytest.raises(ValueError, match=message):
        ContrastiveScorer(detector, options).check_parameters()
