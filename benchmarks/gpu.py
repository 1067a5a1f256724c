"""Every detector on a device: the same checks of its contract as on the processor, and how fast the device is.

    python benchmarks/gpu.py                  # cuda, within six minutes
    python benchmarks/gpu.py --device cpu     # the same script in small, to see that it works

A check fits briefly on the device, scores, explains, saves, and loads on the device and on the processor: energies of
all are finite and equal but for rounding, contributions add up, and the same seed gives the same bits. Timings are
seconds of the clock after a first, unmeasured use of the device. Nothing here is trained long enough to say how good a
detector is.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hinterland import load
from hinterland.detectors import DETECTORS
from hinterland.errors import DataNotFoundError
from hinterland.explain import explain
from hinterland.training import steps

SHORT = {"steps": 4, "epochs": 1, "decoder_steps": 4, "contrastive_steps": 4, "batch_size": 64}
"""Of these a detector takes what it has: a check is of paths, not of results."""
SHORT_OF_DAGMM = {"steps": 4, "epochs": 1, "batch_size": 64}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "DAGMM, VAE": ("DAGMM", {"network": "vae"}),
    "DAGMM, VAE, drawn": ("DAGMM", {"network": "vae", "network_options": {"scored_latent": "sample"}}),
    "DAGMM, VQ-VAE": ("DAGMM", {"network": "vqvae"}),
    "DAGMM, noise": ("DAGMM", {"network_options": {"input_noise": 0.1}}),
    "DAGMM, Laplacians": ("DAGMM", {"density": "laplacian"}),
    "DAGMM, energy and reconstruction": ("DAGMM", {"scoring": "energy+reconstruction"}),
    "DAGMM, published": ("DAGMM", dict(DETECTORS.named("DAGMM").published) | SHORT_OF_DAGMM),
    "CADGMM, graph of a batch": ("CADGMM", {"graph": "batch", "n_neighbors": 5}),
}
DRAWN = ("DAGMM, VAE, drawn", "CADGMM, graph of a batch")
"""A row's energy there depends on draws or on its company, and is not compared."""
N_ROWS, N_COLUMNS, BUDGET = 240, 6, 360
KDD_ROWS, KDD_COLUMNS, KDD_EPOCHS, KDD_BATCH = 198_371, 118, 200, 1_024


def rows_of(n_rows: int, n_columns: int, seed: int = 0) -> np.ndarray:
    """Normal rows (n, d) in two groups."""
    draw = np.random.default_rng(seed)
    return draw.normal(size=(n_rows, n_columns)) + 3 * draw.integers(0, 2, (n_rows, 1))


def named() -> dict[str, tuple[str, dict[str, Any]]]:
    """Detectors and variants: the detector's name and parameters of each."""
    return {name: (name, {}) for name in DETECTORS} | VARIANTS


def check(name: str, device: str) -> None:
    """Raise AssertionError, or what torch raises, where a detector does not do on a device what it should."""
    member, settings = named()[name]
    rows, new = rows_of(N_ROWS, N_COLUMNS), rows_of(40, N_COLUMNS, 1)
    detector = fitted(member, settings, device, rows)
    energy = detector.energy(new)
    assert np.isfinite(energy).all(), "an energy is not finite"
    assert detector.model_.device.type == torch.device(device).type, "the model is elsewhere"
    with tempfile.TemporaryDirectory() as folder:
        detector.save(Path(folder, "model"))
        here, there = load(Path(folder, "model")), load(Path(folder, "model"), device=device)
    again = fitted(member, settings, device, rows)
    assert np.array_equal(again.energy(new), energy), "a seed gives other bits"
    if name in DRAWN:
        return
    for loaded, on in ((there, device), (here, "the processor")):
        np.testing.assert_allclose(
            loaded.energy(new), energy, rtol=1e-6, atol=1e-6, err_msg=f"loaded on {on}"
        )
    found = explain(detector, new[:5])
    missed = np.abs(found.contributions.sum(1) + found.residual - (found.energy - found.reference_energy))
    assert np.isfinite(found.contributions).all(), "a contribution is not finite"
    assert missed.max() < 1e-6, "contributions do not add up"
    np.testing.assert_allclose(
        found.contributions, explain(here, new[:5]).contributions, atol=1e-4, err_msg="explained elsewhere"
    )


def fitted(member: str, settings: dict[str, Any], device: str, rows: np.ndarray) -> Any:
    """A detector trained briefly on a device; one that contains a detector hands the device on."""
    cls = DETECTORS.named(member)
    known = cls().get_params()
    parameters = {key: value for key, value in SHORT.items() if key in known} | settings
    if "device" not in known:
        parameters["detector"] = DETECTORS.named("DAGMM")(**{**SHORT_OF_DAGMM, "device": device})
    elif "detector_options" in known:
        parameters["detector_options"] = SHORT_OF_DAGMM
    if "device" in known:
        parameters["device"] = device
    detector = cls(random_state=0, **parameters)
    labels = np.arange(len(rows)) % 3 == 0 if detector.needs_labels else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message="steps of training could not be recorded")
        return detector.fit(rows, labels)


@contextmanager
def one_by_one() -> Iterator[None]:
    """Inside the block no step is recorded."""
    recorded, steps.RecordedSteps = steps.RecordedSteps, steps.Steps  # type: ignore[misc]
    try:
        yield
    finally:
        steps.RecordedSteps = recorded  # type: ignore[misc]


def check_recording(device: str) -> None:
    """Raise AssertionError where recorded steps train something else than steps taken one by one."""
    rows, new = rows_of(600, N_COLUMNS), rows_of(40, N_COLUMNS, 1)
    settings = {"epochs": 10, "batch_size": 64, "random_state": 0, "device": device}
    for name in ("DAGMM", "CADGMM", "CANCE", "Surprisal"):
        cls = DETECTORS.named(name)
        known = cls().get_params()
        parameters = getattr(cls, "published", {}) | {
            key: value for key, value in settings.items() if key in known
        }
        energy = cls(**parameters).fit(rows).energy(new)
        with one_by_one():
            expected = cls(**parameters).fit(rows).energy(new)
        np.testing.assert_allclose(energy, expected, rtol=1e-4, err_msg=f"{name}, recorded")


def timings(device: str, small: bool) -> Iterator[tuple[str, float, str]]:
    """What is timed: a name, its seconds, and what they are of; KDD Cup 1999, many rows, and the default."""
    dagmm = DETECTORS.named("DAGMM")
    rows, source = kdd_rows(small)
    epochs = 2 if small else KDD_EPOCHS
    published = {**dagmm.published, "batch_size": KDD_BATCH, "random_state": 0, "device": device}
    dagmm(**{**published, "epochs": 1}).fit(rows[: 4 * KDD_BATCH])  # the device wakes up
    few = max(1, epochs // 20)
    with one_by_one():
        one = timed(lambda: dagmm(**{**published, "epochs": 1}).fit(rows), device)
    yield "DAGMM, an epoch, step by step", one, source
    one = timed(lambda: dagmm(**{**published, "epochs": 1}).fit(rows), device)
    yield "DAGMM, an epoch, recorded", one, source
    one = timed(lambda: dagmm(**{**published, "epochs": 1, "device": "cpu"}).fit(rows), "cpu")
    yield "DAGMM, an epoch, on the processor", one, f"{source}; {torch.get_num_threads()} threads"
    seconds = timed(lambda: dagmm(**{**published, "epochs": few}).fit(rows), device)
    if seconds * epochs / few > BUDGET / 3:
        yield (
            f"DAGMM, {epochs} epochs",
            seconds * epochs / few,
            f"{source}; {few} were run, others by proportion",
        )
    else:
        models: list[Any] = []
        seconds = timed(lambda: models.append(dagmm(**{**published, "epochs": epochs}).fit(rows)), device)
        yield f"DAGMM, {epochs} epochs", seconds, source
    n = 20_000 if small else 10_000_000
    model = dagmm(random_state=0, device=device).fit(rows_of(20_000, 10))
    many = rows_of(n, 10, 1)
    seconds = timed(lambda: model.energy(many), device)
    yield f"DAGMM scores {n:,} rows", seconds, f"10 columns; {n / seconds:,.0f} rows a second"
    n = 2_000 if small else 500_000
    table = rows_of(n, 20, 2)
    default = DETECTORS.named("Surprisal")(random_state=0, device=device)
    yield f"Surprisal trains on {n:,} rows", timed(lambda: default.fit(table), device), "20 columns"
    some = table[:100_000]
    seconds = timed(lambda: default.energy(some), device)
    yield f"Surprisal scores {len(some):,} rows", seconds, f"{len(some) / seconds:,.0f} rows a second"


def kdd_rows(small: bool) -> tuple[np.ndarray, str]:
    """Half of KDD Cup 1999's attacks, or made rows of that shape, and which of the two."""
    from hinterland.datasets import load_kddcup99_encoded

    if not small and "HINTERLAND_DATA" in os.environ:
        try:
            data = load_kddcup99_encoded()
        except (DataNotFoundError, OSError):
            pass
        else:
            attacks = np.asarray(data.X, dtype=np.float64)[~np.asarray(data.is_anomaly)]
            return attacks[np.random.default_rng(0).permutation(len(attacks))[:KDD_ROWS]], "KDD Cup 1999"
    n = 4 * KDD_BATCH if small else KDD_ROWS
    return rows_of(n, KDD_COLUMNS), f"made rows, {n:,} x {KDD_COLUMNS}"


def timed(work: Callable[[], object], device: str) -> float:
    """Seconds of the clock until a device has done a piece of work."""
    started = time.perf_counter()
    work()
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--checks-only", action="store_true")
    arguments = parser.parse_args()
    started, failed, device = time.perf_counter(), [], arguments.device
    kind = torch.device(device).type
    print(torch.__version__, torch.cuda.get_device_name(device) if kind == "cuda" else device)
    checks = {name: partial(check, name, device) for name in named()}
    checks["recorded steps"] = partial(check_recording, device)
    for name, passes in checks.items():
        try:
            passes()
        except Exception as error:
            failed.append(name)
            print(f"FAILED  {name}: {type(error).__name__}: {error}", flush=True)
            traceback.print_exc()
        else:
            print(f"ok      {name}", flush=True)
    if not arguments.checks_only:
        for what, seconds, of in timings(device, small=kind == "cpu"):
            print(f"{seconds:8.1f} s  {what} ({of})", flush=True)
            if time.perf_counter() - started > BUDGET:
                print("the rest is left out: the script has had its six minutes")
                break
    print(f"{len(checks) - len(failed)} of {len(checks)} pass; {time.perf_counter() - started:.0f} s in all")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
