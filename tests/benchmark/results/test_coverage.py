import pytest

from hinterland.benchmark.experiments.reported import reported
from hinterland.benchmark.results import coverage as module
from hinterland.benchmark.results.coverage import Reason, by_reason, coverage, reasons, text


def table(found, name):
    (own,) = [covered for covered in found if covered.table == name]
    return own


def test_a_number_has_ours_a_reason_or_neither(finished):
    results = [finished("IF", "cadgmm-arrhythmia-unscaled", precision=0.5, recall=0.4, f1=0.45)]
    results += [finished("DAGMM", "cadgmm-arrhythmia", precision=0.5, recall=0.4, f1=0.45)]  # a companion's
    known = [
        Reason(("cadgmm/*",), "no code", methods=("DSEBM-?",)),
        Reason(("*",), "late", subsets=("p=5%",)),
    ]
    found = coverage(results, known)
    own = table(found, "cadgmm/Table-3")
    assert (own.printed, own.ours, own.reasons) == (72, 3, {"no code": 18})
    assert len(own.bare) == 72 - 3 - 18
    assert not [row for row in own.bare if (row.method, row.dataset) == ("IF", "Arrhythmia")]
    assert [row for row in own.bare if (row.method, row.dataset) == ("DAGMM", "Arrhythmia")]
    assert by_reason(found) == {"no code": 18, "late": 2}
    assert sum(covered.printed for covered in found) == len(reported()) == 751


def test_a_method_shown_beside_answers_for_no_printed_row_of_the_same_name(finished):
    found = coverage([finished("OC-SVM", "deuad-kddcup", subset="train_anomaly=5%", auroc=0.9)], [])
    assert table(found, "deuad/Table-2").ours == 0


@pytest.mark.slow
def test_no_reported_number_is_left_without_ours_or_a_reason(kept_results):
    assert [row for covered in coverage(kept_results) for row in covered.bare] == []


def test_every_reason_is_about_some_number_and_is_a_sentence():
    for reason in reasons():
        assert any(reason.holds(row) for row in reported()), reason
        assert reason.why.endswith((".", ")."))


def test_the_text_counts_all_and_names_those_with_neither(finished, monkeypatch):
    monkeypatch.setattr(module, "reasons", lambda: (Reason(("cance/*", "deuad/*", "dagmm*"), "not asked"),))
    said = text([finished("IF", "cadgmm-arrhythmia-unscaled", precision=0.5, recall=0.4, f1=0.45)])
    assert "all: 751 reported, 3 with ours, 634 with a reason, 114 with neither" in said
    assert " 634  not asked" in said
    assert said.count("neither: cadgmm") == 114
