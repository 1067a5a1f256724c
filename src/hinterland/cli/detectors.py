"""``hinterland detectors``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hinterland.cli import options
from hinterland.cli.console import print_json, print_table


def detectors(
    name: Annotated[
        str | None, typer.Argument(help="Show this detector's parameters.", show_default=False)
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the detectors, or the parameters of one."""
    from hinterland.detectors import catalogue

    try:
        chosen = catalogue.detectors() if name is None else {"": catalogue.detector_class(name)}
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from None
    if as_json:
        print_json([_described(detector) for detector in chosen.values()])
    elif name is None:
        lines = [
            (
                known + (" (default)" if known == catalogue.DEFAULT_DETECTOR else ""),
                catalogue.summary(detector),
            )
            for known, detector in chosen.items()
        ]
        print_table(lines, ["detector", "what it is"])
    else:
        detector = chosen[""]
        published = catalogue.published(detector)
        print_table(
            [
                (
                    parameter,
                    repr(about.default),
                    *([repr(published.get(parameter, about.default))] if published else []),
                    about.description,
                )
                for parameter, about in catalogue.parameters(detector).items()
            ],
            ["parameter", "default", *(["the paper's"] if published else []), "what it does"],
            title=f"{detector.__name__}: {catalogue.summary(detector)}",
        )


def _described(detector: Any) -> dict[str, Any]:
    from hinterland.detectors import catalogue

    return {
        "name": detector.__name__,
        "default": detector.__name__ == catalogue.DEFAULT_DETECTOR,
        "summary": catalogue.summary(detector),
        "published": dict(catalogue.published(detector)),
        "parameters": {
            name: {"default": about.default, "description": about.description}
            for name, about in catalogue.parameters(detector).items()
        },
    }
