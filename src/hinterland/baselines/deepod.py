"""Baselines from DeepOD (0.4.1 read), which asks for an old torch but runs with a new one.

A detector's constructor seeds every global generator, and training draws from them. Of an ensemble the library keeps
only the last network, so ensembles are of one here.
"""

from __future__ import annotations

import contextlib
import io
from abc import abstractmethod
from typing import Any

import numpy as np

from hinterland.baselines.base import Baseline, sampled
from hinterland.baselines.deep_isolation import DeepIsolation
from hinterland.errors import MissingExtraError


class MissingDeepODError(MissingExtraError):
    """DeepOD is not installed, and no extra brings it: its own requirements exclude today's torch."""

    def __init__(self, purpose: str) -> None:
        ImportError.__init__(
            self,
            f"{purpose} needs the package 'deepod', which is not installed; its own requirements ask for an old torch, "
            "so install it with: pip install --no-deps deepod==0.4.1 && pip install tqdm",
        )


class _DeepOD(Baseline):
    """Wraps a DeepOD detector, whose ``decision_function`` rises with anomaly."""

    library = "deepod"
    rows_at_once = 4_096

    def __init__(
        self, *, random_state: int | None = None, max_rows: int | None = None, **parameters: Any
    ) -> None:
        self.random_state = random_state
        self.max_rows = max_rows
        self.parameters = parameters

    @classmethod
    def missing(cls) -> MissingExtraError:
        """See ``Baseline``."""
        return MissingDeepODError(f"the baseline {cls.name}")

    @abstractmethod
    def _class(self) -> Any:
        """DeepOD's class."""

    def _fit(self, X: np.ndarray, y: np.ndarray | None) -> None:
        kept = sampled(X, self.max_rows, self.random_state)
        with contextlib.redirect_stdout(io.StringIO()):
            self.detector_ = self._class()(
                device="cpu", verbose=0, random_state=0 if self.random_state is None else self.random_state,
                **self.parameters,
            )  # fmt: skip
            self.detector_.fit(kept)

    def _energy(self, X: np.ndarray) -> np.ndarray:
        import torch

        with contextlib.redirect_stdout(io.StringIO()), torch.random.fork_rng():
            torch.manual_seed(self.random_state or 0)
            scores: np.ndarray = self.detector_.decision_function(np.ascontiguousarray(X))
        return scores


class NeuTraL(_DeepOD, name="NeuTraL"):
    """Contrasts learnt transformations of a row; energy is the contrastive loss."""

    footnote = (
        "The library does as its paper says; columns without correlation leave its contrast nothing to learn, and it "
        "scores at chance or below, however long it trains. Learns from at most 20,000 random training rows."
    )

    def __init__(
        self, *, epochs: int = 50, batch_size: int = 128, max_rows: int | None = 20_000, **others: Any
    ) -> None:
        super().__init__(max_rows=max_rows, epochs=epochs, batch_size=batch_size, **others)

    def _class(self) -> Any:
        from deepod.models.tabular import NeuTraL

        return NeuTraL


class ICL(_DeepOD, name="ICL"):
    """Contrasts a window of a row's columns with the rest of that row; energy is the contrastive loss."""

    footnote = (
        "The library does as its paper says; columns without correlation leave little to learn. Learns from at most "
        "10,000 random training rows."
    )

    def __init__(
        self, *, epochs: int = 50, batch_size: int = 128, max_rows: int | None = 10_000, **others: Any
    ) -> None:
        super().__init__(max_rows=max_rows, epochs=epochs, batch_size=batch_size, n_ensemble=1, **others)

    def _class(self) -> Any:
        from deepod.models.tabular import ICL

        return ICL


class DIF(DeepIsolation, _DeepOD, name="DIF"):
    """Isolation forests on random networks' outputs."""

    def __init__(self, *, max_rows: int | None = 20_000, **others: Any) -> None:
        super().__init__(max_rows=max_rows, **others)

    def _class(self) -> Any:
        from deepod.models.tabular import DeepIsolationForest

        return DeepIsolationForest

    def _score(self, outputs: np.ndarray, forest: Any) -> np.ndarray:
        from deepod.models.tabular.dif import cal_score

        return np.asarray(cal_score(outputs, forest))


class SLAD(_DeepOD, name="SLAD"):
    """Learns how much of a row's columns a random part of them holds; energy is the error of that."""

    footnote = "Learns from at most 20,000 random training rows."

    def __init__(self, *, epochs: int = 50, max_rows: int | None = 20_000, **others: Any) -> None:
        super().__init__(max_rows=max_rows, epochs=epochs, **others)

    def _class(self) -> Any:
        from deepod.models.tabular import SLAD

        return SLAD
