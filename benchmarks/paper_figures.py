"""Figures of the papers that show no table's numbers, drawn again from this library's own runs.

``cadgmm-4``: CADGMM's Figure 4, what DAGMM and CADGMM make of KDD Cup 1999, by t-SNE.
``deuad-2``: DEUAD's Figure 2, clusters of pictures in the order of their variance.
``deuad-3``: its Figure 3, F1, AUROC and average precision after each choice of rows, on KDD Cup 1999, 20 % anomalies.
``deuad-4``: its Figure 4, ROC curves there.

Its Figure 5, scores along videos of UCF-Crime, needs features that cannot be had freely.

    python benchmarks/paper_figures.py deuad-2 --output docs/images

Protocols and settings are the benchmark's, at one seed; a title names both and what is smaller than in the paper.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.figure import Figure
from sklearn.manifold import TSNE

from hinterland import plots
from hinterland.benchmark.experiments.methods import method
from hinterland.benchmark.experiments.protocol import PreparedRun
from hinterland.benchmark.experiments.protocols import protocol
from hinterland.benchmark.results.figures import new_figure, save
from hinterland.clustering import CLUSTERINGS
from hinterland.clustering.selection import cluster_variances
from hinterland.metrics import evaluate
from hinterland.model.chunks import CHUNK_ROWS
from hinterland.model.composite import angle, row_errors
from hinterland.model.scaling import InputScaling
from hinterland.networks import Autoencoder, Network
from hinterland.threads import threads
from hinterland.training.history import Entry

CHOICES = 20
N_CLUSTERS = 50
RANKS = range(5, N_CLUSTERS + 1, 5)
PICTURES_A_CLUSTER = 8


def prepared(key: str, subset: str = "", seed: int = 0) -> PreparedRun:
    return protocol(key).prepare(seed, subset)


def fitted(name: str, key: str, subset: str, run: PreparedRun, seed: int) -> Any:
    chosen = method(name)
    return chosen.build(chosen.said(key, subset), seed).fit(run.X_train, run.y_train)


def embeddings(path: Path, seed: int, n_rows: int) -> Figure:
    """CADGMM's Figure 4."""
    key = "cadgmm-kdd99"
    run = prepared(key, seed=seed)
    chosen = np.random.default_rng(seed).permutation(len(run.X_test))[:n_rows]
    figure = new_figure(path, (9, 4.4), "a figure of a paper")
    for axes, name in zip(figure.subplots(1, 2), ("DAGMM-1", "CADGMM"), strict=True):
        features = fitted(name, key, "", run, seed).transform(run.X_test[chosen])
        points = TSNE(random_state=seed, init="pca").fit_transform(features.astype(np.float32))
        plots.embedding(points, is_anomaly=run.is_anomaly_test[chosen], ax=axes)
        for drawn in axes.collections:
            drawn.set_rasterized(True)
        axes.set(title=name, xlabel="", ylabel="", xticks=[], yticks=[])
    figure.suptitle(f"t-SNE of {len(chosen):,} test rows of {key}, seed {seed}", fontsize=10)
    return figure


def clusters(path: Path, seed: int, n_rows: int) -> Figure:
    """DEUAD's Figure 2: a row of pictures of each fifth of 50 clusters, the tightest first; anomalies are framed.

    By k-means: on airplanes' pixels distribution clustering, which the paper has on other features, finds one cluster.
    """
    kinds = {"deuad-cifar10": (32, 32, 3), "deuad-mnist": (28, 28)}
    figure = new_figure(path, (10, 6), "a figure of a paper")
    for part, (key, shape) in zip(figure.subfigures(1, len(kinds)), kinds.items(), strict=True):
        run = prepared(key, seed=seed)
        labels = CLUSTERINGS.named("k_means")(n_clusters=N_CLUSTERS).cluster(
            run.X_test, np.random.default_rng(seed)
        )
        _, variances = cluster_variances(run.X_test, labels)
        order = np.argsort(variances)
        part.suptitle(f"{key}, seed {seed}: {N_CLUSTERS} k-means clusters by their variance", fontsize=10)
        for line, rank in zip(part.subplots(len(RANKS), PICTURES_A_CLUSTER), RANKS, strict=True):
            members = np.flatnonzero(labels == order[rank - 1])
            shown = np.random.default_rng(seed).permutation(members)[:PICTURES_A_CLUSTER]
            line[0].set_ylabel(f"{rank}  ", rotation=0, ha="right", va="center", fontsize=8)
            for place, axes in enumerate(line):
                axes.set(xticks=[], yticks=[])
                odd = place < len(shown) and run.is_anomaly_test[shown[place]]
                for side in axes.spines.values():
                    side.set(color=plots.ALARM, linewidth=1.8, visible=bool(odd))
                if place < len(shown):
                    axes.imshow(
                        run.X_test[shown[place]].reshape(shape), cmap=colormaps["gray"], vmin=0, vmax=1
                    )
    return figure


class Watched(Autoencoder, name="watched"):
    """DEUAD's network, kept where it can be scored while it is trained."""

    last: ClassVar[Network]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        Watched.last = self


def choices(path: Path, seed: int, n_rows: int) -> Figure:
    """DEUAD's Figure 3."""
    key, subset = "deuad-kddcup", "train_anomaly=20%"
    run, chosen = prepared(key, subset, seed), method("DEUAD")
    settings = chosen.said(key, subset, {"network": "watched"})
    detector = chosen.build({**settings, "epochs": CHOICES * settings["r"]}, seed)
    scaling = InputScaling.from_rows(run.X_train, detector.scaling, detector.clip)
    scaled = scaling(torch.from_numpy(run.X_test)).float()
    found = []

    def score(_: Entry) -> None:
        with torch.no_grad():
            parts = [angle(row_errors(x, Watched.last(x).reconstruction)) for x in scaled.split(CHUNK_ROWS)]
        energy, truth = torch.cat(parts).double().numpy(), run.is_anomaly_test
        found.append(evaluate(truth, energy, rule="natural_half", share=float(truth.mean())).as_dict())

    detector.on_epoch = score
    detector.fit(run.X_train)
    figure = new_figure(path, (5.2, 3.8), "a figure of a paper")
    axes = figure.subplots()
    for name, label in (("f1", "F1"), ("auroc", "AUROC"), ("average_precision", "average precision")):
        along = range(1, len(found) + 1)
        axes.plot(along, [100 * entry[name] for entry in found], marker="o", markersize=3, label=label)
    axes.set(xlabel="passes over the chosen rows, a choice after each", ylabel="%")
    axes.set_title(f"DEUAD on {key}, {subset}, seed {seed}", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return figure


def receiver_curves(path: Path, seed: int, n_rows: int) -> Figure:
    """DEUAD's Figure 4."""
    key, subset = "deuad-kddcup", "train_anomaly=20%"
    run = prepared(key, subset, seed)
    figure = new_figure(path, (4.8, 4.4), "a figure of a paper")
    axes = figure.subplots()
    for name in ("DEUAD", "DAGMM", "OC-SVM"):
        plots.roc(
            run.is_anomaly_test, fitted(name, key, subset, run, seed).energy(run.X_test), name=name, ax=axes
        )
    axes.set_title(f"{key}, {subset}, seed {seed}", fontsize=10)
    return figure


FIGURES: dict[str, Callable[[Path, int, int], Figure]] = {
    "cadgmm-4": embeddings,
    "deuad-2": clusters,
    "deuad-3": choices,
    "deuad-4": receiver_curves,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figures", nargs="+", choices=FIGURES)
    parser.add_argument("--output", type=Path, default=Path("docs/images"), help="folder of the files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=3_000, help="rows that t-SNE takes (40,000 in the paper)")
    given = parser.parse_args()
    with threads(1):
        for name in given.figures:
            kind = "png" if name == "deuad-2" else "svg"  # of many small pictures
            path = given.output / f"{name}.{kind}"
            save(FIGURES[name](path, given.seed, given.rows), path)
            print(path)


if __name__ == "__main__":
    main()
