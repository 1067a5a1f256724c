"""The documentation site: the Markdown pages of this folder, the reference and the gallery, by Sphinx."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "site"))

import hinterland  # noqa: E402

project = "hinterland"
author = "The hinterland developers"
version = release = hinterland.__version__
language = "en"

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "mathml",
    "generated_pages",
    "links_to_source",
]
exclude_patterns = ["_build", "generate", "site", "**/GALLERY_HEADER.*"]
root_doc = "index"

# Headings are linked as GitHub links them, so that a page's links hold in both places.
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 4
myst_fence_as_directive = ["math"]
suppress_warnings = ["myst.header", "config.cache"]

autosummary_generate = True
autodoc_typehints = "none"  # the signature has them
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "inherited-members": False}
# Names of our own lead somewhere; other libraries' are not looked up, as the site is built offline.
nitpicky = True
nitpick_ignore_regex = [(r".*", r"(?!hinterland).*"), (r".*", r"hinterland\..*\._\w+")]
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
templates_path = ["_templates"]

html_theme = "pydata_sphinx_theme"
html_title = "hinterland"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = html_show_sourcelink = True
html_theme_options = {
    "show_prev_next": True,
    "navigation_depth": 2,
    "show_toc_level": 2,
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "secondary_sidebar_items": ["page-toc", "sourcelink"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "start/index": []}
copyright = f"{author}, BSD-3-Clause"

if os.environ.get("HINTERLAND_GALLERY", "1") == "1":
    extensions.append("sphinx_gallery.gen_gallery")
    sphinx_gallery_conf = {
        "examples_dirs": str(HERE.parent / "examples" / "gallery"),
        "gallery_dirs": "generated/gallery",
        "filename_pattern": r"/\w+\.py$",
        "abort_on_example_error": True,
        "download_all_examples": False,
        "remove_config_comments": True,
        "within_subsection_order": "FileNameSortKey",
        "show_memory": False,
        "write_computation_times": False,
        "show_signature": False,
        "reference_url": {"hinterland": None},
        "doc_module": ("hinterland",),
        "backreferences_dir": None,
    }
else:
    exclude_patterns.append("generated/gallery/plot_*")  # what an earlier build left
