from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from hinterland.benchmark.results import summary
from hinterland.benchmark.results.compare import Scores, collect, compare, holm
from hinterland.benchmark.results.diagram import draw


def scores(values, methods=("a", "b", "c", "d")) -> Scores:
    values = np.asarray(values, dtype=float)
    return Scores(tuple(f"set {i}" for i in range(len(values))), methods[: values.shape[1]], values)


@pytest.fixture
def twenty() -> Scores:
    """d is far worse than the others; a and b are alike."""
    generator = np.random.default_rng(0)
    base = generator.uniform(0.6, 0.8, (20, 1))
    return scores(base + [0.1, 0.1, 0.05, -0.3] + generator.normal(scale=0.02, size=(20, 4)))


def test_ranks_by_hand_with_ties():
    result = compare(scores([[0.9, 0.9, 0.1], [0.8, 0.7, 0.6], [0.5, 0.6, 0.7]]))
    assert dict(zip(result.methods, result.ranks, strict=True)) == pytest.approx(
        {"a": 5.5 / 3, "b": 5.5 / 3, "c": 7 / 3}
    )


def test_tests_agree_with_scipy(twenty):
    result = compare(twenty)
    columns = dict(zip(twenty.methods, twenty.values.T, strict=True))
    assert result.friedman_p == pytest.approx(stats.friedmanchisquare(*columns.values()).pvalue)
    for pair in result.pairs:
        expected = stats.wilcoxon(columns[pair.better], columns[pair.worse], zero_method="zsplit").pvalue
        assert pair.p == pytest.approx(expected)
    assert len(result.pairs) == 6


def test_holm_against_the_definition():
    p = np.random.default_rng(0).uniform(0, 0.2, 8)
    order = np.argsort(p)
    slow = [max(min(1, (8 - j) * p[order[j]]) for j in range(i + 1)) for i in range(8)]
    np.testing.assert_allclose(np.array(holm(p))[order], slow)
    assert holm([0.5, 0.9]) == [1.0, 1.0]


def test_equal_methods_do_not_differ():
    result = compare(scores(np.repeat([[0.5], [0.6], [0.7]], 2, axis=1)))
    assert [pair.p for pair in result.pairs] == [1.0]
    assert result.friedman_p is None


def test_cliques_join_neighbours_that_do_not_differ(twenty):
    result = compare(twenty)
    assert result.methods[-1] == "d"
    joined = [set(clique) for clique in result.cliques()]
    assert {"a", "b"} in joined
    assert not any("d" in clique for clique in joined)


def test_collect_takes_means_over_seeds_and_leaves_out_what_is_not_whole(finished):
    stored = [
        *(
            finished("IF", "quick-one-class", seed, "wine", auroc=auroc)
            for seed, auroc in enumerate((0.8, 0.9))
        ),
        finished("PCA", "quick-one-class", 0, "wine", auroc=0.7),
        finished("IF", "quick-one-class", 0, "breast_cancer", auroc=0.6),
    ]
    result = collect("quick", stored, "auroc")
    assert (result.datasets, result.methods) == (("wine",), ("IF", "PCA"))
    np.testing.assert_allclose(result.values, [[0.85, 0.7]])
    assert result.left_out == ("breast_cancer: no result of PCA",)


def test_a_failed_run_counts_for_nothing_but_the_failures_of_its_method(finished):
    stored = [finished(name, "quick-one-class", 0, "wine") for name in ("IF", "PCA", "DAGMM")]
    failed = replace(finished("PCA", "quick-one-class", 1, "wine"), metrics={}, error="ValueError: no")
    found = collect("quick", [*stored, failed], "auroc")
    assert set(found.methods) == {"IF", "PCA", "DAGMM"}
    rows = summary.rows("quick", compare(found), [*stored, failed])
    assert {row[0]: row[-1] for row in rows} == {"IF": "0", "PCA": "1", "DAGMM": "0"}


def test_the_tests_outcome_in_words(twenty):
    first, second, *pairs = summary.tests(compare(twenty))
    assert first.startswith("Friedman test that all are alike: p = ")
    assert second.endswith(f"{len(pairs)} of 6 pairs differ at 0.05")
    assert any(" over d: p = " in pair for pair in pairs)


def test_too_little_to_compare_says_what_there_is(finished):
    with pytest.raises(ValueError, match=r"needs two methods .* has the methods IF"):
        collect("quick", [finished("IF", "quick-one-class", 0, "wine")], "auroc")


def test_an_unknown_metric_lists_the_known(finished):
    with pytest.raises(ValueError, match=r"metric must be one of .*'auroc'.*; got 'auc'"):
        collect("quick", [finished("IF", "quick-one-class", 0, "wine")], "auc")


def test_the_summary_has_ranks_metrics_and_seconds(finished):
    stored = [
        finished(name, "quick-one-class", 0, subset, auroc=auroc, seconds=seconds)
        for subset in ("wine", "breast_cancer")
        for name, auroc, seconds in (("IF", 0.9, 2.0), ("PCA", 0.7, 1.0))
    ]
    found = collect("quick", stored, "auroc")
    first, second = summary.rows("quick", compare(found), stored)
    assert first == ["IF", "1.00", "90.00", "80.00", "65.00", "2.00", "0.20", "0"]
    assert second[:3] == ["PCA", "2.00", "70.00"]


@pytest.mark.slow
def test_the_diagram_is_a_picture_with_every_method_on_it(twenty, tmp_path):
    from matplotlib import image

    result = compare(twenty)
    draw(result, tmp_path / "ranks.png")
    pixels = image.imread(tmp_path / "ranks.png")
    assert pixels.shape[0] > 200
    assert pixels.shape[1] > 800
    assert 0.005 < (pixels[..., :3].min(-1) < 0.5).mean() < 0.2  # ink, and mostly paper
    draw(result, tmp_path / "ranks.svg")
    ElementTree.parse(tmp_path / "ranks.svg")
    source = (tmp_path / "ranks.svg").read_text(encoding="utf-8")
    assert all(
        f" {name} ({rank:.2f}) " in source for name, rank in zip(result.methods, result.ranks, strict=True)
    )


def test_the_same_comparison_gives_the_same_bytes(twenty, tmp_path):
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    for path in (first, second):
        draw(compare(twenty), path)
    assert first.read_bytes() == second.read_bytes()


def test_a_diagram_in_another_format_is_refused(twenty, tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.png or \.svg"):
        draw(compare(twenty), tmp_path / "ranks.gif")
