from dataclasses import replace

import numpy as np
import pytest
import torch

from hinterland.densities.gaussian import GaussianMixture, mixture_energy, mixture_parameters, summarize
from hinterland.model.composite import composite_features, composite_width, row_errors
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.networks.mlp import Autoencoder
from hinterland.training.joint import JointObjective, JointWeights, fit_jointly
from hinterland.training.loop import TrainingInterruptedWarning
from hinterland.training.settings import LoopSettings

NAMES = ("relative_euclidean", "cosine_similarity")


def model_of(rows: np.ndarray, seed: int = 0, dropout: float = 0.5) -> EnergyModel:
    generator = torch.Generator().manual_seed(seed)
    d = rows.shape[1]
    network = Autoencoder(d, (6, 4), 1, generator=generator)
    density = GaussianMixture(
        composite_width(1, d, NAMES), 2, hidden=(5,), dropout=dropout, generator=generator
    )
    return EnergyModel(InputScaling.from_rows(rows, "standard", 10.0), network, density, NAMES)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(300, 4)) @ np.random.default_rng(1).normal(size=(4, 4))


def fit(model: EnergyModel, rows: np.ndarray, *, seed: int = 0, **options):
    weights = options.pop("weights", JointWeights())
    settings = LoopSettings(epochs=15, batch_size=64, learning_rate=1e-3)
    return fit_jointly(model, rows, settings, torch.Generator().manual_seed(seed), weights, **options)


@pytest.mark.parametrize(
    ("reconstruction", "formula"),
    [
        ("mean", lambda difference: difference.square().mean()),
        ("sum", lambda difference: difference.square().sum(1).mean()),
        ("norm", lambda difference: difference.norm(dim=1).mean()),
    ],
)
def test_the_terms_are_those_of_the_papers_objective(rows, reconstruction, formula):
    model = model_of(rows, dropout=0.0)
    batch = model.scaling(torch.from_numpy(rows)).float()
    objective = JointObjective(model, JointWeights(0.3, 0.02, reconstruction))
    terms = objective((batch,))
    encoding = model.network(batch)
    features = composite_features(encoding.latent, row_errors(batch, encoding.reconstruction), NAMES)
    gamma = model.density.memberships(features)
    phi, mu, covariances = mixture_parameters(summarize(features.double(), gamma), 1e-6)
    expected = {
        "reconstruction": formula(batch - encoding.reconstruction),
        "network_penalty": 0.0,
        "energy": 0.3 * mixture_energy(features.double(), phi, mu, covariances).mean(),
        "density_penalty": 0.02 * (1 / covariances.diagonal(dim1=1, dim2=2)).sum(),
    }
    assert set(terms) == set(expected)
    for name, value in expected.items():
        assert terms[name].item() == pytest.approx(float(torch.as_tensor(value).detach()), rel=1e-4), name


def test_the_squared_norm_of_what_the_density_sees_may_be_penalised(rows):
    model = model_of(rows, dropout=0.0)
    batch = model.scaling(torch.from_numpy(rows)).float()
    terms = JointObjective(model, JointWeights(composite=0.25))((batch,))
    encoding = model.network(batch)
    features = composite_features(encoding.latent, row_errors(batch, encoding.reconstruction), NAMES)
    assert terms["composite_penalty"].item() == pytest.approx(
        0.25 * float(features.detach().square().sum(1).mean()), rel=1e-5
    )


def test_every_parameter_of_network_and_density_receives_a_gradient_and_moves(rows):
    model = model_of(rows, dropout=0.0)
    objective = JointObjective(model, JointWeights())
    sum(objective((model.scaling(torch.from_numpy(rows)).float(),)).values()).backward()
    for name, p in model.named_parameters():
        assert p.grad is not None, name
        assert float(p.grad.abs().max()) > 0, name
    before = {name: p.detach().double().clone() for name, p in model.named_parameters()}
    fit(model, rows)
    for name, p in model.named_parameters():
        assert not torch.equal(p, before[name]), name


@pytest.mark.slow
@pytest.mark.parametrize("term", ["energy", "penalty"])
def test_each_weight_acts_on_the_network(rows, term):
    """The energy is not detached: its gradient reaches the autoencoder."""
    weights = JointWeights(energy=0.0, penalty=0.0)
    without = model_of(rows)
    fit(without, rows, weights=weights)
    model = model_of(rows)
    fit(model, rows, weights=replace(weights, **{term: 0.1}))
    assert not torch.allclose(model.network.encoder[0].weight, without.network.encoder[0].weight, atol=1e-6)


def test_a_network_is_given_the_constants_of_each_row(rows, monkeypatch):
    model = model_of(rows)
    scaled = model.scaled_rows(rows)
    seen = []

    def constants(given):
        assert torch.equal(given, scaled)
        return (torch.arange(len(given)),)

    def forward(x, numbers=None):
        if numbers is not None:
            assert torch.equal(x, scaled[numbers])
            seen.append(len(numbers))
        return Autoencoder.forward(model.network, x)

    monkeypatch.setattr(model.network, "constants", constants)
    monkeypatch.setattr(model.network, "forward", forward)
    fit(model, rows, validation_share=0.1)
    assert set(seen) == {54, 30}  # batches of the rows trained on, and those held out


def test_training_lowers_the_loss_and_freezes_the_density_on_all_rows(rows):
    model = model_of(rows)
    history = fit(model, rows).history
    assert history[-1]["loss"] < history[0]["loss"]
    features = model.features(torch.from_numpy(rows))
    phi, mu, _ = mixture_parameters(summarize(features, model.density.memberships(features)), 1e-6)
    torch.testing.assert_close(model.density.weights, phi)
    torch.testing.assert_close(model.density.means, mu)
    assert not model.training


def test_with_a_share_held_out_the_history_has_its_loss(rows):
    assert "validation_loss" in fit(model_of(rows), rows, validation_share=0.2).history[0]
    assert "validation_loss" not in fit(model_of(rows), rows).history[0]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits(rows):
    energies = []
    for seed in (0, 0, 1):
        model = model_of(rows, seed)
        fit(model, rows, seed=seed)
        energies.append(model.energy(torch.from_numpy(rows)).tolist())
    assert energies[0] == energies[1] != energies[2]


def test_an_interrupted_training_leaves_a_model_that_scores(rows):
    def interrupt(entry):
        raise KeyboardInterrupt

    model = model_of(rows)
    with pytest.warns(TrainingInterruptedWarning):
        result = fit(model, rows, on_epoch=interrupt)
    assert result.interrupted
    assert torch.isfinite(model.energy(torch.from_numpy(rows))).all()


# --- known anomalies --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def marked(rows) -> tuple[np.ndarray, np.ndarray]:
    """The rows with ten anomalies among them, far off in one direction."""
    far = rows[:10] @ np.diag([1.0, 1, 1, 1]) + 4 * rows.std(0)
    return np.concatenate([rows, far]), np.r_[np.zeros(300), np.ones(10)].astype(bool)


def test_the_literal_loss_takes_the_reciprocal_of_known_anomalies_energies(marked):
    rows, is_anomaly = marked
    model = model_of(rows, dropout=0.0)
    batch = model.scaling(torch.from_numpy(rows)).float()
    objective = JointObjective(model, JointWeights(energy=0.3))
    plain = objective((batch,))
    objective.reciprocal = True
    literal = objective((batch, torch.from_numpy(is_anomaly)))
    encoding = model.network(batch)
    features = model.composite(encoding.latent, row_errors(batch, encoding.reconstruction))
    energy = model.density.batch_energy(features)[0]
    expected = torch.where(torch.from_numpy(is_anomaly), 1 / energy.clamp_min(1e-3), energy).mean()
    assert literal["energy"].item() == pytest.approx(0.3 * expected.item(), rel=1e-6)
    for name in ("reconstruction", "density_penalty"):
        assert literal[name].item() == plain[name].item()


def test_ranked_anomalies_change_no_other_term(marked):
    rows, is_anomaly = marked
    model = model_of(rows[~is_anomaly], dropout=0.0)
    batch = model.scaled_rows(rows[~is_anomaly])
    anomalies = model.scaled_rows(rows[is_anomaly])
    plain = JointObjective(model, JointWeights())((batch,))
    ranked = JointObjective(model, JointWeights(label=2.0), anomalies=anomalies)((batch,))
    assert set(ranked) == {*plain, "label"}
    for name in plain:
        assert ranked[name].item() == pytest.approx(plain[name].item(), rel=1e-5), name
    assert ranked["label"].item() >= 0


def test_training_sees_variants_of_known_anomalies_and_evaluation_always_themselves(marked):
    rows, is_anomaly = marked
    model = model_of(rows[~is_anomaly], dropout=0.0)
    batch, anomalies = model.scaled_rows(rows[~is_anomaly]), model.scaled_rows(rows[is_anomaly])
    objective = JointObjective(
        model, JointWeights(), anomalies=anomalies, generator=torch.Generator().manual_seed(0)
    )
    first, second = (objective((batch,))["label"].item() for _ in range(2))
    assert first != second
    model.eval()
    first, second = (objective((batch,))["label"].item() for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_the_ranking_loss_lifts_rows_like_the_known_anomalies(rows):
    """Anomalies that the unlabelled loss cannot tell apart: rows of the same density in another corner."""
    rng = np.random.default_rng(3)
    normal = rng.normal(size=(400, 4))
    known, unseen = (rng.normal([1.5, -1.5, 0, 0], 0.3, size=(n, 4)) for n in (8, 100))
    everything = np.concatenate([normal, known])
    is_anomaly = np.arange(len(everything)) >= 400
    shares = {}
    for loss in ("ranking", None):
        model = model_of(normal)
        settings = LoopSettings(epochs=150, batch_size=128, learning_rate=3e-3)
        generator = torch.Generator().manual_seed(0)
        fit_jointly(
            model, everything, settings, generator, JointWeights(), is_anomaly=is_anomaly, label_loss=loss
        )
        energy = model.energy(torch.from_numpy(normal)).detach().numpy()
        seen = model.energy(torch.from_numpy(unseen)).detach().numpy()
        shares[loss] = np.mean(seen[:, None] > energy)
    assert shares["ranking"] > shares[None] + 0.1
    assert shares["ranking"] > 0.9


@pytest.mark.slow
def test_known_anomalies_are_left_out_where_no_loss_takes_them(marked):
    rows, is_anomaly = marked
    model, alone = model_of(rows[~is_anomaly]), model_of(rows[~is_anomaly])
    fit(model, rows, is_anomaly=is_anomaly, label_loss=None)
    fit(alone, rows[~is_anomaly])
    assert torch.equal(model.energy(torch.from_numpy(rows)), alone.energy(torch.from_numpy(rows)))
