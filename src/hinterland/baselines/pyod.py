"""Baselines from PyOD (3.6.7 read). Rows come scaled by the protocol, so PyOD's own scaling is off where it can be.

Its AnoGAN searches no latent, and its ALAD scores with dropout: those are written here.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from hinterland.baselines.base import Baseline, sampled
from hinterland.baselines.deep_isolation import DeepIsolation
from hinterland.networks.vae import gaussian_divergence

_TRANSDUCTIVE = (
    "Transductive: ranks a row's values among those of the training rows and of all rows scored with it."
)


class _PyOD(Baseline):
    """Wraps a PyOD detector, whose ``decision_function`` rises with anomaly."""

    library = "pyod"

    def __init__(
        self, *, random_state: int | None = None, max_rows: int | None = None, **parameters: Any
    ) -> None:
        self.random_state = random_state
        self.max_rows = max_rows
        self.parameters = parameters

    @abstractmethod
    def _detector(self, n_columns: int) -> Any:
        """The detector, unfitted."""

    def _fit(self, X: np.ndarray, y: np.ndarray | None) -> None:
        kept = sampled(X, self.max_rows, self.random_state)
        self.detector_ = self._detector(X.shape[1])
        self.detector_.fit(kept)

    def _energy(self, X: np.ndarray) -> np.ndarray:
        scores: np.ndarray = self.detector_.decision_function(X)
        return scores


class ECOD(_PyOD, name="ECOD"):
    """Tail probabilities of each column's empirical distribution."""

    footnote = _TRANSDUCTIVE
    rows_at_once = None

    def _detector(self, n_columns: int) -> Any:
        from pyod.models.ecod import ECOD

        return ECOD(**self.parameters)


class COPOD(_PyOD, name="COPOD"):
    """Tail probabilities under an empirical copula."""

    footnote = _TRANSDUCTIVE
    rows_at_once = None

    def _detector(self, n_columns: int) -> Any:
        from pyod.models.copod import COPOD

        return COPOD(**self.parameters)


class DeepSVDD(_PyOD, name="DeepSVDD"):
    """A network that draws the training rows together around a centre; energy is the squared distance to it."""

    def __init__(self, *, epochs: int = 50, batch_size: int = 128, **others: Any) -> None:
        super().__init__(epochs=epochs, batch_size=batch_size, **others)

    def _detector(self, n_columns: int) -> Any:
        from pyod.models.deep_svdd import DeepSVDD

        fixed = {"preprocessing": False, "verbose": 0, "random_state": self.random_state}
        return DeepSVDD(n_features=n_columns, **fixed, **self.parameters)


class VAE(_PyOD, name="VAE"):
    """Variational autoencoder; energy is the negative evidence bound of a unit-variance decoder, in nats.

    A constant is left out. The bound's mean over latents is over ten draws, the same for every row.
    """

    footnote = (
        "The library's default leaves the Kullback-Leibler term out of the loss (its capacity is 0); it is switched on "
        "here, with the weight of a unit-variance decoder. The library scores by the distance of a row to a "
        "reconstruction drawn at random; here the negative evidence bound is the score, as papers have it."
    )
    n_draws = 10

    def __init__(self, *, epoch_num: int = 30, batch_size: int = 128, **others: Any) -> None:
        super().__init__(epoch_num=epoch_num, batch_size=batch_size, **others)

    def _detector(self, n_columns: int) -> Any:
        from pyod.models.vae import VAE

        # The library averages the squared error over columns and sums the divergence over latents. Half the squared
        # error summed over columns is the negative log-likelihood, so the divergence weighs 2 / n_columns beside it.
        elbo = {"capacity": float("inf"), "beta": 2 / n_columns}
        fixed = {"preprocessing": False, "verbose": 0, "random_state": self.random_state, "device": "cpu"}
        return VAE(**fixed, **(elbo | self.parameters))

    def _energy(self, X: np.ndarray) -> np.ndarray:
        import torch

        model = self.detector_.model.eval()
        rows = torch.from_numpy(X.astype(np.float32))
        draws = torch.randn(self.n_draws, model.latent_dim, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            mean, log_variance = model.encode(rows)
            deviation = torch.exp(0.5 * log_variance)
            errors = sum((rows - model.decode(mean + deviation * draw)).square().sum(1) for draw in draws)
            energy = 0.5 * errors / self.n_draws + gaussian_divergence(mean, log_variance)
        return np.asarray(energy, dtype=np.float64)


class AutoEncoder(_PyOD, name="AutoEncoder"):
    """Autoencoder; energy is the distance between a row and its reconstruction."""

    def __init__(self, *, epoch_num: int = 30, batch_size: int = 32, **others: Any) -> None:
        super().__init__(epoch_num=epoch_num, batch_size=batch_size, **others)

    def _detector(self, n_columns: int) -> Any:
        from pyod.models.auto_encoder import AutoEncoder

        fixed = {"preprocessing": False, "verbose": 0, "random_state": self.random_state, "device": "cpu"}
        return AutoEncoder(**fixed, **self.parameters)


class DIFOfPyOD(DeepIsolation, _PyOD, name="DIF (PyOD)"):
    """Isolation forests on random networks' outputs, which the library gives columns in [0, 1]."""

    def __init__(self, *, max_rows: int | None = 20_000, **others: Any) -> None:
        super().__init__(max_rows=max_rows, **others)

    def _detector(self, n_columns: int) -> Any:
        from pyod.models.dif import DIF

        return DIF(random_state=self.random_state, device="cpu", **self.parameters)

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.detector_.minmax_scaler.transform(X))

    def _score(self, outputs: np.ndarray, forest: Any) -> np.ndarray:
        from pyod.models.dif import _cal_score

        return np.asarray(_cal_score(outputs, forest))


class LUNAR(_PyOD, name="LUNAR"):
    """A graph network on the distances to the nearest training rows."""

    footnote = (
        "Learns from at most 20,000 random training rows, which it scales to [0, 1] itself. The library's neighbour "
        "index also holds the negatives that it generates."
    )

    def __init__(self, *, max_rows: int | None = 20_000, **others: Any) -> None:
        super().__init__(max_rows=max_rows, **others)

    def _detector(self, n_columns: int) -> Any:
        from pyod.models.lunar import LUNAR

        return LUNAR(random_state=self.random_state, **self.parameters)
