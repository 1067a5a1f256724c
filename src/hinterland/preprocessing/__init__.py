"""Rows to a float32 matrix: what stands between a table, or pictures, and a network.

What reads pictures is imported when it is first used, as it needs torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from hinterland.preprocessing.tabular.encoder import TabularEncoder

if TYPE_CHECKING:
    from hinterland.pictures.folder import PictureFolder, PicturesSkippedWarning
    from hinterland.preprocessing.pictures.encoder import PictureEncoder
    from hinterland.preprocessing.pictures.pretrained import PretrainedFeatures
    from hinterland.preprocessing.principal_components import PrincipalComponents

_HOMES = {
    "PictureEncoder": "hinterland.preprocessing.pictures.encoder",
    "PictureFolder": "hinterland.pictures.folder",
    "PicturesSkippedWarning": "hinterland.pictures.folder",
    "PretrainedFeatures": "hinterland.preprocessing.pictures.pretrained",
    "PrincipalComponents": "hinterland.preprocessing.principal_components",
}

__all__ = [
    "PictureEncoder",
    "PictureFolder",
    "PicturesSkippedWarning",
    "PretrainedFeatures",
    "PrincipalComponents",
    "TabularEncoder",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
