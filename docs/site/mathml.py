"""Equations as MathML, which browsers draw by themselves: the site needs no script and no network for them."""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

SAME = {r"\iff": r"\Longleftrightarrow", r"\dots": r"\ldots", r"\Big": "", r"\big": ""}
"""Commands of LaTeX that docutils does not know, as those that it does; fences grow by themselves in MathML."""


SHORT_FRACTION = re.compile(r"\\frac\s*(\\[a-zA-Z]+|\w)\s*(\\[a-zA-Z]+|\w)")
"""A fraction of two tokens without braces, as one half; docutils would take both digits for the numerator."""


def as_mathml(text: str, *, block: bool) -> str:
    """An equation in LaTeX as an element of MathML.

    Raises
    ------
    docutils.utils.math.MathError
        For what cannot be read.
    """
    text = SHORT_FRACTION.sub(r"\\frac{\1}{\2}", text)
    for command, known in SAME.items():
        text = text.replace(command, known)
    return tex2mathml(text, as_block=block)


def inline(writer: Any, node: nodes.math) -> None:
    """Write an equation within a line."""
    writer.body.append(as_mathml(node.astext(), block=False))
    raise nodes.SkipNode


def display(writer: Any, node: nodes.math_block) -> None:
    """Write an equation of its own."""
    writer.body.append(f'<div class="equation">{as_mathml(node.astext(), block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Make this the site's way of writing equations."""
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
