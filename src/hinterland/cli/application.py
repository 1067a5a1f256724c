"""The application: its commands, and what becomes of their errors."""

from __future__ import annotations

import importlib
import importlib.util
import os
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from hinterland.cli import (
    contamination,
    datasets,
    decide,
    demo,
    detectors,
    evaluate,
    export,
    fit,
    inspect,
    score,
    serve,
    update,
)
from hinterland.cli.console import error, one_line
from hinterland.printable import printable

ELSEWHERE = {
    "benchmark": (
        "hinterland.cli.benchmark",
        "Run the papers' protocols, and compare with what they report.",
    ),
    "report": ("hinterland.cli.report", "Write a page that shows what a model found in a table."),
}
"""Commands with an app of their own, imported only when called: module with its ``app``, and a line of help."""


class _Elsewhere(TyperCommand):
    """Stands for an app in the list of commands, and imports it when called."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        module = importlib.import_module(ELSEWHERE[self.name or ""][0])
        command = typer.main.get_command(module.app)
        command.name = self.name
        return command.make_context(info_name, args, parent, **extra)


class Commands(TyperGroup):
    """Gives every error that a user can mend one line on stderr and the exit code 1."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands, those elsewhere only if they are there."""
        return [*super().list_commands(ctx), *(name for name in ELSEWHERE if _is_there(name))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Find a command by name."""
        if cmd_name in ELSEWHERE and _is_there(cmd_name):
            return _Elsewhere(cmd_name, callback=None, help=ELSEWHERE[cmd_name][1])
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        debug = ctx.params.get("debug", False)
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            error("interrupted")
            raise typer.Exit(130) from None
        except Exception as raised:
            is_typers_own = hasattr(raised, "exit_code") or isinstance(raised, typer.Abort)
            if is_typers_own or isinstance(raised, BrokenPipeError) or debug:
                if isinstance(getattr(raised, "message", None), str):
                    raised.message = printable(raised.message)  # type: ignore[attr-defined]
                raise
            error(one_line(raised))
            raise typer.Exit(1) from None


def _is_there(command: str) -> bool:
    package, _, module = ELSEWHERE[command][0].rpartition(".")
    found = importlib.util.find_spec(package)  # of the package alone: to look inside it would import it
    return found is not None and any(
        os.path.exists(os.path.join(folder, f"{module}.py"))
        for folder in found.submodule_search_locations or []
    )


app = typer.Typer(
    name="hinterland",
    cls=Commands,
    help="Find anomalies in a table: fit a model on it, score rows, and see which columns made them stand out.",
    epilog="Start with: hinterland demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from hinterland import __version__

        typer.echo(f"hinterland {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", envvar="HINTERLAND_DEBUG", help="Show the traceback of an error.")
    ] = False,
) -> None:
    """Take the options before the command; the help text is the application's."""


app.command(no_args_is_help=True)(fit.fit)
app.command(no_args_is_help=True)(score.score)
app.command(no_args_is_help=True)(evaluate.evaluate)
app.command(no_args_is_help=True)(inspect.inspect)
app.command(no_args_is_help=True)(decide.calibrate)
app.command(no_args_is_help=True)(decide.threshold)
app.command(no_args_is_help=True)(contamination.contamination)
app.command(no_args_is_help=True)(update.update)
app.command(no_args_is_help=True)(serve.serve)
app.command(no_args_is_help=True)(export.export)
app.command()(detectors.detectors)
app.command()(datasets.datasets)
app.command()(demo.demo)


def main() -> None:
    """Run the command line; the entry point of the package."""
    app(prog_name="hinterland")
