"""Tables for notebooks: text is escaped, cut where it is long, and nothing heavy is imported for it."""

import subprocess
import sys

from hinterland.as_html import LONGEST_CELL, facts, paragraph, table

SCRIPT = "<script>alert(1)</script>"


def test_names_and_values_are_text_and_no_markup():
    for html in (facts({SCRIPT: SCRIPT}), table([SCRIPT], [[SCRIPT], [[SCRIPT, SCRIPT]]]), paragraph(SCRIPT)):
        assert "<script" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert 'title="x"' not in facts({'" title="x"': 1})


def test_a_cell_of_several_values_has_a_line_for_each():
    assert table(["a", "b"], [[1, ["x", "y"]]]) == (
        "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>x<br>y</td></tr></tbody></table>"
    )


def test_what_steers_a_terminal_or_never_ends_is_shown_escaped_and_cut():
    html = facts({"name": "\x1b[31m" + "x" * 10_000})
    assert "\x1b" not in html
    assert len(html) < LONGEST_CELL + 200


def test_showing_a_selection_imports_no_torch():
    code = (
        "import sys\nfrom hinterland.decisions import select\n"
        "html = select([0.001, 0.4, 0.002, 0.9])._repr_html_()\n"
        "assert '<td>2 of 4</td>' in html\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
