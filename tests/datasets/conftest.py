import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_download(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing here reaches for the network or for the user's own cache."""
    monkeypatch.setenv("HINTERLAND_OFFLINE", "1")
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr("hinterland.datasets._fetch.cache_folder", lambda: cache)


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty data folder that the test fills itself."""
    monkeypatch.setenv("HINTERLAND_DATA", str(tmp_path))
    (tmp_path / "tabular" / "adbench").mkdir(parents=True)
    return tmp_path


@pytest.fixture(scope="session")
def real_folder() -> Path:
    """The folder with the public data, where there is one."""
    folder = os.environ.get("HINTERLAND_DATA")
    if not folder or not (Path(folder) / "tabular").is_dir():
        pytest.skip("HINTERLAND_DATA does not name a folder with the public data sets")
    return Path(folder)
