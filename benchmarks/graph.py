"""What a graph costs: CADGMM's training step beside DAGMM's, and scoring by the size of the reference.

On KDD Cup 1999's shape and one thread, in turns; each training through the real loop. What a search among many kept
rows costs depends on the rows: KDD Cup 1999's as they come, most of them copies of others; the same without copies; and
noise, which has no structure and which no table is like. With ``--indexes`` libraries' indexes search the same rows,
those that are installed.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable

import numpy as np
import torch
from measure import Claim, in_turns, machine, ratios, report
from sklearn.neighbors import BallTree, KDTree
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
from hinterland.benchmark.experiments.protocols import kddcup99
from hinterland.densities.gaussian import GaussianMixture
from hinterland.errors import DataNotFoundError
from hinterland.model.composite import composite_width
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.networks.graph import GraphAutoencoder
from hinterland.networks.neighbours import NearestOthers
from hinterland.threads import threads
from hinterland.training.joint import JointObjective, JointWeights
from hinterland.training.loop import train
from hinterland.training.settings import LoopSettings

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


def fitted(rows: np.ndarray, n_reference: int) -> CADGMM:
    """Return a detector of the usual size, trained for as long as speed needs."""
    return CADGMM(n_graph_rows=n_reference, epochs=1, steps=0, random_state=0).fit(rows)


def kinds_of_rows(n: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Rows to train on (m, 118) and n rows to score, by kind; those of KDD Cup 1999 where it is there."""
    draw = np.random.default_rng(1)
    kinds = {
        "noise": (draw.normal(size=(2 * LARGE_REFERENCE, N_FEATURES)), draw.normal(size=(n, N_FEATURES)))
    }
    loads = {"KDD99": kddcup99.load, "KDD99, no copies": kddcup99.load_deduplicated}
    try:
        found = {name: load("") for name, load in loads.items()}
    except DataNotFoundError as error:
        print(f"noise alone: {error}", file=sys.stderr)
        return kinds
    unique = found["KDD99, no copies"]
    train = draw.permutation(np.flatnonzero(~unique.is_anomaly))[: 2 * LARGE_REFERENCE]
    for name, data in found.items():
        rest = np.setdiff1d(np.arange(len(data.X)), train) if data is unique else np.arange(len(data.X))
        kinds[name] = (unique.X.to_numpy()[train], data.X.to_numpy()[draw.permutation(rest)[:n]])
    return kinds


def index_works(rows: np.ndarray, reference: np.ndarray) -> dict[str, Callable[[], object]]:
    """Searches for the nearest by libraries' indexes over directions; those with a budget are approximate."""
    kept, asked = (a / np.linalg.norm(a, axis=1, keepdims=True).clip(1e-12) for a in (reference, rows))
    k = N_NEIGHBORS + 1
    works: dict[str, Callable[[], object]] = {}
    for make in (KDTree, BallTree):
        tree = make(kept, leaf_size=40)
        works[f"scikit-learn {make.__name__}"] = lambda tree=tree: tree.query(asked, k=k)
    kept32, asked32 = kept.astype(np.float32), asked.astype(np.float32)
    with contextlib.suppress(ImportError):
        import faiss

        faiss.omp_set_num_threads(1)
        flat = faiss.IndexFlatIP(N_FEATURES)
        lists = faiss.IndexIVFFlat(faiss.IndexFlatIP(N_FEATURES), N_FEATURES, 200, faiss.METRIC_INNER_PRODUCT)
        lists.train(kept32)
        lists.nprobe = 16
        graph = faiss.IndexHNSWFlat(N_FEATURES, 16, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efSearch = 64
        for name, index in (("flat", flat), ("IVF, 16 of 200", lists), ("HNSW, 64", graph)):
            index.add(kept32)
            works[f"faiss {name}"] = lambda index=index: index.search(asked32, k)
    with contextlib.suppress(ImportError):
        import hnswlib

        index = hnswlib.Index(space="ip", dim=N_FEATURES)
        index.init_index(len(kept32), M=16, ef_construction=100)
        index.set_num_threads(1)
        index.add_items(kept32)
        index.set_ef(64)
        works["hnswlib, 64"] = lambda: index.knn_query(asked32, k)
    return works


def greatest_difference(detector: CADGMM, rows: np.ndarray) -> float:
    """Relative difference of energies of rows alone and in company."""
    energy = detector.energy(rows)
    part = np.random.default_rng(2).permutation(len(rows))[:50]
    alone = np.concatenate([detector.energy(rows[i : i + 1]) for i in part])
    return float(np.max(np.abs(energy[part] - alone) / np.maximum(1, np.abs(alone))))


def scoring_claims(
    kind: str, train_rows: np.ndarray, scored: np.ndarray, repeats: int, indexes: bool
) -> list[Claim]:
    """What scoring and the search in it cost for rows of one kind."""
    sizes = (DEFAULT_REFERENCE, LARGE_REFERENCE)
    detectors = {n: fitted(train_rows, n) for n in sizes}
    seconds = in_turns({str(n): lambda n=n: detectors[n].energy(scored) for n in sizes}, repeats)
    claims = [
        Claim(
            f"{kind}: rows a second, {n:,} kept",
            [len(scored) / s for s in seconds[str(n)]],
            least=50_000 if n == DEFAULT_REFERENCE or kind == "KDD99" else None,
        )
        for n in sizes
    ]
    model = detectors[LARGE_REFERENCE].models_[0]
    part = model.scaling(torch.from_numpy(scored[: len(scored) // 4]))
    reference = model.network.reference
    find = NearestOthers(reference, N_NEIGHBORS, "cosine")
    works: dict[str, Callable[[], object]] = {
        "found": lambda: find(part),
        "product alone": lambda: [some @ reference.T for some in part.split(256)],
    }
    if indexes:
        works |= index_works(part.numpy(), reference.numpy())
    for name, each in in_turns(works, repeats).items():
        what = f"{kind}: us a row, {name}, of {len(reference):,} kept"
        claims.append(Claim(what, [1e6 * s / len(part) for s in each]))
    difference = [greatest_difference(detectors[LARGE_REFERENCE], scored)]
    return [*claims, Claim(f"{kind}: greatest difference alone and in company", difference, most=1e-6)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--batches", type=int, default=20, help="of a turn")
    parser.add_argument("--rows", type=int, default=40_000, help="scored in a turn")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--indexes", action="store_true", help="measure libraries' indexes too")
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    arguments = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(arguments.batches * arguments.batch_size, N_FEATURES, generator=generator)
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
        rows_of = kinds_of_rows(arguments.rows)
        claims = [
            Claim("step over DAGMM's, 1,024 kept", ratios(trained["reference"], trained["DAGMM"]), most=2.5),
            Claim(
                "step over DAGMM's, 10,000 kept",
                ratios(trained["large reference"], trained["DAGMM"]),
                most=2.5,
            ),
            Claim("step over DAGMM's, graph in the batch", ratios(trained["batch"], trained["DAGMM"])),
        ]
        for kind, (train_rows, scored) in rows_of.items():
            claims += scoring_claims(kind, train_rows, scored, arguments.repeats, arguments.indexes)
    met = report(claims)
    sys.exit(1 if arguments.check and not met else 0)


if __name__ == "__main__":
    main()
