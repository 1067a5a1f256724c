"""Pictures to rows: `PictureEncoder`, and the preparation of pictures that it shares with pretrained networks."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from hinterland.errors import FileFormatError
from hinterland.parameters import check_choice, check_integer
from hinterland.pictures.folder import PictureFolder
from hinterland.preprocessing.base import ENCODERS
from hinterland.threads import threads

Source: TypeAlias = npt.NDArray[Any] | PictureFolder
Shape: TypeAlias = tuple[int, int, int]
"""Height, width and channels."""

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in the grey of a colour (ITU-R BT.601)."""
_CHUNK_ENTRIES = 2**22
MOST_PIXELS = 2**26
"""Of a picture that is brought to a size: 64 million, each four bytes a channel."""
_CHANNEL_NAMES = {1: ("",), 3: ("_red", "_green", "_blue")}


def picture_source(X: Any) -> Source:
    """Array (n, h, w, channels) or folder that X is: an array (n, h, w) or (n, h, w, channels), a folder or its path.

    Raises
    ------
    ValueError
        For anything else.
    """
    if isinstance(X, PictureFolder):
        return X
    if isinstance(X, str | os.PathLike):
        return PictureFolder(X)
    array = np.asarray(X)
    if array.ndim not in (3, 4) or array.dtype.kind not in "uf" or 0 in array.shape[1:]:
        raise ValueError(
            "pictures must be an array (n, h, w) or (n, h, w, channels) of bytes or of numbers in [0, 1], or a "
            f"folder; got an array of {array.dtype} of shape {array.shape}"
        )
    if array.dtype.kind == "u" and array.dtype != np.uint8:
        raise ValueError(
            f"pictures of integers must be uint8; got {array.dtype}: divide by the largest value"
        )
    return array if array.ndim == 4 else array[..., None]


def prepare(pictures: npt.NDArray[Any], size: tuple[int, int] | None, colour: bool | None) -> Tensor:
    """Pictures (n, h, w, channels) as float32 (n, channels, h, w) in [0, 1], in the size and colour asked for.

    Sizes change by linear interpolation, after smoothing where a picture shrinks. Grey is repeated to three channels.
    A picture gives the same bits in any company.

    Raises
    ------
    ValueError
        For numbers outside [0, 1], and where colour is asked for, for other than one or three channels.
    """
    x = torch.from_numpy(np.array(pictures, order="C")).permute(0, 3, 1, 2).float()
    if pictures.dtype == np.uint8:
        x = x / 255
    elif len(x) and not bool(((x >= 0) & (x <= 1)).all()):
        raise ValueError(
            f"pictures of {pictures.dtype} must be numbers in [0, 1]; got {pictures.min()} to {pictures.max()}"
        )
    n_channels = x.shape[1]
    if colour is not None and n_channels not in (1, 3):
        raise ValueError(f"pictures must have 1 or 3 channels where colour is set; got {n_channels}")
    if colour is False and n_channels == 3:
        red, green, blue = (share * x[:, c, None] for c, share in enumerate(LUMA))
        x = red + green + blue  # entry by entry: what sums products of matrices adds in an order of its own
    if size is not None and x.shape[2:] != size:
        x = torch.cat([_resized(picture, size) for picture in x.split(1)])
    return x.expand(-1, 3, -1, -1) if colour and n_channels == 1 else x


def _resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """One picture (1, channels, h, w) in another size; one, as a kernel may take another way with several."""
    return torch.nn.functional.interpolate(
        picture, size, mode="bilinear", antialias=True, align_corners=False
    ).clamp_(0, 1)


def prepared(
    source: Source,
    size: tuple[int, int] | None,
    colour: bool | None,
    *,
    chunk: int,
    expected: Shape | None = None,
) -> Iterator[Tensor]:
    """Prepared pictures of a source, (at most ``chunk``, channels, h, w) at a time.

    Raises
    ------
    ValueError
        For a picture of another than the expected shape (h, w, channels); it names the file.
    """

    def checked(pixels: npt.NDArray[Any], what: str) -> Tensor:
        x = prepare(pixels, size, colour)
        if expected is not None and shape_of(x) != expected:
            raise ValueError(
                f"{what} is {_shown(shape_of(x))}, expected {_shown(expected)} as at fit; "
                "set size and colour to take pictures of any"
            )
        return x

    def one(pixels: npt.NDArray[np.uint8], file: Path) -> Tensor:
        return checked(pixels[None], str(file))

    if isinstance(source, PictureFolder):
        for part in source.read(one, chunk=chunk):
            yield torch.cat(part)
    else:
        for start in range(0, len(source), chunk):
            yield checked(source[start : start + chunk], "each picture")


def first_picture(source: Source, size: tuple[int, int] | None, colour: bool | None) -> Tensor:
    """Prepared first picture (1, channels, h, w) of a source; ValueError where there is none."""
    first = next(prepared(source, size, colour, chunk=1), None)
    if first is None:
        raise ValueError("there must be at least one picture to fit to; got none")
    return first


def shape_of(x: Tensor) -> Shape:
    """Shape (h, w, channels) of each of the prepared pictures x."""
    return x.shape[2], x.shape[3], x.shape[1]


def size_pair(size: Any) -> tuple[int, int] | None:
    """Height and width that a parameter ``size`` names: one number for both, two numbers, or None."""
    if size is None:
        return None
    pair = size if isinstance(size, tuple | list) else (size, size)
    if len(pair) != 2:
        raise ValueError(f"size must be a number, a pair of height and width, or None, got {size!r}")
    for number in pair:
        check_integer("size", number, least=1)
    if math.prod(pair) > MOST_PIXELS:
        raise ValueError(f"size must be of at most {MOST_PIXELS:,} pixels, got {size!r}")
    return (int(pair[0]), int(pair[1]))


def _shown(shape: Shape) -> str:
    return " x ".join(map(str, shape))


@ENCODERS.member("PictureEncoder")
class PictureEncoder(TransformerMixin, BaseEstimator):
    """Turn pictures into rows of float32 in [0, 1]: pixels from left to right and top to bottom, channels together.

    Reads arrays (n, h, w) or (n, h, w, channels), of bytes or of numbers in [0, 1], and folders of pictures: a
    ``PictureFolder``, which can also skip broken files, or a path. A folder is decoded by a thread a core, and no
    more of it is held than its rows and a small part. A row depends on its picture alone.

    Parameters
    ----------
    size : int, (height, width) or None, default=None
        Size that pictures are brought to; None keeps them, and wants the size of ``fit``.
    colour : bool or None, default=None
        True for three channels (grey is repeated), False for grey, None keeps what is there, and wants the channels of
        ``fit``.

    Attributes
    ----------
    shape_ : (height, width, channels) of the picture that a row is.

    Examples
    --------
    >>> import numpy as np
    >>> from hinterland.preprocessing import PictureEncoder
    >>> pictures = np.full((5, 4, 6, 3), 51, dtype=np.uint8)
    >>> encoder = PictureEncoder(size=2, colour=False).fit(pictures)
    >>> encoder.transform(pictures).shape
    (5, 4)
    """

    def __init__(self, *, size: int | tuple[int, int] | None = None, colour: bool | None = None) -> None:
        self.size = size
        self.colour = colour

    @threads(1)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the shape of pictures from the first; nothing else is learnt.

        Raises
        ------
        ValueError
            For a parameter out of its range, or for what are no pictures or none at all.
        FileFormatError
            For a file that cannot be read, where a folder does not skip it.
        """
        size = size_pair(self.size)
        check_choice("colour", self.colour, (True, False, None))
        self.shape_ = shape_of(first_picture(picture_source(X), size, self.colour))
        return self

    @threads(1)
    def transform(self, X: Any) -> npt.NDArray[np.float32]:
        """Rows (n, h * w * channels) of pictures.

        Raises
        ------
        ValueError
            For pictures of another size or number of channels than those of ``fit``, unless ``size`` and ``colour``
            bring them to it; a file is named.
        FileFormatError
            For a file that cannot be read, where a folder does not skip it.
        """
        check_is_fitted(self)
        source, size = picture_source(X), size_pair(self.size)
        width = int(np.prod(self.shape_))
        rows = np.empty((len(source), width), dtype=np.float32)
        chunk, start = max(1, _CHUNK_ENTRIES // width), 0
        for x in prepared(source, size, self.colour, chunk=chunk, expected=self.shape_):
            rows[start : start + len(x)] = x.permute(0, 2, 3, 1).reshape(len(x), width).numpy()
            start += len(x)
        return rows[:start]

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Name the output columns by row, column and channel of the pixel, as ``pixel_0_27_red``."""
        check_is_fitted(self)
        height, width, n_channels = self.shape_
        suffixes = _CHANNEL_NAMES.get(n_channels, tuple(f"_{i}" for i in range(n_channels)))
        names = [f"pixel_{y}_{x}{suffix}" for y in range(height) for x in range(width) for suffix in suffixes]
        return np.array(names, dtype=object)

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give all that `from_state` needs: what JSON can hold, and arrays by name."""
        check_is_fitted(self)
        return {"params": self.get_params(), "shape": self.shape_}, {}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Restore a fitted encoder.

        Raises
        ------
        FileFormatError
            Where the state is not one that `to_state` gives.
        """
        try:
            encoder = cls(**state["params"])
            size = size_pair(encoder.size)
            check_choice("colour", encoder.colour, (True, False, None))
            height, width, n_channels = (int(number) for number in state["shape"])
            if min(height, width, n_channels) < 1 or height * width * n_channels > MOST_PIXELS:
                raise ValueError(f"the shape is {state['shape']}")
            expected = (
                size or (height, width),
                n_channels if encoder.colour is None else 3 if encoder.colour else 1,
            )
            if ((height, width), n_channels) != expected:
                raise ValueError(f"the shape is {state['shape']}, which size and colour do not give")
        except (KeyError, TypeError, ValueError) as error:
            raise FileFormatError(f"not the state of a PictureEncoder: {error!r}") from error
        encoder.shape_ = (height, width, n_channels)
        return encoder

    def __sklearn_tags__(self) -> Tags:
        return picture_tags(super().__sklearn_tags__())


def picture_tags(tags: Tags) -> Tags:
    """Tags of what reads arrays of pictures, and no tables."""
    tags.input_tags.two_d_array = False
    tags.input_tags.three_d_array = True
    tags.transformer_tags.preserves_dtype = ["float32"]
    return tags
