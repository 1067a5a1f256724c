"""Baselines beside what is published: the rule for within, the lines, and that the kept page is what the store has."""

import importlib.util
from pathlib import Path

import pytest

from hinterland.benchmark.experiments.methods import method
from hinterland.benchmark.experiments.protocols import protocol
from hinterland.benchmark.results import baselines
from hinterland.benchmark.results.baselines import FIGURES, Beside, beside

ROOT = Path(__file__).parents[3]
BY_METHOD = {figure.method: figure for figure in FIGURES}


def test_every_baseline_that_was_asked_for_is_there_once():
    asked = {
        "DSEBM-r", "DSEBM-e", "OC-NN", "Geometric transformations", "LSA", "PixelCNN", "DeepSVDD", "OC-SVM", "DROCC",
        "AnoGAN", "ALAD", "Distribution clustering", "KDE", "VAE (pictures)", "GOAD", "DeepSAD", "1-NN",
    }  # fmt: skip
    assert {figure.method for figure in FIGURES} == asked
    assert len(FIGURES) == len(asked)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.method)
def test_each_is_printed_and_read_where_there_is_such_a_place(figure):
    key, subset, judgement = figure.place
    read, printed = protocol(key), figure.published
    assert method(figure.method).is_reported_as(printed.source, printed.method)
    assert judgement in {one.name for one in read.judgements}
    assert subset in {*read.subsets(), read.average}


@pytest.mark.parametrize(
    ("mean", "sd", "within"),
    [(71.2, None, True), (70.9, None, False), (70.0, 1.0, True), (74.1, 1.0, False), (None, None, None)],
)
def test_within_is_no_further_apart_than_both_spreads(mean, sd, within):
    goad = BY_METHOD["GOAD"]  # 72 +- 1 is printed
    assert Beside(goad, mean, sd, 1).within is within


def test_without_any_spread_nothing_is_within():
    assert Beside(BY_METHOD["LSA"], 99.3, None, 1).within is None


def test_ours_is_the_mean_over_the_seeds_under_the_judgement_that_is_named(finished):
    goad = BY_METHOD["GOAD"]
    results = [finished("GOAD", goad.place[0], seed, f1=f1) for seed, f1 in enumerate((0.70, 0.74))]
    results += [finished("GOAD", "cance-thyroid", 0, f1=0.1), finished("IF", goad.place[0], 0, f1=0.2)]
    found = beside(goad, results)
    assert (found.mean, found.sd, found.seeds) == (pytest.approx(72), pytest.approx(8**0.5), 2)
    (line,) = (line for line in baselines.text(results).splitlines() if "`GOAD`" in line)
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1:] == [
        "72.0 ± 1.0 F1 (CANCE Table 7, Thyroid)", "72.0 ± 2.8", "2", "`cance-thyroid-one-class`", "yes", "",
    ]  # fmt: skip


def test_a_mean_over_subsets_is_of_seeds_that_have_them_all(finished):
    figure = BY_METHOD["1-NN"]
    results = [
        finished("1-NN", figure.place[0], 0, f"class={place}", auroc=place / 10) for place in range(10)
    ]
    assert beside(figure, results).mean == pytest.approx(45)
    assert beside(figure, results[1:]).mean is None


def test_what_is_not_within_has_a_reason(kept_results):
    for figure in FIGURES:
        found = beside(figure, kept_results)
        assert found.within or figure.why or found.mean is None, figure.what


def test_the_kept_page_is_what_the_store_has(kept_results):
    path = ROOT / "docs" / "generate" / "published_baselines.py"
    spec = importlib.util.spec_from_file_location("published_baselines", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.PAGE.read_text(encoding="utf-8")
    assert script.renewed(page, kept_results) == page, "run python docs/generate/published_baselines.py"
