from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from collections.abc import Sequence

import pytest
from sklearn.base import clone

from hinterland.parameter_table import (
    Parameterised,
    as_stored,
    attribute,
    by_present_names,
    parameter,
    positional,
    table,
    with_parameters,
)
from hinterland.parameters import choice, flag, instance_of, number, options, whole, widths


class Base(Parameterised):
    """A base."""

    seed: int | None = parameter(None, whole(least=0, optional=True), "what is drawn from.")
    learnt_: float = attribute()


class Trainer(Base):
    """Trains.

    For a while.

    Examples
    --------
    >>> Trainer().steps
    10
    """

    widths: Sequence[int] = positional(default=(4, 2), check=widths(), about="of the layers.")
    steps: int = parameter(10, whole(least=1), "gradient steps.", was="n_iter")
    rate: float = parameter(0.1, number(above=0), "of the steps.")


class Slow(Trainer):
    """Trains for longer."""

    steps = 1000

    def _check_parameters(self) -> None:
        if self.seed == self.steps:
            raise ValueError(f"seed must not be steps, got {self.seed}")


def test_the_table_has_parameters_with_a_place_then_the_classes_own_then_those_of_bases():
    assert list(table(Trainer)) == ["widths", "steps", "rate", "seed"]
    assert list(table(Slow)) == ["widths", "steps", "rate", "seed"]
    entry = table(Trainer)["steps"]
    assert (entry.default, entry.description, entry.was) == (10, "gradient steps.", "n_iter")


def test_the_constructor_has_the_tables_names_and_defaults():
    signature = inspect.signature(Trainer)
    assert list(signature.parameters) == list(table(Trainer))
    assert [p.default for p in signature.parameters.values()] == [(4, 2), 10, 0.1, None]
    kinds = [p.kind.name for p in signature.parameters.values()]
    assert kinds == ["POSITIONAL_OR_KEYWORD", "KEYWORD_ONLY", "KEYWORD_ONLY", "KEYWORD_ONLY"]
    with pytest.raises(TypeError, match="positional"):
        Trainer((3,), 5)


def test_arguments_are_stored_untouched_and_what_is_no_parameter_is_not_set():
    given = {"widths": [1], "steps": object(), "rate": "x", "seed": []}
    assert vars(Trainer(**given)) == given
    assert all(vars(Trainer(**given))[name] is value for name, value in given.items())
    assert not hasattr(Trainer(), "learnt_")


def test_a_plain_value_in_a_subclass_is_another_default_alone():
    assert (Slow().steps, Trainer().steps) == (1000, 10)
    assert table(Slow)["steps"]._replace(default=10) == table(Trainer)["steps"]


def test_scikit_learn_gets_sets_and_clones():
    model = Trainer([3], steps=4).set_params(rate=0.5)
    assert model.get_params() == {"widths": [3], "steps": 4, "rate": 0.5, "seed": None}
    assert clone(model).get_params() == model.get_params()
    assert repr(model) == "Trainer(rate=0.5, steps=4, widths=[3])"
    with pytest.raises(ValueError, match="Invalid parameter 'speed'"):
        model.set_params(speed=3)
    for same in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert same.get_params() == model.get_params()


def test_all_parameters_are_checked_and_then_whether_they_go_together():
    Slow().check_parameters()
    with pytest.raises(ValueError, match=r"rate must be a number in \(0, inf\), got -1"):
        Slow(rate=-1).check_parameters()
    with pytest.raises(ValueError, match="seed must be an integer of at least 0 or None, got 'x'"):
        Slow(seed="x").check_parameters()
    with pytest.raises(ValueError, match="seed must not be steps, got 1000"):
        Slow(seed=1000).check_parameters()


# --- the docstring ----------------------------------------------------------------------------------


def test_the_docstring_has_the_parameters_before_its_other_sections():
    assert Trainer.__doc__ == (
        "Trains.\n\nFor a while.\n\nParameters\n----------\n"
        "widths : Sequence[int], default=(4, 2)\n    of the layers.\n"
        "steps : int, default=10\n    gradient steps.\n"
        "rate : float, default=0.1\n    of the steps.\n"
        "seed : int | None, default=None\n    what is drawn from.\n\n"
        "Examples\n--------\n>>> Trainer().steps\n10"
    )


def test_a_docstring_without_sections_ends_with_the_parameters_and_long_ones_are_wrapped():
    entry = table(Trainer)["rate"]._replace(description="word " * 60)
    lines = with_parameters("First.", {"rate": entry}).splitlines()
    assert lines[:2] == ["First.", ""]
    assert all(line.startswith("    word") and len(line) <= 120 for line in lines[5:])
    assert len(lines) > 6


def test_a_class_without_parameters_keeps_its_docstring():
    assert with_parameters("First.\n\n    Second.", {}) == "First.\n\n    Second."


# --- former names -----------------------------------------------------------------------------------

SAYS = "the parameter n_iter of Trainer is now called steps; the old name goes with hinterland 0.3"


def test_a_former_name_works_in_constructor_set_params_and_as_an_attribute_and_says_so_where_it_is_used():
    with pytest.warns(FutureWarning, match=SAYS) as seen:
        model = Trainer(n_iter=3)
    assert seen[0].filename == __file__
    assert vars(model) == {"widths": (4, 2), "steps": 3, "rate": 0.1, "seed": None}
    with pytest.warns(FutureWarning, match=SAYS) as seen:
        assert model.set_params(n_iter=4) is model
    assert seen[0].filename == __file__
    with pytest.warns(FutureWarning, match=SAYS) as seen:
        assert model.n_iter == 4
    assert seen[0].filename == __file__
    with pytest.warns(FutureWarning, match=SAYS):
        model.n_iter = 5
    assert model.steps == 5


def test_present_names_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert clone(Trainer(steps=3).set_params(steps=5)).steps == 5
        assert by_present_names(Trainer, {"n_iter": 3, "other": 1}) == {"steps": 3, "other": 1}


def test_a_pickle_from_before_the_renaming_is_read():
    state = {"widths": (3,), "n_iter": 7, "rate": 0.2, "seed": 1, "learnt_": 2.0}
    model = Trainer.__new__(Trainer)
    model.__setstate__(state)
    assert (model.steps, model.rate, model.learnt_) == (7, 0.2, 2.0)


def test_both_names_at_once_are_refused():
    with pytest.raises(TypeError, match="got steps and n_iter, which is its former name"):
        Trainer(steps=3, n_iter=4)


# --- classes with constructors of their own ---------------------------------------------------------


def test_a_written_constructor_is_kept():
    class Own(Base):
        """Has its own."""

        def __init__(self, size: int = 3, seed: int | None = 1) -> None:
            self.size = size
            self.seed = seed

    assert Own(5).get_params() == {"size": 5, "seed": 1}
    with pytest.raises(ValueError, match="seed must be"):
        Own(seed=-1).check_parameters()


# --- checks as objects ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "good", "wrong", "message"),
    [
        (whole(least=2, most=4), [2, 4], [1, 5, 2.0, True, None], "x must be an integer from 2 to 4, got"),
        (whole(least=2, optional=True), [2, None], [1], "x must be an integer of at least 2 or None, got 1"),
        (number(above=0, most=1), [1, 0.5], [0, 1.1, "1"], r"x must be a number in \(0, 1\], got"),
        (choice("a", None), ["a", None], ["b", 0], r"x must be one of \['a', None\], got"),
        (flag, [True, False], [1, "true", None], r"x must be one of \[True, False\], got"),
        (widths(), [(), (3,)], [3, None], "x must be a sequence of layer widths, got"),
        (widths(optional=True), [None], ["3"], "x must be a sequence of layer widths, got '3'"),
        (options, [None, {"a": 1}], [[1], "a"], "x must be a dictionary or None, got"),
        (instance_of(str, called="a name"), ["a"], [3], "x must be a name, got 3"),
    ],
)
def test_checks_name_the_parameter_and_what_was_found(check, good, wrong, message):
    for value in good:
        check("x", value)
    for value in wrong:
        with pytest.raises(ValueError, match=message):
            check("x", value)


def test_a_parameter_that_something_stored_does_not_name_is_what_was_done_before_there_was_it():
    class Grown(Parameterised):
        depth: int = parameter(3, whole(least=1), "layers.", was="layers")
        rounds: int = parameter(5, whole(least=0), "of refinement.", before=0)

    assert Grown().rounds == 5
    assert as_stored(Grown, {"layers": 2}) == {"depth": 2, "rounds": 0}
    assert as_stored(Grown, {"depth": 2, "rounds": 1}) == {"depth": 2, "rounds": 1}
    old = Grown.__new__(Grown)
    old.__setstate__({"layers": 2})
    assert (old.depth, old.rounds) == (2, 0)
