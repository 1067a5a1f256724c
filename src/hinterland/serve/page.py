"""The description of the service as a page for any browser: made of its OpenAPI document, without a script."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def page(document: dict[str, Any]) -> str:
    """HTML of an OpenAPI document."""
    loader = PackageLoader("hinterland.serve", "templates")
    template = Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template(
        "page.html"
    )
    return template.render(document=document)
