"""UCF-Crime's protocols, end to end on made features of the same form, as its own cannot be had freely."""

import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hinterland.benchmark.experiments.protocols import protocol
from hinterland.benchmark.runs.grid import grid
from hinterland.benchmark.runs.jobs import Job, run_job
from hinterland.cli.benchmark import app
from hinterland.errors import DataNotFoundError


@pytest.fixture
def videos(tmp_path, monkeypatch):
    """Two videos of abuse and one of a road accident, of 80 segments of 16 frames; segments 30 to 39 are the crime."""
    folder = tmp_path / "ucf_crime"
    (folder / "features").mkdir(parents=True)
    lines = []
    for name, category in (
        ("Abuse001", "Abuse"),
        ("Abuse002", "Abuse"),
        ("RoadAccidents001", "RoadAccidents"),
    ):
        generator = np.random.default_rng(len(lines))
        rows = generator.normal(size=(80, 2)) @ np.eye(2, 12) + 0.1 * generator.normal(size=(80, 12)) + 3
        rows[30:40] += 4 * generator.normal(size=(10, 12))
        np.savetxt(folder / "features" / f"{name}.txt", rows, fmt="%.6f")
        lines.append(f"{name}.mp4 {category} 480 639 -1 -1")
    lines.append("Normal001.mp4 Normal -1 -1 -1 -1")
    np.savetxt(folder / "features" / "Normal001.txt", np.ones((5, 12)))
    (folder / "annotations.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.setenv("HINTERLAND_DATA", str(tmp_path))
    return folder


def test_a_category_is_all_segments_of_its_videos_trained_on_and_scored(videos):
    category = protocol("deuad-ucf-category")
    assert category.subsets() == ("crime=Abuse", "crime=Road Accidents")
    run = category.prepare(0, "crime=Abuse")
    assert run.X_train.shape == (160, 12)
    np.testing.assert_array_equal(run.X_train, run.X_test)
    np.testing.assert_array_equal(np.flatnonzero(run.is_anomaly_test), [*range(30, 40), *range(110, 120)])


def test_a_video_is_a_data_set_of_its_own_where_it_is_long_enough(videos):
    single = protocol("deuad-ucf-video")
    assert single.subsets() == ("video=Abuse001", "video=Abuse002", "video=RoadAccidents001")
    assert single.prepare(0, "video=Abuse002").X_train.shape == (80, 12)


def test_deuad_runs_end_to_end_and_finds_the_made_crimes(videos):
    (job,) = grid(["deuad-ucf-category"], ["DEUAD"], [0], subsets=["crime=Abuse"])
    short = {**job.settings, "epochs": 4, "min_steps": 60, "hidden": [16], "latent_dim": 2, "n_clusters": 6}
    result = run_job(Job(job.method, job.protocol, job.subset, job.seed, short))
    assert not result.failed, result.trace
    (judged,) = result.metrics.values()
    assert judged["auroc"] > 0.8


@pytest.mark.slow
def test_the_commands_of_the_documents_put_ours_beside_the_papers_number(videos, tmp_path):
    text = (Path(__file__).parents[4] / "docs" / "data.md").read_text("utf-8")
    run, _, table = re.findall(r"^hinterland benchmark (.*(?:ucf|Table-5).*)$", text, re.MULTILINE)
    store = ["--store", str(tmp_path / "s.sqlite")]
    one = [*run.replace("--seeds 5", "--seeds 1").split(), "--subsets", "crime=Abuse", "--quiet"]
    done = CliRunner().invoke(app, [*one, *store])
    assert "1 jobs done, 0 of them failed" in done.stderr + done.stdout
    shown = CliRunner().invoke(app, [*table.split(), *store]).stdout
    (line,) = [line for line in shown.splitlines() if "crime=Abuse" in line and "Ours" in line]
    assert re.search(r"66\.40 .*\d\d\.\d\d .*[+-]\d", line), line


def test_without_the_data_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("HINTERLAND_DATA", str(tmp_path))
    assert protocol("deuad-ucf-category").subsets() == ()
    with pytest.raises(DataNotFoundError, match=r"deuad-ucf-category.*finds no data"):
        grid(["deuad-ucf-category"], ["DEUAD"], [0])
