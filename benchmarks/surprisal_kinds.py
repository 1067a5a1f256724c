"""What each kind of density in the default detector is worth, with and without the others, set by set.

ADBench sets one-class (a random half of the normal rows to train on), OddBench sets by their own split, at most so
many rows of each. Beside the detector stand the first and the fifth nearest neighbour on standardised columns. Each
set's line goes to a file, and a later run does the sets that are not in it. Threads: one.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import wilcoxon
from sklearn.neighbors import NearestNeighbors

from hinterland import Surprisal, datasets
from hinterland.datasets import splits
from hinterland.metrics import auroc, average_precision

KINDS = ("nearest neighbour", "autoregressive", "deep mixture")
MIXES = {
    "the default: all three": (0, 1, 2),
    "nearest neighbour": (0,),
    "autoregressive": (1,),
    "deep mixture": (2,),
    "without the nearest neighbour": (1, 2),
    "without the autoregressive networks": (0, 2),
    "without the deep mixtures": (0, 1),
}
NEIGHBOURS = ("5-NN", "1-NN")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("surprisal_kinds.jsonl"), help="file of results")
    parser.add_argument("--every", type=int, default=1, help="only every so manieth set")
    parser.add_argument("--max-train", type=int, default=2_000, help="most training rows")
    parser.add_argument("--max-test", type=int, default=3_000, help="most test rows")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--settings", default="{}", help="constructor arguments of the detector, a JSON object"
    )
    arguments = parser.parse_args()
    here = [name for name in datasets.names() if name.startswith(("adbench/", "oddbench/"))]
    key = [arguments.seed, arguments.max_train, arguments.max_test, arguments.settings]
    done = _read(arguments.output)
    for name in here[:: arguments.every]:
        if (name, *key) not in done:
            result = {"name": name, "key": key, **one_set(name, *key)}
            done[name, *key] = result
            with arguments.output.open("a") as file:
                file.write(json.dumps(result) + "\n")
    print(summary([done[name, *key] for name in here[:: arguments.every]]))


def one_set(name: str, seed: int, max_train: int, max_test: int, settings: str) -> dict[str, Any]:
    """AUROC and average precision of each mix of kinds, and of the neighbours."""
    data = datasets.load(name)
    split = data.split or splits.one_class(data.is_anomaly, random_state=seed)
    generator = np.random.default_rng(seed)
    train = np.sort(generator.permutation(split.train)[:max_train])
    test = _part(split.test, data.is_anomaly, max_test, generator)
    rows, truth = data.matrix(), data.is_anomaly[test]
    started = time.process_time()
    detector = Surprisal(random_state=seed, **json.loads(settings)).fit(rows[train])
    seconds = time.process_time() - started
    kinds = [model.in_chunks(model.energy, rows[test]) for model in detector.models_]
    scores = {mix: np.mean([kinds[k] for k in which], axis=0) for mix, which in MIXES.items()}
    deviation = rows[train].std(0)
    scale = np.where(deviation > 0, deviation, 1.0)
    seen, asked = ((rows[part] - rows[train].mean(0)) / scale for part in (train, test))
    distances = NearestNeighbors(n_neighbors=5).fit(seen.clip(-10, 10)).kneighbors(asked.clip(-10, 10))[0]
    scores |= {"5-NN": distances[:, 4], "1-NN": distances[:, 0]}
    return {
        "seconds": seconds,
        "flagged": float(np.mean((scores["the default: all three"] > -detector.offset_)[~truth])),
        "scores": {
            mix: [float(100 * auroc(truth, score)), float(100 * average_precision(truth, score))]
            for mix, score in scores.items()
        },
    }


def summary(results: list[dict[str, Any]]) -> str:
    """Means over the sets of each collection, and the spread of five folds of sets."""
    lines = []
    for collection in ("oddbench", "adbench"):
        own = [result for result in results if result["name"].startswith(collection)]
        seconds = np.median([result["seconds"] for result in own])
        lines.append(f"{len(own)} sets of {collection}; a fit takes {seconds:.1f} s of one core (median)")
        lines.append(f"{'':38}AUROC  AP    folds of AUROC  against 5-NN  worst set")
        for mix in (*NEIGHBOURS, *MIXES):
            scores = np.array([result["scores"][mix] for result in own])
            folds = [scores[fold::5, 0].mean() - _of(own[fold::5], "5-NN")[:, 0].mean() for fold in range(5)]
            gain = scores - _of(own, "5-NN")
            lines.append(
                f"{mix:38}{scores[:, 0].mean():5.1f}  {scores[:, 1].mean():4.1f}  "
                f"{min(folds):+5.1f} to {max(folds):+5.1f}  {gain[:, 0].mean():+5.1f} {gain[:, 1].mean():+5.1f}"
                f"{gain[:, 0].min():10.1f} {own[int(gain[:, 0].argmin())]['name'].partition('/')[2]}"
            )
    gains = _of(results, "the default: all three") - _of(results, "5-NN")
    tests = [wilcoxon(column).pvalue for column in gains.T]
    lines.append(
        f"the default against 5-NN, Wilcoxon over {len(gains)} sets: p = {tests[0]:.1e}, {tests[1]:.1e}"
    )
    return "\n".join(lines)


def _of(results: list[dict[str, Any]], mix: str) -> np.ndarray:
    return np.array([result["scores"][mix] for result in results])


def _part(test: np.ndarray, truth: np.ndarray, most: int, generator: np.random.Generator) -> np.ndarray:
    """So many test rows, with the share of anomalies that all have, and 20 anomalies where there are."""
    if len(test) <= most:
        return test
    anomalous, normal = (generator.permutation(test[truth[test] == value]) for value in (True, False))
    kept = max(min(len(anomalous), 20), most * len(anomalous) // len(test))
    return np.sort(np.concatenate([anomalous[:kept], normal[: most - kept]]))


def _read(path: Path) -> dict[Any, dict[str, Any]]:
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {(line["name"], *line["key"]): line for line in lines}


if __name__ == "__main__":
    main()
