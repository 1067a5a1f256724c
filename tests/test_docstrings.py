"""Docstrings keep to one convention, NumPy's; what ruff does not see of others is looked for here."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
OTHER = re.compile(
    r"^ +(?:Args|Arguments|Attributes|Examples?|Keyword Args|Note|Raises|Returns|Yields):$"  # Google's
    r"|^ *:(?:param|raises?|returns?|r?type)\b[^:]*:"  # reStructuredText's
    r"|:(?:class|data|func|meth|mod):`",
    re.MULTILINE,
)


def found(text: str) -> list[str]:
    return [match.group().strip() for match in OTHER.finditer(text)]


def test_no_docstring_is_of_another_convention() -> None:
    others = {
        str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if found(path.read_text("utf-8"))
    }
    assert not others


@pytest.mark.parametrize(
    "line", ["    Args:", "    Raises:", ":param x: of it", "    :returns: it", "see :func:`fit`"]
)
def test_others_are_seen(line: str) -> None:
    assert found(f'"""Fit.\n\n{line}\n"""')


@pytest.mark.parametrize(
    "line", ["    Parameters\n    ----------\n    x : of it", "    Raises", "a: b", "lambda x: x"]
)
def test_numpys_is_none_of_them(line: str) -> None:
    assert not found(f'"""Fit.\n\n{line}\n"""')
