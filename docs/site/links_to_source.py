"""Links from the pages to files beside ``docs/``, which GitHub follows: to their page on the site, or plain text."""

import re
from typing import Any

OUTSIDE = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?:\.\./)+(?!images/|results/)([A-Za-z][^)\s]*)\)")
PAGES = {
    "README.md": "/index.md",
    "CONTRIBUTING.md": "/developing/contributing.md",
    "CHANGELOG.md": "/developing/changelog.md",
    "SECURITY.md": "/developing/security.md",
}
FOLDERS = ("src/", "benchmarks/", "tests/", "examples/", "CITATION.cff", "pyproject.toml", "Makefile")


def for_the_site(text: str) -> str:
    """A page's Markdown with its links to files outside of the documents mended."""

    def mended(found: re.Match[str]) -> str:
        words, target = found.groups()
        path, _, anchor = target.partition("#")
        if path in PAGES:
            return f"[{words}]({PAGES[path]}{'#' + anchor if anchor else ''})"
        return words if target.startswith(FOLDERS) else found.group()

    return OUTSIDE.sub(mended, text)


def setup(app: Any) -> dict[str, bool]:
    """Mend each page as it is read."""

    def read(app: Any, name: str, source: list[str]) -> None:
        source[0] = for_the_site(source[0])

    def included(app: Any, path: Any, name: str, source: list[str]) -> None:
        source[0] = for_the_site(source[0])

    app.connect("source-read", read)
    app.connect("include-read", included)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
