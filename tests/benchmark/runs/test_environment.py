"""What a result says of where it was made."""

import platform
import shutil
import subprocess
import sys

import numpy as np
import pytest

from hinterland.benchmark.runs import environment
from hinterland.benchmark.runs.environment import commit, versions


def test_versions_are_those_that_run():
    found = versions()
    assert found["python"] == platform.python_version()
    assert found["numpy"] == np.__version__
    assert set(found) <= {"python", *environment.PACKAGES}


def test_a_package_that_is_not_there_has_no_version(monkeypatch):
    monkeypatch.setattr(environment, "PACKAGES", ("numpy", "no-such-package-anywhere"))
    assert versions.__wrapped__().keys() == {"python", "numpy"}


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository whose only file stands for the module; gives a function that runs git in it."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    module = tmp_path / "src" / "runs" / "environment.py"
    module.parent.mkdir(parents=True)
    module.write_text("# first\n")
    monkeypatch.setattr(environment, "__file__", str(module))
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)

    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    return git


def test_the_commit_and_whether_sources_were_changed(checkout, tmp_path):
    assert commit.__wrapped__() == ""  # a file that is not of the checkout
    checkout("add", ".")
    checkout("commit", "-q", "-m", "first")
    head = checkout("rev-parse", "--short=12", "HEAD")
    assert commit.__wrapped__() == head
    (tmp_path / "src" / "runs" / "environment.py").write_text("# second\n")
    assert commit.__wrapped__() == f"{head}+"


def test_without_git_there_is_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert commit.__wrapped__() == ""


PEAKS = """
import numpy as np
from hinterland.benchmark.runs.environment import peak_memory_mb, reset_peak_memory
before = peak_memory_mb()
held = np.ones(2**24)
high = peak_memory_mb()
del held
reset_peak_memory()
print(before, high, peak_memory_mb())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is counted anew on Linux alone")
def test_the_peak_grows_with_what_is_held_and_is_counted_anew():
    # In a process of its own: what others freed in this one may be held again without the peak's growing.
    done = subprocess.run([sys.executable, "-c", PEAKS], capture_output=True, text=True, check=True)
    before, high, after = map(float, done.stdout.split())
    assert high > before + 100  # of 128 MiB
    assert after < high - 100
