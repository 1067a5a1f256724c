from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import typer

import hinterland
from hinterland.cli import application


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    loaded = python(
        "import sys, hinterland.cli.application as a\n"
        "try: a.app(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    assert "demo" in loaded
    for heavy in ("torch", "sklearn", "pandas", "pyarrow", "numpy", "scipy", "pooch"):
        assert f"'{heavy}'" not in loaded


def test_the_module_and_the_version(run: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hinterland", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"hinterland {hinterland.__version__}\n"
    assert done.stderr == ""
    assert run("--version").stdout == done.stdout


@pytest.mark.slow
def test_every_command_has_help(run: Any) -> None:
    for command in ("fit", "score", "evaluate", "inspect", "detectors", "datasets", "demo"):
        shown = run(command, "--help")
        assert shown.exit_code == 0
        assert "Usage" in shown.stdout


def test_wrong_usage_is_exit_code_2(run: Any) -> None:
    for arguments in (["nonsense"], ["fit", "--nonsense"], ["score", "only-a-model"], ["fit", "t.csv"]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert "Error" in result.stderr


def failing(error: BaseException) -> typer.Typer:
    app = typer.Typer(cls=application.Commands, pretty_exceptions_enable=False)

    @app.callback()
    def options(debug: bool = False) -> None: ...

    @app.command()
    def fail() -> None:
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "exit_code", "message"),
    [
        (ValueError("epochs must\n  be 1"), 1, "Error: epochs must be 1\n"),
        (
            FileNotFoundError(2, "No such file or directory", "x.csv"),
            1,
            "Error: x.csv: No such file or directory\n",
        ),
        (OSError(28, "No space left on device", "out.csv"), 1, "Error: out.csv: No space left on device\n"),
        (KeyError("x"), 1, "Error: unexpected KeyError: 'x' (hinterland --debug ... shows where)\n"),
        (KeyboardInterrupt(), 130, "Error: interrupted\n"),
        (typer.Exit(3), 3, ""),
    ],
)
def test_errors_are_one_line(error: BaseException, exit_code: int, message: str) -> None:
    result = typer.testing.CliRunner().invoke(failing(error), ["fail"])
    assert (result.exit_code, result.stderr, result.stdout) == (exit_code, message, "")


def test_debug_shows_where() -> None:
    error = ValueError("here")
    assert typer.testing.CliRunner().invoke(failing(error), ["--debug", "fail"]).exception is error


def test_commands_elsewhere_are_imported_only_when_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, run: Any
) -> None:
    package = tmp_path / "elsewhere_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "cli.py").write_text(
        "import typer\napp = typer.Typer()\n"
        "@app.callback()\ndef main() -> None:\n    'All of it.'\n"
        "@app.command()\ndef one(n: int) -> None:\n    print('n is', n)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    commands = {
        "benchmark": ("elsewhere_package.cli", "Far away."),
        "report": ("no_such_package.cli", "Not there."),
    }
    monkeypatch.setattr(application, "ELSEWHERE", commands)
    shown = run("--help").stdout
    assert "Far away." in shown
    assert "Not there." not in shown
    assert "elsewhere_package.cli" not in sys.modules
    assert run("benchmark", "one", "7").stdout == "n is 7\n"
    assert "one" in run("benchmark", "--help").stdout
    assert run("report").exit_code == 2
