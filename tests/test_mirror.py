"""Tests mirror the source: a module's tests are in the file of its name, or ``ELSEWHERE`` says where they are.

``hinterland.tables.kinds`` is tested in ``tests/tables/test_kinds.py``, and what the package ``hinterland.datasets``
itself defines in ``tests/datasets/test_datasets.py``.
"""

import ast
from pathlib import Path

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src" / "hinterland"

ELSEWHERE = {
    "baselines/test_baselines": "baselines.base baselines.deep_isolation baselines.deepod baselines.pyod "
    "baselines.scikit_learn",
    "benchmark/experiments/test_no_leak": "benchmark.experiments.protocol "
    "benchmark.experiments.protocols.adbench "
    "benchmark.experiments.protocols.cadgmm benchmark.experiments.protocols.cadgmm_released "
    "benchmark.experiments.protocols.cance "
    "benchmark.experiments.protocols.dagmm_variants benchmark.experiments.protocols.deuad "
    "benchmark.experiments.protocols.kddcup99 benchmark.experiments.protocols.quick",
    "benchmark/results/test_compare": "benchmark.results.diagram benchmark.results.figures benchmark.results.summary",
    "benchmark/results/test_curves": "benchmark.experiments.suite",
    "benchmark/results/test_tables": "benchmark.results.formats",
    "benchmark/runs/test_store": "benchmark.runs.stored_rows",
    "cli/test_application": "__main__",
    "cli/test_benchmark": "benchmark.__main__",
    "cli/test_decide": "cli.set_aside",
    "cli/test_fit": "cli.labelled_rows cli.options",
    "cli/test_inspect": "cli.column_options preprocessing.tabular.summary",
    "cli/test_listings": "cli.console cli.datasets cli.detectors",
    "contracts/test_clusterings": "clustering.hdbscan clustering.k_means",
    "contracts/test_combinations": "detectors.own_density",
    "contracts/test_densities": "densities.base",
    "contracts/test_parameters": "detectors.parameters",
    "datasets/test_cifar10": "datasets._archives datasets.cats_vs_dogs",
    "datasets/test_datasets": "datasets.satellite datasets.thyroid",
    "datasets/test_fetch": "download",
    "datasets/test_mnist": "datasets.mnist_c",
    "datasets/test_splits": "datasets.splits.drawing datasets.splits.halves datasets.splits.one_class "
    "datasets.splits.sides",
    "detectors/test_cance": "detectors.contrastive_stage",
    "detectors/test_catalogue": "detectors",
    "detectors/test_dagmm": "detectors.joint_mixture",
    "detectors/test_deuad": "detectors.compact_choice",
    "detectors/test_update": "detectors.updatable",
    "model/test_calibrated": "model.around",
    "persistence/test_forgeries": "persistence.agreement persistence.classes persistence.columns persistence.objects",
    "persistence/test_persistence": "preprocessing.base persistence.settings",
    "preprocessing/pictures/test_pretrained": "preprocessing.pictures.backbones",
    "preprocessing/tabular/test_columns": "preprocessing.tabular.category_column "
    "preprocessing.tabular.number_column preprocessing.tabular.time_column",
    "preprocessing/tabular/test_encoder": "preprocessing preprocessing.tabular.fitting "
    "preprocessing.tabular.matching preprocessing.tabular.tabular_parameters tables.columns.readings",
    "preprocessing/tabular/test_state": "preprocessing.tabular.tabular_state",
    "report/test_page": "report.data",
    "report/test_write": "cli.report",
    "scoring/test_batch": "scoring.columns scoring.model_input",
    "serve/test_application": "serve.csv_rows serve.json_rows serve.metrics serve.page serve.problems serve.rows",
    "tables/columns/test_decide": "tables.columns.decisions tables.columns.number_columns "
    "tables.columns.read_values tables.columns.text_columns",
    "tables/csv/test_file": "tables.csv.blocks",
    "tables/text/test_time_format": "tables.text.time_layouts",
    "test_metrics": "ranking",
    "test_moved": "hinterland",
    "training/test_loop": "training.learner",
}
"""Test files, and the modules without a file of their own that they cover."""


def modules() -> dict[str, Path]:
    """Test file of its own of each module that defines something; of a package, those whose ``__init__`` does."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).with_suffix("")
        if path.name == "__init__.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.walk(tree)):
                name = ".".join(place.parent.parts)
                found[name or "hinterland"] = place.parent / f"test_{place.parent.name or 'hinterland'}.py"
        else:
            found[".".join(place.parts)] = place.with_name(f"test_{place.name.lstrip('_')}.py")
    return found


def test_every_module_has_a_test_file_of_its_name_or_a_line_that_says_which_covers_it() -> None:
    without = {name for name, file in modules().items() if not (TESTS / file).is_file()}
    listed = [name for line in ELSEWHERE.values() for name in line.split()]
    assert without - set(listed) == set(), "write the test file of its name, or add the module to ELSEWHERE"
    assert set(listed) - without == set(), "these have a test file of their own, or are gone: take them out"
    assert len(listed) == len(set(listed)), "a module is listed twice"


def test_every_test_file_that_is_named_is_there() -> None:
    assert [name for name in ELSEWHERE if not (TESTS / f"{name}.py").is_file()] == []
    assert list(ELSEWHERE) == sorted(ELSEWHERE)
