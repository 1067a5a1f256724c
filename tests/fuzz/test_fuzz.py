"""Some hundred mutated files, always the same ones: each gives a result or one documented error.

The mutations, and what is asked of each kind of file, are those of ``benchmarks/fuzz.py``, which goes on for hours.
"""

import importlib.util
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("resource")  # limits of memory and time are POSIX
FUZZ = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz.py"


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz", FUZZ)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("kind", "n"), [("models", 800), ("tables", 250), ("stores", 300)])
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
def test_a_result_or_one_documented_error(fuzz, kind, n, tmp_path):
    counts, wrong, _ = fuzz.fuzz(kind, n, tmp_path)
    assert wrong == {}
    assert counts.total() == n
    assert len(counts) >= 3, "the mutations are all of one kind"


def test_the_harness_sees_what_goes_wrong(fuzz, tmp_path, monkeypatch):
    def broken(self, content):
        if len(content) % 2:
            raise KeyError("x")
        return "fine"

    monkeypatch.setattr(fuzz.Models, "outcome", broken)
    counts, wrong, _ = fuzz.fuzz("models", 20, tmp_path)
    assert counts["WRONG"] == len(wrong) > 0
    assert set(wrong.values()) == {"KeyError: 'x'"}


def test_time_and_memory_are_bounded(fuzz):
    with pytest.raises(fuzz.TooSlowError), fuzz.bounded(seconds=0.05):
        time.sleep(10)
    with pytest.raises(MemoryError), fuzz.bounded():
        bytearray(4 * fuzz.BYTES)
