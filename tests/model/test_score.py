import math

import pytest
import torch

from hinterland.model.composite import row_errors
from hinterland.model.score import SCORES, Rule, Score, check_score

ROWS = torch.tensor([[3.0, 4.0], [1.0, 0.0], [0.0, 2.0]], dtype=torch.float64)
REBUILT = torch.tensor([[3.0, 2.0], [0.0, 1.0], [0.0, 4.0]], dtype=torch.float64)
ERRORS = row_errors(ROWS, REBUILT)
ENERGY = torch.tensor([1.0, -2.0, 5.0], dtype=torch.float64)


def test_the_energy_is_the_densitys():
    assert Score()(ENERGY, ERRORS) is ENERGY
    assert Score().needs_density


@pytest.mark.parametrize(
    ("measure", "expected"),
    [("mean", [2.0, 1.0, 2.0]), ("sum", [4.0, 2.0, 4.0]), ("norm", [2.0, 2**0.5, 2.0])],
)
def test_the_reconstruction_is_the_error_by_its_measure(measure, expected):
    score = Score("reconstruction", measure=measure)
    assert not score.needs_density
    assert score(None, ERRORS).tolist() == pytest.approx(expected)


def test_the_literal_sum_adds_the_weighed_error():
    score = Score("energy+reconstruction", weight=0.5, scaling="literal")
    assert not score.learns_unit
    assert score(ENERGY, ERRORS).tolist() == pytest.approx([2.0, -1.5, 6.0])


def test_the_learnt_sum_makes_both_vary_alike_over_the_training_rows():
    score = Score("energy+reconstruction", weight=2.0)
    assert score.learns_unit
    energies, errors = torch.tensor([0.0, 1.0, 5.0]).double(), torch.tensor([0.1, 0.1, 0.4]).double()
    score.learn_unit([(energies[:1], errors[:1]), (energies[1:], errors[1:])])
    # Mean absolute deviations from the medians 1 and 0.1: 5/3 and 0.1.
    assert score.unit.item() == pytest.approx(5 / 3 / 0.1)
    assert score(ENERGY, ERRORS)[0].item() == pytest.approx(1.0 + 2.0 * (5 / 3 / 0.1) * 2.0)


def test_errors_that_do_not_vary_leave_the_unit_at_one():
    score = Score("energy+reconstruction")
    score.learn_unit([(torch.tensor([1.0, 2.0]), torch.tensor([0.5, 0.5]))])
    assert score.unit.item() == 1.0
    assert score.unit.dtype == torch.float64


def test_the_angle_is_that_between_row_and_reconstruction():
    expected = [math.acos(17 / (5 * math.sqrt(13))), math.pi / 2, 0.0]
    assert Score("angle")(None, ERRORS).tolist() == pytest.approx(expected, abs=1e-5)


def test_the_angle_of_a_perfect_reconstruction_has_a_finite_gradient():
    rebuilt = ROWS.clone().requires_grad_()
    Score("angle")(None, row_errors(ROWS, rebuilt)).sum().backward()
    assert torch.isfinite(rebuilt.grad).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "anger"}, "scoring must be one of .*got 'anger'"),
        ({"measure": "median"}, "measure must be one of .*got 'median'"),
        ({"weight": 0}, "reconstruction_weight must be a number in .*got 0"),
        ({"scaling": "log"}, "reconstruction_scaling must be one of .*got 'log'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Score(**arguments)


# --- the tail ---------------------------------------------------------------------------------------


def with_tail(energies: torch.Tensor) -> Score:
    score = Score(tail=True)
    score.learn_tail(energies)
    return score


def test_energies_that_are_usual_for_new_rows_are_left_and_higher_ones_go_on_as_a_logarithm():
    score = with_tail(torch.linspace(0, 20, 101).double())  # median 10, upper twentieth from 19: a unit of 9
    found = score(torch.tensor([-50.0, 3.0, 19.0, 28.0, 1e9]).double(), ERRORS)
    expected = [-50.0, 3.0, 19.0, 19 + 9 * math.log(2), 19 + 9 * math.log1p((1e9 - 19) / 9)]
    assert found.tolist() == pytest.approx(expected)
    assert found[-1] < 200


def test_a_tail_changes_no_order_and_has_a_slope_everywhere():
    score = with_tail(torch.zeros(50).double())  # all alike: the unit is still some nats
    energy = torch.logspace(-3, 12, 500).double().requires_grad_()
    found = score(energy, ERRORS)
    assert (found.diff() > 0).all()
    (slope,) = torch.autograd.grad(found.sum(), energy)
    assert (slope > 0).all()
    assert float(slope[0]) == pytest.approx(1, abs=1e-3)


def test_without_a_tail_settings_and_state_are_those_of_earlier_versions():
    assert Score().settings == {"name": "energy", "measure": "mean", "weight": 1.0, "scaling": "learnt"}
    assert set(Score().state_dict()) == {"unit"}
    assert set(Score(tail=True).state_dict()) == {"unit", "tail_start", "tail_unit"}


def test_a_score_of_your_own_joins_the_shelf(monkeypatch):
    monkeypatch.setattr(SCORES, "_members", dict(SCORES.members()))
    worst = Rule(lambda score, energy, errors: torch.maximum(energy, score.error(errors)), needs_density=True)
    SCORES.add("worst", worst, home=__name__)
    check_score("worst", 1.0, "learnt")
    assert Score("worst").needs_density
    assert not Score("worst").learns_unit
    torch.testing.assert_close(Score("worst")(ENERGY, ERRORS), torch.maximum(ENERGY, Score().error(ERRORS)))


def test_a_score_that_there_is_not_is_named_with_those_there_are():
    with pytest.raises(
        ValueError, match=r"scoring must be one of \['energy', 'reconstruction', .*got 'worst'"
    ):
        check_score("worst", 1.0, "learnt")
