import html.parser
import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinterland.report import page
from hinterland.report.data import page_data
from hinterland.report.page import at_own_threshold, embedded_json, number, percent, value
from hinterland.report.scored import Scored

pytestmark = pytest.mark.slow

JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(JSON_TEXT, JSON_TEXT | st.floats(allow_nan=False, allow_infinity=False)))
def test_embedded_json_reads_back_and_cannot_end_its_element(data: dict[str, object]) -> None:
    text = embedded_json(data)
    assert json.loads(text) == data
    assert not set("<>&\u2028\u2029") & set(text)


def test_embedded_json_of_what_scripts_stumble_over() -> None:
    nasty = ["</script>", "<!--", "<script", "\u2028\u2029", "]]>", "&amp;", '"', "\\", "\0"]
    assert json.loads(embedded_json(nasty)) == nasty
    with pytest.raises(ValueError, match="not JSON compliant"):
        embedded_json(math.nan)


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        (0, "0"),
        (0.0, "0"),
        (1234567, "1,234,567"),
        (1234.5678, "1,235"),
        (0.0123412, "0.01234"),
        (-12.5, "−12.5"),
        (1.5e9, "1,500,000,000"),
        (1.23456e-7, "1.235e−7"),
        (1234567.8, "1.235e6"),
        (999.96, "1,000"),
        (None, "–"),
    ],
)
def test_numbers_for_reading(given_: float | None, shown: str) -> None:
    assert number(given_) == shown


def test_shares_and_cells_for_reading() -> None:
    assert [percent(share) for share in (0, 1, 0.05, 0.00012, 0.99999)] == [
        "0%",
        "100%",
        "5.0%",
        "0.012%",
        "99.999%",
    ]
    assert [value(cell) for cell in (None, True, 0.5, "a", "x" * 100)] == [
        "missing",
        "true",
        "0.5",
        "a",
        "x" * 80 + "…",
    ]


class _Elements(html.parser.HTMLParser):
    """Collects ids, references to other resources, and the text outside of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, found in attrs:
            if name == "id":
                self.ids.append(str(found))
            if name in ("src", "href", "action", "style") or name.startswith("on"):
                self.links.append(str(found))
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def elements(text: str) -> _Elements:
    found = _Elements()
    found.feed(text)
    return found


def rendered(scored: Scored, title: str = "T") -> str:
    return page.render(page_data(scored, saved={}), title=title, model_names=["DAGMM"], has_encoder=True)


def test_the_page_needs_nothing_else_and_its_ids_differ(scored: Scored) -> None:
    found = elements(rendered(scored, title="<b>&</b>"))
    assert len(found.ids) == len(set(found.ids))
    assert {link for link in found.links if not link.startswith("#")} == {"data:,"}
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    assert "<b>&</b>" in " ".join(found.words)


def test_only_the_pages_own_script_and_style_may_run(scored: Scored) -> None:
    text = rendered(scored)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy.group(1).split(";"))
    assert rules["default-src"] == "'none'"
    for tag, rule in (("<script>", "script-src"), ("<style>", "style-src")):
        content = text.split(tag, 1)[1].split(tag.replace("<", "</"), 1)[0]
        assert rules[rule] == page._hash(content)


def test_no_label_needs_a_label(scored: Scored, model: object, table: object) -> None:
    words = " ".join(elements(rendered(scored)).words)
    assert "anomaly by the labels" in words
    assert "Precision" in words
    from hinterland.report.scored import score_table
    from hinterland.tables.source import as_table_file

    unlabelled = score_table(model, as_table_file(table.drop(columns="diagnosis")))  # type: ignore[attr-defined]
    found = elements(rendered(unlabelled))
    shown = " ".join(found.words)
    for word in ("label", "Precision", "Recall", "F1", "AUROC", "ROC", "None", "nan", "undefined"):
        assert not re.search(rf"\b{word}", shown.split("Settings of")[0]), word
    assert not {"labels", "roc", "pr", "precision", "f1"} & set(found.ids)


def test_counts_at_the_detectors_threshold(scored: Scored) -> None:
    own = at_own_threshold(page_data(scored, saved={}))
    flagged = scored.energy > scored.model.threshold
    truth = scored.truth == 1
    hits = (flagged & truth).sum()
    assert own["flagged"] == flagged.sum()
    assert own["precision"] == pytest.approx(hits / flagged.sum())
    assert own["recall"] == pytest.approx(hits / truth.sum())
    assert own["f1"] == pytest.approx(2 * hits / (flagged.sum() + truth.sum()))
