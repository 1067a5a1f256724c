import pytest

from hinterland.offline import is_offline


@pytest.mark.parametrize(
    ("value", "expected"), [(None, False), ("", False), ("0", False), ("1", True), ("yes", True)]
)
def test_the_variable_forbids_downloads(monkeypatch, value, expected):
    monkeypatch.delenv("HINTERLAND_OFFLINE", raising=False)
    if value is not None:
        monkeypatch.setenv("HINTERLAND_OFFLINE", value)
    assert is_offline() is expected
