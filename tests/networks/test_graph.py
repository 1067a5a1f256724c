import numpy as np
import pytest
import torch

from hinterland.networks import graph as module
from hinterland.networks.graph import GraphAutoencoder
from hinterland.networks.neighbours import edges, nearest_others, nearest_within


def drawn(n: int = 40, d: int = 5, seed: int = 1) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def network(seed: int = 0, **settings) -> GraphAutoencoder:
    defaults = {"hidden": (6, 4), "latent_dim": 2, "n_neighbors": 3, "n_reference": 30, "batch_rows": 20}
    generator = torch.Generator().manual_seed(seed)
    return GraphAutoencoder(5, **{**defaults, **settings}, generator=generator)


def test_latent_and_reconstruction_are_the_explicit_formulas():
    net = network(latent_weight=0.5)
    rows, new = drawn(), drawn(7, seed=2)
    net.prepare(rows)
    neighbours = nearest_others(new, net.reference, 3, "cosine")
    seen = torch.cat([new, net.reference])
    index = torch.cat([torch.arange(7)[:, None], 7 + neighbours], 1)  # itself and its neighbours
    attention = net.attention
    summary = attention.to_neighbours(attention.targets(new), attention.sources(seen), index)
    (w1, b1), (w2, b2) = [(p.weight, p.bias) for p in net.transform if isinstance(p, torch.nn.Linear)]
    own = torch.tanh(torch.tanh(new @ w1.T + b1) @ w2.T + b2)
    latent = (own + torch.tanh(summary)) @ net.fusion.weight.T + net.fusion.bias
    (v1, c1), (v2, c2), (v3, c3) = [(p.weight, p.bias) for p in net.decoder if isinstance(p, torch.nn.Linear)]
    assert [len(c) for c in (c1, c2, c3)] == [4, 6, 5]
    back = torch.tanh(torch.tanh(latent @ v1.T + c1) @ v2.T + c2) @ v3.T + c3
    encoding = net(new)
    torch.testing.assert_close(encoding.latent, latent)
    torch.testing.assert_close(encoding.reconstruction, back)
    torch.testing.assert_close(encoding.penalty, 0.5 * latent.square().sum() / 7)


def test_training_rows_meet_the_same_graph_with_their_neighbours_known_and_found():
    net = network()
    rows = torch.cat([drawn(), drawn()])  # each has a copy
    net.prepare(rows)
    (neighbours,) = net.constants(rows)
    assert neighbours.shape == (80, 3)
    assert len(net.reference) <= 30
    assert (rows[:, None] != net.reference[neighbours]).any(2).all()  # no row is a neighbour of its copy
    torch.testing.assert_close(net(rows, neighbours).latent, net(rows).latent)
    few = torch.tensor([3, 50])  # of few rows only the neighbours are projected
    torch.testing.assert_close(net(rows[few], neighbours[few]).latent, net(rows).latent[few])


@pytest.mark.parametrize("n_rows", [1, 2, 4])
def test_a_reference_of_fewer_rows_than_neighbours_gives_them_all(n_rows):
    net = network(n_neighbors=5)
    net.prepare(drawn(n_rows))
    assert net.settings["n_reference"] == n_rows
    encoding = net(drawn(6, seed=2))
    assert torch.isfinite(encoding.reconstruction).all()
    one = network(n_neighbors=5, self_loops=False)
    one.prepare(drawn(1))
    (one(drawn(1)).latent.sum() + one(drawn(4, seed=2)).latent.sum()).backward()  # the first has no neighbour
    assert all(torch.isfinite(p.grad).all() for p in one.parameters() if p.grad is not None)


def test_identical_rows_leave_a_reference_of_one():
    net = network()
    net.prepare(drawn(1).repeat(50, 1))
    assert net.reference.shape == (1, 5)
    assert torch.isfinite(net(drawn(1).repeat(50, 1)).latent).all()


@pytest.mark.parametrize(
    "change",
    [
        {"distance": "euclidean"},
        {"self_loops": False},
        {"heads": 1},
        {"n_neighbors": 5},
        {"n_reference": 10},
        {"graph": "batch"},
        {"graph": "batch", "symmetric": False},
        {"graph": "batch", "self_loops": False},
    ],
    ids=str,
)
def test_every_choice_changes_the_latent(change):
    rows = drawn()
    nets = network(), network(**change)
    if change.get("heads") != 1:
        state = {k: v for k, v in nets[0].state_dict().items() if k != "reference"}
        nets[1].load_state_dict(state, strict=False)
    for net in nets:
        net.prepare(rows)
    assert not torch.allclose(nets[0](rows).latent, nets[1](rows).latent, atol=1e-4)


@pytest.mark.parametrize("symmetric", [False, True])
def test_a_graph_within_the_batch_is_the_batchs_own(symmetric):
    net, rows = network(graph="batch", symmetric=symmetric), drawn()
    net.prepare(rows)
    assert net.constants(rows) == ()
    along = edges(nearest_within(rows, 3, "cosine"), symmetric=symmetric, self_loops=True)
    attention = net.attention
    summary = attention.along_edges(attention.targets(rows), attention.sources(rows), along)
    torch.testing.assert_close(net(rows).latent, net.fusion(net.transform(rows) + torch.tanh(summary)))


def test_in_evaluation_a_batch_graph_takes_so_many_rows_at_a_time_and_fills_up_the_last():
    net, rows = network(graph="batch").eval(), drawn(50)
    latent = net(rows).latent
    torch.testing.assert_close(latent[:20], net(rows[:20]).latent)
    torch.testing.assert_close(latent[20:40], net(rows[20:40]).latent)
    filled = net(torch.cat([rows[40:], rows[:10]])).latent
    torch.testing.assert_close(latent[40:], filled[:10])
    assert latent.shape == (50, 2)
    with pytest.raises(ValueError, match=r"3 others \(n_neighbors\) and needs more rows than that, got 3"):
        net(rows[:3])


def test_the_reference_is_constant_and_the_row_is_not():
    net, rows = network(), drawn()
    net.prepare(rows)
    new = drawn(4, seed=2).requires_grad_()
    net(new).latent.sum().backward()
    assert float(new.grad.abs().min()) > 0
    assert not net.reference.requires_grad


def test_the_decoder_may_have_widths_of_its_own():
    net = network(decoder_hidden=(7,))
    assert [p.out_features for p in net.decoder if isinstance(p, torch.nn.Linear)] == [7, 5]


def test_settings_and_state_give_the_network_and_its_reference_again():
    net = network().eval()
    net.prepare(drawn(20))
    assert net.settings["n_reference"] == 20
    other = GraphAutoencoder(**net.settings)
    other.load_state_dict(net.state_dict())
    assert torch.equal(other.eval()(drawn(9, seed=3)).latent, net(drawn(9, seed=3)).latent)
    with torch.device("meta"):
        assert GraphAutoencoder(**net.settings).reference.shape == (20, 5)
    assert network(graph="batch").state_dict()["reference"].shape == (0, 5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": ()}, "hidden must have at least one width"),
        ({"graph": "global"}, r"graph must be one of \['reference', 'batch'\], got 'global'"),
        ({"distance": "manhattan"}, r"distance must be one of .*got 'manhattan'"),
        ({"heads": 3}, "heads must divide the width of the attention, 4, got 3"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        network(**settings)


def test_a_reference_larger_than_memory_is_refused(monkeypatch):
    monkeypatch.setattr(module, "physical_memory", lambda: 2**20)
    net = network(n_reference=10**6)
    net.prepare(drawn(2000))  # as many as there are
    rows = np.zeros((10_000, 5), np.float32)
    with pytest.raises(MemoryError, match=r"10,000 rows of 5 columns takes .* choose a smaller reference"):
        network(n_reference=10**6).prepare(torch.from_numpy(rows))
    monkeypatch.setattr(module, "physical_memory", lambda: None)
    network(n_reference=10**4).prepare(torch.from_numpy(rows))


def test_the_machines_memory_is_read():
    there = module.physical_memory()
    assert there is None or there > 2**27


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
@pytest.mark.parametrize("n_reference", [2, 30])
@pytest.mark.parametrize("self_loops", [True, False])
def test_an_exported_graph_gives_the_same_encoding(monkeypatch, distance, n_reference, self_loops):
    net = network(distance=distance, n_reference=n_reference, self_loops=self_loops).eval().double()
    net.prepare(drawn().double())
    rows = torch.cat([net.reference[:5], drawn(7, seed=2).double(), torch.zeros(1, 5).double()])
    expected = net(rows)
    kept = net._search
    monkeypatch.setattr(torch.compiler, "is_exporting", lambda: True)
    found = net(rows)
    torch.testing.assert_close(found.latent, expected.latent)
    torch.testing.assert_close(found.reconstruction, expected.reconstruction)
    assert net._search is kept  # what is made for a graph is not kept
