"""What is timed: every detector of the library, and what a user would pick instead, under one contract."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from hinterland.detectors import DETECTORS
from hinterland.explain import explain

YARDSTICK = "IsolationForest"
"""By whose seconds of the same turn others' are told."""


class Method(NamedTuple):
    """A method's name, its library, and how to fit it to rows, score rows and, where it can, explain them."""

    name: str
    library: str
    fit: Callable[[np.ndarray], Any]
    score: Callable[[Any, np.ndarray], np.ndarray]
    explain: Callable[[Any, np.ndarray], Any] | None = None
    briefly: Callable[[np.ndarray], Any] | None = None


SHORT = {"steps": 5, "epochs": 1, "decoder_steps": 5, "contrastive_steps": 5}
"""Of these a detector takes what it has, to be run once before it is timed."""


def warm_up(method: Method) -> None:
    """Run a method briefly, as its first use imports what it needs."""
    rows = rows_of(200, 4)
    model = (method.briefly or method.fit)(rows)
    method.score(model, rows)


def rows_of(n_rows: int, n_columns: int, seed: int = 0) -> np.ndarray:
    """Two groups of rows (n, d) near half as many dimensions as there are columns."""
    draw, fixed = np.random.default_rng(seed), np.random.default_rng(0)
    inner = max(1, n_columns // 2)
    mixing = fixed.normal(size=(inner, n_columns)) / inner**0.5
    latent = draw.normal(size=(n_rows, inner)) + 3 * draw.integers(0, 2, (n_rows, 1))
    return latent @ mixing + 0.1 * draw.normal(size=(n_rows, n_columns))


def methods() -> dict[str, Method]:
    """All methods by name, the library's own first."""
    own = [_own(name, member) for name, member in DETECTORS.members().items()]
    return {method.name: method for method in (*own, *_of_scikit_learn(), *_of_pyod())}


def _own(name: str, member: Any) -> Method:
    def fit(rows: np.ndarray, **settings: int) -> Any:
        detector = member(random_state=0, **settings)
        known = np.arange(len(rows)) % 3 == 0 if detector.needs_labels else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return detector.fit(rows, known)

    return Method(
        name,
        "hinterland",
        fit,
        lambda model, rows: model.energy(rows),
        lambda model, rows: explain(model, rows),
        lambda rows: fit(
            rows, **{key: value for key, value in SHORT.items() if key in member().get_params()}
        ),
    )


def _of_scikit_learn() -> list[Method]:
    from sklearn.ensemble import IsolationForest
    from sklearn.mixture import GaussianMixture
    from sklearn.neighbors import LocalOutlierFactor

    made: dict[str, Callable[[], Any]] = {
        YARDSTICK: lambda: IsolationForest(random_state=0),
        "LocalOutlierFactor": lambda: LocalOutlierFactor(novelty=True),
        "GaussianMixture(10)": lambda: GaussianMixture(10, reg_covar=1e-2, random_state=0),
    }
    return [
        Method(
            name,
            "scikit-learn",
            lambda rows, make=make: make().fit(rows),
            lambda m, rows: m.score_samples(rows),
        )
        for name, make in made.items()
    ]


def _of_pyod() -> list[Method]:
    from pyod.models.auto_encoder import AutoEncoder
    from pyod.models.deep_svdd import DeepSVDD
    from pyod.models.ecod import ECOD
    from pyod.models.knn import KNN
    from pyod.models.lunar import LUNAR

    made: dict[str, Callable[[int], Any]] = {
        "AutoEncoder": lambda d: AutoEncoder(random_state=0, device="cpu", verbose=0),
        "DeepSVDD": lambda d: DeepSVDD(n_features=d, random_state=0, verbose=0),
        "LUNAR": lambda d: LUNAR(random_state=0),
        "KNN": lambda d: KNN(),
        "ECOD": lambda d: ECOD(),
    }

    def quiet(work: Callable[[], Any]) -> Any:
        aside = io.StringIO()
        with contextlib.redirect_stdout(aside), contextlib.redirect_stderr(aside), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()

    return [
        Method(
            name,
            "PyOD",
            lambda rows, make=make: quiet(lambda: make(rows.shape[1]).fit(rows)),
            lambda model, rows: quiet(lambda: model.decision_function(rows)),
        )
        for name, make in made.items()
    ]
