"""Every example in a docstring runs, with what hinterland installs alone, and prints what it says."""

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import hinterland


def modules_with_examples() -> Iterator[str]:
    """Modules in whose source an example stands; others need not be imported to be searched."""
    for found in pkgutil.walk_packages(hinterland.__path__, "hinterland."):
        place = Path(*hinterland.__path__).parent.joinpath(*found.name.split("."))
        source = place / "__init__.py" if found.ispkg else place.with_suffix(".py")
        if ">>> " in source.read_text(encoding="utf-8"):
            yield found.name


def examples() -> list[doctest.DocTest]:
    """Docstrings with examples, each with what its module defines."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = (test for name in modules_with_examples() for test in finder.find(importlib.import_module(name)))
    return [test for test in found if test.examples]


@pytest.mark.slow
@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_an_example_prints_what_it_says(example: doctest.DocTest) -> None:
    failures: list[str] = []
    doctest.DocTestRunner(verbose=False).run(example, out=failures.append)
    assert not failures, "".join(failures)


def test_a_wrong_example_fails() -> None:
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    with pytest.raises(AssertionError, match=r"Expected:\s+3\s+Got:\s+2"):
        test_an_example_prints_what_it_says(wrong)


def test_examples_of_every_floor_are_found() -> None:
    names = {example.name for example in examples()}
    assert {"hinterland.thresholds.just_above", "hinterland.explain.explain"} <= names
    assert {"hinterland.detectors.deep_mixture.DeepMixture", "hinterland.report.write.report"} <= names
