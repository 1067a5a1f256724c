"""Scoring speed of a fitted DAGMM on KDD Cup 1999's shape, on one thread, and where the time goes."""

from __future__ import annotations

import argparse
import sys

import numpy as np
import torch
from measure import Claim, in_turns, machine, report

from hinterland import DAGMM
from hinterland.model.chunks import chunks
from hinterland.model.composite import composite_features, row_errors
from hinterland.model.energy_model import EnergyModel
from hinterland.threads import threads

N_FEATURES = 118


def fitted() -> DAGMM:
    """Return a detector of the usual size, trained for as long as speed needs."""
    rows = np.random.default_rng(0).normal(size=(4096, N_FEATURES))
    return DAGMM(epochs=2, steps=0, random_state=0).fit(rows)


def stages(model: EnergyModel, chunk: torch.Tensor, repeats: int) -> dict[str, list[float]]:
    """Seconds that each stage of scoring takes for a chunk."""
    with torch.no_grad():
        scaled = model.scaling(chunk)
        encoding = model.network(scaled)
        errors = row_errors(scaled, encoding.reconstruction)
        features = composite_features(encoding.latent, errors, model.reconstruction_features)
        return in_turns(
            {
                "scaling": lambda: model.scaling(chunk),
                "network": lambda: model.network(scaled),
                "errors": lambda: row_errors(scaled, encoding.reconstruction),
                "features": lambda: composite_features(
                    encoding.latent, errors, model.reconstruction_features
                ),
                "density": lambda: model.density.energy(features),
            },
            repeats,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="the target is meant for a million")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    arguments = parser.parse_args()
    detector = fitted()
    rows = np.random.default_rng(1).standard_normal((arguments.rows, N_FEATURES))
    with threads(1):
        print(machine())
        seconds = in_turns({"energy": lambda: detector.energy(rows)}, arguments.repeats)["energy"]
        chunk = next(chunks(rows, torch.device("cpu")))
        by_stage = stages(detector.models_[0], chunk, 20 * arguments.repeats)
    energy = detector.energy(rows)
    part = np.random.default_rng(2).permutation(arguments.rows)[:50]
    alone = np.concatenate([detector.energy(rows[i : i + 1]) for i in part])
    difference = np.abs(energy[part] - alone) / np.maximum(1, np.abs(alone))
    met = report(
        [
            Claim("rows a second", [arguments.rows / s for s in seconds], least=300_000),
            *(Claim(f"{name}: us a row", [1e6 * s / len(chunk) for s in v]) for name, v in by_stage.items()),
            Claim("greatest difference of a row alone and in company", [float(difference.max())], most=1e-6),
        ]
    )
    sys.exit(1 if arguments.check and not met else 0)


if __name__ == "__main__":
    main()
