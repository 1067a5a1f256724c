"""What every detector's table of parameters promises."""

import inspect
import re
import warnings

import pytest
from sklearn.base import clone

from hinterland.detectors import CADGMM, DAGMM, Detector, catalogue
from hinterland.parameter_table import table

PARAMETERS = [
    pytest.param(detector, name, id=f"{detector.__name__}-{name}")
    for detector in catalogue.detectors().values()
    for name in table(detector)
]
FORMER = [
    pytest.param(detector, entry.was, name, id=f"{detector.__name__}-{entry.was}")
    for detector in catalogue.detectors().values()
    for name, entry in table(detector).items()
    if entry.was is not None
]
CITED = re.compile(r"\d{4}\.\s(.*\n)*.*(arXiv:\d{4}\.\d{5}|doi:10\.\d{4,}/\S+|https://\S+)")


class Nonsense:
    """Neither a number nor a name, nor anything that can be called or counted."""


@pytest.mark.parametrize(("detector", "name"), PARAMETERS)
def test_a_parameter_has_a_description_and_a_check_that_passes_its_default(detector, name):
    entry = table(detector)[name]
    assert re.match(r"\S.{4,}\.$", entry.description, re.DOTALL)
    assert "  " not in entry.description
    assert entry.annotation
    entry.check(name, entry.default)


@pytest.mark.parametrize(("detector", "name"), PARAMETERS)
def test_a_wrong_value_is_refused_by_name(detector, name):
    with pytest.raises(ValueError, match=rf"^{name} must .*got.*Nonsense"):
        detector(**{name: Nonsense()}).check_parameters()


@pytest.mark.parametrize("detector", catalogue.detectors().values(), ids=catalogue.detectors())
def test_the_table_is_the_constructor_and_the_docstring(detector):
    entries = table(detector)
    assert inspect.signature(detector).parameters.keys() == entries.keys() == detector().get_params().keys()
    headings = re.findall(r"^(\w+) : .*, default=", detector.__doc__, re.MULTILINE)
    assert headings == list(entries)
    sections = re.findall(r"^(\S.*)\n-{3,}$", detector.__doc__, re.MULTILINE)
    assert sections == ["Parameters", "Attributes", "References", "Examples"]
    assert len(set(detector.__doc__.splitlines()[0])) > 5
    assert detector.__doc__.splitlines()[1] == ""


@pytest.mark.parametrize("detector", catalogue.detectors().values(), ids=catalogue.detectors())
def test_a_detector_cites_where_it_is_from(detector):
    references = detector.__doc__.partition("References\n----------\n")[2].partition("\n\nExamples")[0]
    assert CITED.search(references), references
    assert '"' in references


@pytest.mark.parametrize(("detector", "old", "new"), FORMER)
def test_a_former_name_sets_the_present_one_and_says_so(detector, old, new):
    with pytest.warns(FutureWarning, match=f"{old} of {detector.__name__} is now called {new}"):
        given = detector(**{old: 7})
    with pytest.warns(FutureWarning, match=f"{old} of {detector.__name__} is now called {new}"):
        assert detector().set_params(**{old: 7}).get_params() == given.get_params()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert getattr(clone(given), new) == 7
        assert old not in given.get_params()


def test_the_length_of_training_has_one_word():
    words = {"epochs", "n_iter", "max_iter", "iterations", "min_steps", "max_steps"}
    for detector in catalogue.detectors().values():
        lengths = {name for name in table(detector) if re.search(r"(^|_)steps$", name)}
        assert lengths or "fits" in table(detector)
        assert words & table(detector).keys() <= {"epochs"}  # a paper's floor under the steps
        assert "epochs" not in table(detector) or "steps" in lengths


def test_dagmm_and_cadgmm_are_siblings():
    assert not issubclass(CADGMM, DAGMM)
    assert not issubclass(DAGMM, CADGMM)
    (above,) = set(DAGMM.__bases__) & set(CADGMM.__bases__)
    assert issubclass(above, Detector)
    assert "network" not in table(above)
    assert above.__name__ not in catalogue.detectors()


def test_options_of_an_inner_detector_are_read_by_former_names_without_a_word():
    stored = {"detector": "DAGMM", "detector_options": {"min_steps": 4, "epochs": 2}, "fits": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        names = catalogue.present_names(catalogue.detector_class("ClusterAndRetrain"), stored)
    assert names == {**stored, "detector_options": {"steps": 4, "epochs": 2}}
    assert stored["detector_options"] == {"min_steps": 4, "epochs": 2}
    own = catalogue.detector_class("ContrastiveScorer")
    assert catalogue.present_names(own, {"detector_options": {"min_steps": 4}}) == {
        "detector_options": {"steps": 4}
    }
