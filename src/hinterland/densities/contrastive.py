"""The noise-contrastive density: a network that tells features from Gaussian noise, and the noise it compares with.

Notation of methods.md section 5 (CANCE): features z (n, D), their mean and covariance Sigma, diagonal growth K. The
noise is p_nK = N(mean, K Sigma K), and the score network T gives ln p(z) - ln nu p_nK(z), where nu is how many noise
points stand against a row. What is kept here is the ratio f = T + ln nu, which makes the energy -f(z) - ln p_nK(z)
(equations 4, 6 and 7) the same for every nu. Energies are in nats.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from hinterland.densities.base import Density, Parts
from hinterland.densities.gaussian import (
    component_log_densities,
    mixture_parameters,
    precision_factors,
    summarize,
)
from hinterland.densities.mixture import total
from hinterland.networks.layers import ACTIVATIONS, layers
from hinterland.parameters import check_choice, check_integer, check_number, check_widths

FIRST_GROWTH = -5.0
"""Where psi starts: K is then 1.007, as the noise's covariance is to grow from that of the features. The paper does not
say; at 0 K is 1.69, at 2 it is 3.13."""

SCORED = ("density", "ratio")


def contrastive_losses(rows: Tensor, noise: Tensor, noise_ratio: float) -> tuple[Tensor, Tensor]:
    """Return the two means of CANCE's equation 11: -ln sigma(T) over rows, -nu ln(1 - sigma(T)) over noise.

    ``rows`` (m,) and ``noise`` (n,) are values of f = T + ln nu, and ``noise_ratio`` is nu.
    """
    offset = math.log(noise_ratio)
    return functional.softplus(offset - rows).mean(), noise_ratio * functional.softplus(noise - offset).mean()


def log_normal_mode(mean: Tensor, variance: Tensor) -> Tensor:
    """Mode of the log-normal with this mean and variance, both positive (CANCE's equation 9)."""
    return mean * (variance / mean.square() + 1) ** -1.5


def truncated_normal(mode: Tensor, deviation: Tensor, uniform: Tensor) -> Tensor:
    """Turn draws from (0, 1] into draws from N(mode, deviation^2) truncated to [0, mode] (CANCE's Appendix C)."""
    least = torch.special.ndtr(-mode / deviation)
    draws: Tensor = mode + deviation * torch.special.ndtri(least + (0.5 - least) * uniform)
    return draws.clamp_min(0.0).minimum(mode)


class NoiseGrowth(nn.Module):
    """The diagonal of K (D,): 1 + softplus(psi), by which the noise is wider than the features, always above 1."""

    def __init__(self, n_features: int, first: float = FIRST_GROWTH) -> None:
        super().__init__()
        self.psi = nn.Parameter(torch.full((n_features,), float(first)))

    def forward(self) -> Tensor:
        """Give the diagonal (D,)."""
        return 1 + functional.softplus(self.psi)


class ContrastiveDensity(Density, name="contrastive"):
    """A density learnt by telling features from Gaussian noise (CANCE; methods.md section 5).

    ``estimate`` stores mean and covariance of the features, of which the noise is made. Until the ratio is trained (by
    ``hinterland.training.contrastive``) it is zero, and the density that Gaussian. It is no mixture, and
    does not train jointly with a network: what is noise, and what is not, would change under it.

    Parameters
    ----------
    n_features : width D of the features.
    hidden : widths of the score network's hidden layers. It sees features less their mean over their deviation.
    activation : of its hidden layers: tanh, relu, silu or gelu.
    covariance_floor : share of each feature's variance that is added to its own, for a covariance that is singular.
    first_growth : where psi of the noise's growth starts.
    scored : ``density``, the paper's equation 6; or ``ratio``, minus the log-ratio to the noise alone, which is no
        density, but what against wide noise tells rows from it.
    generator : source of the initial weights.
    """

    mean: Tensor
    scale: Tensor
    factor: Tensor
    log_determinant: Tensor

    def __init__(
        self,
        n_features: int,
        *,
        hidden: Sequence[int] = (128, 128),
        activation: str = "silu",
        covariance_floor: float = 1e-6,
        first_growth: float = FIRST_GROWTH,
        scored: str = "density",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_integer("n_features", n_features, least=1)
        check_number("first_growth", first_growth)
        check_choice("scored", scored, SCORED)
        check_widths("hidden", hidden)
        check_choice("activation", activation, ACTIVATIONS)
        check_number("covariance_floor", covariance_floor, above=0)
        self.n_features = n_features
        self.covariance_floor = covariance_floor
        self.settings = {
            "n_features": n_features,
            "hidden": list(hidden),
            "activation": activation,
            "covariance_floor": covariance_floor,
            "first_growth": first_growth,
            "scored": scored,
        }
        self.scored = scored
        *body, last = layers([n_features, *hidden, 1], activation, generator)
        nn.init.zeros_(last.weight)  # type: ignore[arg-type]  # a linear layer's
        self.ratio = nn.Sequential(*body, last)
        self.growth = NoiseGrowth(n_features, first_growth)
        shapes = {
            "mean": (n_features,),
            "scale": (n_features,),
            "factor": (n_features, n_features),
            "log_determinant": (),
        }
        for name, shape in shapes.items():
            self.register_buffer(name, torch.full(shape, math.nan, dtype=torch.float64))

    def estimate(self, parts: Parts) -> None:
        """Store what the noise is made of: mean, deviations, and the factor of the correlations' inverse.

        Of all rows alike, whatever their memberships.
        """
        summary = total(
            summarize(features.double(), torch.ones_like(features[:, :1]).double()) for features, _ in parts()
        )
        _, means, covariances = mixture_parameters(summary, self.covariance_floor)
        self.mean = means[0]
        self.scale = covariances[0].diagonal().sqrt()
        factors, log_determinants = precision_factors(covariances / (self.scale[:, None] * self.scale))
        self.factor = factors[0]
        self.log_determinant = log_determinants[0] + 2 * self.scale.log().sum()

    def compute_in_single_precision(self) -> None:
        """See ``Density``; the noise's density stays in double precision."""
        self.ratio.float()
        self.growth.float()

    def check_stored(self) -> None:
        """Raise ValueError unless deviations are positive."""
        if bool((self.scale <= 0).any()):
            raise ValueError("a contrastive density has deviations that are not above 0")

    def standardised(self, features: Tensor) -> Tensor:
        """Features (n, D) less their mean, over their deviations: what the score network sees, and where K acts."""
        return (features.double() - self.mean) / self.scale

    def log_ratio(self, standardised: Tensor) -> Tensor:
        """Return f = ln p - ln p_nK of standardised features (n, D), (n,), in the network's own precision."""
        ratio: Tensor = self.ratio(standardised.to(self.growth.psi.dtype))
        return ratio[:, 0]

    def log_noise(self, standardised: Tensor, growth: Tensor) -> Tensor:
        """Log-density in nats (n,) of N(mean, K Sigma K), for K's diagonal (D,), at standardised features (n, D).

        A density of the features themselves, not of the standardised ones.
        """
        log_density = component_log_densities(
            standardised.double() / growth,
            torch.ones_like(self.log_determinant)[None],
            torch.zeros_like(self.mean)[None],
            self.factor[None],
            self.log_determinant[None],
        )
        return log_density[0] - growth.double().log().sum()

    def energy(self, features: Tensor) -> Tensor:
        """Energy -f(z) - ln p_nK(z) in nats (n,), with the noise as it was when training ended; or -f(z) alone."""
        standardised = self.standardised(features)
        if self.scored == "ratio":
            return -self.log_ratio(standardised).double()
        return -self.log_ratio(standardised) - self.log_noise(standardised, self.growth())

    def diagnostics(self) -> Mapping[str, float]:
        """Largest and smallest growth of the noise."""
        growth = self.growth().detach()
        return {"least_growth": float(growth.min()), "largest_growth": float(growth.max())}
