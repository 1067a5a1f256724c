"""Files of pictures to arrays, several at a time: decoders leave Python's lock, so threads are enough."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from hinterland.cores import usable_cores
from hinterland.errors import FileFormatError, MissingExtraError

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_GREY = ("1", "L", "LA", "La")
_ORIENTATION = 0x0112  # number of that entry of EXIF data
_DEEP = ("I", "F")
"""Modes of pictures with more than eight bits a channel: these, and those whose names start with ``I;``."""


def require_pillow(purpose: str) -> None:
    """Raise MissingExtraError unless pillow is there."""
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("pillow", "image", purpose) from error


def decode(file: Path | bytes, name: str) -> npt.NDArray[np.uint8]:
    """Picture in a file, or in its bytes: (h, w, 1) where it is grey, otherwise (h, w, 3), red, green, blue.

    It is turned as its EXIF data say. Of an animation it is the first picture; transparency is dropped.

    Raises
    ------
    FileFormatError
        For a file, which the message calls ``name``, that pillow cannot read, or with more than eight bits a channel.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as opened:
            if opened.mode in _DEEP or opened.mode.startswith("I;"):
                raise ValueError(f"its mode is {opened.mode}, expected eight bits a channel")
            turned = ImageOps.exif_transpose(opened) if opened.getexif().get(_ORIENTATION, 1) != 1 else opened
            mode = "L" if turned.mode in _GREY else "RGB"
            pixels = np.asarray(turned if turned.mode == mode else turned.convert(mode))
    except FileNotFoundError:
        raise
    except (
        Exception
    ) as error:  # a broken file can raise anything: pillow's decoders have no error of their own
        raise FileFormatError(f"{name}: not a readable picture: {error or type(error).__name__}") from error
    return pixels.reshape(*pixels.shape[:2], -1)


def _compute_alone() -> None:
    """Have torch compute with one thread in this one; a data set's pictures are decoded without torch."""
    if "torch" in sys.modules:
        from hinterland.threads import set_own_threads

        set_own_threads(1)


def in_threads(
    function: Callable[[_Item], _Result], items: Sequence[_Item], *, chunk: int
) -> Iterator[list[_Result]]:
    """Results in the order of the items, ``chunk`` at a time, by a thread a core: no more are ever held."""
    n_threads = usable_cores()

    def every(part: Sequence[_Item]) -> list[_Result]:
        return [function(item) for item in part]

    with ThreadPoolExecutor(n_threads, initializer=_compute_alone) as pool:
        for start in range(0, len(items), chunk):
            held = items[start : start + chunk]
            # Handing over single pictures costs as much as small ones take.
            size = -(-len(held) // (4 * n_threads))
            parts = [held[i : i + size] for i in range(0, len(held), size)]
            yield [result for part in pool.map(every, parts) for result in part]
