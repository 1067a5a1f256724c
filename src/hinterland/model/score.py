"""Scores: what of a row is its energy, the density's energy, how badly the row was reconstructed, or both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from hinterland.model.composite import MEASURES, RowErrors, angle
from hinterland.parameters import check_choice, check_number
from hinterland.shelf import Shelf


class Rule(NamedTuple):
    """What a score makes of rows' energies (n,) under the density and of their reconstruction errors.

    ``needs_density`` says whether it takes energies, ``learns_unit`` whether the error's unit is learnt to suit these.
    """

    of: Callable[[Score, Tensor, RowErrors], Tensor]
    needs_density: bool = False
    learns_unit: bool = False


SCORES: Shelf[Rule] = Shelf("score", "hinterland.model", by_name=False)
"""Scores by the name that a detector's ``scoring`` takes."""

SCALINGS = ("learnt", "literal")

TAIL_QUANTILES, LEAST_TAIL_UNIT = (0.5, 0.95), 5.0
"""An energy's tail starts at the upper of these quantiles; what lies between the two, or some nats, is its unit."""


def check_score(name: Any, weight: Any, scaling: Any) -> None:
    """Raise ValueError for a score, a weight of the reconstruction or a scaling of it that there is not."""
    check_choice("scoring", name, SCORES)
    check_number("reconstruction_weight", weight, above=0)
    check_choice("reconstruction_scaling", scaling, SCALINGS)


class Score(nn.Module):
    """What a model calls the energy of a row. All rise with anomaly.

    Parameters
    ----------
    name : ``energy``, the density's, in nats; ``reconstruction``, the squared error; ``energy+reconstruction``,
        E + w u L (methods.md section 3.5); ``angle``, that between row and reconstruction, in radians (DEUAD, eq. 6).
    measure : what the error L is, as in training: a name in ``hinterland.model.composite.MEASURES``.
    weight : w, of the reconstruction beside the energy.
    tail : whether the density's energy goes on more slowly (``eased``) above what nearly all rows have that are new to
        the density (``learn_tail``): no energy is then absurd, and of a detector's members none drowns the others.
    scaling : u. ``learnt`` takes it from the training rows, so that energy and weighed error vary alike over them:
        the ratio of their mean absolute deviations from their medians. ``literal`` takes 1, the sum of the slides.
    """

    unit: Tensor
    tail_start: Tensor
    tail_unit: Tensor

    def __init__(
        self,
        name: str = "energy",
        *,
        measure: str = "mean",
        weight: float = 1.0,
        scaling: str = "learnt",
        tail: bool = False,
    ) -> None:
        super().__init__()
        check_score(name, weight, scaling)
        check_choice("measure", measure, MEASURES)
        check_choice("tail", tail, (True, False))
        self.settings = {"name": name, "measure": measure, "weight": weight, "scaling": scaling}
        if tail:
            self.settings["tail"] = True
        self.name = name
        self.measure = measure
        self.weight = weight
        self.tail = tail
        self.register_buffer("unit", torch.ones((), dtype=torch.float64))
        if tail:
            self.register_buffer("tail_start", torch.full((), torch.inf, dtype=torch.float64))
            self.register_buffer("tail_unit", torch.ones((), dtype=torch.float64))

    def check_stored(self) -> None:
        """Raise ValueError for a unit below 0, or a tail's that is not above it."""
        if self.tail and not float(self.tail_unit) > 0:
            raise ValueError(f"a score's tail has the unit {float(self.tail_unit)}, which is not above 0")
        if float(self.unit) < 0:
            raise ValueError(f"a score has the unit {float(self.unit)}, which is below 0")

    @property
    def needs_density(self) -> bool:
        """Whether the density's energy is part of it."""
        return SCORES.named(self.name).needs_density

    @property
    def learns_unit(self) -> bool:
        """Whether ``learn_unit`` is to be called after training."""
        return SCORES.named(self.name).learns_unit and self.settings["scaling"] == "learnt"

    def forward(self, energy: Tensor | None, errors: RowErrors) -> Tensor:
        """Score (n,) of rows by their energy (n,), where there is a density, and their reconstruction errors."""
        rule = SCORES.named(self.name)
        if energy is None:
            assert not rule.needs_density, f"the score {self.name!r} needs a density"
            energy = torch.zeros(())
        elif self.tail and rule.needs_density:
            energy = eased(energy, self.tail_start, self.tail_unit)
        return rule.of(self, energy, errors)

    def error(self, errors: RowErrors) -> Tensor:
        """Error (n,) of each row, by the measure."""
        return MEASURES[self.measure](errors)

    def learn_tail(self, energy: Tensor) -> None:
        """Take where the tail starts, and its unit, from the density's energies (n,) of rows that are new to it."""
        low, high = torch.quantile(energy.double(), energy.new_tensor(TAIL_QUANTILES).double())
        self.tail_start = high.to(self.tail_start)
        self.tail_unit = (high - low).clamp_min(LEAST_TAIL_UNIT).to(self.tail_unit)

    def learn_unit(self, parts: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Take the unit from energies and errors, each (n,), of all training rows."""
        energies, errors = (torch.cat(part).double() for part in zip(*parts, strict=True))
        spread = _spread(errors)
        self.unit = (_spread(energies) / spread if spread > 0 else torch.ones_like(spread)).to(self.unit)


for _name, _rule in {
    "energy": Rule(lambda score, energy, errors: energy, needs_density=True),
    "reconstruction": Rule(lambda score, energy, errors: score.error(errors)),
    "energy+reconstruction": Rule(
        lambda score, energy, errors: energy + score.weight * score.unit * score.error(errors),
        needs_density=True,
        learns_unit=True,
    ),
    "angle": Rule(lambda score, energy, errors: angle(errors)),
}.items():
    SCORES.add(_name, _rule, home=__name__)


def eased(energy: Tensor, start: Tensor, unit: Tensor) -> Tensor:
    """Energies (n,) that go on as a logarithm above ``start``: start + u ln(1 + (e - start) / u), u being ``unit``.

    Rising and smooth: no order changes, and there is a gradient everywhere.
    """
    excess = (energy - start).clamp_min(0.0)
    return torch.minimum(energy, start) + unit * torch.log1p(excess / unit)


def _spread(values: Tensor) -> Tensor:
    """Mean absolute deviation from the median: robust enough, and above zero unless all values are equal."""
    return (values - values.median()).abs().mean()
