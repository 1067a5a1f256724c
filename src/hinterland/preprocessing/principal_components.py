"""Principal components with what they leave out: `PrincipalComponents`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from hinterland.errors import FileFormatError
from hinterland.model.chunks import apply_in_chunks
from hinterland.model.composite import (
    check_feature_names,
    composite_features,
    composite_names,
    row_errors,
)
from hinterland.parameters import check_integer, check_number
from hinterland.preprocessing.base import ENCODERS
from hinterland.threads import threads


@ENCODERS.member("PrincipalComponents")
class PrincipalComponents(TransformerMixin, BaseEstimator):
    r"""Principal components of rows, joined with how the rows are reconstructed from them (CANCE on ResNet-18).

    With the training rows' mean :math:`m` and loadings :math:`U`, a row :math:`f` of :math:`F` entries becomes
    :math:`(z_l, z_e, z_c)`: :math:`z_l = U^\top (f - m)`, and of :math:`f' = U z_l + m` the squared error
    :math:`z_e = |f - f'|^2 / F` and the cosine dissimilarity :math:`z_c = (1 - f^\top f' / (|f||f'|)) / 2`, both of the
    row itself, not centred (methods.md section 6). It stands where an autoencoder would, so that any detector can
    follow; its scaling does the standardising. A row's result depends on that row alone.

    Parameters
    ----------
    n_components : int or float, default=0.95
        Number of components, or the least share of the variance, above 0 and below 1, that they hold.
    reconstruction_features : names from ``hinterland.model.composite``, in the order of the last columns.

    Attributes
    ----------
    mean_ : ndarray (F,)
    components_ : ndarray ``(n_components_, F)``, of unit length, by falling variance.
    explained_variance_ratio_ : ndarray ``(n_components_,)``
    n_components_ : int
    n_features_in_, feature_names_in_ : as in scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> from hinterland.preprocessing import PrincipalComponents
    >>> rows = np.random.default_rng(0).normal(size=(50, 6)) * [9, 5, 1, 1, 1, 1]
    >>> PrincipalComponents(n_components=2).fit_transform(rows).shape
    (50, 4)
    """

    def __init__(
        self,
        n_components: int | float = 0.95,
        *,
        reconstruction_features: Sequence[str] = ("squared_error", "cosine_dissimilarity"),
    ) -> None:
        self.n_components = n_components
        self.reconstruction_features = reconstruction_features

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn mean and components of training rows X (n, F), in float64.

        Raises
        ------
        ValueError
            For a parameter out of its range, rows that are not a finite matrix, fewer than two rows, or more components
            than rows or columns.
        """
        from sklearn.decomposition import PCA

        self._check_parameters()
        rows = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        if self.n_components > min(rows.shape):
            raise ValueError(
                f"n_components must be at most {min(rows.shape)} for rows of shape {rows.shape}, "
                f"got {self.n_components}"
            )
        pca = PCA(self.n_components, svd_solver="covariance_eigh").fit(rows)
        self.mean_, self.components_ = pca.mean_, pca.components_
        self.explained_variance_ratio_ = pca.explained_variance_ratio_
        self.n_components_ = len(self.components_)
        return self

    @threads(1)
    def _check_parameters(self) -> None:
        check_feature_names(self.reconstruction_features)
        if isinstance(self.n_components, int | np.integer):
            check_integer("n_components", self.n_components, least=1)
        else:
            check_number("n_components", self.n_components, above=0, below=1)

    def transform(self, X: Any) -> npt.NDArray[np.float64]:
        """Components and reconstruction features ``(n, n_components_ + m)`` of rows X (n, F), in float64."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        # Copied into torch's own alignment and one order of entries: a product's last bits hang on both.
        mean, components = torch.tensor(self.mean_), torch.tensor(self.components_)

        def features(f: Tensor) -> Tensor:
            latent = (f - mean) @ components.T
            return composite_features(
                latent, row_errors(f, latent @ components + mean), self.reconstruction_features
            )

        return apply_in_chunks(features, rows, mean.device)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Name the output columns: ``component0``, ..., then the reconstruction features."""
        check_is_fitted(self)
        columns = [f"x{j}" for j in range(self.n_features_in_)]
        columns = list(getattr(self, "feature_names_in_", columns))
        names = [f"component{i}" for i in range(self.n_components_)]
        return np.array([*names, *composite_names(0, self.reconstruction_features, columns)], dtype=object)

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give all that `from_state` needs: what JSON can hold, and arrays by name."""
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        state = {"params": self.get_params(), "names": None if names is None else list(names)}
        return state, {name: getattr(self, name) for name in _LEARNT}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Restore a fitted transformer, whose output is the same to the bit.

        Raises
        ------
        FileFormatError
            Where the state is not one that `to_state` gives.
        """
        try:
            fitted = cls(**state["params"])
            fitted._check_parameters()
            n, width = arrays["components_"].shape
            shapes = {"mean_": (width,), "components_": (n, width), "explained_variance_ratio_": (n,)}
            for name in _LEARNT:
                if arrays[name].shape != shapes[name] or arrays[name].dtype != np.float64:
                    raise ValueError(f"{name} is {arrays[name].dtype} of shape {arrays[name].shape}")
                if np.abs(arrays[name]).max(initial=0) > LARGEST or np.isnan(arrays[name]).any():
                    raise ValueError(f"{name} holds numbers that are not finite, or beyond {LARGEST:g}")
                setattr(fitted, name, arrays[name])
            fitted.n_components_, fitted.n_features_in_ = n, width
            if state["names"] is not None:
                if len(state["names"]) != width:
                    raise ValueError(f"{len(state['names'])} names for {width} columns")
                fitted.feature_names_in_ = np.array(state["names"], dtype=object)
        except (KeyError, TypeError, ValueError) as error:
            raise FileFormatError(f"not the state of a PrincipalComponents: {error!r}") from error
        return fitted


LARGEST = 1e150
"""Of numbers that rows were fitted to: their products are still finite."""
_LEARNT = ("mean_", "components_", "explained_variance_ratio_")
