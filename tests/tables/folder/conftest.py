from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from hinterland.tables.folder.place import Folder, folder_at


@pytest.fixture(params=["path", "file", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    """A folder that is not there yet, of each kind."""
    places = {
        "path": str(tmp_path / "a folder"),
        "file": f"file://{tmp_path}/a folder",
        "memory": f"memory://{uuid.uuid4()}/a folder",
    }
    return folder_at(places[request.param])
