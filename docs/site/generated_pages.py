"""Write the pages that are made of the source into ``docs/generated``, before Sphinx reads any."""

import os
from pathlib import Path
from typing import Any

import command_line_page
import method_pages
import reference_pages

FOLDER = Path(__file__).parents[1] / "generated"


def pages() -> dict[str, str]:
    """Every generated page, by its path below ``docs/generated``."""
    gallery = (
        {} if os.environ.get("HINTERLAND_GALLERY", "1") == "1" else {"gallery/index.rst": without_gallery()}
    )
    return {
        **gallery,
        "command-line.md": command_line_page.page(),
        **{f"methods/{name}.md": text for name, text in method_pages.pages().items()},
        **{f"reference/{name}.md": text for name, text in reference_pages.pages().items()},
    }


def without_gallery() -> str:
    """What stands for the gallery in a site that is built without it."""
    return "Gallery\n=======\n\nNot built here; ``make docs`` builds it from ``examples/gallery``.\n"


def write(folder: Path = FOLDER) -> None:
    """Write what has changed, so that Sphinx reads no page again that is as it was."""
    for name, text in pages().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Write them as soon as the settings are read: autosummary looks for pages right after."""
    app.connect("config-inited", lambda app, config: write(), priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
