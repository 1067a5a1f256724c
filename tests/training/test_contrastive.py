import copy

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn
from torch.distributions import Categorical, Distribution, MixtureSameFamily, MultivariateNormal

from hinterland.densities.contrastive import ContrastiveDensity, log_normal_mode
from hinterland.densities.gaussian import GaussianMixture
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.networks.mlp import Autoencoder
from hinterland.training.contrastive import (
    Augmentation,
    ContrastiveObjective,
    error_columns,
    fit_contrastive,
    fit_contrastive_model,
)
from hinterland.training.settings import LoopSettings

NONE_HELD_OUT = np.arange(0)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def features(n: int = 400, d: int = 3) -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 3)


def with_errors(n: int = 4000) -> torch.Tensor:
    """A latent column beside two log-normal errors, the second much the wider."""
    rng = np.random.default_rng(1)
    return torch.from_numpy(np.column_stack([rng.normal(size=n), rng.lognormal(size=(n, 2)) * [0.1, 5.0]]))


def density(z: torch.Tensor, **settings) -> ContrastiveDensity:
    """One that has seen features, and whose ratio and growth are no longer as they start; in float64."""
    made = ContrastiveDensity(z.shape[1], hidden=(6,), generator=generator(), **settings).double()
    made.estimate(lambda: [(z, None)])
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator(1), dtype=torch.float64))
        made.growth.psi.copy_(torch.linspace(-1, 1, z.shape[1]))
    return made


def objective(
    made: ContrastiveDensity, noise_ratio: int = 3, errors=(), seed: int = 2
) -> ContrastiveObjective:
    source = generator(seed)
    return ContrastiveObjective(made, Augmentation(made, errors, source), source, noise_ratio=noise_ratio)


# --- the losses -------------------------------------------------------------------------------------


def papers_losses(made: ContrastiveDensity, z: torch.Tensor, v: torch.Tensor, nu: int):
    """Equations 11 and 12 as printed, T and L_K written out, on raw features z (m, D) and base noise v (nu m, D)."""
    mean, scale = made.mean, made.scale

    def grown(points, growth):
        return growth * (points - mean) + mean

    def shrunk(points, growth):
        return (points - mean) / growth + mean

    def loss(points, noise, ratio):
        def score(at):
            return ratio((at - mean) / scale)[:, 0] - np.log(nu)

        return (
            -torch.log(torch.sigmoid(score(points))).mean()
            - nu * torch.log(1 - torch.sigmoid(score(noise))).mean()
        )

    growth = made.growth()
    held = copy.deepcopy(made.ratio).requires_grad_(False)
    theta_loss = loss(z, grown(v, growth.detach()), made.ratio)
    psi_loss = loss(grown(shrunk(z, growth).detach(), growth), grown(v, growth), held)
    return theta_loss, psi_loss


def test_one_pass_has_the_gradients_of_both_of_the_papers_losses_the_growths_upwards():
    z = features(20)
    made = density(z)
    terms = objective(made)((made.standardised(z),))
    v = objective(made).base_noise(60) * made.scale + made.mean  # the same draws
    theta_loss, psi_loss = papers_losses(made, z, v, 3)
    total = terms["contrast_of_rows"] + terms["contrast_of_noise"]
    torch.testing.assert_close(total, theta_loss)
    torch.testing.assert_close(total, psi_loss)
    parameters = list(made.ratio.parameters())
    found = torch.autograd.grad(total, [*parameters, made.growth.psi])
    for one, other in zip(found, torch.autograd.grad(theta_loss, parameters), strict=False):
        torch.testing.assert_close(one, other)
    (upwards,) = torch.autograd.grad(psi_loss, made.growth.psi)
    assert float(upwards.abs().min()) > 1e-4
    torch.testing.assert_close(found[-1], -upwards)


class Hill(nn.Module):
    """A score that falls with the distance from the mean: what is told from noise lies near the mean."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope).double())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.slope * x.square().sum(1, keepdim=True)).to(x.dtype)


@pytest.mark.parametrize(("slope", "grows"), [(0.5, True), (-0.5, False)])
def test_noise_goes_where_it_is_harder_to_tell(slope, grows):
    """Where far points pass for rows (the score rises with distance) noise grows to them, and else it does not.

    The rows here lie nearer to the mean than the noise, so that its term outweighs theirs.
    """
    made = density(features())
    made.ratio = Hill(slope)
    made.growth.psi.data.fill_(0.0)
    rows = 0.1 * made.standardised(features())
    terms = objective(made)((rows,))
    (gradient,) = torch.autograd.grad(sum(terms.values()), made.growth.psi)
    assert (gradient < 0).all() if grows else (gradient > 0).all()
    # A step down the gradient that the loop sees raises the paper's loss.
    before = float(sum(terms.values()).detach())
    with torch.no_grad():
        base = objective(made).base_noise(3 * len(rows))
        wider = made.growth() + 1e-3 * (1 if grows else -1)
        moved = made.log_ratio(torch.cat([wider * rows / made.growth(), wider * base]))
        after = sum(objective(made)._terms(moved[: len(rows)], moved[len(rows) :]).values())
    assert float(after) > before


def test_noise_has_the_features_mean_and_covariance():
    z = features()
    noise = objective(density(z)).base_noise(200_000) * z.std(0, correction=0) + z.mean(0)
    torch.testing.assert_close(noise.mean(0), z.mean(0), atol=0.02, rtol=0)
    torch.testing.assert_close(torch.cov(noise.T), torch.cov(z.T, correction=0), atol=0.1, rtol=0.02)


# --- augmentation -----------------------------------------------------------------------------------


def test_half_of_the_rows_get_errors_between_zero_and_the_mode():
    z = with_errors()
    made = density(z)
    batch = made.standardised(z)
    replaced = Augmentation(made, [1, 2], generator())(batch)
    assert torch.equal(replaced[:2000], batch[:2000])
    assert torch.equal(replaced[:, 0], batch[:, 0])
    errors = (replaced * made.scale + made.mean)[2000:, 1:]
    mode = log_normal_mode(z.mean(0), z.var(0, correction=0))[1:]
    for column in range(2):
        sigma = float(z[:, 1 + column].std(correction=0))
        m = float(mode[column])
        reference = stats.truncnorm(-m / sigma, 0, loc=m, scale=sigma)
        assert stats.kstest(errors[:, column].numpy(), reference.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(errors.T)[0, 1]) < 0.1  # drawn independently of one another
    assert torch.equal(batch, made.standardised(z))  # what was given is left as it was


def test_an_odd_row_stays_and_no_columns_change_nothing():
    z = with_errors(5)
    made = density(z)
    batch = made.standardised(z)
    assert torch.equal(Augmentation(made, [1], generator())(batch)[:3], batch[:3])
    assert Augmentation(made, [], generator())(batch) is batch


def test_errors_that_are_always_zero_stay_finite():
    z = torch.cat([features(), torch.zeros(400, 1).double()], 1)
    made = density(z)
    assert torch.isfinite(Augmentation(made, [3], generator())(made.standardised(z))).all()


def test_error_columns_are_found_by_name():
    def model(view):
        names = ("log_error", "squared_error", "residual", "cosine_similarity", "relative_euclidean")
        network = Autoencoder(4, (3,), 2, generator=generator())
        return EnergyModel(InputScaling(4), network, GaussianMixture(12), names, view)

    assert error_columns(model("latent")) == [3, 9]
    assert error_columns(model("row")) == [5, 11]


# --- planted densities ------------------------------------------------------------------------------


def planted(kind: str, d: int) -> Distribution:
    rng = np.random.default_rng(1)
    roots = torch.from_numpy(rng.normal(size=(2, d, d)) / d**0.5)
    covariances = roots @ roots.mT + 0.2 * torch.eye(d)
    means = torch.from_numpy(rng.normal(size=(2, d)))
    if kind == "gaussian":
        return MultivariateNormal(5 * means[0], covariances[0])
    weights = Categorical(torch.tensor([0.4, 0.6], dtype=torch.float64))
    return MixtureSameFamily(weights, MultivariateNormal(3 * means, covariances))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "d"), [("gaussian", 8), ("mixture", 4), ("mixture", 8)])
def test_the_log_density_of_new_points_is_near_the_true_one(kind, d):
    truth = planted(kind, d)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        known, new = truth.sample((3000,)), truth.sample((2000,))
    made = ContrastiveDensity(d, hidden=(64, 64), generator=generator())
    settings = LoopSettings.of_steps(400, 2700, 256, learning_rate=1e-2, weight_decay=0.01)
    result = fit_contrastive(made, known, np.arange(300), settings, generator(), noise_ratio=3)
    made.eval().double()
    with torch.no_grad():
        found, true = -made.energy(new), truth.log_prob(new)
        noise = made.log_noise(made.standardised(new), torch.ones(d))
    assert np.corrcoef(found, true)[0, 1] > 0.95
    assert abs(float((found - true).mean())) < 0.35  # normalised, though nothing but the contrast makes it so
    if kind == "mixture":
        assert np.corrcoef(noise, true)[0, 1] < 0.9  # of which the noise alone knows much less
    assert {"contrast_of_rows", "contrast_of_noise", "validation_loss", "least_growth"} < set(
        result.history[0]
    )


# --- training ---------------------------------------------------------------------------------------


def fit(z: torch.Tensor, held_out=NONE_HELD_OUT, seed: int = 0, **options) -> tuple[ContrastiveDensity, list]:
    made = ContrastiveDensity(z.shape[1], hidden=(16,), generator=generator())
    settings = LoopSettings.of_steps(60, len(z) - len(held_out), 64, learning_rate=1e-2, weight_decay=0.01)
    result = fit_contrastive(made, z, held_out, settings, generator(seed), **{"noise_ratio": 2, **options})
    return made.eval().double(), result.history


def test_every_parameter_moves_and_statistics_keep_their_digits():
    z = features()
    made, history = fit(z)
    start = ContrastiveDensity(3, hidden=(16,), generator=generator()).double()
    for (name, p), before in zip(made.named_parameters(), start.parameters(), strict=True):
        assert not torch.equal(p, before), name
    assert made.mean.dtype == torch.float64
    torch.testing.assert_close(made.mean, z.mean(0), rtol=1e-14, atol=1e-14)
    assert "validation_loss" not in history[0]


@pytest.mark.slow
def test_with_rows_held_out_the_best_state_on_them_is_kept():
    z = with_errors(400)
    made = ContrastiveDensity(3, hidden=(16,), generator=generator())
    states = []
    result = fit_contrastive(
        made,
        z,
        np.arange(0, 400, 4),
        LoopSettings(epochs=150, batch_size=64, learning_rate=0.1),
        generator(),
        noise_ratio=2,
        errors=[1, 2],
        on_epoch=lambda entry: states.append([p.detach().clone() for p in made.parameters()]),
    )
    losses = [entry["validation_loss"] for entry in result.history]
    best = int(np.argmin(losses))
    assert best < len(losses) - 1
    for p, kept in zip(made.parameters(), states[best], strict=True):
        assert torch.equal(p, kept)
    torch.testing.assert_close(made.mean, z.mean(0))  # the noise is made of all rows


def test_the_loss_on_held_out_rows_does_not_depend_on_how_far_noise_has_grown():
    """The same density, written as a ratio to noise that has grown and to noise that has not, is judged alike."""
    z = features()
    made = density(z)
    judge = objective(made)
    rows, noise = made.standardised(z[:50]), judge.base_noise(150)
    found = judge.against(rows, noise)
    energies = [made.energy(points * made.scale + made.mean).detach() for points in (rows, noise)]
    base = [made.log_noise(points, torch.ones(3)).detach() for points in (rows, noise)]
    scores = [-e - b - np.log(3) for e, b in zip(energies, base, strict=True)]
    expected = np.logaddexp(0, -scores[0].numpy()).mean() + 3 * np.logaddexp(0, scores[1].numpy()).mean()
    assert found == pytest.approx(expected)


def test_augmentation_lowers_the_energy_of_small_errors():
    z = with_errors(1500)
    plain, _ = fit(z)
    augmented, _ = fit(z, errors=[1, 2])
    small = z[:200].clone()
    small[:, 1:] *= 0.05
    with torch.no_grad():
        gain = [float((made.energy(small) - made.energy(z[:200])).mean()) for made in (plain, augmented)]
    assert gain[1] < gain[0] - 0.1


def test_the_same_seed_gives_the_same_bits_and_the_global_generator_is_left_alone():
    state = torch.get_rng_state()
    z = features()
    first, same, other = (fit(z, seed=seed)[0].energy(z).tolist() for seed in (0, 0, 1))
    assert first == same != other
    assert torch.equal(torch.get_rng_state(), state)


def test_a_model_of_another_density_is_refused():
    model = EnergyModel(InputScaling(4), Autoencoder(4, (3,), 2), GaussianMixture(2), ())
    with pytest.raises(
        TypeError, match="contrastive training needs a ContrastiveDensity, got GaussianMixture"
    ):
        fit_contrastive_model(
            model, np.zeros((4, 4)), NONE_HELD_OUT, LoopSettings(), generator(), noise_ratio=1, augment=True
        )
