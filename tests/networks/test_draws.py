import threading

import pytest
import torch

from hinterland.networks.draws import RecordedDraws, drawn_like


def seeded():
    return torch.Generator().manual_seed(3)


def step(generator):
    first = drawn_like(torch.zeros(2, 3), torch.rand, generator)
    return first, drawn_like(torch.zeros(5), torch.randn, generator)


def test_draws_are_those_of_the_generator_in_the_shape_and_kind_asked_for():
    x = torch.zeros(4, 3, dtype=torch.float64)
    expected = torch.randn(4, 3, generator=seeded(), dtype=torch.float64)
    assert torch.equal(drawn_like(x, torch.randn, seeded()), expected)


def test_what_is_noted_is_drawn_as_ever():
    with RecordedDraws().noted():
        drawn = step(seeded())
    for one, expected in zip(drawn, step(seeded()), strict=True):
        assert torch.equal(one, expected)


def test_places_are_filled_with_what_the_step_would_have_drawn_in_its_order():
    generator, draws = seeded(), RecordedDraws()
    with draws.noted():
        step(generator)
    state = generator.get_state()
    with draws.placed():
        first, second = step(generator)
    assert torch.equal(generator.get_state(), state)  # nothing is drawn while a step is recorded
    other = seeded()
    step(other)
    for _ in range(3):
        first.fill_(9)  # a step may write into what it drew
        draws.again()
        for one, expected in zip((first, second), step(other), strict=True):
            assert torch.equal(one, expected)


@pytest.mark.parametrize(
    "other",
    [
        lambda g: drawn_like(torch.zeros(3), torch.rand, g),
        lambda g: drawn_like(torch.zeros(2, 3), torch.randn, g),
        lambda g: drawn_like(torch.zeros(2, 3), torch.rand, torch.Generator()),
        lambda g: (step(g), drawn_like(torch.zeros(2), torch.rand, g)),
    ],
)
def test_a_step_that_draws_otherwise_is_refused(other):
    generator, draws = seeded(), RecordedDraws()
    with draws.noted():
        step(generator)
    with pytest.raises(RuntimeError, match="draws something else"), draws.placed():
        other(generator)
    assert torch.equal(step(seeded())[0], torch.rand(2, 3, generator=seeded()))  # as ever after it


def test_other_threads_draw_as_ever():
    seen, generator, draws = [], seeded(), RecordedDraws()
    with draws.noted():
        step(generator)
    with draws.placed():
        thread = threading.Thread(
            target=lambda: seen.append(drawn_like(torch.zeros(2), torch.rand, seeded()))
        )
        thread.start()
        thread.join()
    assert torch.equal(seen[0], torch.rand(2, generator=seeded()))


def test_without_a_generator_torchs_own_draws():
    torch.manual_seed(1)
    drawn = drawn_like(torch.zeros(3), torch.rand, None)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(3))
