import subprocess
import sys

import pytest
from typer.testing import CliRunner

from hinterland.benchmark.experiments.methods import methods
from hinterland.benchmark.runs.store import Store
from hinterland.cli.benchmark import app


@pytest.fixture
def invoke():
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def store(tmp_path, finished):
    path = tmp_path / "s.sqlite"
    with Store(path) as made:
        for subset in ("wine", "breast_cancer"):
            for name, auroc in (("IF", 0.9), ("PCA", 0.7)):
                made.save(finished(name, "quick-one-class", 0, subset, auroc=auroc))
        made.save(finished("DAGMM", "cadgmm-satellite-unscaled", f1=0.8))
    return path


@pytest.mark.slow
def test_list_names_tables_protocols_and_methods(invoke):
    text = invoke("list").stdout
    for name in ("cadgmm/Table-3", "adbench", "quick", "cance-thyroid-natural", *methods()):
        assert f"  {name}" in text
    assert "no protocol is built for it" in text
    assert "cadgmm-kdd99:" not in invoke("list", "methods").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "quik"), "no table, suite or protocol is called 'quik'; did you mean 'quick'?"),
        (
            ("run", "quick", "--methods", "DAGM"),
            "no method is called 'DAGM'; did you mean 'DAGMM'? Known: ",
        ),
        (
            ("run", "quick", "--subsets", "vine"),
            "called 'vine'; did you mean 'wine'? Known: breast_cancer, wine",
        ),
        (
            ("run", "quick", "--settings", "{epochs: 3}"),
            "--settings must be a JSON object, got '{epochs: 3}'",
        ),
        (("run", "quick", "--settings", "[3]"), "--settings must be a JSON object, got '[3]'"),
        (("table", "quick", "--store", "nowhere.sqlite"), "there is no result store at nowhere.sqlite"),
        (("list", "tabels"), "no listing is called 'tabels'; did you mean 'tables'?"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(invoke, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_run_needs_the_library_of_a_method_it_is_told_to_run(invoke, monkeypatch, tmp_path):
    monkeypatch.setattr("hinterland.baselines.base.find_spec", lambda name: None)
    result = invoke("run", "quick", "--methods", "ECOD", "--store", tmp_path / "s.sqlite")
    assert result.exit_code == 2
    assert "the baseline ECOD needs the package 'pyod'" in result.stderr


def test_table_prints_to_stdout(invoke, store):
    result = invoke("table", "cadgmm/Table-3", "--store", store, "--format", "csv")
    assert result.exit_code == 0
    assert (
        'cadgmm/Table-3,cadgmm-satellite-unscaled,Satellite,,"natural half, top 32 %",DAGMM,f1,81.19,,80.0'
        in result.stdout
    )


@pytest.mark.slow
def test_compare_prints_ranks_and_draws(invoke, store, tmp_path):
    picture = tmp_path / "ranks.png"
    result = invoke("compare", "quick", "--store", store, "--diagram", picture)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.index("IF") < result.stdout.index("PCA")
    assert picture.stat().st_size > 1000


@pytest.mark.slow
def test_results_writes_pages_their_pictures_and_the_contents(invoke, store, tmp_path):
    contents = tmp_path / "docs" / "results.md"
    result = invoke("results", "--store", store, "--output", contents)
    assert result.exit_code == 0, result.stderr
    folder = contents.parent / "results"
    assert {path.name for path in folder.iterdir()} == {"cadgmm.md", "quick.md"}  # nothing was run for others
    paper, suite = ((folder / name).read_text(encoding="utf-8") for name in ("cadgmm.md", "quick.md"))
    assert "hinterland benchmark run cadgmm/Table-3 --methods 'DAGMM' --seeds 1" in paper
    assert "hinterland benchmark run quick --methods 'IF,PCA' --seeds 1" in suite
    assert "![Mean ranks and which methods differ](../images/quick-ranks.svg)" in suite
    assert (contents.parent / "images" / "quick-ranks.svg").is_file()
    written = sorted(contents.parent.rglob("*.*"))
    again = [path.read_bytes() for path in written]
    invoke("results", "--store", store, "--output", contents)
    assert [path.read_bytes() for path in written] == again


def test_headlines_prints_the_lines_there_are_results_for(invoke, store):
    result = invoke("headlines", "--store", store)
    assert result.exit_code == 0, result.stderr
    assert len(result.stdout.splitlines()) == 2  # the header: none of its tables is in this store


def test_help_is_quick_to_import():
    heavy = ("torch", "sklearn", "pandas", "scipy", "matplotlib")
    code = f"import sys, hinterland.cli.benchmark; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_exported_results_make_the_same_store_again(invoke, store, tmp_path):
    file, copy = tmp_path / "kept" / "results.jsonl.gz", tmp_path / "copy.sqlite"
    assert invoke("export", file, "--store", store).exit_code == 0
    result = invoke("import", file, "--store", copy)
    assert result.exit_code == 0, result.stderr
    assert Store(copy).results() == Store(store).results()
    before = file.read_bytes()
    assert invoke("export", file, "--store", copy).exit_code == 0
    assert file.read_bytes() == before
    assert "0 new results" in invoke("import", file, "--store", copy).stderr


def test_what_is_no_export_is_refused_and_changes_nothing(invoke, store, tmp_path):
    file = tmp_path / "results.jsonl.gz"
    file.write_text("no results", encoding="utf-8")
    before = Store(store).results()
    result = invoke("import", file, "--store", store)
    assert result.exit_code == 2
    assert "not exported results" in result.stderr
    assert Store(store).results() == before
    assert "there is no file" in invoke("import", tmp_path / "none", "--store", store).stderr


def test_choices_that_have_results_are_compared_without_a_run(invoke, store, tmp_path):
    file = tmp_path / "choices.json"
    file.write_text('{"IF": {"a forest": {}}, "PCA": {"components": {}}}', encoding="utf-8")
    result = invoke("choices", file, "--suites", "quick", "--folds", "2", "--store", store, "--quiet")
    assert result.exit_code == 0, result.output
    assert "| components | 70.00 / 80.00 | -20.00 ± 0.00 / +0.00 ± 0.00 | 0 | 1.0 |" in result.stdout
    mistake = invoke("choices", tmp_path / "none.json", "--store", store)
    assert mistake.exit_code == 2
    assert "no choices can be read" in mistake.output
