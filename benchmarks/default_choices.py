"""What each choice of a detector's defaults is worth: one changed at a time, on ADBench sets, one-class.

DeepMixture's defaults were chosen on these same sets; the figures say what a choice does there, and no more. CANCE's
were taken once and then compared so.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from hinterland import CANCE, DeepMixture
from hinterland.benchmark.experiments.protocol import PreparedRun
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.detectors.base import Detector
from hinterland.metrics import auroc, average_precision

DEEP_MIXTURE = {
    "the default": {},
    "latent, not the row": {"view": "latent"},
    "latent and residual vector": {"view": "latent", "reconstruction_features": ("residual",)},
    "row alone, no error": {"reconstruction_features": ()},
    "squared, not log error": {"reconstruction_features": ("squared_error",)},
    "no input noise": {"input_noise": 0.0},
    "4 components": {"n_components": 4},
    "20 components": {"n_components": 20},
    "100 components": {"n_components": 100},
    "covariance floor 0.01": {"covariance_floor": 0.01},
    "one member, 20 components": {"n_members": 1},
    "four members": {"n_members": 4},
}

CANCE_CHOICES = {
    "the default": {},
    "variant CNCE": {"variant": "CNCE"},
    "variant LatNCE": {"variant": "LatNCE"},
    "network pca": {"network": "pca"},
    "1 point of noise a row": {"noise_ratio": 1},
    "300 contrastive steps": {"contrastive_steps": 300},
    "contrastive learning rate 0.001": {"contrastive_learning_rate": 0.001},
    "activation tanh": {"activation": "tanh"},
}

CHOICES = {DeepMixture: DEEP_MIXTURE, CANCE: CANCE_CHOICES}
DETECTORS = {detector.__name__: detector for detector in CHOICES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detector", default="DeepMixture", choices=list(DETECTORS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--sets", nargs="*", default=[], help="the sets to compare on; all where none is named"
    )
    parser.add_argument(
        "--skip", nargs="*", default=["16_http"], help="sets to leave out; the largest, by default"
    )
    parser.add_argument("--choices", nargs="*", default=[], help="of the detector's; all where none is named")
    arguments = parser.parse_args()
    detector = DETECTORS[arguments.detector]
    choices = CHOICES[detector]
    if unknown := sorted(set(arguments.choices) - set(choices)):
        parser.error(f"no choice of {arguments.detector} is called {unknown[0]!r}: {', '.join(choices)}")
    protocol = protocols()["adbench-one-class"]
    subsets = arguments.sets or [name for name in protocol.subsets() if name not in arguments.skip]
    print(f"{len(subsets)} sets, {arguments.seeds} seeds; mean over sets of the mean over seeds")
    print(f"{'choice':32} AUROC   AP      seconds a fit")
    for choice in arguments.choices or choices:
        figures, started = [], time.process_time()
        for subset in subsets:
            runs = [
                one_run(protocol.prepare(seed, subset), detector(random_state=seed, **choices[choice]))
                for seed in range(arguments.seeds)
            ]
            figures.append(np.mean(runs, axis=0))
        seconds = (time.process_time() - started) / (len(subsets) * arguments.seeds)
        area, precision = np.mean(figures, axis=0)
        print(f"{choice:32} {area:.4f}  {precision:.4f}  {seconds:.1f}", flush=True)


def one_run(run: PreparedRun, detector: Detector) -> tuple[float, float]:
    energy = detector.fit(run.X_train).energy(run.X_test)
    return auroc(run.is_anomaly_test, energy), average_precision(run.is_anomaly_test, energy)


if __name__ == "__main__":
    main()
