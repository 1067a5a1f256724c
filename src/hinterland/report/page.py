"""Numbers to one HTML file that asks no other computer for anything, and in which no value of a table is markup."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from hinterland.metrics import label_metrics

_SCRIPTS = ("vendor/uPlot.iife.min.js", "format.js", "charts.js", "list.js", "report.js")
_STYLES = ("vendor/uPlot.min.css", "report.css")
_FOR_SCRIPT = (
    "n_rows",
    "has_truth",
    "axis",
    "histogram",
    "stops",
    "rows",
    "order",
    "embedding",
    "training",
    "days",
)
"""What the script draws; the template writes the rest."""


def render(data: dict[str, Any], *, title: str, model_names: list[str], has_encoder: bool) -> str:
    """Fill the template with ``page_data``'s numbers."""
    environment = Environment(
        autoescape=True, loader=FunctionLoader(_template), undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"number": number, "percent": percent, "fixed": fixed, "value": value}
    script, style = (Markup("\n".join(map(_static, names))) for names in (_SCRIPTS, _STYLES))
    own = at_own_threshold(data)
    carried = {name: data[name] for name in (*_FOR_SCRIPT, "curves", "comparison", "decided") if name in data}
    return environment.get_template("report.html").render(
        data={"comparison": None, "curves": None, "decided": None, "n_unlabelled": 0} | data,
        own=own,
        title=title,
        model_names=model_names,
        has_encoder=has_encoder,
        sections=_sections(data),
        script=script,
        style=style,
        script_hash=_hash(script),
        style_hash=_hash(style),
        chart_licence=f"{_static('vendor/README.txt')}\n{_static('vendor/uPlot.LICENSE.txt')}",
        embedded=embedded_json(carried),
    )


def embedded_json(data: Any) -> Markup:
    """JSON that a script element can hold: nothing in it ends the element, opens a comment or breaks a line."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def at_own_threshold(data: dict[str, Any]) -> dict[str, Any]:
    """Counts, and with labels precision, recall and F1, at the detector's own threshold."""
    stops = data["stops"]
    at = stops["own"]
    result = {
        "threshold": stops["threshold"][at],
        "flagged": stops["flagged"][at],
        "share": stops["flagged"][at] / data["n_rows"],
    }
    if "decided" in data:
        result["expected_false"] = data["decided"]["expected_false"][at]
    if data["has_truth"]:
        hits, false_alarms, anomalies = stops["hits"][at], stops["false_alarms"][at], stops["anomalies"]
        result |= {"hits": hits, **label_metrics(hits, hits + false_alarms, anomalies)._asdict()}
    return result


def number(value: float | None, digits: int = 4) -> str:
    """A number for reading: a few significant digits, thousands parted."""
    if value is None:
        return "–"
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e12):
        return f"{int(value):,}".replace("-", "\u2212")
    if not 1e-3 <= abs(value) < 1e6:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        return f"{float(mantissa):g}e{int(power)}".replace("-", "\u2212")
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{places}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "\u2212")


def percent(share: float | None) -> str:
    """A share as a percentage."""
    if share is None:
        return "–"
    value = 100 * share
    if value in (0, 100):
        return f"{value:.0f}%"
    return f"{value:.2g}%" if value < 0.1 else f"{value:.5g}%" if value > 99.9 else f"{value:.1f}%"


def fixed(value: float, places: int = 3) -> str:
    """A number with so many places."""
    return f"{value:.{places}f}"


def value(found: Any) -> str:
    """A cell of the table in short."""
    if found is None:
        return "missing"
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, int | float):
        return number(found, 5)
    return found if len(found) <= 80 else f"{found[:80]}…"


def _sections(data: dict[str, Any]) -> list[tuple[str, str]]:
    sections = [
        ("energies", "Energies"),
        ("rows", "Most anomalous rows"),
        ("labels", "Labels") if data["has_truth"] else None,
        ("comparison", "Two models") if "comparison" in data else None,
        ("map", "Map"),
        ("order", "Over time" if data["order"]["by"] else "In order"),
        ("components", "Kinds of rows") if data["mixtures"] else None,
        ("drift", "Drift"),
        ("run", "What was run"),
    ]
    return [section for section in sections if section is not None]


def _hash(content: str) -> Markup:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return Markup(f"'sha256-{digest}'")


def _static(name: str) -> str:
    return (resources.files("hinterland.report") / "static" / name).read_text("utf-8")


def _template(name: str) -> str:
    return (resources.files("hinterland.report") / "templates" / name).read_text("utf-8")
