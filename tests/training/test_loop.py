import itertools
import math
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hinterland.training.learner import Learner
from hinterland.training.loop import TrainingInterruptedWarning, TrainingRecoveredWarning, batches, train
from hinterland.training.settings import LoopSettings

CPU = torch.device("cpu")
TARGET = torch.tensor([1.0, -2.0, 3.0])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rows(n: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(n, 3, generator=generator(1))
    return x, x @ TARGET


class Regression(nn.Module):
    """A linear map and a stage whose buffer counts batches; ``seen`` keeps the rows of each batch."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, generator=generator(seed)))
        self.bias = nn.Parameter(torch.zeros(()))
        self.register_buffer("n_batches", torch.zeros(()))
        self.seen: list[torch.Tensor] = []

    def objective(self, batch):
        x, y = batch
        if self.training:
            self.n_batches += 1
            self.seen.append(x)
        error = (x @ self.weight + self.bias - y).square().mean()
        return {"error": error, "size": 1e-6 * self.weight.square().sum()}


def fit(model: Regression, objective=None, seed: int = 0, **settings):
    """Train with a learning rate that gets there in a few hundred steps."""
    options = {
        name: settings.pop(name) for name in ("validate", "diagnostics", "on_epoch") if name in settings
    }
    settings = {"epochs": 60, "batch_size": 16, "learning_rate": 0.05, **settings}
    return train(
        [model], objective or model.objective, rows(), LoopSettings(**settings), generator(seed), **options
    )


# --- batches ----------------------------------------------------------------------------------------


@given(st.integers(1, 300), st.integers(1, 310), st.integers(0, 5))
def test_batches_hold_every_row_once_in_sizes_that_differ_by_at_most_one(n, batch_size, seed):
    parts = batches(n, LoopSettings(batch_size=batch_size), generator(seed), CPU)
    assert sorted(torch.cat(parts).tolist()) == list(range(n))
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= batch_size
    assert len(parts) == math.ceil(n / batch_size)


def test_batches_are_shuffled_anew_by_the_generator():
    source = generator()
    first, second = (
        torch.cat(batches(100, LoopSettings(batch_size=10), source, CPU)).tolist() for _ in range(2)
    )
    assert first != second
    assert first == torch.cat(batches(100, LoopSettings(batch_size=10), generator(), CPU)).tolist()


def test_training_sees_every_row_once_an_epoch():
    model = Regression()
    fit(model, epochs=7)
    assert len(model.seen) == 7 * 4
    for epoch in range(7):
        seen = torch.cat(model.seen[4 * epoch : 4 * epoch + 4])
        assert torch.equal(seen.sort(0).values, rows()[0].sort(0).values)


# --- what is learnt ---------------------------------------------------------------------------------


def test_it_finds_the_least_squares_solution():
    model = Regression()
    result = fit(model, epochs=200)
    torch.testing.assert_close(model.weight.detach(), TARGET, atol=1e-2, rtol=0)
    assert result.history[-1]["loss"] < 1e-3 < result.history[0]["loss"]
    assert not result.interrupted


def test_every_parameter_moves_and_is_its_own_afterwards():
    model = Regression()
    before = [p.detach().clone() for p in model.parameters()]
    fit(model, epochs=1)
    for p, start in zip(model.parameters(), before, strict=True):
        assert not torch.equal(p, start)
        assert p.grad is None
        assert p.untyped_storage().nbytes() == p.numel() * 4  # no view into a shared buffer
        assert p.requires_grad
    assert not model.training


@pytest.mark.slow
@pytest.mark.parametrize(("gradient_norm", "weight_decay"), [(None, 0.0), (0.5, 0.0), (5.0, 0.1)])
def test_the_steps_are_those_of_torchs_adamw(gradient_norm, weight_decay):
    ours, theirs = Regression(), Regression()
    fit(ours, epochs=5, gradient_norm=gradient_norm, weight_decay=weight_decay)
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=0.05, weight_decay=weight_decay)
    source = generator()
    for _ in range(5):
        for index in batches(64, LoopSettings(batch_size=16), source, CPU):
            optimizer.zero_grad()
            sum(theirs.objective(tuple(r[index] for r in rows())).values()).backward()
            if gradient_norm is not None:
                nn.utils.clip_grad_norm_(theirs.parameters(), gradient_norm)
            optimizer.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_parameters_that_take_no_gradient_stay():
    model = Regression()
    model.bias.requires_grad_(False)
    fit(model, epochs=3)
    assert float(model.bias) == 0
    assert not model.bias.requires_grad


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    results = []
    for seed in (0, 0, 1):
        model = Regression()
        history = fit(model, seed=seed, epochs=5).history
        results.append((model.weight.tolist(), [entry["loss"] for entry in history]))
    assert results[0] == results[1]
    assert results[0][0] != results[2][0]


def test_the_global_generator_is_left_alone():
    state = torch.get_rng_state()
    fit(Regression(), epochs=3)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_learner_that_is_handed_in_goes_on_where_it_was():
    whole, parts = Regression(), Regression()
    fit(whole, epochs=8, batch_size=64)
    settings = LoopSettings(epochs=4, batch_size=64, learning_rate=0.05)
    learner = Learner([parts], settings)
    for _ in range(2):
        train([parts], parts.objective, rows(), settings, generator(), learner=learner)
        assert all(p.grad is not None for p in parts.parameters())  # it may go on
    learner.release()
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)
        assert b.grad is None


@pytest.mark.parametrize("max_steps", [1, 4, 30])
def test_the_steps_are_bounded(max_steps):
    model = Regression()
    fit(model, max_steps=max_steps)
    assert len(model.seen) == max_steps


def test_a_cosine_decay_makes_the_last_steps_small():
    steps = []
    for cosine_decay in (False, True):
        model = Regression()
        path = []

        def objective(batch, model=model, path=path):
            path.append(model.weight.detach().clone())
            # A slope that never changes, so that Adam's steps all have the size of the learning rate.
            return {"slope": model.weight.sum() + model.bias}

        fit(model, objective, epochs=25, learning_rate=0.1, cosine_decay=cosine_decay)
        steps.append([float((b - a).norm()) for a, b in itertools.pairwise(path)])
    constant, decaying = steps
    assert constant[-1] == pytest.approx(constant[0], rel=0.01)
    assert decaying[0] == pytest.approx(constant[0], rel=0.01)
    assert decaying[50] == pytest.approx(constant[0] / 2, rel=0.05)
    assert decaying[-1] < 0.01 * constant[-1]


# --- history ----------------------------------------------------------------------------------------


def test_an_entry_has_the_terms_their_sum_and_what_is_added():
    entries = []
    result = fit(
        Regression(),
        epochs=40,
        validate=lambda: 1.0,
        diagnostics=lambda: {"codes": 7.0},
        on_epoch=entries.append,
    )
    assert result.history == entries
    assert len(entries) > 1
    for entry in entries:
        assert set(entry) == {"epoch", "seconds", "loss", "error", "size", "validation_loss", "codes"}
        assert entry["loss"] == pytest.approx(entry["error"] + entry["size"])
    assert entries[-1]["epoch"] == 40
    for name in ("epoch", "seconds"):
        values = [entry[name] for entry in entries]
        assert values == sorted(set(values))


def test_the_terms_are_means_over_rows_and_not_over_batches():
    def objective(batch):  # no gradient that matters: the mean target of each batch
        return {"mean": batch[1].mean() + 0 * model.weight.sum() + 0 * model.bias}

    model = Regression()
    entry = fit(model, objective, batch_size=48, epochs=1).history[0]  # 32 and 32
    assert entry["mean"] == pytest.approx(float(rows()[1].mean()), abs=1e-5)
    x, y = (r[:7] for r in rows())  # batches of 4 and 3
    settings = LoopSettings(epochs=1, batch_size=4, learning_rate=0.05)
    entry = train([model], objective, (x, y), settings, generator()).history[0]
    assert entry["mean"] == pytest.approx(float(y.mean()), abs=1e-5)


# --- best state and early stopping ------------------------------------------------------------------


class Script:
    """A validation loss that follows a script, and the state it was asked about each time."""

    def __init__(self, model: Regression, losses: list[float]) -> None:
        self.model, self.losses = model, losses
        self.states: list[list[float]] = []
        self.modes: list[bool] = []

    def __call__(self) -> float:
        self.states.append([*self.model.weight.tolist(), float(self.model.n_batches)])
        self.modes.append(self.model.training)
        return self.losses[min(len(self.states), len(self.losses)) - 1]


def test_the_state_with_the_lowest_validation_loss_is_kept_with_its_buffers():
    model = Regression()
    script = Script(model, [3.0, 1.0, 2.0, 1.0, 5.0])
    fit(model, validate=script)
    assert len(script.states) >= 5
    assert [*model.weight.tolist(), float(model.n_batches)] == script.states[1]
    assert script.modes == [False] * len(script.modes)


def test_without_validation_the_last_state_is_kept():
    model = Regression()
    states = []
    fit(model, on_epoch=lambda entry: states.append(model.weight.tolist()))
    assert model.weight.tolist() == states[-1]


def test_training_stops_when_validation_no_longer_improves():
    model = Regression()
    script = Script(model, [3.0, 2.0, 2.5])
    history = fit(model, epochs=500, patience=15, validate=script).history
    best = history[1]["epoch"]
    stopped = history[-1]["epoch"]
    assert best + 15 <= stopped < best + 15 + history[0]["epoch"] < 500
    assert [*model.weight.tolist(), float(model.n_batches)] == script.states[1]


def test_training_goes_on_while_validation_improves():
    model = Regression()
    script = Script(model, [-float(i) for i in range(1000)])
    assert fit(model, epochs=60, patience=1, validate=script).history[-1]["epoch"] == 60


# --- trouble ----------------------------------------------------------------------------------------


def failing_at(model: Regression, calls: set[int], value: float):
    """The model's objective, which at some calls gives a loss of another value."""
    count = iter(range(10**9))

    def objective(batch):
        terms = model.objective(batch)
        return {**terms, "error": terms["error"] * value} if next(count) in calls else terms

    return objective


@pytest.mark.slow
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_training_recovers_from_a_non_finite_loss_and_warns_once(value):
    model = Regression()
    with pytest.warns(TrainingRecoveredWarning, match="non-finite.*halved the learning rate") as caught:
        result = fit(model, failing_at(model, {30, 90}, value), epochs=200)
    assert len(caught) == 1
    torch.testing.assert_close(model.weight.detach(), TARGET, atol=0.05, rtol=0)
    assert all(math.isfinite(value) for entry in result.history for value in entry.values())


def test_after_recovery_the_step_is_halved():
    sizes = []
    for failures in (set(), {30}):
        model = Regression()
        path = []

        def objective(batch, model=model, path=path, failures=failures):
            path.append(model.weight.detach().clone())
            slope = model.weight.sum() + model.bias
            return {"slope": slope * math.nan if len(path) - 1 in failures else slope}

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TrainingRecoveredWarning)
            fit(model, objective)
        sizes.append(float((path[-1] - path[-2]).norm()))
    assert sizes[1] == pytest.approx(sizes[0] / 2, rel=0.01)


def test_a_loss_that_is_never_finite_ends_training_in_the_first_state():
    model = Regression()
    start = model.weight.detach().clone()
    with pytest.warns(TrainingRecoveredWarning) as caught:
        result = fit(model, lambda batch: {"error": model.weight.sum() * math.nan + model.bias}, epochs=10**6)
    assert len(caught) == 1
    assert result.history == []
    assert torch.equal(model.weight, start)


def test_a_validation_loss_that_is_not_finite_is_never_the_best():
    model = Regression()
    script = Script(model, [2.0, math.nan, 1.5, 3.0])
    with pytest.warns(TrainingRecoveredWarning):
        fit(model, validate=script)
    assert [*model.weight.tolist(), float(model.n_batches)] == script.states[2]


def test_an_interruption_keeps_the_best_state_so_far_and_warns():
    model = Regression()
    script = Script(model, [2.0, 1.0, 3.0])

    def interrupt(entry):
        if len(script.states) == 3:
            raise KeyboardInterrupt

    with pytest.warns(TrainingInterruptedWarning, match="interrupted after .* of at most 60 epochs"):
        result = fit(model, validate=script, on_epoch=interrupt)
    assert result.interrupted
    assert len(result.history) == 3
    assert [*model.weight.tolist(), float(model.n_batches)] == script.states[1]
    assert not model.training
    assert all(p.grad is None for p in model.parameters())


def test_an_interruption_in_the_first_epoch_keeps_the_first_state():
    model = Regression()
    start = model.weight.detach().clone()
    steps = iter(range(100))

    def objective(batch):
        if next(steps) == 2:
            raise KeyboardInterrupt
        return model.objective(batch)

    with pytest.warns(TrainingInterruptedWarning, match="interrupted after 0 of"):
        result = fit(model, objective)
    assert result.interrupted
    assert result.history == []
    assert torch.equal(model.weight, start)


def test_another_error_is_passed_on():
    def objective(batch):
        raise ZeroDivisionError("in the objective")

    with pytest.raises(ZeroDivisionError, match="in the objective"):
        fit(Regression(), objective)


@pytest.mark.parametrize(("n", "sizes"), [(193, [128]), (256, [128, 128]), (300, [128, 128]), (100, [100])])
def test_exact_batches_have_the_size_asked_for_and_leave_rows_over(n, sizes):
    settings = LoopSettings(batch_size=128, exact_batches=True)
    parts = batches(n, settings, generator(), CPU)
    assert [len(part) for part in parts] == sizes
    assert len(torch.cat(parts).unique()) == sum(sizes)
    assert settings.steps_an_epoch(n) == len(sizes)


def test_the_first_decay_is_adams_beta1():
    steps = {}
    for decay in (0.0, 0.5, 0.9):
        model = nn.Linear(1, 1, bias=False)
        nn.init.constant_(model.weight, 1.0)
        torch_model = nn.Linear(1, 1, bias=False)
        torch_model.load_state_dict(model.state_dict())
        adam = torch.optim.Adam(torch_model.parameters(), lr=0.1, betas=(decay, 0.999))
        learner = Learner([model], LoopSettings(gradient_norm=None, mean_decay=decay))
        for target in (3.0, -2.0, 0.5):
            learner.step([(model.weight - target).square().sum()], 0.1)
            adam.zero_grad()
            (torch_model.weight - target).square().sum().backward()
            adam.step()
        steps[decay] = model.weight.item()
        assert steps[decay] == pytest.approx(torch_model.weight.item(), rel=1e-5)
    assert len(set(steps.values())) == 3
