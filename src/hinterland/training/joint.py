"""Joint training: network and density together, by reconstruction, energy and penalties (DAGMM's objective)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.densities.mixture import Mixture
from hinterland.model.composite import MEASURES, row_errors
from hinterland.model.energy_model import EnergyModel
from hinterland.training.expectation_maximisation import fit_by_expectation_maximisation
from hinterland.training.hold_out import hold_out
from hinterland.training.in_turn import fit_in_turn
from hinterland.training.label_losses import anomaly_variants, ranking_losses, reciprocal_energies
from hinterland.training.loop import TrainingResult, train
from hinterland.training.settings import LoopSettings

ANOMALIES_A_STEP = 64
"""Variants of known anomalies that a step of the ranking loss sees; in evaluation, known anomalies at most."""

LEAST_ROWS = 3
"""A component with fewer is none after expectation-maximisation: a few odd rows must not be the most ordinary ones."""


@dataclass(frozen=True)
class JointWeights:
    """Weights of the objective's terms; DAGMM's lambda1 and lambda2 are ``energy`` and ``penalty``.

    ``reconstruction`` is a name in ``hinterland.model.composite.MEASURES``: DAGMM's public numbers take the ``mean``
    over a row's entries, the paper's formula the ``sum``, CADGMM's public code its root, the ``norm``. ``label`` weighs
    the ranking loss of known anomalies, and ``composite`` the squared norm of what the density sees, latent and errors
    (the fourth term of CADGMM's equation 15, as printed).
    """

    energy: float = 0.1
    penalty: float = 0.005
    reconstruction: str = "mean"
    label: float = 1.0
    composite: float = 0.0


class JointObjective(nn.Module):
    """Reconstruction + lambda1 energy + lambda2 penalty + the network's own penalty (DAGMM; methods.md section 1).

    A batch is scaled rows (n, d), and what their network calls their constants.

    Parameters
    ----------
    model : network, density and the names of the reconstruction features between them.
    weights : of the terms.
    anomalies : scaled rows (m, d) known to be anomalous: they, and while training variants of them, are ranked above
        the others, and neither reconstructed nor counted in the density.
    reciprocal : whether a batch ends with what says of each row if it is a known anomaly, (n,), whose energy then
        counts by its reciprocal.
    generator : draws their variants.
    """

    def __init__(
        self,
        model: EnergyModel,
        weights: JointWeights,
        *,
        anomalies: Tensor | None = None,
        reciprocal: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(model.density, Mixture):
            raise TypeError(f"joint training needs a mixture, got {type(model.density).__name__}")
        self.model = model
        self.density = model.density
        self.weights = weights
        self.anomalies = anomalies
        self.reciprocal = reciprocal
        self.generator = generator

    def forward(self, batch: tuple[Tensor, ...]) -> Mapping[str, Tensor]:
        """Weighted terms of the loss on a batch, by name."""
        if self.anomalies is not None:
            return self._with_anomalies(batch, self.anomalies)
        rows, *constants = batch
        marks = constants.pop() if self.reciprocal else None
        encoding = self.model.network(rows, *constants)
        errors = row_errors(rows, encoding.reconstruction)
        composite = self.model.composite(encoding.latent, errors)
        energy, penalty = self.density.batch_energy(composite)
        if marks is not None:
            energy = reciprocal_energies(energy, marks)
        return self._terms(
            MEASURES[self.weights.reconstruction](errors).mean(),
            encoding.penalty,
            energy.mean(),
            penalty,
            composite,
        )

    def _with_anomalies(self, batch: tuple[Tensor, ...], anomalies: Tensor) -> Mapping[str, Tensor]:
        n, network = len(batch[0]), self.model.network
        if network.training:
            shown = anomaly_variants(anomalies, batch[0], ANOMALIES_A_STEP, self.generator)
        else:
            shown = anomalies[:ANOMALIES_A_STEP]
        seen, *constants = map(torch.cat, zip(batch, (shown, *network.constants(shown)), strict=True))
        counts = (torch.arange(len(seen), device=seen.device) < n).to(seen.dtype)
        encoding = network(seen, *constants)
        errors = row_errors(seen, encoding.reconstruction)
        composite = self.model.composite(encoding.latent, errors)
        energy, penalty = self.density.batch_energy(composite, counts)
        ranking = ranking_losses(energy[n:], energy[:n]).mean()
        reconstruction = MEASURES[self.weights.reconstruction](errors)[:n].mean()
        terms = self._terms(reconstruction, encoding.penalty, energy[:n].mean(), penalty, composite[:n])
        return {**terms, "label": self.weights.label * ranking}

    def _terms(
        self,
        reconstruction: Tensor,
        network_penalty: Tensor,
        energy: Tensor,
        density_penalty: Tensor,
        composite: Tensor,
    ) -> dict[str, Tensor]:
        terms = {
            "reconstruction": reconstruction,
            "network_penalty": network_penalty,
            "energy": self.weights.energy * energy,
            "density_penalty": self.weights.penalty * density_penalty,
        }
        if self.weights.composite:
            terms["composite_penalty"] = self.weights.composite * composite.square().sum(1).mean()
        return terms


def fit_jointly(
    model: EnergyModel,
    rows: np.ndarray,
    settings: LoopSettings,
    generator: torch.Generator,
    weights: JointWeights,
    *,
    is_anomaly: np.ndarray | None = None,
    label_loss: str | None = "ranking",
    validation_share: float = 0.0,
    em_steps: int = 0,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train a model's network and density together on raw rows (n, d), then freeze density and score on them.

    A share of the rows is held out, and the state with the lowest loss on it is kept. Rows known to be anomalous,
    ``is_anomaly`` (n,), are left out of all that but the ranking loss; or with ``reciprocal`` they are rows like the
    others, of which the loss takes the energy's reciprocal; with None they are left out of everything.

    The mixture that is frozen is the one that the estimation network's memberships give over all rows, or what at most
    ``em_steps`` steps of expectation-maximisation make of it: the likeliest mixture near it, where the network, which
    learnt from batches, only comes close.

    A density that is no mixture has no energies before it is fitted: then the network learns to reconstruct alone, and
    the density is fitted to what it gives. Known anomalies are in no loss, which a warning says where there are some.
    """
    marked = np.zeros(len(rows), dtype=bool) if is_anomaly is None else is_anomaly
    if not isinstance(model.density, Mixture):
        if label_loss is not None and marked.any():
            warnings.warn(
                f"the {int(marked.sum())} rows known to be anomalous are left out: a {type(model.density).__name__} is "
                f"fitted after the network, and label_loss={label_loss!r} is of energies while it trains",
                UserWarning,
                stacklevel=4,
            )
        used = rows[~marked]
        training, validation = hold_out(len(used), validation_share, generator)
        return fit_in_turn(
            model,
            used[training],
            used[validation],
            settings,
            generator,
            measure=weights.reconstruction,
            on_epoch=on_epoch,
        )
    literal = label_loss == "reciprocal" and bool(marked.any())
    used = rows if literal else rows[~marked]
    scaled, network = model.scaled_rows(used), model.network
    network.prepare(scaled)
    tensors = (scaled, *network.constants(scaled))
    if literal:
        tensors += (torch.from_numpy(marked).to(scaled.device),)
    ranked = model.scaled_rows(rows[marked]) if label_loss == "ranking" and marked.any() else None
    objective = JointObjective(model, weights, anomalies=ranked, reciprocal=literal, generator=generator)
    training, validation = hold_out(len(used), validation_share, generator)
    held_out = tuple(tensor[validation] for tensor in tensors)

    def validate() -> float:
        with torch.no_grad():
            return float(sum(objective(held_out).values()))

    result = train(
        [model.network, objective.density],
        objective,
        tuple(tensor[training] for tensor in tensors),
        settings,
        generator,
        validate=validate if len(validation) else None,
        diagnostics=lambda: {**model.network.diagnostics(), **objective.density.diagnostics()},
        on_epoch=on_epoch,
        recordable=network.recordable and objective.density.recordable and ranked is None,
    )
    model.freeze(used)
    if em_steps:
        with torch.no_grad():
            features = model.features_of(used)
            memberships = torch.cat(
                [objective.density.memberships(p) for p in objective.density.chunks(features)]
            )
            fit_by_expectation_maximisation(
                objective.density,
                features,
                generator,
                iterations=em_steps,
                least_rows=LEAST_ROWS,
                memberships=memberships,
            )
        model.learn_score(used)
    return result
