import warnings

import numpy as np
import pytest
import torch

from hinterland import load
from hinterland.densities.gaussian import mixture_energy, mixture_parameters, summarize
from hinterland.detectors.cadgmm import CADGMM
from hinterland.detectors.dagmm import DAGMM
from hinterland.explain import explain
from hinterland.model.composite import composite_features, row_errors
from hinterland.networks.neighbours import nearest_within
from hinterland.scoring.table import TableScorer
from hinterland.tables import open_table


def small(**settings) -> CADGMM:
    defaults = {
        "hidden": (8, 4),
        "latent_dim": 2,
        "n_neighbors": 5,
        "n_graph_rows": 64,
        "estimation_hidden": (10,),
        "n_components": 2,
        "epochs": 2,
        "steps": 0,
        "batch_size": 64,
        "learning_rate": 1e-3,
        "latent_weight": 0.005,
        "gradient_norm": 5.0,
        "random_state": 0,
    }
    return CADGMM(**{**CADGMM.published, **defaults, **settings})


@pytest.fixture(scope="module")
def table(benign) -> np.ndarray:
    return benign[:, :8]


def test_by_default_the_mixture_sees_the_latent_and_the_residual_vector(table):
    detector = CADGMM(steps=5, n_graph_rows=64, random_state=0).fit(table)
    assert detector.transform(table).shape == (len(table), 4 + 8)


def test_the_published_settings_pass_their_checks():
    CADGMM(**CADGMM.published).check_parameters()


def test_the_energy_is_the_papers_step_by_step(table):
    detector = small().fit(table)
    model = detector.models_[0]
    network = model.network
    scaled = ((table - table.mean(0)) / table.std(0)).clip(-10, 10)
    kept = network.reference.numpy()
    scaled = torch.from_numpy(scaled)
    summaries = []
    for row in scaled:  # a row at a time, by the definitions
        similarity = kept @ row.numpy() / np.linalg.norm(kept, axis=1) / np.linalg.norm(row)
        similarity[(kept.astype(np.float32) == row.numpy().astype(np.float32)).all(1)] = -np.inf
        nearest = torch.from_numpy(kept[np.argsort(-similarity)[:5]])
        seen = network.attention.sources(torch.cat([row[None], nearest]))
        targets = network.attention.targets(row[None])
        summaries.append(network.attention.to_neighbours(targets, seen, torch.arange(6)[None]))
    latent = network.fusion(network.transform(scaled) + torch.tanh(torch.cat(summaries)))
    errors = row_errors(scaled, network.decoder(latent))
    z = composite_features(latent, errors, ("relative_euclidean", "cosine_similarity"))
    expected = mixture_energy(z, *mixture_parameters(summarize(z, model.density.memberships(z)), 1e-6))
    np.testing.assert_allclose(detector.energy(table), expected.detach(), rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(detector.transform(table), z.detach(), rtol=1e-8, atol=1e-8)


def test_the_reference_is_of_training_rows_and_of_no_known_anomaly(table):
    y = np.zeros(len(table))
    y[:100] = -1
    detector = small(n_graph_rows=10_000).fit(table, y)
    reference = detector.models_[0].network.reference
    trained = table[100:]
    scaled = ((trained - trained.mean(0)) / trained.std(0)).clip(-10, 10).astype(np.float32)
    assert {tuple(r) for r in reference.numpy().astype(np.float32)} == {tuple(r) for r in scaled}


@pytest.mark.slow
@pytest.mark.parametrize("label_loss", ["ranking", "reciprocal", None])
@pytest.mark.parametrize("graph", ["reference", "batch"])
def test_known_anomalies_have_neighbours_too(table, label_loss, graph):
    y = np.r_[np.zeros(len(table)), -np.ones(20)]
    rows = np.concatenate([table, 3 * table[:20]])
    energy = small(label_loss=label_loss, graph=graph).fit(rows, y).energy(rows)
    assert np.isfinite(energy).all()


def test_copies_of_rows_neither_crowd_the_reference_nor_leave_rows_with_themselves(table):
    rows = np.repeat(table[:40], 20, axis=0)
    detector = small(n_graph_rows=800).fit(rows)
    assert detector.models_[0].network.reference.shape == (40, 8)
    energy = detector.energy(rows)
    assert np.isfinite(energy).all()
    np.testing.assert_allclose(energy.reshape(40, 20), energy[::20, None] * np.ones(20), rtol=1e-9)


def test_a_row_of_zeros_is_scored_by_either_distance(table):
    rows = np.concatenate([table, np.tile(table.mean(0), (3, 1))])
    for distance in ("cosine", "euclidean"):
        assert np.isfinite(small(distance=distance).fit(rows).energy(rows)).all()


def test_a_reference_of_fewer_rows_than_neighbours_is_told_of(table):
    with pytest.warns(UserWarning, match="the reference has 4 different rows, and n_neighbors=5"):
        detector = small(n_graph_rows=4).fit(table)
    assert np.isfinite(detector.energy(table)).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(n_graph_rows=6).fit(table)


def test_history_has_the_terms_of_the_objective(table):
    for entry in small(latent_weight=0.5).fit(table).history_:
        terms = {"reconstruction", "network_penalty", "energy", "density_penalty"}
        assert set(entry) == {"epoch", "seconds", "loss", "validation_loss", *terms}
        assert entry["network_penalty"] > 0


def test_the_printed_penalty_is_of_latent_and_errors(table):
    detector = small(latent_weight=0.5, penalised="composite", learning_rate=1e-12, epochs=1).fit(table)
    (entry,) = detector.history_
    composite = detector.transform(table)  # the network has hardly moved
    assert entry["network_penalty"] == 0
    assert entry["composite_penalty"] == pytest.approx(0.5 * np.square(composite).sum(1).mean(), rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"distance": "euclidean"},
        {"n_neighbors": 2},
        {"n_graph_rows": 20},
        {"heads": 1},
        {"self_loops": False},
        {"latent_weight": 1.0},
        {"latent_weight": 1.0, "penalised": "composite"},
        {"logit_activation": "tanh"},
        {"mean_decay": 0.5},
        {"exact_batches": True},
        {"decoder_hidden": (5,)},
        {"reconstruction": "norm"},
        {"reconstruction": "mean"},
        {"activation": "relu"},
        {"graph": "batch"},
        {"graph": "batch", "symmetric": False},
        {"density": "laplacian"},
        {"scoring": "energy+reconstruction"},
    ],
    ids=str,
)
def test_every_choice_trains_to_finite_energies_of_its_own(table, settings):
    energy = small(**settings).fit(table).energy(table)
    assert np.isfinite(energy).all()
    assert len(np.unique(energy)) > 300
    assert not np.array_equal(energy, small().fit(table).energy(table))


def test_a_saved_copy_keeps_the_reference_and_gives_the_same_energies(table, tmp_path):
    detector = small().fit(table[:200])
    detector.save(tmp_path / "copy.hinterland")
    copy = load(tmp_path / "copy.hinterland")
    np.testing.assert_array_equal(copy.energy(table), detector.energy(table))
    assert torch.equal(copy.models_[0].network.reference, detector.models_[0].network.reference)


def test_explanations_add_up(table):
    detector = small().fit(table)
    explanation = explain(detector, table[:5])
    total = explanation.contributions.sum(1) + explanation.residual
    np.testing.assert_allclose(total, explanation.energy - explanation.reference_energy, atol=1e-9)


# --- the graph within the batch ---------------------------------------------------------------------


def test_with_the_batch_graph_rows_are_shuffled_once_and_scored_in_batches(table):
    detector = small(graph="batch").fit(table)
    model = detector.models_[0]
    order = np.random.default_rng(detector.seed_).permutation(len(table))
    shuffled = torch.from_numpy(table[order])
    last = torch.cat([shuffled[320:], shuffled[: 384 - len(table)]])
    with torch.no_grad():
        parts = [model.energy(part) for part in (*shuffled[:320].split(64), last)]
    expected = np.empty(len(table))
    expected[order] = torch.cat(parts)[: len(table)].numpy()
    np.testing.assert_allclose(detector.energy(table), expected, rtol=1e-9)
    np.testing.assert_allclose(detector.training_energy_, expected, rtol=1e-9)


def test_with_the_batch_graph_neighbours_are_the_batchs(table):
    """Rows of another kind in its company change a row's energy: what the default graph is there to prevent."""
    detector = small(graph="batch").fit(table)
    alone, company = table[:60], np.concatenate([table[:60], 3 * table[:60]])
    assert not np.allclose(detector.energy(alone), detector.energy(company)[:60], atol=1e-3)
    assert nearest_within(torch.from_numpy(alone), 5, "cosine").shape == (60, 5)


def test_the_batch_graph_is_refused_where_a_row_must_score_alone(table, tmp_path):
    detector = small(graph="batch").fit(table)
    with pytest.raises(ValueError, match=r"each row to 5 others \(n_neighbors\) .* got 5"):
        detector.energy(table[:5])
    assert detector.energy(table[:6]).shape == (6,)
    alone = "needs a detector whose energy of a row depends on that row alone, and that of a CADGMM"
    with pytest.raises(ValueError, match=f"an explanation {alone}"):
        explain(detector, table[:20])
    np.savetxt(tmp_path / "rows.csv", table[:50], delimiter=",", header="a,b,c,d,e,f,g,h", comments="")
    with pytest.raises(ValueError, match=f"scoring a table in parts {alone}"):
        TableScorer(detector, open_table(tmp_path / "rows.csv"))
    detector.save(tmp_path / "copy.hinterland")
    np.testing.assert_array_equal(load(tmp_path / "copy.hinterland").energy(table), detector.energy(table))


def test_a_batch_of_no_more_rows_than_neighbours_is_refused_in_training(table):
    with pytest.raises(ValueError, match=r"each row to 20 others \(n_neighbors\) and needs more rows"):
        small(graph="batch", n_neighbors=20, batch_size=16).fit(table)


# --- beside DAGMM, and wrong input --------------------------------------------------------------------


def test_the_network_is_on_the_shelf_for_dagmm_too(table):
    detector = DAGMM(
        hidden=(8, 4), network="graph", network_options={"n_neighbors": 5}, epochs=3, steps=30
    ).fit(table)
    assert np.isfinite(detector.energy(table)).all()
    assert detector.models_[0].network.reference.shape == (len(table), 8)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", ()),
        ("hidden", (8, 5)),
        ("decoder_hidden", 8),
        ("graph", "global"),
        ("n_neighbors", 0),
        ("distance", "manhattan"),
        ("n_graph_rows", 0),
        ("symmetric", 1),
        ("self_loops", None),
        ("heads", 0),
        ("heads", 3),
        ("latent_weight", -1),
        ("reconstruction", "median"),
        ("label_loss", "hinge"),
        ("penalised", "Z"),
        ("logit_activation", "relu"),
        ("mean_decay", 1.0),
        ("exact_batches", "yes"),
    ],
)
def test_wrong_parameters_are_named_at_fit_and_not_before(table, name, value):
    detector = CADGMM(**{name: value})
    with pytest.raises(ValueError, match=rf"{name}.*got"):
        detector.fit(table)
    assert not hasattr(detector, "models_")
