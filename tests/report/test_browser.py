"""The page in a real browser, opened from disk with the network off."""

import copy
import csv
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_recall_fscore_support
from sklearn.pipeline import Pipeline

from hinterland.decide import calibrate
from hinterland.explain import explain
from hinterland.report import report

pytestmark = pytest.mark.slow

ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def unavailable(reason: str) -> None:
    """Skip these tests, or fail where the environment says that they must run."""
    if os.environ.get("HINTERLAND_REQUIRE_BROWSER") == "1":
        pytest.fail(f"HINTERLAND_REQUIRE_BROWSER=1, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unavailable("playwright is not installed (pip install playwright)")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        unavailable(f"no browser is installed: none of {', '.join(BROWSERS)} is on the path")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


class Opened:
    """A page in a tab of its own, with what it asked for and complained of."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.context = browser.new_context(
            **{"viewport": {"width": 1400, "height": 900}, "offline": True, "accept_downloads": True}
            | options
        )
        self.tab = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on(
            "console",
            lambda line: self.complaints.append(line.text) if line.type in ("error", "warning") else None,
        )
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.tab.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            self.settle()

    def settle(self) -> None:
        """Wait until what follows from an event is drawn."""
        self.tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def text(self, selector: str) -> str:
        return self.tab.locator(selector).inner_text()

    def data(self) -> Any:
        return json.loads(self.tab.locator("#data").text_content())

    def rows(self) -> list[int]:
        """Numbers of the rows in the list, in its order."""
        return [
            int(n)
            for n in self.tab.eval_on_selector_all(
                "#list tr[data-row]", "rows => rows.map(r => r.dataset.row)"
            )
        ]

    def move(self, stop: int) -> None:
        self.tab.evaluate(
            """stop => {
                const slider = document.getElementById("threshold");
                slider.value = stop;
                slider.dispatchEvent(new Event("input"));
            }""",
            stop,
        )
        self.settle()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Ask until it holds; the page's own policy keeps playwright from asking there."""
        for _ in range(100):
            if holds():
                return
            self.tab.wait_for_timeout(50)
        raise AssertionError("waited for five seconds in vain")

    def wait_for_rows(self, holds: Callable[[int], bool]) -> None:
        self.wait_until(lambda: holds(len(self.rows())))

    def show_all(self) -> None:
        if self.tab.locator("#more").is_visible():
            self.tab.locator("#more").click()
        self.tab.locator("#more").evaluate("more => { while (!more.hidden) more.click(); }")

    def download(self) -> list[list[str]]:
        with self.tab.expect_download() as download:
            self.tab.locator("#download").click()
        with open(download.value.path(), newline="", encoding="utf-8-sig") as file:
            return list(csv.reader(file))

    def pixels(self, selector: str) -> str:
        return self.tab.locator(f"{selector} canvas").evaluate("canvas => canvas.toDataURL()")


@pytest.fixture
def opening(browser: Any) -> Iterator[Any]:
    """Opens pages; at the end no page may have asked for anything or complained."""
    opened: list[Opened] = []

    def opens(path: Path, **options: Any) -> Opened:
        opened.append(Opened(browser, path, **options))
        return opened[-1]

    yield opens
    for page in opened:
        page.context.close()
        assert page.complaints == []
        assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []
        assert len([url for url in page.requests if url.startswith("file:")]) == 1


@pytest.fixture(scope="module")
def labelled(model: Pipeline, table: pd.DataFrame, tmp_path_factory: Any) -> Path:
    path = tmp_path_factory.mktemp("pages") / "labelled.html"
    return report(model, table, path, label="diagnosis", anomaly="malignant").path


@pytest.fixture(scope="module")
def unlabelled(model: Pipeline, table: pd.DataFrame, tmp_path_factory: Any) -> Path:
    path = tmp_path_factory.mktemp("pages") / "unlabelled.html"
    return report(model, table.drop(columns="diagnosis").iloc[::3], path, top=40).path


@pytest.fixture(scope="module")
def nasty(mixed_model: Pipeline, mixed_table: pd.DataFrame, tmp_path_factory: Any) -> Path:
    path = tmp_path_factory.mktemp("pages") / "nasty.html"
    title = "</title><script>boom()</script>"
    return report(mixed_model, mixed_table, path, label="truth", time_column="when", title=title).path


@pytest.fixture(scope="module")
def energy(model: Pipeline, table: pd.DataFrame) -> np.ndarray:
    return -model.score_samples(table.drop(columns="diagnosis"))


@pytest.fixture(scope="module")
def is_anomaly(table: pd.DataFrame) -> np.ndarray:
    return (table.diagnosis == "malignant").to_numpy()


def check_numbers(page: Opened, threshold: float, energy: np.ndarray, is_anomaly: np.ndarray) -> None:
    """Counts, metrics and list on the page are those of the rows with more energy than the threshold."""
    flagged = energy > threshold
    precision, recall, f1, _ = precision_recall_fscore_support(
        is_anomaly, flagged, average="binary", zero_division=0.0
    )
    assert page.text("#flagged").replace(",", "") == str(flagged.sum())
    assert float(page.text("#precision")) == pytest.approx(precision, abs=5.1e-4)
    assert float(page.text("#recall")) == pytest.approx(recall, abs=5.1e-4)
    assert float(page.text("#f1")) == pytest.approx(f1, abs=5.1e-4)
    listed = np.argsort(-energy, kind="stable")[: min(500, flagged.sum())] + 1
    shown = page.rows()
    assert shown == listed[: len(shown)].tolist()
    assert len(shown) >= min(25, len(listed))
    assert page.text("#list-state").startswith(f"{len(listed)} row")


def test_all_is_drawn(opening: Any, labelled: Path) -> None:
    page = opening(labelled)
    charts = page.tab.locator(".chart")
    assert charts.count() >= 5
    for i in range(charts.count()):
        blank = (
            charts.nth(i)
            .locator("canvas")
            .evaluate(
                "canvas => !canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(v => v)"
            )
        )
        assert not blank
        assert charts.nth(i).get_attribute("aria-label")


def test_the_threshold_moves_counts_metrics_and_list(
    opening: Any, labelled: Path, energy: np.ndarray, is_anomaly: np.ndarray
) -> None:
    page = opening(labelled)
    stops = page.data()["stops"]
    check_numbers(page, stops["threshold"][stops["own"]], energy, is_anomaly)
    for stop in (0, 100, 400, len(stops["threshold"]) - 2, len(stops["threshold"]) - 1):
        page.move(stop)
        check_numbers(page, stops["threshold"][stop], energy, is_anomaly)
    assert "no row lies above the threshold" in page.text("#list-state")
    page.move(0)
    page.show_all()
    assert page.rows() == (np.argsort(-energy, kind="stable")[:500] + 1).tolist()
    page.tab.locator("#threshold-reset").click()
    page.settle()
    check_numbers(page, stops["threshold"][stops["own"]], energy, is_anomaly)


def test_the_threshold_is_dragged_with_the_mouse(
    opening: Any, labelled: Path, energy: np.ndarray, is_anomaly: np.ndarray
) -> None:
    page = opening(labelled)
    data = page.data()
    edges = data["histogram"]["edges"]
    before = page.pixels("#histogram"), page.pixels("#roc"), page.pixels("#map-0"), page.pixels("#along")
    box = page.tab.locator("#histogram .u-over").bounding_box()
    height = box["y"] + box["height"] / 2
    page.tab.mouse.move(box["x"] + 0.3 * box["width"], height)
    page.tab.mouse.down()
    for share in (0.4, 0.5, 0.62):
        page.tab.mouse.move(box["x"] + share * box["width"], height)
    page.tab.mouse.up()
    page.settle()
    threshold = data["stops"]["threshold"][int(page.tab.locator("#threshold").input_value())]
    place = edges[0] + 0.62 * (edges[-1] - edges[0])
    axis = data["axis"]
    expected = np.sinh(place) * axis["unit"] + axis["center"] if axis["compressed"] else place
    nearest = np.abs(np.array(data["stops"]["threshold"]) - expected).min()
    assert abs(threshold - expected) <= nearest + 0.01 * (axis["high"] - axis["low"])
    check_numbers(page, threshold, energy, is_anomaly)
    after = page.pixels("#histogram"), page.pixels("#roc"), page.pixels("#map-0"), page.pixels("#along")
    assert all(old != new for old, new in zip(before, after, strict=True))
    page.tab.mouse.move(box["x"] + 0.1 * box["width"], height)  # the button is up: nothing moves
    page.settle()
    assert page.pixels("#histogram") == after[0]


def test_the_threshold_moves_with_keys_and_touch(
    opening: Any, labelled: Path, energy: np.ndarray, is_anomaly: np.ndarray
) -> None:
    page = opening(labelled, has_touch=True)
    threshold = page.data()["stops"]["threshold"]
    slider = page.tab.locator("#threshold")
    slider.focus()
    assert slider.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    own = int(slider.input_value())
    for key, stop in (("ArrowRight", own + 1), ("ArrowLeft", own), ("End", len(threshold) - 1), ("Home", 0)):
        page.tab.keyboard.press(key)
        page.settle()
        assert int(slider.input_value()) == stop
        check_numbers(page, threshold[stop], energy, is_anomaly)
        slider.focus()
    assert re.fullmatch(r"energy above .* nats: 569 rows flagged", slider.get_attribute("aria-valuetext"))
    page.wait_until(lambda: "569 rows flagged" in page.tab.locator("#announced").text_content())
    page.tab.locator("#histogram .u-over").tap()
    page.settle()
    stop = int(slider.input_value())
    assert 0 < stop < len(threshold) - 1
    check_numbers(page, threshold[stop], energy, is_anomaly)


def test_the_slider_moves_by_rows_a_day_and_by_false_alarms(
    opening: Any, model: Pipeline, table: pd.DataFrame, tmp_path: Path
) -> None:
    rows = table.drop(columns="diagnosis")
    calibrated = calibrate(copy.deepcopy(model), rows[(table.diagnosis == "benign").to_numpy()][:99])
    timed = rows.assign(when=pd.date_range("2024-01-01", periods=569, freq="6h"))
    page = opening(report(calibrated, timed, tmp_path / "p.html", time_column="when").path)
    data, slider = page.data(), page.tab.locator("#threshold")
    assert page.tab.locator("#unit option").all_inner_texts() == ["energy", "rows a day", "false alarms"]
    own = page.text("#flagged")
    page.tab.select_option("#unit", "rows")
    assert page.text("#flagged") == own
    slider.focus()
    page.tab.keyboard.press("Home")
    page.settle()
    assert page.text("#flagged") == "1"
    assert slider.get_attribute("aria-valuetext").startswith("0.00704 rows a day, energy above")
    assert page.text("#a-day") == "0.00704 a day"
    page.tab.keyboard.press("End")
    page.settle()
    assert page.text("#flagged") == "569"
    page.tab.select_option("#unit", "alarms")
    counts = []
    for place in (20, 100, 180):
        page.move(place)
        counts.append(int(page.text("#flagged")))
        share = 0.01 * 100 ** (place / 200)
        found = max(i for i, at in enumerate(data["decided"]["false_alarms"]) if at > share)
        assert counts[-1] == data["stops"]["flagged"][found + 1]
    assert counts == sorted(counts)
    page.tab.click("#threshold-reset")
    page.settle()
    assert page.text("#flagged") == own


def test_the_list_sorts(opening: Any, labelled: Path, energy: np.ndarray, table: pd.DataFrame) -> None:
    page = opening(labelled)
    page.move(100)
    page.show_all()
    rows = np.array(page.rows()) - 1
    heads = page.tab.locator("#list thead button")
    names = heads.all_inner_texts()
    assert names[:4] == ["Row", "Energy", "Label", "Adds most to the energy"]
    assert page.tab.locator("#list thead th").nth(1).get_attribute("aria-sort") == "descending"
    heads.nth(1).click()
    assert page.rows() == (rows[np.argsort(energy[rows], kind="stable")] + 1).tolist()
    assert page.tab.locator("#list thead th").nth(1).get_attribute("aria-sort") == "ascending"
    column = table[names[4]].to_numpy()
    heads.nth(4).click()
    np.testing.assert_array_equal(column[np.array(page.rows()) - 1], np.sort(column[rows])[::-1])
    heads.nth(0).click()
    assert page.rows() == sorted(rows + 1)


def test_the_list_filters(opening: Any, labelled: Path, energy: np.ndarray, table: pd.DataFrame) -> None:
    page = opening(labelled)
    page.tab.locator("#below").check()
    page.show_all()
    assert len(page.rows()) == 500
    order = np.argsort(-energy, kind="stable")[:500]
    wanted = str(table["mean area"][order[123]])
    page.tab.locator("#filter").fill(wanted)
    page.wait_for_rows(lambda n: n < 25)
    rows = page.rows()
    assert order[123] + 1 in rows
    found = table.drop(columns="diagnosis").astype(str)
    matches = [i + 1 for i in order if (found.loc[i].str.contains(wanted, regex=False)).any()]
    assert set(matches) <= set(rows)
    assert f"{len(rows)} row" in page.text("#list-state")
    page.tab.locator("#filter").fill("nowhere to be found")
    page.wait_for_rows(lambda n: n == 0)
    assert page.text("#list-state").startswith("0 rows in the list")


def test_a_row_opens(
    opening: Any, labelled: Path, energy: np.ndarray, table: pd.DataFrame, model: Pipeline
) -> None:
    page = opening(labelled)
    opener = page.tab.locator("#list .opener").first
    assert opener.get_attribute("aria-expanded") == "false"
    opener.focus()
    page.tab.keyboard.press("Enter")
    assert opener.get_attribute("aria-expanded") == "true"
    assert opener.evaluate("element => element === document.activeElement")
    assert page.tab.locator(".detail tbody tr").count() == 15
    page.tab.locator(".detail button").click()
    lines = [line.split("\t") for line in page.tab.locator(".detail tbody tr").all_inner_texts()]
    row = int(np.argmax(energy))
    rows = table.drop(columns="diagnosis")
    contributions = explain(model, rows.iloc[[row]]).contributions[0]
    order = np.argsort(-contributions, kind="stable")
    assert [line[0] for line in lines] == rows.columns[order].tolist()
    shown = [float(line[1].replace(",", "").replace("\u2212", "-")) for line in lines]
    np.testing.assert_allclose(shown, rows.iloc[row, order], rtol=1e-5)
    added = [float(line[3].replace(",", "").replace("\u2212", "-")) for line in lines]
    np.testing.assert_allclose(added, contributions[order], rtol=6e-3, atol=1e-3)
    opener.click()
    assert page.tab.locator(".detail").count() == 0


def test_the_download_holds_pythons_numbers(
    opening: Any, labelled: Path, energy: np.ndarray, is_anomaly: np.ndarray, table: pd.DataFrame
) -> None:
    page = opening(labelled)
    page.move(200)
    threshold = page.data()["stops"]["threshold"][200]
    header, *lines = page.download()
    columns = table.columns[:-1].tolist()
    assert header == ["row", "energy", "flagged", "truth", "top_features", *columns]
    rows = np.argsort(-energy, kind="stable")[: min(500, int((energy > threshold).sum()))]
    assert [int(line[0]) - 1 for line in lines] == rows.tolist()
    np.testing.assert_allclose([float(line[1]) for line in lines], energy[rows], rtol=1e-12)
    assert {line[2] for line in lines} == {"true"}
    assert [line[3] == "anomaly" for line in lines] == is_anomaly[rows].tolist()
    values = np.array([[float(value) for value in line[5:]] for line in lines])
    np.testing.assert_array_equal(values, table[columns].iloc[rows])
    assert re.fullmatch(r"[a-z ]+ \+[\d.,]+(; [a-z ]+ \+[\d.,]+)*", lines[0][4])


def test_the_download_holds_what_the_list_shows(opening: Any, labelled: Path, table: pd.DataFrame) -> None:
    page = opening(labelled)
    page.tab.locator("#below").check()
    page.tab.locator("#list thead button").first.click()
    page.show_all()
    _, *lines = page.download()
    assert [int(line[0]) for line in lines] == page.rows()
    assert {line[2] for line in lines} == {"true", "false"}


def test_the_map_changes_its_projection(opening: Any, labelled: Path) -> None:
    page = opening(labelled)
    before = page.pixels("#map-0")
    page.tab.get_by_label("t-SNE").check()
    page.settle()
    assert page.pixels("#map-0") != before
    page.tab.get_by_label("PCA").check()
    page.settle()
    assert page.pixels("#map-0") == before
    box = page.tab.locator("#map-0").bounding_box()
    for x in range(20, int(box["width"]), 7):
        page.tab.locator("#map-0").hover(position={"x": x, "y": box["height"] / 2})
        if page.text("#map-0-at"):
            break
    assert re.fullmatch(r"Row \d+: energy .+ nats", page.text("#map-0-at"))


def test_two_models_have_a_map_each(
    opening: Any, model: Pipeline, table: pd.DataFrame, tmp_path: Path
) -> None:
    rows = table.iloc[::6]
    path = tmp_path / "two.html"
    report(model, rows, path, label="diagnosis", anomaly="malignant", comparison=model)
    page = opening(path)
    assert page.pixels("#map-0") == page.pixels("#map-1")
    page.move(0)
    assert page.pixels("#map-0") != page.pixels("#map-1")  # the second keeps its own threshold
    assert "The rank correlation of their energies is 1.000" in page.text("main")


def test_cells_are_never_markup(opening: Any, nasty: Path, mixed_table: pd.DataFrame) -> None:
    page = opening(nasty)
    page.tab.locator("#below").check()
    page.show_all()
    openers = page.tab.locator("#list .opener")
    for i in range(3):
        openers.nth(i).click()
    for button in page.tab.locator(".detail button").all()[::-1]:
        button.click()
    assert page.tab.evaluate("document.scripts.length") == 2
    assert page.tab.evaluate("document.images.length") == 0
    assert page.tab.title() == page.text("h1") == "</title><script>boom()</script>"
    detail = page.text(".detail >> nth=0")
    assert "<script>boom()</script>" in detail
    assert "quote\"'s & <b>" in detail
    assert "文字" in detail
    assert "(5,005 characters)" in detail
    assert page.tab.locator(".detail .none").first.inner_text() == "missing"


def test_formulas_in_the_download_are_harmless(opening: Any, nasty: Path, mixed_table: pd.DataFrame) -> None:
    page = opening(nasty)
    page.tab.locator("#below").check()
    header, *lines = page.download()
    rows = [int(line[0]) - 1 for line in lines]
    got = [line[header.index("formula")] for line in lines]
    expected = mixed_table["formula"].iloc[rows].tolist()
    harmless = {"=1+2": "'=1+2", "+3*2": "'+3*2", "-4-cmd": "'-4-cmd", "@cmd": "'@cmd", "\tx": "'\tx"}
    assert got == [harmless.get(value, value) for value in expected]
    assert set(harmless) | {"-1.5e3", 'a,b\n"c"'} == set(expected)
    for name in ("quote\"'s & <b>", "文字"):
        assert [line[header.index(name)] for line in lines] == mixed_table[name].iloc[rows].tolist()
    assert [line[header.index("number 3")] for line in lines] == [
        repr(v) for v in mixed_table["number 3"].iloc[rows]
    ]
    assert {line[header.index("nothing")] for line in lines} == {""}
    assert {line[header.index("long")][:5] for line in lines} == {"'=1+1", "long "}
    assert not any(value[:1] in "=@\t" for line in lines for value in line if value)


def test_nothing_needs_labels_without_them(opening: Any, unlabelled: Path) -> None:
    page = opening(unlabelled)
    for selector in ("#precision", "#recall", "#f1", "#roc", "#pr", "#labels"):
        assert page.tab.locator(selector).count() == 0
    words = page.tab.evaluate("document.body.innerText")
    for word in ("label", "Label", "Precision", "undefined", "NaN", "null", "[object"):
        assert word not in words
    assert page.tab.locator("#list thead th").all_inner_texts()[:3] == [
        "Row",
        "Energy",
        "Adds most to the energy",
    ]
    page.move(0)
    assert page.text("#flagged") == "190"
    assert "of 190 flagged rows the page holds the 40 of highest energy" in page.text("#list-state")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_fits_the_screen_in_both_schemes(opening: Any, nasty: Path, width: int, scheme: str) -> None:
    page = opening(nasty, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.tab.locator("#list .opener").first.click()
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert page.tab.locator("#histogram").bounding_box()["width"] <= width

    def luminance(name: str) -> float:
        value = page.tab.evaluate(
            "name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()", name
        )
        channels = [int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(first: str, second: str) -> float:
        dark, light = sorted([luminance(first), luminance(second)])
        return (light + 0.05) / (dark + 0.05)

    assert (luminance("page") < 0.1) == (scheme == "dark")
    for text in ("text", "muted", "link", "alarm-text"):
        assert contrast(text, "page") >= 4.5
        assert contrast(text, "panel") >= 4.5
    for graphics in ("usual", "alarm", "third"):
        assert contrast(graphics, "page") >= 3
    before = page.pixels("#histogram")
    page.tab.emulate_media(color_scheme="dark" if scheme == "light" else "light")
    page.settle()
    assert page.pixels("#histogram") != before


def test_prints_without_its_controls_and_in_light_colours(opening: Any, labelled: Path) -> None:
    page = opening(labelled, color_scheme="dark")
    page.tab.emulate_media(media="print")
    page.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.tab.locator("#threshold").is_visible()
    assert not page.tab.locator("nav").is_visible()
    assert page.tab.locator("#flagged").is_visible()
    assert page.tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.tab.locator("#histogram canvas").bounding_box()["width"] <= 680
    assert page.tab.pdf()[:4] == b"%PDF"
    page.tab.emulate_media(media="screen")
    page.tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"


def test_reads_without_scripts(opening: Any, labelled: Path) -> None:
    page = opening(labelled, java_script_enabled=False)
    assert "need JavaScript" in page.tab.locator("noscript").inner_text()
    assert not page.tab.locator("#threshold").is_visible()
    assert "569 rows scored" in page.tab.locator(".lead").inner_text()


def test_landmarks_labels_and_headings(opening: Any, labelled: Path) -> None:
    page = opening(labelled)
    for role in ("banner", "navigation", "main", "contentinfo"):
        assert page.tab.get_by_role(role).count() == 1
    assert page.tab.get_by_role("heading", level=1).count() == 1
    levels = page.tab.eval_on_selector_all("h1, h2, h3, h4", "found => found.map(h => Number(h.tagName[1]))")
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for field in page.tab.locator("input").all():
        assert field.evaluate("field => field.labels.length") == 1
    assert page.tab.get_by_role("slider", name=re.compile("Threshold")).count() == 1
    page.tab.keyboard.press("Tab")
    assert page.tab.evaluate("document.activeElement.textContent") == "Skip to the results"
    sections = page.tab.locator("main section")
    for i in range(sections.count()):
        assert page.tab.locator(f"[id='{sections.nth(i).get_attribute('aria-labelledby')}']").count() == 1
