import json
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest

from hinterland.benchmark.experiments.index import reported_in
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.experiments.reported import provenance, read, reported
from hinterland.errors import FileFormatError

COUNTS = {
    "cadgmm": {"Table 3": 72, "Table 4": 45},
    "dagmm-variants": {
        "VAE Results": 19, "VQ-VAE Results": 19, "LMM results": 19, "Modify the Loss Function - Results": 19,
        "Modify the Inference Criterion - Results": 19, "Summary": 21,
    },
    "deuad": {
        "Table 2": 9, "Table 3": 9, "Table 4": 19, "Table 5": 15, "Table 6": 8, "Table 7": 30, "Table 8": 4,
        "text (Run Time)": 1,
    },
    "cance": {
        "Table 1": 88, "Table 2": 36, "Table 3": 132, "Table 4": 5, "Table 5": 88, "Table 6": 55, "Table 7": 10,
        "Table 8": 9,
    },
}  # fmt: skip


@pytest.fixture
def copy(tmp_path) -> Path:
    for file in resources.files("hinterland.benchmark.experiments").joinpath("printed").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def test_every_table_has_its_rows():
    found = Counter((row.source, row.table) for row in reported())
    assert {source: {t: n for (s, t), n in found.items() if s == source} for source in COUNTS} == COUNTS
    assert len(reported()) == 751


def test_known_cells():
    values = {
        (r.table_key, r.dataset, r.subset, r.method, r.metric): (r.value, r.sd) for r in reported()
    }  # fmt: skip
    assert values["cadgmm/Table-3", "KDDCUP99", "", "DAGMM", "f1"] == (93.69, None)
    assert values["cance/Table-8", "KDDCUP99", "", "DAGMM-1", "f1"][0] == 97.3
    assert values["deuad/text-(Run-Time)", "CIFAR-10", "", "Ours", "seconds"] == (260, None)
    assert all(0 <= value <= 100 for (*_, metric), (value, _) in values.items() if metric != "seconds")


def test_the_provenance_names_every_source():
    assert provenance()["sources"].keys() == COUNTS.keys()
    assert all(about["title"] for about in provenance()["sources"].values())


def test_a_missing_row_is_an_error_that_names_the_table(copy):
    lines = (copy / "results.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (copy / "results.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(FileFormatError, match="cance Table 8: 8 rows, expected 9"):
        read(copy)


def test_a_doubled_cell_is_an_error_even_where_the_count_is_right(copy):
    lines = (copy / "results.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (copy / "results.csv").write_text("".join([*lines[:2], lines[1], *lines[3:]]), encoding="utf-8")
    with pytest.raises(FileFormatError, match=r"cadgmm / Table 3 / cadgmm-kdd99 / .* twice"):
        read(copy)


def test_a_value_that_is_no_number_is_named_by_its_line(copy):
    text = (copy / "results.csv").read_text(encoding="utf-8")
    (copy / "results.csv").write_text(
        text.replace("93.69", "93,69x", 1).replace("93,69x", "n/a", 1), encoding="utf-8"
    )
    with pytest.raises(FileFormatError, match=r"line \d+: value and sd must be numbers"):
        read(copy)


def test_other_columns_are_an_error(copy):
    text = (copy / "results.csv").read_text(encoding="utf-8")
    (copy / "results.csv").write_text(text.replace("source,", "paper,", 1), encoding="utf-8")
    with pytest.raises(FileFormatError, match="must have the columns source, table"):
        read(copy)


def test_a_table_in_no_provenance_is_an_error(copy):
    content = json.loads((copy / "provenance.json").read_text(encoding="utf-8"))
    del content["sources"]["deuad"]["rows"]["Table 8"]
    (copy / "provenance.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(FileFormatError, match="deuad Table 8: 4 rows, expected 0"):
        read(copy)


@pytest.mark.slow
@pytest.mark.parametrize(
    "row", [row for row in reported() if any(p.answers == row.protocol for p in protocols().values())]
)
def test_every_reported_number_of_a_built_protocol_has_a_place_in_a_run(row):
    for p in protocols().values():
        if p.answers == row.protocol:
            subset, judgement = p.reading_of(row.subset)
            if p.key.startswith("deuad-ucf"):  # its categories are those of data that is not here
                assert row.subset.startswith("crime=")
            elif (
                row.subset == "features=NetVLAD"
            ):  # features that cannot be had here: beside no number of ours
                assert subset not in p.subsets()
            else:
                assert subset in {*p.subsets(), p.average}
            assert judgement in {known.name for known in p.judgements}


def test_tables_of_another_name_are_empty():
    assert reported_in("adbench") == ()
