"""Features of videos' segments with frames annotated as anomalous, in the form of UCF-Crime's public files.

A features file is text and named for its video: a line a segment, its features as numbers between spaces. The file
of annotations has a line a video: its file's name, its category, and the first and last frames of up to two anomalous
events, -1 where there is none (Sultani, Chen and Shah, Real-world anomaly detection in surveillance videos, CVPR 2018).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinterland.datasets._dataset import Dataset
from hinterland.errors import DataNotFoundError, FileFormatError


@dataclass(frozen=True, eq=False)
class Video:
    """Segments of a video in their order.

    Attributes
    ----------
    name : the features file's, without its ending.
    category : the annotation's: a crime, or Normal.
    features : (n, k), a row a segment.
    is_anomaly : (n,) bool, which segments share a frame with an anomalous event.
    """

    name: str
    category: str
    features: npt.NDArray[np.float32]
    is_anomaly: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Annotation:
    category: str
    events: tuple[tuple[int, int], ...]


def read_videos(
    features: str | Path,
    annotations: str | Path,
    *,
    frames_a_segment: int | None = None,
    n_frames: Mapping[str, int] | None = None,
) -> list[Video]:
    """Videos with a features file and an annotation, in the order of their names.

    Which frames a segment has must be told, as no file says it: every segment as many (C3D's vectors have 16), or all
    segments of a video the same share of its frames (the public files with 32 segments a video).

    Parameters
    ----------
    features : folder of ``NAME.txt``.
    annotations : the file with a line ``NAME.mp4 CATEGORY FIRST LAST FIRST LAST`` a video.
    frames_a_segment : frames in each segment; the last may have fewer.
    n_frames : frames of each video by its name, where segments divide it evenly.

    Raises
    ------
    ValueError
        Not one of ``frames_a_segment`` and ``n_frames``, or a video is not in the latter.
    DataNotFoundError
        A file or folder is not there, or no annotated video has features.
    FileFormatError
        A line is not what it should be; the message has its number.
    """
    if (frames_a_segment is None) == (n_frames is None):
        raise ValueError(
            "frames_a_segment or n_frames must be given, and not both; "
            f"got {frames_a_segment!r} and {'none' if n_frames is None else f'{len(n_frames)} videos'}"
        )
    if frames_a_segment is not None and frames_a_segment < 1:
        raise ValueError(f"frames_a_segment must be at least 1; got {frames_a_segment}")
    known = _read_annotations(Path(annotations))
    folder = Path(features)
    if not folder.is_dir():
        raise DataNotFoundError(f"{folder}: no such folder of features")
    videos = []
    for path in sorted(folder.glob("*.txt")):
        if path.stem not in known:
            continue
        segments = _read_segments(path)
        if n_frames is None:
            bounds = float(frames_a_segment or 1) * np.arange(len(segments) + 1)
        elif path.stem in n_frames:
            bounds = np.linspace(0, n_frames[path.stem], len(segments) + 1)
        else:
            raise ValueError(f"n_frames must have every video with features; it lacks {path.stem!r}")
        annotation = known[path.stem]
        videos.append(Video(path.stem, annotation.category, segments, _anomalous(bounds, annotation.events)))
    if not videos:
        raise DataNotFoundError(
            f"{folder}: none of {len(known)} annotated videos has a features file NAME.txt here"
        )
    widths = {video.features.shape[1] for video in videos}
    if len(widths) > 1:
        raise FileFormatError(f"{folder}: all videos must have as many features; got {sorted(widths)}")
    return videos


def as_dataset(videos: Sequence[Video], name: str) -> Dataset:
    """One data set of the segments of videos: of one, of a category's, of all.

    Raises
    ------
    ValueError
        There is no video.
    """
    if not videos:
        raise ValueError(f"the data set {name!r} must have at least one video, got none")
    rows = np.concatenate([video.features for video in videos])
    columns = [f"f{j}" for j in range(rows.shape[1])]
    return Dataset(
        name,
        pd.DataFrame(rows, columns=columns),
        np.concatenate([video.is_anomaly for video in videos]),
        f"segments of {len(videos)} video{'s' if len(videos) > 1 else ''}",
    )


def _anomalous(bounds: npt.NDArray[np.floating], events: Sequence[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    """Whether each segment, from one bound to the next in frames from 0, shares part of a frame with an event."""
    found = np.zeros(len(bounds) - 1, dtype=bool)
    for first, last in events:  # up to and with the frame ``last``: as time from first to last + 1
        found |= (bounds[:-1] < last + 1) & (bounds[1:] > first)
    return found


def _read_segments(path: Path) -> npt.NDArray[np.float32]:
    rows: list[list[float]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = [float(word) for word in line.split()]
        except ValueError as error:
            raise FileFormatError(f"{path}, line {number}: {error}") from error
        if not row or len(row) != len((rows or [row])[0]):
            raise FileFormatError(
                f"{path}, line {number}: a segment must have as many features as the first, got {len(row)}"
            )
        rows.append(row)
    if not rows:
        raise FileFormatError(f"{path}: no segment")
    segments = np.array(rows, dtype=np.float32)
    if not np.isfinite(segments).all():
        raise FileFormatError(f"{path}: features must be finite float32 numbers")
    return segments


def _read_annotations(path: Path) -> dict[str, _Annotation]:
    if not path.is_file():
        raise DataNotFoundError(f"{path}: no such file of annotations")
    found: dict[str, _Annotation] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        try:
            frames = [int(word) for word in words[2:]]
        except ValueError as error:
            raise FileFormatError(f"{path}, line {number}: frames must be whole numbers: {error}") from error
        if len(words) < 4 or len(frames) % 2:
            raise FileFormatError(
                f"{path}, line {number}: expected NAME CATEGORY FIRST LAST ..., got {line!r}"
            )
        events = tuple(event for event in zip(frames[::2], frames[1::2], strict=True) if event != (-1, -1))
        if any(first < 0 or last < first for first, last in events):
            raise FileFormatError(f"{path}, line {number}: an event must end after it starts, got {line!r}")
        name = words[0].rpartition(".")[0] or words[0]
        if name in found:
            raise FileFormatError(f"{path}, line {number}: {name!r} is there twice")
        found[name] = _Annotation(words[1], events)
    return found
