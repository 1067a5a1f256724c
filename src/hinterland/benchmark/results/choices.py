"""What each choice of a method's parameters is worth on the collections, by cross-validation over data sets.

Choices are data, ``{METHOD: {NAME: SETTINGS, ...}, ...}``; the first is what the others are compared with. The data
sets of each collection are dealt to folds by a fixed draw. How a mean differs between the folds says how far it can be
trusted; and the choice that is best on all folds but one, judged on that one, says what choosing so is worth on sets
that it has not seen.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hinterland.benchmark.experiments.index import suite
from hinterland.benchmark.experiments.protocols import protocol
from hinterland.benchmark.results.compare import DataSet, label
from hinterland.benchmark.runs.grid import grid
from hinterland.benchmark.runs.jobs import Job, Result

METRICS = {"auroc": "AUROC", "average_precision": "AP"}


@dataclass(frozen=True)
class Choice:
    """A method with settings over its own, under a name."""

    name: str
    method: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Judged:
    """Choices on data sets on which each has a result.

    Attributes
    ----------
    sets : (n,) data sets, and ``collections`` (n,) the suite of each.
    values : (k, n, 2) AUROC and average precision in percent by choice and data set, means over seeds.
    seconds : (k,) mean seconds a fit.
    left_out : data sets that are not compared, each with the reason.
    """

    choices: tuple[Choice, ...]
    sets: tuple[DataSet, ...]
    collections: tuple[str, ...]
    values: np.ndarray
    seconds: tuple[float, ...]
    left_out: tuple[str, ...]


def read(path: Path) -> tuple[Choice, ...]:
    """The choices in a JSON file.

    Raises
    ------
    ValueError
        The file is not there, is no JSON of that form, or has fewer than two choices or one name twice.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: no choices can be read: {error}") from error
    form = "expected {METHOD: {NAME: SETTINGS, ...}, ...}"
    if not isinstance(content, dict) or not all(isinstance(named, dict) for named in content.values()):
        raise ValueError(f"{path}: {form}")
    found = tuple(
        Choice(name, method, settings)
        for method, named in content.items()
        for name, settings in named.items()
    )
    names = [choice.name for choice in found]
    if wrong := [choice.name for choice in found if not isinstance(choice.settings, dict)]:
        raise ValueError(f"{path}: the settings of {wrong[0]!r} are no object; {form}")
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{path}: {twice[0]!r} is there twice")
    if len(found) < 2:
        raise ValueError(f"{path}: to compare takes two choices, got {len(found)}")
    return found


def jobs(
    choices: Iterable[Choice], suites: Iterable[str], seeds: Iterable[int], subsets: Sequence[str] = ()
) -> dict[str, list[Job]]:
    """The jobs of each choice by its name, on these data sets of the suites or on all.

    Raises
    ------
    UnknownNameError
        A suite or method is unknown.
    ValueError
        A data set is in none of the suites.
    """
    keys = [key for name in suites for key in suite(name).protocols]
    known = {key: [s for s in protocol(key).subsets() if not subsets or s in subsets] for key in keys}
    if unknown := set(subsets) - {subset for found in known.values() for subset in found}:
        raise ValueError(f"no data set of {', '.join(keys)} is called {', '.join(sorted(unknown))}")
    return {
        choice.name: [
            job
            for key in keys
            if known[key] or not subsets
            for job in grid(
                [key], [choice.method], list(seeds), subsets=known[key] or None, settings=choice.settings
            )
        ]
        for choice in choices
    }


def judged(
    choices: Sequence[Choice],
    wanted: Mapping[str, Sequence[Job]],
    suites: Sequence[str],
    results: Iterable[Result],
) -> Judged:
    """The results of the choices' jobs, by data set.

    Raises
    ------
    ValueError
        There is no data set on which all choices have a result for every seed.
    """
    kept = {result.job.identity: result for result in results}
    cells: dict[DataSet, dict[str, list[Result | None]]] = {}
    for name, own in wanted.items():
        for job in own:
            cells.setdefault((job.protocol, job.subset), {}).setdefault(name, []).append(
                kept.get(job.identity)
            )
    lost = {
        key: [name for name, found in cell.items() if any(r is None or r.failed for r in found)]
        for key, cell in cells.items()
    }
    sets = tuple(key for key in cells if not lost[key])
    if not sets:
        raise ValueError("there is no data set on which all choices have a result")
    homes = {key: name for name in suites for key in suite(name).protocols}
    whole = [[[r for r in cells[key][c.name] if r] for key in sets] for c in choices]
    return Judged(
        choices=tuple(choices),
        sets=sets,
        collections=tuple(homes[key] for key, _ in sets),
        values=np.array([[_means(found) for found in of_sets] for of_sets in whole]),
        seconds=tuple(
            statistics.fmean(r.fit_seconds for found in of_sets for r in found) for of_sets in whole
        ),
        left_out=tuple(
            f"{label(key)}: no result of {', '.join(names)}" for key, names in lost.items() if names
        ),
    )


def folds(collections: Sequence[str], n_folds: int) -> np.ndarray:
    """The fold (n,) of each data set: those of each collection are dealt out in a random but fixed order.

    Raises
    ------
    ValueError
        There are fewer than two folds, or more than data sets.
    """
    if not 2 <= n_folds <= len(collections):
        raise ValueError(f"folds must be 2 to {len(collections)}, the number of data sets; got {n_folds}")
    draw = np.random.default_rng(0)
    names = np.asarray(collections)
    order = np.concatenate(
        [draw.permutation(np.flatnonzero(names == name)) for name in dict.fromkeys(collections)]
    )
    dealt = np.empty(len(names), np.int64)
    dealt[order] = np.arange(len(names)) % n_folds
    return dealt


def held_out(values: np.ndarray, fold: np.ndarray) -> tuple[list[int], np.ndarray]:
    """What is chosen for each fold by the mean AUROC and AP on the others, and the means (2,) of that on all sets."""
    chosen = [int(values[:, fold != k].mean(axis=(1, 2)).argmax()) for k in range(fold.max() + 1)]
    picked = np.array([values[chosen[k], i] for i, k in enumerate(fold)])
    return chosen, picked.mean(0)


def markdown(found: Judged, n_folds: int) -> str:
    """A table, a line a choice, and what choosing by the other folds gives; in percent."""
    fold = folds(found.collections, n_folds)
    chosen, means = held_out(found.values, fold)
    places = list(dict.fromkeys(found.collections))
    names = np.asarray(found.collections)
    first = found.choices[0].name
    heading = [f"{suite(place).heading.partition(',')[0]} ({(names == place).sum()})" for place in places]
    header = ["choice", *heading, f"above {first}, all {len(names)}", "chosen in folds", "seconds a fit"]
    lines = [header, ["---"] * len(header)]
    for row, choice in enumerate(found.choices):
        above = found.values[row] - found.values[0]
        by_fold = np.array([above[fold == k].mean(0) for k in range(n_folds)])
        cells = [_both(found.values[row, names == place].mean(0)) for place in places]
        spread = [f"{a:+.2f} ± {s:.2f}" for a, s in zip(above.mean(0), by_fold.std(0, ddof=1), strict=True)]
        lines.append(
            [
                choice.name,
                *cells,
                " / ".join(spread) if row else "",
                str(chosen.count(row)),
                f"{found.seconds[row]:.1f}",
            ]
        )
    text = ["| " + " | ".join(cells) + " |" for cells in lines]
    text += [
        "",
        f"{' / '.join(METRICS.values())}, mean over data sets; ± the standard deviation between {n_folds} folds of "
        f"them. What is best on the other folds has {_both(means)} on all, {first} {_both(found.values[0].mean(0))}.",
        *(["", *(f"- not compared: {reason}" for reason in found.left_out)] if found.left_out else []),
    ]
    return "\n".join(text) + "\n"


def _means(found: Sequence[Result]) -> list[float]:
    """The metrics of a data set's results, means over seeds, in percent, under the protocol's first judgement."""
    judgement = protocol(found[0].job.protocol).judgements[0].name
    return [100 * statistics.fmean(r.metrics[judgement][metric] for r in found) for metric in METRICS]


def _both(means: np.ndarray) -> str:
    return " / ".join(f"{mean:.2f}" for mean in means)
