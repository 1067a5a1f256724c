import gzip
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hinterland import download
from hinterland.datasets import _fetch
from hinterland.datasets._fetch import PublicFile, fetch, find
from hinterland.errors import DataNotFoundError, FileFormatError

CONTENT = b"1,2,3\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict]:
    """A web server on this machine: ``pages`` by path, ``requests`` as they come, ``url`` to reach it."""
    monkeypatch.setenv("HINTERLAND_OFFLINE", "0")
    monkeypatch.delenv("HINTERLAND_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    pages: dict[str, bytes] = {}
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            body = pages.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield {"url": f"http://127.0.0.1:{server.server_port}", "pages": pages, "requests": requests}
    server.shutdown()
    server.server_close()


def cached() -> list[str]:
    return sorted(
        str(p.relative_to(_fetch.cache_folder())) for p in _fetch.cache_folder().rglob("*") if p.is_file()
    )


def test_data_folder_comes_before_the_cache(own_folder):
    file = PublicFile("tabular/a.csv", "http://nowhere.invalid/a.csv", SHA256)
    in_cache, in_folder = _fetch.cache_folder() / file.path, own_folder / file.path
    in_cache.parent.mkdir(parents=True)
    in_cache.write_bytes(CONTENT)
    assert fetch(file) == in_cache
    in_folder.write_bytes(b"the user's own rows, not checked")
    assert fetch(file) == in_folder


def test_download_is_kept_under_its_name_and_not_repeated(site):
    site["pages"]["/x/a.csv"] = CONTENT
    file = PublicFile("tabular/a.csv", site["url"] + "/x/a.csv", SHA256)
    path = fetch(file)
    assert path == _fetch.cache_folder() / "tabular" / "a.csv"
    assert path.read_bytes() == CONTENT
    assert fetch(file) == path
    assert site["requests"] == ["/x/a.csv"]
    assert cached() == ["tabular/a.csv"]


def test_archive_packed_differently_is_the_same_file(site):
    packed = gzip.compress(CONTENT, compresslevel=1, mtime=5)
    assert packed != gzip.compress(CONTENT, compresslevel=9, mtime=7)
    site["pages"]["/a.gz"] = packed
    assert fetch(PublicFile("a.gz", site["url"] + "/a.gz", SHA256, gzipped=True)).read_bytes() == packed


@pytest.mark.parametrize(
    ("body", "gzipped", "message"),
    [
        (CONTENT + b"4,5,6\n", False, f"expected {SHA256}; nothing was saved"),
        (b"<html>moved</html>", True, "not a whole gzip file"),
        (gzip.compress(CONTENT)[:-20], True, "not a whole gzip file"),
        (gzip.compress(CONTENT + b"4"), True, f"unpacked contents .* expected {SHA256}"),
    ],
)
def test_wrong_download_is_refused_and_leaves_nothing_behind(site, body, gzipped, message):
    site["pages"]["/a"] = body
    with pytest.raises(FileFormatError, match=message):
        fetch(PublicFile("tabular/a", site["url"] + "/a", SHA256, gzipped=gzipped))
    assert cached() == []


def test_missing_page_is_told_with_every_place_and_a_remedy(site, monkeypatch, tmp_path):
    monkeypatch.setenv("HINTERLAND_DATA", str(tmp_path / "gone"))
    file = PublicFile("tabular/a.csv", site["url"] + "/a.csv", SHA256)
    with pytest.raises(DataNotFoundError) as caught:
        fetch(file)
    message = str(caught.value)
    assert f"{tmp_path / 'gone'}, which is not a folder" in message
    assert str(tmp_path / "gone" / "tabular" / "a.csv") in message
    assert str(_fetch.cache_folder() / "tabular" / "a.csv") in message
    assert f"Download from {file.url}: failed: HTTPError: 404" in message
    assert "Set HINTERLAND_DATA to a folder that holds tabular/a.csv" in message
    assert cached() == []


def test_no_network_is_a_named_error(site):
    port_that_nobody_serves = "http://127.0.0.1:1/a.csv"
    with pytest.raises(DataNotFoundError, match=r"HINTERLAND_DATA is not set[\s\S]*failed: ConnectionError"):
        fetch(PublicFile("a.csv", port_that_nobody_serves, SHA256))


def test_offline_switch_keeps_from_downloading(site, monkeypatch):
    site["pages"]["/a.csv"] = CONTENT
    monkeypatch.setenv("HINTERLAND_OFFLINE", "1")
    with pytest.raises(DataNotFoundError, match="not tried, because HINTERLAND_OFFLINE is set"):
        fetch(PublicFile("a.csv", site["url"] + "/a.csv", SHA256))
    assert site["requests"] == []


def test_cache_that_cannot_be_written_is_a_named_error(site, monkeypatch, tmp_path):
    site["pages"]["/a.csv"] = CONTENT
    blocked = tmp_path / "file-not-folder"
    blocked.write_text("in the way")
    monkeypatch.setattr(_fetch, "cache_folder", lambda: blocked)
    with pytest.raises(DataNotFoundError, match=r"failed: \w+Error"):
        fetch(PublicFile("a.csv", site["url"] + "/a.csv", SHA256))


def test_what_nobody_offers_is_found_or_described(own_folder):
    with pytest.raises(DataNotFoundError) as caught:
        find("images/a.zip", "a zip of the pictures at example.org")
    message = str(caught.value)
    assert str(own_folder / "images" / "a.zip") in message
    assert message.endswith(
        "Set HINTERLAND_DATA to a folder that holds it: a zip of the pictures at example.org."
    )
    (own_folder / "images").mkdir()
    (own_folder / "images" / "a.zip").write_bytes(CONTENT)
    assert find("images/a.zip", "") == own_folder / "images" / "a.zip"


def test_a_download_without_an_end_is_cut_off(site, monkeypatch):
    site["pages"]["/a.csv"] = CONTENT
    file = PublicFile("tabular/a.csv", site["url"] + "/a.csv", SHA256)
    monkeypatch.setattr(download, "MOST_BYTES", 1_000)
    with pytest.raises(FileFormatError, match=r"larger than 1,000 bytes; nothing was saved"):
        fetch(file)
    monkeypatch.undo()
    monkeypatch.setattr(download, "MOST_SECONDS", -1)
    monkeypatch.setenv("HINTERLAND_OFFLINE", "0")
    with pytest.raises(FileFormatError, match=r"took longer than -1 seconds; nothing was saved"):
        download.download(file.url, _fetch.cache_folder().parent / "x")
    assert cached() == []


def test_an_archive_that_unpacks_without_an_end_is_cut_off(site, monkeypatch):
    site["pages"]["/a.gz"] = gzip.compress(CONTENT)
    monkeypatch.setattr(_fetch, "MOST_UNPACKED", 1_000)
    with pytest.raises(FileFormatError, match=r"unpacks to more than 1,000 bytes"):
        fetch(PublicFile("a.gz", site["url"] + "/a.gz", SHA256, gzipped=True))
    assert cached() == []
