"""A job is a method with its settings on one protocol, subset and seed; ``run_job`` does one."""

from __future__ import annotations

import hashlib
import json
import random
import time
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hinterland.benchmark.experiments.methods import Method, Scorer, method, methods
from hinterland.benchmark.experiments.protocol import PreparedRun
from hinterland.benchmark.experiments.protocols import protocol
from hinterland.benchmark.runs import environment
from hinterland.detectors.base import Detector
from hinterland.labels import ANOMALY, NORMAL
from hinterland.moved import names_that_left


@dataclass(frozen=True)
class Job:
    """Everything that decides a result, in plain values, so that it can be sent, stored and compared.

    Its settings are over the defaults of record (``hinterland.benchmark.experiments.defaults``), whatever the method's
    are when it is run.
    """

    method: str
    protocol: str
    subset: str
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits, the same for equal jobs on every machine; what a store keeps it under."""
        return self._digest(self.settings)

    @property
    def identity(self) -> str:
        """Digits like ``id``'s that are the same for jobs which say the same in other words.

        A parameter that is given its default of record, or by a former name, changes the one and not the other.
        """
        known = methods().get(self.method)
        return self._digest(self.settings if known is None else known.resolved(self.settings))

    def _digest(self, settings: Mapping[str, Any]) -> str:
        said = [self.method, self.protocol, self.subset, self.seed, settings]
        text = json.dumps(said, sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __hash__(self) -> int:
        return hash(self.id)

    def __str__(self) -> str:
        subset = f" {self.subset}" if self.subset else ""
        return f"{self.method} on {self.protocol}{subset}, seed {self.seed}"


@dataclass(frozen=True)
class Result:
    """What became of a job: metrics by judgement, or the error that ended it.

    Attributes
    ----------
    job : see ``Job``.
    metrics : ``hinterland.metrics.Evaluation.as_dict()`` by judgement; empty where the job failed.
    error, trace : the exception and its traceback; empty where it finished.
    fit_seconds, score_seconds : wall clock; peak_memory_mb: of the process, its libraries and data included.
    parameters : what the fitted method reports of itself, defaults included.
    warnings : distinct messages.
    versions, commit : of the software that ran it.
    scores : arrays for the scores file, not part of the row.
    """

    job: Job
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    error: str = ""
    trace: str = ""
    fit_seconds: float = 0.0
    score_seconds: float = 0.0
    peak_memory_mb: float = 0.0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""
    scores: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the job ended in an error."""
        return bool(self.error)


def run_job(job: Job, *, keep_scores: bool = False, memory: str | None = None) -> Result:
    """Do a job in this process. An exception of the method or the data becomes a failed result.

    In the folder ``memory`` variants that train the same network find it trained: the numbers are the same, the seconds
    of all but the first lack it.

    Global generators are seeded by the job, for libraries that draw from them: a job gives the same numbers
    alone and after others.
    """
    environment.reset_peak_memory()
    seen: list[warnings.WarningMessage] = []
    started = time.perf_counter()
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always", UserWarning)
            _seed_globals(job.seed)
            run = protocol(job.protocol).prepare(job.seed, job.subset)
            started = time.perf_counter()
            outcome = _best(method(job.method), job, run, memory)
            judged = run.judge(outcome.energy, outcome.training_energy, outcome.own_threshold)
    except Exception as error:
        return Result(
            job,
            error=f"{type(error).__name__}: {error}",
            trace=traceback.format_exc(),
            fit_seconds=time.perf_counter() - started,
            peak_memory_mb=environment.peak_memory_mb(),
            warnings=_messages(seen),
            versions=environment.versions(),
            commit=environment.commit(),
        )
    scores: dict[str, np.ndarray] = {}
    if keep_scores:
        scores = {"energy": outcome.energy, "is_anomaly": run.is_anomaly_test, **_masks(run)}
        if outcome.training_energy is not None:
            scores["training_energy"] = outcome.training_energy
    return Result(
        job,
        metrics=judged,
        fit_seconds=outcome.fit_seconds,
        score_seconds=outcome.score_seconds,
        peak_memory_mb=environment.peak_memory_mb(),
        parameters=outcome.parameters,
        warnings=_messages(seen),
        versions=environment.versions(),
        commit=environment.commit(),
        scores=scores,
    )


@dataclass(frozen=True)
class _Outcome:
    energy: np.ndarray
    training_energy: np.ndarray | None
    own_threshold: float | None
    fit_seconds: float
    score_seconds: float
    parameters: Mapping[str, Any]


def _best(chosen: Method, job: Job, run: PreparedRun, memory: str | None) -> _Outcome:
    """Fit and score; of a method with candidates, each, keeping the one with the best AUROC on the test labels."""
    if not chosen.candidates:
        return _fit_and_score(chosen.build(job.settings, job.seed, memory), run)
    outcomes = [
        _fit_and_score(chosen.build({**job.settings, **candidate}, job.seed, memory), run)
        for candidate in chosen.candidates
    ]
    aurocs = [run.auroc(outcome.energy) for outcome in outcomes]
    best = int(np.argmax(aurocs))
    return _Outcome(
        outcomes[best].energy,
        outcomes[best].training_energy,
        outcomes[best].own_threshold,
        sum(outcome.fit_seconds for outcome in outcomes),
        sum(outcome.score_seconds for outcome in outcomes),
        {**outcomes[best].parameters, **chosen.candidates[best], "candidates": len(outcomes)},
    )


def _fit_and_score(scorer: Scorer, run: PreparedRun) -> _Outcome:
    """The only place where a method meets a run: training rows and codes in, bare test rows after that."""
    started = time.perf_counter()
    if run.y_train is None:
        scorer.fit(run.X_train)
    elif isinstance(scorer, Detector):  # says which code is meant where there are but 0 and 1
        scorer.fit(run.X_train, is_anomaly=run.y_train == ANOMALY, is_normal=run.y_train == NORMAL)
    else:
        scorer.fit(run.X_train, run.y_train)
    fitted = time.perf_counter()
    energy = _energies(scorer.energy(run.X_test), len(run.X_test))
    scored = time.perf_counter()
    training = None
    if run.needs_training_energy:
        training = _energies(scorer.energy(run.X_train), len(run.X_train))
    own = -float(scorer.offset_) if hasattr(scorer, "offset_") else None
    return _Outcome(energy, training, own, fitted - started, scored - fitted, _parameters(scorer))


def _energies(energy: Any, rows: int) -> np.ndarray:
    energies: np.ndarray = np.asarray(energy, dtype=np.float64)
    if energies.shape != (rows,):
        raise ValueError(
            f"the method must give one energy for each of {rows} rows, got shape {energies.shape}"
        )
    return energies


def _parameters(scorer: Any) -> dict[str, Any]:
    """The scorer's parameters that JSON can hold, those that it was not given included."""
    told = scorer.get_params() if hasattr(scorer, "get_params") else getattr(scorer, "parameters", {})
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in told.items()
        if name != "memory" and isinstance(value, bool | int | float | str | list | tuple | None)
    }


def _masks(run: PreparedRun) -> dict[str, np.ndarray]:
    return {f"test: {name}": mask for name, mask in run.tests.items()}


def _messages(seen: list[warnings.WarningMessage]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in seen))[:20]


def _seed_globals(seed: int) -> None:
    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - libraries that draw from the global generator
    torch.manual_seed(seed)


__getattr__ = names_that_left(__name__)
