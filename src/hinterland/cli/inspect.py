"""``hinterland inspect``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hinterland.cli import options
from hinterland.cli.console import print_json, print_table, tabulate
from hinterland.errors import FileFormatError


def inspect(model: options.Model, as_json: options.Json = False) -> None:
    """Say what is in a saved model: detector, settings, columns, threshold, training, versions."""
    from hinterland import persistence

    described = persistence.describe(model)
    if as_json:
        print_json(described)
        return
    try:
        _show(described, model)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise FileFormatError(
            f"{model} describes itself in a way that makes no sense ({type(error).__name__}: {error}); "
            "hinterland.load tells whether it is a model"
        ) from error


def _show(described: dict[str, Any], model: Path) -> None:
    nodes = described.get("steps", [described])
    tabulate(
        {
            "file": f"{model} ({described['bytes'] / 1e3:,.0f} kB, format {described['format_version']})",
            "holds": ", then ".join(node["class"] for node in nodes if node["kind"] != "passthrough"),
            "written by": f"hinterland {described['library_version']}, torch {described['torch_version']}, "
            f"scikit-learn {described['sklearn_version']}",
        }
        | next((_trained(node["fitted"]) for node in nodes if node["kind"] == "detector"), {})
    )
    for node in nodes:
        if node["kind"] == "encoder" and "columns" in node["state"]:
            _show_columns(node["state"]["columns"])
        elif node["kind"] == "encoder":
            print_table(sorted(node["state"]["params"].items()), ["setting", "value"], title=node["class"])
        elif node["kind"] != "passthrough":
            print_table(sorted(_shown(node["parameters"]).items()), ["setting", "value"], title=node["class"])


def _trained(fitted: dict[str, Any]) -> dict[str, object]:
    """What a detector learnt, in words."""
    history = fitted["history_"]
    training = "without epochs"
    if history:
        loss = "validation_loss" if "validation_loss" in history[-1] else "loss"
        least = min(entry[loss] for entry in history)
        training = (
            f"{history[-1]['epoch']:,.0f} epochs, {loss.replace('_', ' ')} from {history[0][loss]:.4g} "
        )
        training += f"to a least {least:.4g}"
    return {
        "threshold": f"energy above {-fitted['offset_']:.6g} nats is an anomaly",
        "training rows": f"{fitted['training_energy_']['shape'][0]:,}",
        "training": training,
        "models": len(fitted["models_"]),
        "network": _parts(fitted["models_"], "network"),
        "density": _parts(fitted["models_"], "density"),
    }


def _parts(models: list[dict[str, Any]], part: str) -> str:
    first = models[0][part]
    if first is None:
        return "none"
    return f"{first['class']}({', '.join(f'{name}={value}' for name, value in first['settings'].items())})"


def _show_columns(columns: list[dict[str, Any]]) -> None:
    lines = []
    for column in columns:
        usual = column.get(
            "typical", column.get("seconds", {}).get("typical") if "seconds" in column else None
        )
        n_categories = len(column["categories"]) if "categories" in column else ""
        lines.append((column["name"], column["kind"], _short(usual), n_categories))
    print_table(lines, ["column", "kind", "usual value", "categories"], title="Columns", right=(3,))


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)


def _shown(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if not name.startswith("on_")}
