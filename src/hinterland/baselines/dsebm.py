"""Deep structured energy-based models: an energy whose gradient is learnt by denoising."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear, softplus

from hinterland.baselines.own import OwnBaseline, train_by_steps
from hinterland.networks.layers import layers
from hinterland.parameter_table import parameter
from hinterland.parameters import number, whole, widths


class EnergyNetwork(nn.Module):
    """The energy E(x) = |x - b'|^2 / 2 - sum_j h_L,j of rows x, with layers h_l = softplus(W_l h_l-1 + b_l), h_0 = x.

    Parameters
    ----------
    center : where the visible bias b' starts, (d,).
    hidden : widths of the layers, at least one.
    generator : source of the initial weights.
    """

    def __init__(
        self, center: Tensor, hidden: Sequence[int], generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.bias = nn.Parameter(center.clone())
        affine = layers([len(center), *hidden], "relu", generator)[::2]
        self.affine = nn.ModuleList(affine)

    def _before_activation(self, x: Tensor) -> list[Tensor]:
        """W_l h_l-1 + b_l of every layer."""
        found: list[Tensor] = []
        for layer in self.affine:
            found.append(layer(softplus(found[-1]) if found else x))
        return found

    def energy(self, x: Tensor) -> Tensor:
        """E(x), (n,), of rows (n, d)."""
        return 0.5 * (x - self.bias).square().sum(1) - softplus(self._before_activation(x)[-1]).sum(1)

    def reconstruction(self, x: Tensor) -> Tensor:
        """f(x) = x - grad E(x) = b' + grad sum_j h_L,j, (n, d): an autoencoder that decodes by its gradient."""
        inner = None
        for layer, before in zip(reversed(self.affine), reversed(self._before_activation(x)), strict=True):
            slope = torch.sigmoid(before)  # softplus'
            inner = linear(slope if inner is None else slope * inner, layer.weight.t())  # type: ignore[operator]
        assert inner is not None
        return self.bias + inner


class _DSEBM(OwnBaseline):
    """Trains the energy by E|x - f(x + noise)|^2, the denoising form of score matching."""

    footnote = (
        "Own code after Zhai et al. (2016); layers, batch and rate as in ALAD's authors' public comparison, which "
        "does not say how long it trains: 10,000 steps here. b' starts at the mean row."
    )

    # fmt: off
    hidden: Sequence[int] = parameter((128, 512), widths(), "widths of the layers, at least one.")
    noise: float = parameter(1.0, number(above=0), "deviation of the noise that training adds, in scaled columns.")
    steps: int = parameter(10_000, whole(least=1), "gradient steps.")
    batch_size: int = parameter(100, whole(least=1), "rows of a gradient step.")
    learning_rate: float = parameter(1e-4, number(above=0), "of Adam's steps.")
    # fmt: on

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not len(self.hidden):
            raise ValueError(
                "hidden must have at least one layer: the energy is the sum of the last one's units"
            )

    def _train(self, rows: Tensor, y: np.ndarray | None, generator: torch.Generator) -> None:
        self.network_ = EnergyNetwork(rows.mean(0), self.hidden, generator)

        def denoising(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
            x = batch[0]
            noisy = x + self.noise * torch.randn(x.shape, generator=generator)
            return {"denoising": (x - self.network_.reconstruction(noisy)).square().sum(1).mean()}

        train_by_steps([self.network_], denoising, (rows,), self, generator)


class DSEBMReconstruction(_DSEBM, name="DSEBM-r"):
    """Deep structured energy-based model; energy is the distance of a row to its reconstruction, |grad E(x)|.

    References
    ----------
    S. Zhai, Y. Cheng, W. Lu and Z. Zhang, "Deep Structured Energy Based Models for Anomaly Detection", International
    Conference on Machine Learning (ICML), 2016. arXiv:1605.07717
    """

    def _scores(self, rows: Tensor) -> Tensor:
        distance: Tensor = torch.linalg.vector_norm(rows - self.network_.reconstruction(rows), dim=1)
        return distance


class DSEBMEnergy(_DSEBM, name="DSEBM-e"):
    """Deep structured energy-based model; energy is E(x), the negative log-likelihood but for a constant, in nats.

    References
    ----------
    S. Zhai, Y. Cheng, W. Lu and Z. Zhang, "Deep Structured Energy Based Models for Anomaly Detection", International
    Conference on Machine Learning (ICML), 2016. arXiv:1605.07717
    """

    def _scores(self, rows: Tensor) -> Tensor:
        return self.network_.energy(rows)
