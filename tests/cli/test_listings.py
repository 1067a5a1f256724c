from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from hinterland import DAGMM, persistence
from hinterland.persistence import MANIFEST, TENSORS
from hinterland.persistence.archive import open_archive, write_archive
from hinterland.preprocessing import TabularEncoder

FILES = Path(__file__).parents[1] / "persistence" / "files"


def test_inspect_says_what_is_inside(run: Any, model: Path) -> None:
    result = run("inspect", model)
    assert (result.exit_code, result.stderr) == (0, "")
    detector = persistence.load(model)[-1]
    for shown in (
        "TabularEncoder, then DAGMM",
        f"energy above {-detector.offset_:.6g} nats",
        "training rows 220",
        f"{len(detector.history_)} epochs",
        "hidden=[8]",
    ):
        assert shown in " ".join(result.stdout.split())
    lines = [line.split() for line in result.stdout.splitlines()]
    for column, kind in {
        "id": "identifier",
        "age": "number",
        "code": "category",
        "vip": "boolean",
        "when": "time",
    }.items():
        assert any(line[:2] == [column, kind] for line in lines)
    assert ["steps", "30"] in lines


def test_inspect_as_json_is_the_description(run: Any, model: Path) -> None:
    found = json.loads(run("inspect", model, "--json").stdout)
    assert "highest 5% of the training rows" in found.pop("decisions")["threshold is"]
    assert found == persistence.describe(model)


def test_inspect_a_detector_alone(run: Any, tmp_path: Path) -> None:
    DAGMM(hidden=(4,), epochs=2, steps=0).fit([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.5, 0.2]]).save(
        tmp_path / "m"
    )
    shown = run("inspect", tmp_path / "m").stdout
    assert "training rows 4" in " ".join(shown.split())
    assert "Columns" not in shown


def test_inspect_what_is_neither_model_nor_table(run: Any, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0\0")
    for path in (tmp_path / "picture.png", tmp_path / "nothing.hinterland", folder):
        result = run("inspect", path)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: ")
        assert len(result.stderr.splitlines()) == 1


def test_detectors_are_listed_with_a_line_each(run: Any) -> None:
    result = run("detectors")
    assert result.exit_code == 0
    assert "DAGMM" in result.stdout
    assert "Surprisal (default)" in result.stdout
    listed = {entry["name"]: entry for entry in json.loads(run("detectors", "--json").stdout)}
    assert listed["Surprisal"]["default"]
    assert listed["DAGMM"]["parameters"]["latent_dim"] == {
        "default": None,
        "description": "width of the latent; None for half the columns, at most 16.",
    }
    assert listed["DAGMM"]["published"]["latent_dim"] == 1


def test_a_detectors_parameters(run: Any) -> None:
    shown = run("detectors", "dagmm").stdout
    assert "covariance_floor" in shown
    assert "share of each composite feature's variance" in shown
    assert "on_epoch" not in shown
    wrong = run("detectors", "gmm")
    assert wrong.exit_code == 2
    assert "DAGMM" in wrong.stderr


def test_datasets_says_what_is_missing(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HINTERLAND_DATA", str(tmp_path))
    monkeypatch.delenv("HINTERLAND_OFFLINE", raising=False)
    monkeypatch.setattr("hinterland.datasets._fetch.cache_folder", lambda: tmp_path / "cache")
    listed = {entry["name"]: entry for entry in json.loads(run("datasets", "--json", "-q").stdout)}
    assert listed["kddcup99"]["found"] is False
    assert "was not found" in listed["kddcup99"]["note"]
    assert "HINTERLAND_OFFLINE" not in os.environ
    assert "thyroid" in run("datasets").stdout


def test_datasets_counts_what_is_there(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    monkeypatch.setenv("HINTERLAND_DATA", str(tmp_path))
    (tmp_path / "tabular" / "adbench").mkdir(parents=True)
    np.savez(
        tmp_path / "tabular" / "adbench" / "99_small.npz", X=np.zeros((5, 3)), y=np.array([0, 0, 1, 0, 1])
    )
    monkeypatch.setattr("hinterland.datasets._fetch.cache_folder", lambda: tmp_path / "cache")
    listed = {entry["name"]: entry for entry in json.loads(run("datasets", "--json", "-q").stdout)}
    small = listed["adbench/99_small"]
    assert [small[name] for name in ("found", "rows", "columns", "anomalies")] == [True, 5, 3, 2]


def test_datasets_counts_pictures_by_their_classes(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    import numpy as np

    monkeypatch.setenv("HINTERLAND_DATA", str(tmp_path))
    monkeypatch.setattr("hinterland.datasets._fetch.cache_folder", lambda: tmp_path / "cache")
    folder = tmp_path / "images" / "mnist"
    folder.mkdir(parents=True)
    for part, n in (("train", 3), ("t10k", 2)):
        for kind, shape in (("images-idx3", (n, 28, 28)), ("labels-idx1", (n,))):
            header = bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)
            content = gzip.compress(header + bytes(int(np.prod(shape))))
            (folder / f"{part}-{kind}-ubyte.gz").write_bytes(content)
    listed = {entry["name"]: entry for entry in json.loads(run("datasets", "--json", "-q").stdout)}
    mnist = listed["mnist"]
    assert [mnist[name] for name in ("found", "rows", "columns", "anomalies")] == [True, 5, 784, None]
    assert mnist["note"] == "pictures of 28 x 28, 10 classes"
    assert not listed["cifar10"]["found"]


def test_inspect_shows_no_control_characters(run: Any, tmp_path: Path) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07"
    table = pd.DataFrame({evil: ["a", f"b{evil}"] * 30, "x": np.arange(60.0)})
    steps = [
        ("encode", TabularEncoder()),
        ("detect", DAGMM(epochs=1, steps=1, hidden=(2,), random_state=0)),
    ]
    persistence.save(Pipeline(steps).fit(table), tmp_path / "m")
    for arguments in ([], ["--json"]):
        result = run("inspect", tmp_path / "m", *arguments)
        assert result.exit_code == 0
        assert "\x1b" not in result.stdout
        assert "\x07" not in result.stdout
    assert json.loads(result.stdout)["steps"][0]["state"]["columns"][0]["name"] == evil


def test_inspect_what_describes_itself_wrongly(run: Any, model: Path, tmp_path: Path) -> None:
    with open_archive(model, (MANIFEST, TENSORS)) as archive:
        manifest, tensors = json.loads(archive.read(MANIFEST)), archive.read(TENSORS)
    manifest["object"]["steps"][-1]["fitted"]["history_"] = [1]
    write_archive(tmp_path / "m", {MANIFEST: json.dumps(manifest).encode(), TENSORS: tensors})
    result = run("inspect", tmp_path / "m")
    assert result.exit_code == 1
    assert "describes itself in a way that makes no sense" in " ".join(result.stderr.split())


def test_inspect_every_kind_of_encoder(run: Any) -> None:
    files = Path(__file__).parents[1] / "persistence" / "files"
    for name, setting in (("components", "n_components"), ("pictures", "colour"), ("scaled", "with_mean")):
        result = run("inspect", files / f"{name}.hinterland")
        assert result.exit_code == 0
        assert setting in result.stdout


@pytest.mark.parametrize(
    "name", ["positive_unlabelled", "contrastive_scorer", "deep_mixture", "cluster_and_retrain"]
)
def test_a_model_trained_in_stages_is_described_by_its_last_one(run: Any, name: str) -> None:
    history = persistence.load(FILES / f"{name}.hinterland").history_
    result = run("inspect", FILES / f"{name}.hinterland")
    assert result.exit_code == 0, result.stderr
    loss = "validation_loss" if "validation_loss" in history[-1] else "loss"
    stage = history[-1].get("stage")
    first = next(entry[loss] for entry in history if entry.get("stage") == stage)
    assert f"{loss.replace('_', ' ')} from {first:.4g} to a least" in result.stdout
