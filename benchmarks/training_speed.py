"""Training speed of DAGMM on KDD Cup 1999's shape: against the usual public loop, and against its matrix products.

All three take the same number of batches of the same table on one thread, in turns. Ours runs through the real loop.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import pairwise

import torch
from measure import Claim, in_turns, machine, ratios, report
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from hinterland.densities.gaussian import GaussianMixture
from hinterland.model.composite import composite_width
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.networks.mlp import Autoencoder
from hinterland.threads import threads
from hinterland.training.joint import JointObjective, JointWeights
from hinterland.training.loop import train
from hinterland.training.settings import LoopSettings

N_FEATURES, HIDDEN, LATENT, N_COMPONENTS, ESTIMATION_HIDDEN, DROPOUT = 118, (60, 30, 10), 1, 4, 10, 0.5
ENERGY_WEIGHT, PENALTY_WEIGHT, LEARNING_RATE, GRADIENT_NORM = 0.1, 0.005, 1e-4, 5.0
FEATURES = ("relative_euclidean", "cosine_similarity")


def ours(rows: Tensor, batch_size: int) -> Callable[[], object]:
    """One epoch through hinterland's loop."""
    generator = torch.Generator().manual_seed(0)
    model = EnergyModel(
        InputScaling(N_FEATURES),
        Autoencoder(N_FEATURES, HIDDEN, LATENT, generator=generator),
        GaussianMixture(
            composite_width(LATENT, N_FEATURES, FEATURES),
            N_COMPONENTS,
            hidden=(ESTIMATION_HIDDEN,),
            dropout=DROPOUT,
            generator=generator,
        ),
        FEATURES,
    )
    objective = JointObjective(model, JointWeights(ENERGY_WEIGHT, PENALTY_WEIGHT))
    settings = LoopSettings(
        epochs=1, batch_size=batch_size, learning_rate=LEARNING_RATE, gradient_norm=GRADIENT_NORM
    )
    return lambda: train([model.network, model.density], objective, (rows,), settings, generator)


class PublicDAGMM(nn.Module):
    """DAGMM as it is usually written: a Sequential a network, and a Python loop over the components."""

    def __init__(self) -> None:
        super().__init__()
        widths = [N_FEATURES, *HIDDEN, LATENT]
        self.encoder, self.decoder = self.stack(widths), self.stack(widths[::-1])
        self.estimation = nn.Sequential(
            nn.Linear(LATENT + 2, ESTIMATION_HIDDEN),
            nn.Tanh(),
            nn.Dropout(DROPOUT),
            nn.Linear(ESTIMATION_HIDDEN, N_COMPONENTS),
            nn.Softmax(dim=1),
        )

    @staticmethod
    def stack(widths: list[int]) -> nn.Sequential:
        parts: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            parts += [nn.Linear(inputs, outputs), nn.Tanh()]
        return nn.Sequential(*parts[:-1])

    def loss(self, x: Tensor) -> Tensor:
        latent = self.encoder(x)
        reconstruction = self.decoder(latent)
        distance = (x - reconstruction).norm(2, dim=1) / x.norm(2, dim=1)
        cosine = nn.functional.cosine_similarity(x, reconstruction, dim=1)
        z = torch.cat([latent, distance[:, None], cosine[:, None]], dim=1)
        gamma = self.estimation(z)
        error = ((x - reconstruction) ** 2).mean()
        return error + mixture_loss(z, gamma)


def mixture_loss(z: Tensor, gamma: Tensor) -> Tensor:
    """Weighted energy and covariance penalty, one component after the other."""
    likelihood: Tensor | float = 0.0
    penalty: Tensor | float = 0.0
    for k in range(gamma.shape[1]):
        weight = gamma[:, k].sum()
        mean = (gamma[:, k : k + 1] * z).sum(0) / weight
        deviation = z - mean
        outer = deviation[:, :, None] * deviation[:, None, :]
        covariance = (gamma[:, k, None, None] * outer).sum(0) / weight
        covariance = covariance + 1e-6 * torch.eye(z.shape[1])
        quadratic = ((deviation @ torch.inverse(covariance)) * deviation).sum(1)
        root_determinant = torch.linalg.cholesky(2 * torch.pi * covariance).diagonal().prod()
        likelihood = likelihood + weight / len(z) * torch.exp(-0.5 * quadratic) / root_determinant
        penalty = penalty + (1 / covariance.diagonal()).sum()
    return ENERGY_WEIGHT * -torch.log(likelihood + 1e-12).mean() + PENALTY_WEIGHT * penalty


def public(rows: Tensor, batch_size: int) -> Callable[[], object]:
    """One epoch of the usual loop."""
    torch.manual_seed(0)
    model = PublicDAGMM().train()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)

    def epoch() -> None:
        for (batch,) in DataLoader(TensorDataset(rows), batch_size=batch_size, shuffle=True):
            optimizer.zero_grad()
            loss = model.loss(batch)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_NORM)
            optimizer.step()

    return epoch


def products(rows: Tensor, batch_size: int) -> Callable[[], object]:
    """Only the matrix products of an epoch: forward, weight gradients, and input gradients but the first layer's."""
    encoder = [N_FEATURES, *HIDDEN, LATENT]
    stacks = [encoder + encoder[-2::-1], [LATENT + 2, ESTIMATION_HIDDEN, N_COMPONENTS]]
    weights = [
        [torch.randn(outputs, inputs) / inputs**0.5 for inputs, outputs in pairwise(w)] for w in stacks
    ]
    composite = torch.randn(batch_size, LATENT + 2)

    def epoch() -> None:
        for batch in rows.split(batch_size):
            for stack, x in zip(weights, (batch, composite), strict=True):
                values = [x]
                for weight in stack:
                    values.append(values[-1] @ weight.T)
                gradient = values[-1]
                for i in range(len(stack) - 1, -1, -1):
                    gradient.T @ values[i]
                    if i or x is composite:
                        gradient = gradient @ stack[i]

    return epoch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--batches", type=int, default=60, help="of a turn")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    arguments = parser.parse_args()
    n_rows = arguments.batches * arguments.batch_size
    rows = torch.randn(n_rows, N_FEATURES, generator=torch.Generator().manual_seed(0))
    with threads(1):
        print(machine())
        seconds = in_turns(
            {f.__name__: f(rows, arguments.batch_size) for f in (ours, public, products)}, arguments.repeats
        )
    met = report(
        [
            *(Claim(f"{name}: rows a second", [n_rows / s for s in seconds[name]]) for name in seconds),
            Claim("ours over public", ratios(seconds["public"], seconds["ours"]), least=4),
            Claim("ours: time over the products'", ratios(seconds["ours"], seconds["products"]), most=3),
        ]
    )
    sys.exit(1 if arguments.check and not met else 0)


if __name__ == "__main__":
    main()
