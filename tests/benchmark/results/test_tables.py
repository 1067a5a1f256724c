import csv
import io
import statistics
from dataclasses import replace

import pytest

from hinterland.benchmark.experiments.index import companions, suite
from hinterland.benchmark.experiments.protocol import PROTOCOLS
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.names import UnknownNameError
from hinterland.benchmark.results import formats, tables

NATURAL, POOLED = "natural half, top 20 %", "pooled, top 20 %"


def rows(table, **wanted):
    return [row for row in table.rows if all(getattr(row, name) == value for name, value in wanted.items())]


@pytest.fixture
def kdd(finished):
    return [finished("DAGMM", "cadgmm-kdd99", seed, f1=f1) for seed, f1 in enumerate((0.90, 0.94, 0.95))]


def test_ours_stand_beside_the_reported_number(kdd):
    table = tables.build("cadgmm/Table-3", kdd)
    (row,) = rows(table, dataset="KDDCUP99", method="DAGMM", judgement=NATURAL)
    f1 = row.values[table.metrics.index("f1")]
    assert f1.reported == 93.69
    assert f1.mean == pytest.approx(93.0)
    assert f1.sd == pytest.approx(statistics.stdev([90, 94, 95]))
    assert f1.difference == pytest.approx(-0.69)
    assert (row.seeds, row.failures) == (3, 0)


def test_the_other_rule_stands_in_the_same_table_without_a_reported_number(kdd):
    table = tables.build("cadgmm/Table-3", kdd)
    (row,) = rows(table, dataset="KDDCUP99", method="DAGMM", judgement=POOLED)
    assert row.values[2].mean == pytest.approx(93.0)
    assert row.values[2].reported is None
    assert row.values[2].difference is None


def test_every_reported_method_has_a_row_where_we_have_none():
    table = tables.build("cadgmm/Table-3", [])
    assert len(rows(table, judgement=NATURAL)) == 8
    assert all(
        value.mean is None and value.reported is not None for row in table.rows for value in row.values
    )


def test_one_seed_has_no_deviation(kdd):
    table = tables.build("cadgmm/Table-3", kdd[:1])
    (row,) = rows(table, dataset="KDDCUP99", method="DAGMM", judgement=NATURAL)
    assert row.values[2].sd is None


def test_failures_are_counted_and_their_message_is_a_note(kdd):
    failure = replace(
        kdd[0], job=replace(kdd[0].job, seed=9), metrics={}, error="ValueError: singular", trace="..."
    )
    table = tables.build("cadgmm/Table-3", [*kdd, failure])
    (row,) = rows(table, dataset="KDDCUP99", method="DAGMM", judgement=NATURAL)
    assert (row.seeds, row.failures) == (3, 1)
    assert "failed: ValueError: singular" in [table.notes[number - 1] for number in row.notes]


def test_results_with_other_settings_are_left_out_and_that_is_said(kdd):
    other = replace(kdd[0], job=replace(kdd[0].job, settings={"epochs": 1}))
    table = tables.build("cadgmm/Table-3", [*kdd, other])
    (row,) = rows(table, dataset="KDDCUP99", method="DAGMM", judgement=NATURAL)
    assert row.seeds == 3
    assert (
        "cadgmm-kdd99: 1 stored results with other settings than the present are not shown." in table.readings
    )


def test_a_method_that_is_shown_beside_has_a_row_too_and_no_other(finished):
    stored = [finished(name, "cadgmm-satellite-unscaled", f1=0.5) for name in ("5-NN", "PCA")]
    table = tables.build("cadgmm/Table-3", stored)
    assert rows(table, method="PCA") == []
    (row,) = rows(table, method="5-NN")
    assert row.dataset == "Satellite"
    assert row.values[2].mean == 50


def test_a_name_means_what_its_source_means_by_it(finished):
    search, plain = "OC-SVM (best AUROC search)", "OC-SVM"
    stored = [finished(name, "deuad-kddcup", subset="train_anomaly=5%") for name in (search, plain)]
    table = tables.build("deuad/Table-2", stored)
    five = rows(table, subset="train_anomaly=5%", judgement=NATURAL)
    reported = {row.method: row.values[0].reported for row in five}
    assert reported[f"OC-SVM: {search}"] is not None
    assert reported[plain] is None


def test_ties_that_matter_are_mentioned(finished):
    tied = finished("DAGMM", "cadgmm-kdd99", f1=0.70, expected_f1=0.93)
    table = tables.build("cadgmm/Table-3", [tied])
    assert any("Equal energies at the threshold" in note and "f1 93.00" in note for note in table.notes)


def test_percentiles_of_the_slides_are_each_read_under_their_own_share(finished):
    table = tables.build("dagmm-variants/VAE-Results", [finished("DAGMM", "variants-pooled")])
    printed = [row for row in table.rows if row.method == "DAGMM with VAE"]
    assert [row.judgement for row in printed] == [f"pooled, top {p} %" for p in (20, 10, 30, 40, 50, 60)]
    (twenty,) = rows(table, method="DAGMM with VAE", judgement=POOLED)
    assert twenty.values[table.metrics.index("f1")].reported == 95.51


def test_both_readings_of_thyroid_stand_beside_the_reported_number(finished):
    table = tables.build(
        "cance/Table-7", [finished("DAGMM", key) for key in ("cance-thyroid", "cance-thyroid-natural")]
    )
    thyroid = rows(table, dataset="Thyroid", method="DAGMM")
    assert len(thyroid) == 2
    assert len({row.values[0].reported for row in thyroid}) == 1


def test_a_companion_appears_where_it_was_run(finished):
    companion = "cadgmm-kdd99-deduplicated"
    assert not rows(tables.build("cadgmm/Table-3", []), protocol=companion)
    assert rows(tables.build("cadgmm/Table-3", [finished("DAGMM", companion)]), protocol=companion)


@pytest.mark.parametrize("how", sorted(formats.FORMATS))
def test_every_format_has_every_row_and_note(kdd, how):
    table = tables.build("cadgmm/Table-3", kdd)
    text = formats.render(table, how)
    assert "93.69" in text
    assert "CADGMM" in text
    assert text.endswith("\n")
    if how != "csv":
        assert "93.00 ± 2.65" in text.replace(r"$\pm$", "±")
        assert "-0.69" in text
        assert all(note.split("%")[0][:40] in text for note in table.notes)


def test_csv_keeps_every_digit(kdd):
    lines = list(csv.DictReader(io.StringIO(formats.render(tables.build("cadgmm/Table-3", kdd), "csv"))))
    (line,) = [
        line
        for line in lines
        if (line["dataset"], line["rule"], line["method"], line["metric"])
        == ("KDDCUP99", NATURAL, "DAGMM", "f1")
    ]
    assert float(line["sd"]) == statistics.stdev([100 * f1 for f1 in (0.90, 0.94, 0.95)])
    assert float(line["difference"]) == pytest.approx(-0.69)
    assert [line["failures"], line["seeds"]] == ["0", "3"]
    alone = next(line for line in lines if line["method"] == "CADGMM")
    assert (alone["mean"], alone["sd"], alone["difference"]) == ("", "", "")


def test_markdown_is_one_table_of_equal_rows(kdd):
    lines = [
        line
        for line in formats.render(tables.build("cadgmm/Table-3", kdd), "markdown").splitlines()
        if line[:1] == "|"
    ]
    assert len({line.count("|") for line in lines}) == 1
    assert len(lines) == 2 + 8 * 3 + 1  # header and rule; three data sets; our row under the pooled rule


def test_latex_escapes_what_latex_reads(kdd):
    text = formats.render(tables.build("cadgmm/Table-3", kdd), "latex")
    assert r"top 20 \%" in text
    assert "–" not in text


def test_an_unknown_format_lists_the_known():
    with pytest.raises(UnknownNameError, match=r"no format is called 'markdwn'; did you mean 'markdown'"):
        formats.render(tables.build("quick", []), "markdwn")


def test_an_unknown_table_lists_the_known():
    with pytest.raises(
        UnknownNameError, match=r"did you mean 'cadgmm/Table-3'\? Known: cadgmm/Table-3, cadgmm/Table-4"
    ):
        suite("cadgmm/Tabel-3")


def test_the_average_is_over_all_subsets_of_a_seed_or_there_is_none(finished):
    digits = [f"class={digit}" for digit in range(10)]
    whole = [
        finished("CANCE", "cance-mnist-unimodal", 0, subset=digit, auroc=0.9 + place / 100)
        for place, digit in enumerate(digits)
    ]
    partial = [finished("CANCE", "cance-mnist-unimodal", 1, subset=digit, auroc=0.5) for digit in digits[:9]]
    table = tables.build("cance/Table-1", [*whole, *partial])
    (row,) = rows(table, dataset="MNIST", subset="class=avg", method="CANCE")
    (auroc,) = row.values
    assert auroc.mean == pytest.approx(94.5)
    assert auroc.reported == 97.7
    assert row.seeds == 1


def test_without_the_data_there_is_no_average(finished):
    result = finished("DAGMM", "adbench-contaminated", 0, subset="6_cardio")
    assert tables.averages([result], (), "mean over all sets") == []


def test_without_the_data_the_sets_that_were_run_are_shown_and_it_is_said_why_no_average_is(
    finished, monkeypatch
):
    key = "robustness-adbench-5"
    monkeypatch.setitem(PROTOCOLS._members, key, replace(protocols()[key], subsets=tuple))
    table = tables.build("robustness", [finished("IF", key, 0, subset="6_cardio")])
    assert {row.subset for row in table.rows} == {"6_cardio"}
    assert f"{key}: no average, for want of the data, which say what it is over." in table.readings


def test_a_suite_that_names_its_methods_leaves_out_variants_of_others(finished):
    methods = ("CADGMM (one head)", "CADGMM (9 neighbours)", "IF")
    results = [finished(method, "cadgmm-satellite", 0) for method in methods]
    table = tables.build("cadgmm-readings", results)
    assert {row.method for row in table.rows} == {"CADGMM (one head)", "IF"}


def test_companions_stand_beside_papers_tables_alone():
    assert "cadgmm-kdd99-deduplicated" in [p.key for p in companions(suite("cadgmm/Table-3"))]
    assert companions(suite("cadgmm-readings")) == []
