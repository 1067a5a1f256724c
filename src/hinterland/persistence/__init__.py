"""Fitted objects on disk: one file of JSON and arrays, from which loading rebuilds them and executes nothing.

- ``archive``  bytes by name in one file: written atomically, checked when read
- ``values``     plain values and arrays to JSON and arrays, and back
- ``models``     models, by the settings of their parts and their arrays
- ``calibration``  what p-values compare with
- ``settings``   parameters of estimators; no place and no code among them
- ``columns``    whether an encoder's columns are such as a fit gives
- ``agreement``  whether what was read fits together, up to scoring rows
- ``objects``    detectors, encoders, scalers and pipelines to nodes of all these, and back
- ``classes``    classes by name: those on hinterland's own shelves; no name in a file is ever imported
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import safetensors.numpy
import sklearn
import torch

import hinterland
from hinterland.errors import FileFormatError
from hinterland.model.ensemble import Ensemble
from hinterland.parameters import check_device
from hinterland.persistence.archive import open_archive, write_archive
from hinterland.persistence.objects import check_form, pack_object, unpack_object
from hinterland.persistence.values import Arrays, Node, plain
from hinterland.printable import printable, shown
from hinterland.threads import threads
from hinterland.whole_files import Path

__all__ = ["SUFFIX", "describe", "load", "save"]

SUFFIX = ".hinterland"
"""What the names of saved files end with, by custom; nothing depends on it."""

FORMAT, VERSION = "hinterland", 2
MANIFEST, TENSORS = "manifest.json", "tensors.safetensors"


@threads(1)
def save(obj: Any, path: Path) -> None:
    """Write a fitted detector, encoder, scaler or pipeline of these to one file, atomically.

    The same object gives the same bytes. What belongs to a run is left out: generators in ``random_state``,
    callbacks (``on_...``), a pipeline's ``memory``.

    Raises
    ------
    NotFittedError
        For an object, or a step, that is not fitted.
    TypeError
        For one that cannot be saved; it names the step and what can be saved.
    OSError
        Where the file cannot be written; it names the path, and what was there is still there.
    """
    arrays: Arrays = {}
    manifest = {
        "format": FORMAT,
        "format_version": VERSION,
        "library_version": hinterland.__version__,
        "torch_version": str(torch.__version__),
        "sklearn_version": str(sklearn.__version__),
        "object": pack_object(obj, "the object", "", arrays),
    }
    text = json.dumps(manifest, indent=1, allow_nan=False)
    write_archive(path, {MANIFEST: text.encode(), TENSORS: safetensors.numpy.save(arrays)})


@threads(1)
def load(path: Path, *, device: str = "cpu") -> Any:
    """Read what ``save`` wrote; a detector's models are put on ``device``, whatever it was trained on.

    Loaded objects give the same bits as the saved ones on the same machine and device, with as many threads.

    Raises
    ------
    FileFormatError
        For a file that is foreign, cut short, damaged, edited, or of a newer format; it says which.
    FileNotFoundError
        Where there is no file.
    ValueError
        For a device that torch does not have here, or without double precision.
    """
    check_device("device", device, double=True)
    with open_archive(path, (MANIFEST, TENSORS)) as archive:
        manifest = _manifest(archive.read(MANIFEST))
        arrays = safetensors.numpy.load(archive.read(TENSORS))
        try:
            return _READERS[manifest["format_version"]](manifest["object"], arrays, torch.device(device))
        except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise FileFormatError(
                f"its content does not fit together here: {type(error).__name__}: {printable(str(error))} (written by "
                f"hinterland {manifest.get('library_version')}, this is {hinterland.__version__})"
            ) from error


def describe(path: Path) -> dict[str, Any]:
    """What a saved file holds, as plain JSON-able values; reads the manifest alone.

    Keys: ``bytes`` (the file's size), ``format_version``, ``library_version``, ``torch_version``,
    ``sklearn_version``, ``kind`` (``detector``, ``encoder``, ``scaler`` or ``pipeline``), ``class``, and those of
    the kind: ``parameters`` and ``fitted`` (learnt attributes; an array by shape and dtype, a model by its
    parts), an encoder's ``state`` and ``arrays``, a pipeline's ``steps`` as a list of the same keys and ``name``.

    Raises
    ------
    FileFormatError, FileNotFoundError
        As ``load``.
    """
    with open_archive(path, (MANIFEST, TENSORS)) as archive:
        manifest = _manifest(archive.read(MANIFEST))
        node = manifest.pop("object")
        check_form(node)
        described = {"bytes": os.stat(path).st_size, **manifest, **plain(node)}
        for part in (described, *described.get("steps", ())):
            if "model_" in part.get("fitted", ()):
                part["fitted"]["models_"] = _members(part["fitted"].pop("model_"))
        return described


def _members(model: dict[str, Any]) -> list[dict[str, Any]]:
    """The members of a mean of models, as ``Detector.models_`` has them, or the model itself."""
    of_mean = model["class"] == Ensemble.__name__ and model.get("weights") is None
    members: list[dict[str, Any]] = model["members"] if of_mean else [model]
    return members


def _manifest(content: bytes) -> Node:
    manifest = json.loads(content, parse_constant=_no_constant)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise FileFormatError(f"its {MANIFEST} is not one of a hinterland file")
    version = manifest.get("format_version")
    texts = {name: manifest.get(name) for name in ("library_version", "torch_version", "sklearn_version")}
    if type(version) is int and version > VERSION:
        raise FileFormatError(
            f"it has format version {version}, written by hinterland {texts['library_version']}; this is "
            f"hinterland {hinterland.__version__}, which reads up to version {VERSION}: upgrade hinterland"
        )
    if type(version) is not int or version not in _READERS:
        raise FileFormatError(f"it has format version {shown(version)}, expected one of {sorted(_READERS)}")
    keys = {"format", "format_version", "object", *texts}
    if manifest.keys() != keys or not all(isinstance(text, str) for text in texts.values()):
        raise FileFormatError(f"its {MANIFEST} must hold {sorted(keys)}, got {shown(sorted(manifest))}")
    del manifest["format"]
    return manifest


def _no_constant(name: str) -> None:
    raise FileFormatError(f"its {MANIFEST} holds {name}, which is no JSON")


def _read(node: Node, arrays: Arrays, device: torch.device) -> Any:
    check_form(node)
    with np.errstate(all="ignore"):  # what overflows is found by its result
        obj = unpack_object(node, arrays, device)
    if arrays:
        raise ValueError(f"nothing refers to its arrays {shown(sorted(arrays)[:5])}")
    return obj


# A new format gets a reader of its own here, and the old ones stay.
_READERS: dict[int, Callable[[Node, Arrays, torch.device], Any]] = {
    1: _read,  # a detector has its models as a list
    2: _read,
}
