import threading
import warnings

from hinterland.warning_filters import ignoring


def test_a_category_is_left_out_inside_alone():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with ignoring(RuntimeWarning):
            warnings.warn("left out", RuntimeWarning, stacklevel=1)
            warnings.warn("another", UserWarning, stacklevel=1)
        warnings.warn("after", RuntimeWarning, stacklevel=1)
    assert [str(w.message) for w in seen] == ["another", "after"]


def test_threads_that_overlap_leave_the_filters_as_they_were():
    before = list(warnings.filters)
    first_is_in, first_may_end = threading.Event(), threading.Event()
    seconds_filters = []

    def first():
        with ignoring(RuntimeWarning):
            first_is_in.set()
            first_may_end.wait(timeout=60)

    def second():
        first_is_in.wait(timeout=60)
        with ignoring(UserWarning):  # waits for the first to end
            seconds_filters.append(list(warnings.filters))

    both = [threading.Thread(target=function) for function in (first, second)]
    for thread in both:
        thread.start()
    first_is_in.wait(timeout=60)
    first_may_end.set()
    for thread in both:
        thread.join(timeout=60)
    assert warnings.filters == before
    assert seconds_filters[0][1:] == before
