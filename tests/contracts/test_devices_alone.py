"""The checks on a pretended device, in a process of their own: autograd counts devices once, when it is first used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_all_checks_on_a_pretended_device_pass():
    checks = Path(__file__).with_name("test_devices.py")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", checks],
        env={**os.environ, "HINTERLAND_PRETENDED_DEVICE": "1"},
        cwd=checks.parents[2],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-1000:]
