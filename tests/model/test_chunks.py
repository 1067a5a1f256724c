import warnings

import numpy as np
import pytest
import torch

from hinterland.model.chunks import apply_in_chunks, chunks
from hinterland.threads import threads

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal([0, 10, -5], [1, 3, 0.1], size=(120, 3))


def test_chunks_are_bounded_and_join_to_the_rows(rows, monkeypatch):
    monkeypatch.setattr("hinterland.model.chunks.CHUNK_ENTRIES", 30)
    parts = list(chunks(rows, CPU))
    assert {len(part) for part in parts} == {10}
    np.testing.assert_array_equal(torch.cat(parts), rows)
    monkeypatch.setattr("hinterland.model.chunks.CHUNK_ENTRIES", 1)  # a row at least
    assert len(list(chunks(rows, CPU))) == len(rows)


def test_no_chunk_is_much_smaller_than_the_others(monkeypatch):
    monkeypatch.setattr("hinterland.model.chunks.CHUNK_ROWS", 10)
    assert [len(part) for part in chunks(np.zeros((21, 2)), CPU)] == [7, 7, 7]
    assert [len(part) for part in chunks(np.zeros((0, 2)), CPU)] == [0]


def test_chunks_take_any_layout_and_type(rows):
    for given in (np.asfortranarray(rows), rows[::-1], rows.astype(np.float32), rows.astype(np.int8)):
        part = torch.cat(list(chunks(given, CPU)))
        assert part.dtype == torch.float64
        np.testing.assert_array_equal(part, given)


def test_rows_that_cannot_be_written_to_are_copied_without_a_warning(rows):
    fixed = rows.copy()
    fixed.flags.writeable = False
    torch.set_warn_always(True)  # torch would warn once a process only
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            part = torch.cat(list(chunks(fixed, CPU)))
    finally:
        torch.set_warn_always(False)
    part.zero_()
    np.testing.assert_array_equal(fixed, rows)


def test_a_function_is_applied_without_gradient_and_joined(rows, monkeypatch):
    monkeypatch.setattr("hinterland.model.chunks.CHUNK_ENTRIES", 30)
    weight = torch.ones((), requires_grad=True)
    found = apply_in_chunks(lambda x: (weight * x).sum(1).float(), rows, CPU)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, rows.sum(1), rtol=1e-6)


def test_several_threads_give_what_one_does(rows, monkeypatch):
    monkeypatch.setattr("hinterland.model.chunks.CHUNK_ENTRIES", 30)
    weight = torch.ones((), requires_grad=True)
    for n in (1, 2):
        with threads(n):
            found = apply_in_chunks(lambda x: (weight * x).exp().sum(1), rows, CPU)
        np.testing.assert_allclose(found, np.exp(rows).sum(1), rtol=1e-12)
