"""Methods beside nearest neighbours on the collections, from made results of a few data sets."""

from dataclasses import replace

import pytest
from scipy import stats

from hinterland.benchmark.results import against, page
from hinterland.benchmark.results.compare import holm
from hinterland.detectors.catalogue import DEFAULT_DETECTOR

GAINS = {"2_annthyroid": 5, "4_breastw": 3, "6_cardio": -2, "14_glass": 4, "40_vowels": -10}
OTHER_GAINS = {"AirQualityKolkata": 6, "AndroidMalwareDetection": 7, "ArgumentationJudgment": -1}


@pytest.fixture
def stored(finished):
    """The default above 5-NN by the gains on two collections, 1-NN below it by two points, IF by twenty."""
    results = []
    for protocol, gains in (("adbench-one-class", GAINS), ("oddbench-one-class", OTHER_GAINS)):
        for name, gain in gains.items():
            for method, auroc in (
                (DEFAULT_DETECTOR, 0.7 + gain / 100),
                ("5-NN", 0.7),
                ("1-NN", 0.68),
                ("IF", 0.5),
            ):
                results.append(
                    finished(method, protocol, 0, name, auroc=auroc, average_precision=auroc - 0.2)
                )
    return results


def test_tests_are_over_the_sets_of_both_collections_with_holm_over_all_pairs(stored):
    found = against.tests(against._cells(("adbench", "oddbench"), stored, "auroc"))
    assert set(found) == {
        (method, anchor) for anchor in ("5-NN", "1-NN") for method in (DEFAULT_DETECTOR, "IF")
    } | {("1-NN", "5-NN")}
    gains = [*GAINS.values(), *OTHER_GAINS.values()]
    assert found[DEFAULT_DETECTOR, "5-NN"].n_sets == 8
    assert found[DEFAULT_DETECTOR, "5-NN"].p == pytest.approx(
        stats.wilcoxon(gains, zero_method="zsplit").pvalue
    )
    corrected = dict(zip(found, holm([test.p for test in found.values()]), strict=True))
    assert {pair: test.p_holm for pair, test in found.items()} == corrected
    assert found["IF", "5-NN"].p < found["IF", "5-NN"].p_holm < 0.05


def test_the_section_has_differences_the_worst_set_and_the_largest_losses(stored):
    text = against.markdown("adbench", stored)
    rows = {cells[0]: cells for cells in _table(text)}
    assert rows[DEFAULT_DETECTOR][1:5] == ["5", "0", "70.00 ± 6.20", "50.00 ± 6.20"]
    assert rows[DEFAULT_DETECTOR][5] == "+0.00 / +0.00"
    assert rows[DEFAULT_DETECTOR][7] == "+2.00 / +2.00"
    assert rows[DEFAULT_DETECTOR][-1] == "-10.0, 40_vowels"
    assert rows["5-NN"][5] == "–"
    assert list(rows)[-1] == "IF"
    losses = [line for line in text.splitlines() if line.startswith("- ")]
    assert losses == ["- 40_vowels: -10.0 (60.0 against 70.0)", "- 6_cardio: -2.0 (68.0 against 70.0)"]
    assert "the sets of ADBench, one-class (5) and OddBench, one-class (3) together" in text


def test_published_means_are_marked_as_over_other_sets(stored):
    text = against.markdown("oddbench", stored)
    assert "Published means over all 790 sets of OddBench, not over those of this page" in text
    assert "| DAGMM | 60.50 | 25.24 |" in text
    assert "Published" not in against.markdown("adbench", stored)


def test_a_failed_job_is_counted_and_its_set_is_not_in_the_mean(stored):
    (lost,) = [r for r in stored if r.job.method == DEFAULT_DETECTOR and r.job.subset == "40_vowels"]
    others = [r for r in stored if r is not lost]
    text = against.markdown("adbench", [*others, replace(lost, metrics={}, error="RuntimeError: no")])
    row = next(cells for cells in _table(text) if cells[0] == DEFAULT_DETECTOR)
    assert row[1:3] == ["4", "1"]
    assert row[-1] == "-2.0, 6_cardio"


def test_the_sentence_of_the_readme_says_gains_and_p_for_both_anchors(stored):
    text = against.sentence(stored)
    assert text.startswith(
        f"`{DEFAULT_DETECTOR}`, AUROC / average precision in points: +0.0 / +0.0 on ADBench's 5 sets, "
    )
    assert "+4.0 / +4.0 on OddBench's 3 sets above 5-NN (p = " in text
    assert "above 1-NN (p = " in text
    assert "\n" not in text


def test_without_results_there_is_nothing(finished):
    assert against.sentence([]) == ""
    assert against.markdown("adbench", []) == ""
    assert against.markdown("quick", [finished("IF", "quick-one-class", 0, "wine")]) == ""
    assert against.markdown("adbench", [finished("IF", "adbench-one-class", 0, "6_cardio")]) == ""


def test_the_page_of_a_collection_has_the_section(stored, tmp_path):
    page.write(stored, tmp_path / "results.md", only=["oddbench"])
    text = (tmp_path / "results" / "oddbench.md").read_text("utf-8")
    assert text.index("### Beside nearest neighbours") < text.index("<details>")
    assert text.index("Mean ranks") < text.index("### Beside nearest neighbours")


def _table(text: str) -> list[list[str]]:
    lines = [line for line in text.split("Published")[0].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines[2:]]
