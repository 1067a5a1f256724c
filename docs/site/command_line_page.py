"""The page on the command line, of what each command says of itself."""

from collections.abc import Iterator
from typing import Any

import typer

from hinterland.cli.application import app


def _commands(command: Any, context: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its full name; groups are gone into."""
    if not hasattr(command, "list_commands"):
        yield path, command
        return
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        inner = found.make_context(name, [], parent=context, resilient_parsing=True)
        yield from _commands(inner.command, inner, f"{path} {name}")


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def _kind(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    return _cell(parameter.metavar or _type_name(parameter)).strip("{}")


def _type_name(parameter: Any) -> str:
    annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    return {str: "text"}.get(annotation, getattr(annotation, "__name__", "").lower())


def _table(command: Any) -> str:
    rows = []
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        is_option = parameter.param_type_name == "option"
        names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
        default = parameter.default
        shown = "required" if parameter.required else ""
        if is_option and default not in (None, False, ()) and not callable(default):
            shown = f"`{getattr(default, 'value', default)}`"
        told = getattr(parameter, "show_default", None)
        if isinstance(told, str) and not parameter.required:
            shown = told
        cells = (names if is_option else f"`{parameter.name}`", _kind(parameter), shown, parameter.help)
        rows.append(f"| {' | '.join([*cells[:2], *map(_cell, cells[2:])])} |")
    return (
        "\n".join(["| option | takes | default | what it does |", "| --- | --- | --- | --- |", *rows])
        if rows
        else ""
    )


def page() -> str:
    """All commands in Markdown."""
    root = typer.main.get_command(app)
    parts = [
        "# Command line",
        "Every command explains itself: `hinterland fit --help`. This page is made of what they say. "
        "How they go together: [a table on disk](/command-line.md).",
    ]
    context = root.make_context("hinterland", [], resilient_parsing=True)
    for path, command in _commands(root, context, "hinterland"):
        parts += [
            f"## {path}",
            (command.help or "").replace("\f", "").replace("\b", "").strip(),
            _table(command),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"
