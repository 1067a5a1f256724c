"""Recorded steps without a device that records: a stand-in runs the step again, as it was when it was recorded."""

import pytest
import torch

from hinterland.networks import draws as draws_module
from hinterland.networks.draws import drawn_like
from hinterland.training import steps as steps_module
from hinterland.training.learner import Learner
from hinterland.training.settings import LoopSettings
from hinterland.training.steps import STEPS_BEFORE, RecordedSteps, Steps, steps_of

ROWS = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
BATCHES = [
    torch.randperm(40, generator=torch.Generator().manual_seed(seed))[: 8 - seed % 2] for seed in range(20)
]


class Denoising:
    """An objective with weights of its own and noise from a generator."""

    def __init__(self):
        self.model = torch.nn.Linear(3, 3)
        with torch.no_grad():
            self.model.weight.fill_(0.1)
            self.model.bias.zero_()
        self.generator = torch.Generator().manual_seed(5)

    def __call__(self, batch):
        (rows,) = batch
        noise = drawn_like(rows, torch.randn, self.generator)
        return {
            "error": (self.model(rows + 0.1 * noise) - rows).square().mean(),
            "size": self.model.weight.square().sum() * 1e-3,
        }


def trained(kind, batches=BATCHES):
    objective = Denoising()
    learner = Learner([objective.model], LoopSettings())
    take_step = kind(objective, learner, (ROWS,))
    seen = []
    for index in batches:
        terms = take_step(index)
        learner.move(0.05)
        seen.append(torch.stack(list(terms.values())).clone())
    return torch.stack(seen), learner.values.clone(), take_step


class Tape:
    """Runs a step for its result and undoes what it did; repeats it by running it again on the places of its draws."""

    recorded = 0

    def __call__(self, step, device):
        assert device == ROWS.device
        recorded = next(
            cell.cell_contents for cell in step.__closure__ if isinstance(cell.cell_contents, Steps)
        )
        draws = draws_module._RECORDING.draws
        before = recorded.learner.snapshot()
        terms = step()
        recorded.learner.restore(before)
        Tape.recorded += 1

        def repeat():
            with draws.placed():
                for name, term in step().items():
                    terms[name].copy_(term)

        return terms, repeat


@pytest.fixture
def tape(monkeypatch):
    Tape.recorded = 0
    monkeypatch.setattr(steps_module, "capture", Tape())


def test_steps_give_the_terms_and_a_learner_that_has_followed_them():
    objective = Denoising()
    learner = Learner([objective.model], LoopSettings(gradient_norm=None))
    terms = Steps(objective, learner, (ROWS,))(BATCHES[0])
    expected = Denoising()
    values = expected((ROWS[BATCHES[0]],))
    sum(values.values()).backward()
    assert list(terms) == ["error", "size"]
    assert not any(term.requires_grad for term in terms.values())
    torch.testing.assert_close(terms["error"], values["error"].detach())
    gradient = torch.cat([expected.model.weight.grad.flatten(), expected.model.bias.grad])
    torch.testing.assert_close(learner.mean, 0.1 * gradient)  # Adam's first moment starts at zero


def test_recorded_steps_are_the_same_steps(tape):
    terms, values, _ = trained(Steps)
    recorded_terms, recorded_values, _ = trained(RecordedSteps)
    assert Tape.recorded == 2  # batches of 7 and of 8 rows
    torch.testing.assert_close(recorded_terms, terms, rtol=0, atol=0)
    torch.testing.assert_close(recorded_values, values, rtol=0, atol=0)


def test_a_size_is_recorded_once_it_was_seen_often_enough(tape):
    trained(RecordedSteps, BATCHES[: 2 * STEPS_BEFORE - 2])
    assert Tape.recorded == 0
    trained(RecordedSteps, BATCHES[: 2 * STEPS_BEFORE])
    assert Tape.recorded == 2


def test_what_cannot_be_recorded_is_said_once_and_trains_all_the_same(monkeypatch):
    def refuse(step, device):
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(steps_module, "capture", refuse)
    with pytest.warns(UserWarning, match="could not be recorded.*not permitted") as said:
        _, values, _ = trained(RecordedSteps)
    assert len(said) == 1
    torch.testing.assert_close(values, trained(Steps)[1], rtol=0, atol=0)


def test_only_a_cuda_device_records():
    objective = Denoising()
    learner = Learner([objective.model], LoopSettings())
    assert type(steps_of(objective, learner, (ROWS,), recordable=True)) is Steps
