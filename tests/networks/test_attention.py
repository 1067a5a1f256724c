import numpy as np
import pytest
import torch

from hinterland.networks.attention import GraphAttention
from hinterland.networks.neighbours import edges, nearest_others, nearest_within


def drawn(n: int, d: int = 5, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)).double()


def attention(heads: int = 2, seed: int = 0, **options) -> GraphAttention:
    module = GraphAttention(5, 6, heads, torch.Generator().manual_seed(seed), **options).double()
    with torch.no_grad():
        module.bias.copy_(drawn(1, 6, seed=9)[0])
    return module


def slow(module: GraphAttention, row: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Equations 3 to 5 for one row and the rows (k, d) that it sees, a head and a neighbour at a time."""
    width = len(module.weight) // module.heads
    parts = []
    for head in range(module.heads):
        weight = module.weight.detach().numpy()[head * width : (head + 1) * width]
        attends = module.attends.detach().numpy()[head]
        attended = module.attended.detach().numpy()[head]
        logits = [float(attends @ weight @ row + attended @ weight @ other) for other in seen]
        leaky = module.logit_activation == "leaky_relu"
        terms = [np.exp(np.tanh(v) if not leaky else v if v > 0 else 0.2 * v) for v in logits]
        parts.append(sum(t / sum(terms) * weight @ other for t, other in zip(terms, seen, strict=True)))
    return np.concatenate(parts) + module.bias.detach().numpy()


@pytest.mark.parametrize("activation", ["leaky_relu", "tanh"])
@pytest.mark.parametrize("heads", [1, 2, 3])
def test_attention_is_its_equations(heads, activation):
    module = attention(heads, logit_activation=activation)
    rows, reference = drawn(8), drawn(12, seed=1)
    neighbours = nearest_others(rows, reference, 4, "cosine")
    got = module.to_neighbours(module.targets(rows), module.sources(reference), neighbours)
    for i, numbers in enumerate(neighbours):
        expected = slow(module, rows[i].numpy(), reference[numbers].numpy())
        np.testing.assert_allclose(got[i].detach(), expected, rtol=1e-10)


def test_places_without_a_neighbour_count_for_nothing():
    module, rows, reference = attention(), drawn(3), drawn(12, seed=1)
    neighbours = torch.tensor([[4, -1, 7], [-1, -1, -1], [1, 2, 3]])
    got = module.to_neighbours(module.targets(rows), module.sources(reference), neighbours)
    np.testing.assert_allclose(
        got[0].detach(), slow(module, rows[0].numpy(), reference[[4, 7]].numpy()), rtol=1e-10
    )
    assert torch.equal(got[1], module.bias)
    got.square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in module.parameters())


@pytest.mark.parametrize("symmetric", [False, True])
def test_along_edges_it_is_the_same_attention(symmetric):
    module, rows = attention(), drawn(20)
    neighbours = nearest_within(rows, 3, "cosine")
    along = edges(neighbours, symmetric=symmetric, self_loops=False)
    targets, sources = module.targets(rows), module.sources(rows)
    got = module.along_edges(targets, sources, along)
    for i in range(20):
        seen = along[1][along[0] == i]
        np.testing.assert_allclose(
            got[i].detach(), slow(module, rows[i].numpy(), rows[seen].numpy()), rtol=1e-10
        )
    if not symmetric:
        torch.testing.assert_close(got, module.to_neighbours(targets, sources, neighbours))


def test_a_row_without_edges_has_the_bias():
    module, rows = attention(), drawn(3)
    along = torch.tensor([[0, 0], [1, 2]])
    got = module.along_edges(module.targets(rows), module.sources(rows), along)
    assert torch.equal(got[1:], module.bias.expand(2, -1))


def test_large_logits_do_not_overflow():
    module, rows = attention(), 1e5 * drawn(20)
    neighbours = nearest_within(rows, 3, "cosine")
    targets, sources = module.targets(rows), module.sources(rows)
    assert torch.isfinite(module.to_neighbours(targets, sources, neighbours)).all()
    along = edges(neighbours, symmetric=True, self_loops=True)
    assert torch.isfinite(module.along_edges(targets, sources, along)).all()


def pyg_of(module: GraphAttention):
    pyg = pytest.importorskip("torch_geometric.nn", reason="torch_geometric is not installed")
    width = len(module.weight) // module.heads
    layer = pyg.GATConv(5, width, heads=module.heads, add_self_loops=False, bias=True).double()
    with torch.no_grad():
        layer.lin.weight.copy_(module.weight)
        layer.att_src.copy_(module.attended[None])
        layer.att_dst.copy_(module.attends[None])
        layer.bias.copy_(module.bias)
    return layer


@pytest.mark.slow
@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("form", ["neighbours", "edges"])
def test_it_equals_pytorch_geometrics_layer_forward_and_backward(heads, form):
    module, rows = attention(heads), drawn(30)
    layer = pyg_of(module)
    neighbours = nearest_within(rows, 4, "cosine")
    along = edges(neighbours, symmetric=form == "edges", self_loops=form == "edges")
    ours, theirs = rows.clone().requires_grad_(), rows.clone().requires_grad_()
    targets, sources = module.targets(ours), module.sources(ours)
    if form == "edges":
        got = module.along_edges(targets, sources, along)
    else:
        got = module.to_neighbours(targets, sources, neighbours)
    expected = layer(theirs, along.flip(0))  # theirs has what is attended to first
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)
    weights = drawn(30, 6, seed=5)
    (got * weights).sum().backward()
    (expected * weights).sum().backward()
    pairs = [
        (ours.grad, theirs.grad),
        (module.weight.grad, layer.lin.weight.grad),
        (module.attended.grad, layer.att_src.grad[0]),
        (module.attends.grad, layer.att_dst.grad[0]),
        (module.bias.grad, layer.bias.grad),
    ]
    for mine, other in pairs:
        assert float(other.abs().max()) > 1e-3
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-5)


def test_heads_must_share_the_width():
    with pytest.raises(ValueError, match="heads must divide the width of the attention, 6, got 4"):
        GraphAttention(5, 6, 4)


def test_along_edges_tanh_is_the_same_attention_too():
    module, rows = attention(logit_activation="tanh"), drawn(20)
    neighbours = nearest_within(rows, 3, "cosine")
    targets, sources = module.targets(rows), module.sources(rows)
    got = module.along_edges(targets, sources, edges(neighbours, symmetric=False, self_loops=False))
    expected = module.to_neighbours(targets, sources, neighbours)
    np.testing.assert_allclose(got.detach(), expected.detach(), rtol=1e-10)


def test_another_activation_of_the_logits_is_refused():
    with pytest.raises(ValueError, match="logit_activation must be"):
        GraphAttention(5, 6, logit_activation="relu")
