import itertools

import numpy as np
import pytest

from hinterland.datasets.video_features import as_dataset, read_videos
from hinterland.errors import DataNotFoundError, FileFormatError

ANNOTATIONS = """\
Abuse028_x264.mp4  Abuse  165  240  -1  -1
Arson011_x264.mp4  Arson  0  15  480  511
Normal_Videos_003_x264.mp4  Normal  -1  -1  -1  -1
Robbery102_x264.mp4  Robbery  10  20  -1  -1
"""


@pytest.fixture
def folder(tmp_path):
    """Three of the annotated videos, of 32 segments with 5 features, and one that is not annotated."""
    (tmp_path / "annotations.txt").write_text(ANNOTATIONS)
    features = tmp_path / "features"
    features.mkdir()
    for j, name in enumerate(["Normal_Videos_003_x264", "Arson011_x264", "Abuse028_x264", "Other_x264"]):
        rows = j + np.random.default_rng(j).normal(size=(32, 5))
        np.savetxt(features / f"{name}.txt", rows, fmt="%.6f")
    return tmp_path


def read(folder, **options):
    return read_videos(folder / "features", folder / "annotations.txt", **options)


def test_annotated_videos_with_features_are_read_in_the_order_of_their_names(folder):
    videos = read(folder, frames_a_segment=16)
    assert [(v.name, v.category) for v in videos] == [
        ("Abuse028_x264", "Abuse"),
        ("Arson011_x264", "Arson"),
        ("Normal_Videos_003_x264", "Normal"),
    ]
    for video in videos:
        assert video.features.shape == (32, 5)
        assert video.features.dtype == np.float32
        written = np.loadtxt(folder / "features" / f"{video.name}.txt")
        np.testing.assert_allclose(video.features, written, rtol=1e-6)


def test_segments_of_sixteen_frames_are_anomalous_where_they_share_a_frame_with_an_event(folder):
    abuse, arson, normal = (np.flatnonzero(v.is_anomaly).tolist() for v in read(folder, frames_a_segment=16))
    assert abuse == list(range(10, 16))  # frames 160 to 175 hold the first, 240 to 255 the last
    assert arson == [0, 30, 31]
    assert normal == []


def test_segments_that_divide_a_video_evenly(folder):
    frames = {"Abuse028_x264": 1412, "Arson011_x264": 512, "Normal_Videos_003_x264": 100}
    abuse, arson, _ = read(folder, n_frames=frames)
    bounds = np.linspace(0, 1412, 33)
    slow = [any(lo <= f + 0.5 < hi for f in range(165, 241)) for lo, hi in itertools.pairwise(bounds)]
    np.testing.assert_array_equal(abuse.is_anomaly, slow)
    np.testing.assert_array_equal(np.flatnonzero(arson.is_anomaly), [0, 30, 31])


def test_videos_make_a_data_set(folder):
    videos = read(folder, frames_a_segment=16)
    data = as_dataset(videos, "ucf/all")
    assert data.X.shape == (96, 5)
    assert data.is_anomaly.sum() == 9
    np.testing.assert_array_equal(data.matrix(np.float32)[32:64], videos[1].features)
    assert as_dataset(videos[:1], "ucf/Abuse").source == "segments of 1 video"
    with pytest.raises(ValueError, match="'none' must have at least one video"):
        as_dataset([], "none")


@pytest.mark.parametrize("options", [{}, {"frames_a_segment": 16, "n_frames": {}}])
def test_frames_must_be_told_in_one_way(folder, options):
    with pytest.raises(ValueError, match="frames_a_segment or n_frames must be given, and not both"):
        read(folder, **options)


def test_wrong_frames_are_named(folder):
    with pytest.raises(ValueError, match="frames_a_segment must be at least 1; got 0"):
        read(folder, frames_a_segment=0)
    with pytest.raises(ValueError, match="it lacks 'Arson011_x264'"):
        read(folder, n_frames={"Abuse028_x264": 100})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("A.mp4 Abuse 1", "line 5: expected NAME CATEGORY FIRST LAST"),
        ("A.mp4 Abuse 1 2 3", "line 5: expected NAME CATEGORY FIRST LAST"),
        ("A.mp4 Abuse one 2", "line 5: frames must be whole numbers"),
        ("A.mp4 Abuse 9 2", "line 5: an event must end after it starts"),
        ("A.mp4 Abuse -1 2", "line 5: an event must end after it starts"),
        ("Arson011_x264.mp4 Arson 1 2", "line 5: 'Arson011_x264' is there twice"),
    ],
)
def test_wrong_annotations_are_named_by_line(folder, line, message):
    (folder / "annotations.txt").write_text(ANNOTATIONS + line)
    with pytest.raises(FileFormatError, match=message):
        read(folder, frames_a_segment=16)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n3", "line 2: a segment must have as many features as the first, got 1"),
        ("1 2\n\n3 4", "line 2: .*got 0"),
        ("1 two", "line 1: could not convert"),
        ("", "no segment"),
        ("1 nan", "finite"),
        ("1e60 2", "finite"),
        ("1 2", r"all videos must have as many features; got \[2, 5\]"),
    ],
)
def test_wrong_features_are_named(folder, text, message):
    (folder / "features" / "Arson011_x264.txt").write_text(text)
    with pytest.raises(FileFormatError, match=message):
        read(folder, frames_a_segment=16)


def test_what_is_not_there_is_named(folder, tmp_path):
    with pytest.raises(DataNotFoundError, match=r"gone: no such folder"):
        read_videos(tmp_path / "gone", folder / "annotations.txt", frames_a_segment=16)
    with pytest.raises(DataNotFoundError, match=r"gone\.txt: no such file"):
        read_videos(folder / "features", tmp_path / "gone.txt", frames_a_segment=16)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataNotFoundError, match="none of 4 annotated videos"):
        read_videos(tmp_path / "empty", folder / "annotations.txt", frames_a_segment=16)
