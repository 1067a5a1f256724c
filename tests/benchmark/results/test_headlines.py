"""The README's lines of results."""

from hinterland.benchmark.results import headlines
from hinterland.detectors.catalogue import DEFAULT_DETECTOR


def _cells(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()[2:]
        if line.startswith("|")
    ]


def test_every_line_that_has_results_has_a_number_of_ours(kept_results):
    lines = _cells(headlines.text(kept_results))
    ran = {(result.job.method, result.job.protocol.partition("-")[0]) for result in kept_results}
    asked = [h for h in headlines.HEADLINES if (h.method, (h.protocol or h.table).partition("-")[0]) in ran]
    assert [line[2].strip("`") for line in lines] == [headline.method for headline in asked]
    assert len(lines) >= 8
    assert all(0 < float(line[3].split()[0]) <= 100 for line in lines)


def test_a_line_has_ours_with_its_spread_the_papers_and_the_best_of_the_others(finished):
    results = [
        finished("CADGMM", "cadgmm-arrhythmia-unscaled", seed, f1=0.5 + seed / 10) for seed in range(2)
    ]
    results += [
        finished("IF", "cadgmm-arrhythmia-unscaled", f1=0.4),
        finished("DAGMM", "cadgmm-arrhythmia-unscaled", f1=0.6),
    ]
    (line,) = _cells(headlines.text(results))
    assert line[1:] == ["F1", "`CADGMM`", "55.0 ± 7.1", "57.1", "2", "DAGMM 60.0 (1 seed)"]


def test_what_is_chosen_by_test_labels_is_no_other_method(finished):
    place = ("deuad-kddcup", 0, "train_anomaly=20%")
    results = [
        finished(name, *place, auroc=auroc)
        for name, auroc in (("DEUAD", 0.9), ("OC-SVM (best AUROC search)", 0.99), ("IF", 0.8))
    ]
    (line,) = _cells(headlines.text(results))
    assert line[-1] == "IF 80.0"


def test_a_mean_over_data_sets_takes_those_that_all_methods_have(finished):
    results = [
        finished(method, "adbench-one-class", subset=subset, auroc=auroc)
        for method, subset, auroc in (
            (DEFAULT_DETECTOR, "2_annthyroid", 0.9),
            (DEFAULT_DETECTOR, "4_breastw", 0.7),
            (DEFAULT_DETECTOR, "6_cardio", 0.1),
            ("IF", "2_annthyroid", 0.8),
            ("IF", "4_breastw", 0.6),
        )
    ]
    (line,) = _cells(headlines.text(results))
    assert line[3:] == ["80.0", "–", "1", "IF 70.0"]


def test_no_results_are_no_lines():
    assert _cells(headlines.text([])) == []
