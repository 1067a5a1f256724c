"""`export`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from hinterland import DROCC
from hinterland.cli import app

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("onnxscript", reason="onnxscript is not installed: pip install 'hinterland[onnx]'")
pytestmark = pytest.mark.slow


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DROCC]:
    rows = np.random.default_rng(0).normal(size=(60, 2))
    detector = DROCC(hidden=(4,), steps=5, random_state=0).fit(rows)
    path = tmp_path_factory.mktemp("export") / "m.hinterland"
    detector.save(path)
    return path, detector


def test_a_saved_model_becomes_a_file_and_it_says_what_of(saved, tmp_path):
    path, detector = saved
    target = tmp_path / "m.onnx"
    result = run(path, "-o", target)
    assert result.exit_code == 0, result.stderr
    assert "gives energy, label; energies differ from the library's by" in " ".join(result.stderr.split())
    rows = np.random.default_rng(1).normal(size=(9, 2))
    energy = onnxruntime.InferenceSession(target).run(["energy"], {"rows": rows})[0]
    np.testing.assert_allclose(energy, detector.energy(rows), rtol=1e-9)
    again = run(path, "-o", target)
    assert again.exit_code == 1
    assert "is there already; --force replaces it" in again.stderr
    before = target.read_bytes()
    target.write_bytes(b"old")
    assert run(path, "-o", target, "--force", "--quiet").exit_code == 0
    assert target.read_bytes() == before


def test_what_is_no_model_is_an_error(tmp_path):
    (tmp_path / "m").write_text("nonsense")
    result = run(tmp_path / "m", "-o", tmp_path / "m.onnx")
    assert result.exit_code == 1
    assert not (tmp_path / "m.onnx").exists()
