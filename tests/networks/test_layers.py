import numpy as np
import pytest
import torch

from hinterland.networks.layers import ACTIVATIONS, Dropout, layers, linear


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_linear_layer_starts_by_glorot_and_bengio():
    layer = linear(300, 200, generator())
    bound = np.sqrt(6 / 500)
    weight = layer.weight.detach()
    assert layer.weight.shape == (200, 300)
    assert float(weight.abs().max()) <= bound
    assert float(weight.std()) == pytest.approx(bound / np.sqrt(3), rel=0.02)
    assert (layer.bias == 0).all()


def test_a_linear_layer_is_its_formula_with_its_gradients():
    layer = linear(4, 3, generator()).double()
    x = torch.randn(5, 4, generator=generator(), dtype=torch.float64, requires_grad=True)
    with torch.no_grad():
        layer.bias.copy_(torch.tensor([1.0, 2.0, 3.0]))
    torch.testing.assert_close(layer(x), x @ layer.weight.T + layer.bias)
    assert torch.autograd.gradcheck(
        lambda x, w, b: torch.func.functional_call(layer, {"weight": w, "bias": b}, (x,)),
        (x, layer.weight, layer.bias),
    )


@pytest.mark.parametrize(
    ("activation", "formula"),
    [("tanh", torch.tanh), ("relu", torch.relu), ("silu", torch.nn.functional.silu)],
)
def test_layers_have_the_activation_between_them_and_none_after_the_last(activation, formula):
    stack = torch.nn.Sequential(*layers([4, 3, 2], activation, generator()))
    first, last = (part for part in stack if isinstance(part, torch.nn.Linear))
    x = torch.randn(6, 4, generator=generator(1))
    before = x.clone()
    torch.testing.assert_close(stack(x), formula(x @ first.weight.T) @ last.weight.T)
    assert torch.equal(x, before)  # rows are left as they were


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_through_the_layers_are_those_of_finite_differences(activation):
    stack = torch.nn.Sequential(*layers([3, 4, 4, 2], activation, generator())).double()
    names, values = zip(*stack.named_parameters(), strict=True)
    x = torch.randn(5, 3, generator=generator(1), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x, *p: torch.func.functional_call(stack, dict(zip(names, p, strict=True)), (x,)), (x, *values)
    )


def test_an_unknown_activation_is_named():
    with pytest.raises(ValueError, match=r"activation must be one of .*'tanh'.*got 'softsign'"):
        layers([2, 2], "softsign", None)


def test_dropout_keeps_the_expected_share_and_the_mean():
    dropout = Dropout(0.3, generator())
    out = dropout(torch.ones(400, 500))
    assert float((out == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    assert torch.unique(out).tolist() == pytest.approx([0, 1 / 0.7])
    assert float(out.mean()) == pytest.approx(1, abs=0.02)


def test_dropout_is_the_identity_in_evaluation_and_at_zero():
    x = torch.randn(5, 4)
    assert torch.equal(Dropout(0.5, generator()).eval()(x), x)
    assert torch.equal(Dropout(0.0, generator())(x), x)


def test_dropout_draws_from_its_own_generator():
    state = torch.get_rng_state()
    x = torch.ones(20, 20)
    first = Dropout(0.5, generator(3))(x)
    assert torch.equal(first, Dropout(0.5, generator(3))(x))
    assert not torch.equal(first, Dropout(0.5, generator(4))(x))
    assert torch.equal(torch.get_rng_state(), state)
