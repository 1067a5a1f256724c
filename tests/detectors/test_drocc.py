"""DROCC's equations by hand, and that it finds what lies around a table and explains it."""

import math

import numpy as np
import pytest
import torch

import hinterland
from hinterland import DROCC
from hinterland.detectors.drocc import RowClassifier, adversaries, on_shell
from hinterland.explain import explain
from hinterland.metrics import auroc
from hinterland.model.scaling import InputScaling

SHORT = {"hidden": (16,), "steps": 120, "batch_size": 64, "ascent_steps": 3, "random_state": 0}


@pytest.fixture(scope="module")
def ring() -> np.ndarray:
    """Rows on a circle of radius 3 in the first two of three columns: usual rows have an unusual middle."""
    generator = np.random.default_rng(0)
    angle = generator.uniform(0, 2 * np.pi, 300)
    return np.column_stack([3 * np.cos(angle), 3 * np.sin(angle), 0.1 * generator.normal(size=300)])


def test_a_displacement_is_brought_to_the_nearest_place_of_the_shell():
    given = torch.tensor([[0.3, 0.4], [1.2, 0.9], [6.0, 8.0], [0.0, 0.0]])
    found = on_shell(given, 1.0, 2.0)
    expected = torch.tensor([[0.6, 0.8], [1.2, 0.9], [1.2, 1.6], [0.0, 0.0]])
    torch.testing.assert_close(found, expected)


def test_adversaries_climb_to_the_hardest_place_of_the_shell_by_the_gradient_alone():
    direction = torch.tensor([0.6, -0.8])
    rows = torch.zeros(20, 2)
    found = adversaries(
        lambda x: x @ direction,
        rows,
        1.0,
        2.0,
        n_steps=200,
        step=0.1,
        generator=torch.Generator().manual_seed(0),
    )
    torch.testing.assert_close(found, 2 * direction.expand(20, 2), atol=0.05, rtol=0)


def test_without_ascent_adversaries_are_noise_in_the_shell_of_the_generator():
    rows = torch.ones(200, 3)
    first, same, other = (
        adversaries(
            lambda x: x.sum(1),
            rows,
            1.0,
            1.5,
            n_steps=0,
            step=0.1,
            generator=torch.Generator().manual_seed(s),
        )
        for s in (0, 0, 1)
    )
    distance = torch.linalg.vector_norm(first - rows, dim=1)
    assert float(distance.min()) >= 1 - 1e-6
    assert float(distance.max()) <= 1.5 + 1e-6
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_the_energy_is_the_log_odds_against_a_row_being_usual(ring):
    scaling = InputScaling.from_rows(ring, "standard", 10.0)
    model = RowClassifier(scaling, [4], "relu", generator=torch.Generator().manual_seed(0))
    model.ready_to_score()
    x = torch.from_numpy(ring[:5])
    hidden = torch.relu(scaling(x) @ model.encoder[0].weight.T + model.encoder[0].bias)
    odds = hidden @ model.head[0].weight[0] + model.head[0].bias
    torch.testing.assert_close(model.energy(x), -odds)
    torch.testing.assert_close(model.features(x), hidden)


@pytest.mark.slow
def test_it_finds_rows_beside_and_beyond_a_manifold(ring):
    wide = {"hidden": (64,), "steps": 250, "learning_rate": 0.01}
    detector = DROCC(**SHORT | wide, activation="silu", radius=1.5, scaling=None).fit(ring)
    for odd in (ring[:50] * [2, 2, 1], ring[:50] + [0, 0, 1.5]):
        energy = detector.energy(np.concatenate([ring, odd]))
        assert auroc(np.arange(len(energy)) >= len(ring), energy) > 0.9


def test_the_radius_is_the_root_of_the_number_of_columns_unless_given(ring):
    assert DROCC(**SHORT | {"steps": 2}).fit(ring).radius_ == pytest.approx(math.sqrt(3))
    assert DROCC(**SHORT | {"steps": 2}, radius=0.5).fit(ring).radius_ == 0.5


@pytest.mark.slow
def test_the_warm_up_sees_training_rows_alone(ring):
    history = DROCC(**SHORT, warm_up=0.5).fit(ring).history_
    first = [entry for entry in history if entry["stage"] == 1]
    second = [entry for entry in history if entry["stage"] == 2]
    assert all("adversarial" not in entry for entry in first)
    assert all(
        entry["loss"] == pytest.approx(entry["usual_rows"] + entry["adversarial"], rel=1e-5)
        for entry in second
    )
    assert first[-1]["usual_rows"] < first[0]["usual_rows"]
    assert {entry["stage"] for entry in DROCC(**SHORT, warm_up=0).fit(ring).history_} == {2}


@pytest.mark.slow
def test_each_part_moves_the_outcome(ring):
    short = SHORT | {"steps": 40}
    plain = DROCC(**short).fit(ring).energy(ring)
    for changed in (  # each of a few steps
        {"adversarial_weight": 3.0},
        {"ascent_steps": 0},
        {"ascent_rate": 0.5},
        {"shell": 1.0},
        {"weight_decay": 10.0},
        {"warm_up": 0.5},
        {"validation_share": 0},
    ):
        assert not np.allclose(DROCC(**short | changed).fit(ring).energy(ring), plain), changed


@pytest.mark.slow
def test_it_is_saved_loaded_and_explained(ring, tmp_path):
    detector = DROCC(**SHORT).fit(ring)
    detector.save(tmp_path / "own.hinterland")
    same = hinterland.load(tmp_path / "own.hinterland")
    np.testing.assert_array_equal(same.energy(ring), detector.energy(ring))
    assert same.radius_ == detector.radius_
    found = explain(same, ring[:3] + [0, 0, 4.0])
    assert (found.contributions.argmax(1) == 2).all()
    assert [len(row) for row in found.top(2)] == [2, 2, 2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("radius", 0.0),
        ("shell", 0.9),
        ("ascent_steps", -1),
        ("ascent_rate", 0),
        ("adversarial_weight", 0),
        ("warm_up", 1.0),
        ("weight_decay", -0.1),
        ("validation_share", 1),
        ("hidden", (0,)),
        ("activation", "sine"),
    ],
)
def test_wrong_parameters_are_named(ring, name, value):
    with pytest.raises(ValueError, match=name):
        DROCC(**SHORT | {name: value}).fit(ring)
