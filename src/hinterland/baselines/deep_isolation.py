"""Deep isolation forests of two libraries, and the same repair of both."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from hinterland.baselines.base import Baseline, sampled


class DeepIsolation(Baseline):
    """Standardises the networks' outputs by the training rows, where the libraries do by whatever is scored."""

    footnote = (
        "Repaired: the library standardises the networks' outputs anew for each scored table, so that a row's score "
        "depends on its company; here by the training rows. Learns from at most 20,000 random training rows."
    )
    rows_at_once = 1_024

    detector_: Any
    random_state: int | None
    max_rows: int | None

    def _fit(self, X: np.ndarray, y: np.ndarray | None) -> None:
        super()._fit(X, y)  # type: ignore[safe-super]
        kept = sampled(X, self.max_rows, self.random_state)
        outputs = [self._outputs(network, kept) for network in self.detector_.net_lst]
        self.centers_ = [output.mean(0) for output in outputs]
        self.scales_ = [np.where(output.std(0) > 0, output.std(0), 1.0) for output in outputs]

    def _energy(self, X: np.ndarray) -> np.ndarray:
        scores = [
            self._score(np.tanh((self._outputs(network, X) - center) / scale), forest)
            for network, forest, center, scale in zip(
                self.detector_.net_lst, self.detector_.iForest_lst, self.centers_, self.scales_, strict=True
            )
        ]
        return np.asarray(np.mean(scores, axis=0))

    @abstractmethod
    def _score(self, outputs: np.ndarray, forest: Any) -> np.ndarray:
        """The library's score of standardised outputs under a forest."""

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        """Rows as the library gives them to its networks."""
        return X

    def _outputs(self, network: Any, X: np.ndarray) -> np.ndarray:
        import torch

        with torch.no_grad():
            rows = torch.from_numpy(np.ascontiguousarray(self._scaled(X), np.float32))
            outputs: np.ndarray = network(rows).numpy()
        return outputs
