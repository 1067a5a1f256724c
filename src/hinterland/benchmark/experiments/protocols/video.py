"""The end-to-end unsupervised paper's tables on UCF-Crime: segments of videos, unlabelled, trained on and scored.

The data are read from ``ucf_crime`` in the folder that ``HINTERLAND_DATA`` names: ``features/NAME.txt``, a line a
segment of 16 frames, and ``annotations.txt`` (``hinterland.datasets.video_features``).
"""

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from hinterland.benchmark.experiments.protocol import PROTOCOLS, Judgement, Protocol, Sides
from hinterland.datasets import Dataset
from hinterland.datasets.video_features import Video, as_dataset, read_videos

FRAMES_A_SEGMENT = 16
LEAST_SEGMENTS = 65
"""Of a video that is a data set of its own: 1,040 frames, as the paper asks."""
CATEGORIES = {
    name.replace(" ", ""): name
    for name in (
        "Abuse",
        "Arrest",
        "Arson",
        "Assault",
        "Burglary",
        "Explosion",
        "Fighting",
        "Road Accidents",
        "Robbery",
        "Shooting",
        "Shoplifting",
        "Stealing",
        "Vandalism",
    )
}
"""The crimes as the file of annotations writes them, and as the paper does."""
_READING = (
    "Wholly unlabelled: the segments that are scored are those that were trained on; labels serve the metric alone. A "
    "segment is anomalous where it shares a frame with an annotated event; frames or segments is not stated."
)


def _folder() -> Path:
    return Path(os.environ.get("HINTERLAND_DATA", "")) / "ucf_crime"


def _videos() -> tuple[Video, ...]:
    """The videos of crimes on this machine; none where the folder is not there."""
    return _read(_folder())


@lru_cache(maxsize=2)
def _read(folder: Path) -> tuple[Video, ...]:
    if not (folder / "annotations.txt").is_file():
        return ()
    videos = read_videos(folder / "features", folder / "annotations.txt", frames_a_segment=FRAMES_A_SEGMENT)
    return tuple(video for video in videos if video.category in CATEGORIES)


def _both_kinds(videos: list[Video]) -> bool:
    truth = np.concatenate([video.is_anomaly for video in videos])
    return bool(truth.any() and not truth.all())


def _by_category() -> dict[str, list[Video]]:
    found: dict[str, list[Video]] = {}
    for video in _videos():
        found.setdefault(f"crime={CATEGORIES[video.category]}", []).append(video)
    return {subset: own for subset, own in found.items() if _both_kinds(own)}


def _by_video() -> dict[str, list[Video]]:
    long = [video for video in _videos() if len(video.features) >= LEAST_SEGMENTS]
    return {f"video={video.name}": [video] for video in long if _both_kinds([video])}


def _all(data: Dataset, _: str, __: int) -> Sides:
    rows = np.arange(len(data.is_anomaly))
    return Sides(rows, {"test": rows})


def _segments(
    key: str, what: str, found: Callable[[], dict[str, list[Video]]], answers: str | None, average: str
) -> Protocol:
    def load(subset: str) -> Dataset:
        return as_dataset(found()[subset], subset)

    return Protocol(
        key=key,
        title=f"UCF-Crime: segments of {what}, unlabelled, trained on and scored",
        dataset="UCF-Crime",
        load=load,
        split=_all,
        judgements=(Judgement("as many flagged as anomalous", rule="natural_half", share=None),),
        scaling=None,
        subsets=lambda: tuple(found()),
        answers=answers,
        average=average,
        scores_training_rows=True,
        readings=(_READING,),
    )


PROTOCOLS.add_by(
    "key",
    _segments(
        "deuad-ucf-category",
        "a category's videos",
        _by_category,
        "deuad-ucf-category",
        "crime=average over all categories",
    ),
    _segments("deuad-ucf-video", "one video", _by_video, None, ""),
    home=__name__,
)
