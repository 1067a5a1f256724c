"""What a graph costs: CADGMM's training step beside DAGMM's, and scoring by the size of the reference.

On KDD Cup 1999's shape and one thread, in turns; each training through the real loop.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np
import torch
from measure import Claim, in_turns, machine, ratios, report
from torch import Tensor
from training_speed import (
    DROPOUT,
    ENERGY_WEIGHT,
    FEATURES,
    GRADIENT_NORM,
    LEARNING_RATE,
    N_COMPONENTS,
    N_FEATURES,
    PENALTY_WEIGHT,
)
from training_speed import ours as dagmm

from hinterland import CADGMM
from hinterland.composite import composite_width
from hinterland.densities.gaussian import GaussianMixture
from hinterland.energy_model import EnergyModel, InputScaling
from hinterland.networks.graph import GraphAutoencoder
from hinterland.networks.neighbours import nearest_others
from hinterland.threads import threads
from hinterland.training.joint import JointObjective, JointWeights
from hinterland.training.loop import LoopSettings, train

HIDDEN, LATENT, ESTIMATION_HIDDEN, N_NEIGHBORS = (64, 32), 8, (20, 8), 15
DEFAULT_REFERENCE, LARGE_REFERENCE = 1024, 10_000


def cadgmm(rows: Tensor, batch_size: int, **settings: object) -> Callable[[], object]:
    """One epoch of CADGMM with the paper's networks; neighbours in a reference are found before."""
    generator = torch.Generator().manual_seed(0)
    network = GraphAutoencoder(
        N_FEATURES, HIDDEN, LATENT, n_neighbors=N_NEIGHBORS, generator=generator, **settings
    )
    density = GaussianMixture(
        composite_width(LATENT, N_FEATURES, FEATURES),
        N_COMPONENTS,
        hidden=ESTIMATION_HIDDEN,
        dropout=DROPOUT,
        generator=generator,
    )
    model = EnergyModel(InputScaling(N_FEATURES), network, density, FEATURES)
    objective = JointObjective(model, JointWeights(ENERGY_WEIGHT, PENALTY_WEIGHT, "sum"))
    loop = LoopSettings(
        epochs=1, batch_size=batch_size, learning_rate=LEARNING_RATE, gradient_norm=GRADIENT_NORM
    )
    network.prepare(rows)
    tensors = (rows, *network.constants(rows))
    return lambda: train([network, density], objective, tensors, loop, generator)


def fitted(n_reference: int) -> CADGMM:
    """Return a detector of the usual size, trained for as long as speed needs."""
    rows = np.random.default_rng(0).normal(size=(max(4096, n_reference), N_FEATURES))
    return CADGMM(n_reference=n_reference, epochs=1, min_steps=0, random_state=0).fit(rows)


def greatest_difference(detector: CADGMM, rows: np.ndarray) -> float:
    """Relative difference of energies of rows alone and in company."""
    energy = detector.energy(rows)
    part = np.random.default_rng(2).permutation(len(rows))[:50]
    alone = np.concatenate([detector.energy(rows[i : i + 1]) for i in part])
    return float(np.max(np.abs(energy[part] - alone) / np.maximum(1, np.abs(alone))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--batches", type=int, default=20, help="of a turn")
    parser.add_argument("--rows", type=int, default=40_000, help="scored in a turn")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    arguments = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(arguments.batches * arguments.batch_size, N_FEATURES, generator=generator)
    scored = np.random.default_rng(1).standard_normal((arguments.rows, N_FEATURES))
    few = torch.from_numpy(scored[: arguments.rows // 10])
    with threads(1):
        print(machine())
        trained = in_turns(
            {
                "DAGMM": dagmm(rows, arguments.batch_size),
                "reference": cadgmm(rows, arguments.batch_size),
                "large reference": cadgmm(rows, arguments.batch_size, n_reference=LARGE_REFERENCE),
                "batch": cadgmm(rows, arguments.batch_size, graph="batch"),
            },
            arguments.repeats,
        )
        detector, large = fitted(DEFAULT_REFERENCE), fitted(LARGE_REFERENCE)
        kept = {name: d.models_[0].network.reference for name, d in (("", detector), ("large", large))}
        works: dict[str, Callable[[], object]] = {
            "all": lambda: detector.energy(scored),
            "large all": lambda: large.energy(scored[: len(few)]),
            "product": lambda: [part @ kept["large"].T for part in few.split(256)],
            "found": lambda: nearest_others(few, kept[""], N_NEIGHBORS, "cosine"),
            "large found": lambda: nearest_others(few, kept["large"], N_NEIGHBORS, "cosine"),
        }
        seconds = in_turns(works, arguments.repeats)
    per_row = {name: [1e6 * s / len(few) for s in seconds[name]] for name in works if name != "all"}
    met = report(
        [
            Claim("step over DAGMM's, 1,024 kept", ratios(trained["reference"], trained["DAGMM"]), most=2.5),
            Claim(
                "step over DAGMM's, 10,000 kept",
                ratios(trained["large reference"], trained["DAGMM"]),
                most=2.5,
            ),
            Claim("step over DAGMM's, graph in the batch", ratios(trained["batch"], trained["DAGMM"])),
            Claim("rows a second, 1,024 kept", [arguments.rows / s for s in seconds["all"]], least=50_000),
            Claim("rows a second, 10,000 kept", [1e6 / s for s in per_row["large all"]]),
            Claim("neighbours among 1,024: us a row", per_row["found"]),
            Claim("neighbours among 10,000: us a row", per_row["large found"]),
            Claim(
                "neighbours among 10,000 over the matrix product",
                ratios(seconds["large found"], seconds["product"]),
                most=2,
            ),
            Claim(
                "greatest difference alone and in company", [greatest_difference(detector, scored)], most=1e-6
            ),
        ]
    )
    sys.exit(1 if arguments.check and not met else 0)


if __name__ == "__main__":
    main()
