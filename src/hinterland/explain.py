"""Why a row was flagged: how much each of its columns adds to its energy, compared with a usual row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from scipy.spatial.distance import cdist
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from hinterland.as_html import paragraph, table
from hinterland.detectors.base import Detector
from hinterland.model.base import Model
from hinterland.model.path import Path
from hinterland.networks.gradients import without_gradients
from hinterland.parameters import check_integer
from hinterland.pipeline import encoder_and_detector
from hinterland.preprocessing.tabular.encoder import TabularEncoder
from hinterland.tables import frames
from hinterland.tables.python_values import python_values
from hinterland.threads import threads

Floats = npt.NDArray[np.float64]
Energy = Callable[[Tensor], Tensor]

TOLERANCE = 1e-3
"""A stretch of a path is halved while its integral misses its energy difference by this share of the path's."""
SMALLEST_DIFFERENCE = 0.1
"""Paths that climb less than this many nats are integrated as accurately as if they climbed this much."""
HALVINGS = 8
"""Most times that a stretch is halved: at a jump of the energy no number of them is enough."""
ROWS_SHOWN, COLUMNS_SHOWN = 10, 3
"""What a notebook shows of an explanation."""
ENTRIES_AT_ONCE = 2**16
"""Entries of the points that are differentiated at once: half a MiB of float64; a mixture of a hundred components
makes a hundred times that of it."""


class Contribution(NamedTuple):
    """What one column of one row adds to the row's energy, in nats, with its value and the usual one."""

    column: str
    contribution: float
    value: Any
    usual_value: Any


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Contributions of the d source columns to the energies of n rows; made by ``explain``.

    For every row ``contributions.sum(1) + residual == energy - reference_energy``.

    Attributes
    ----------
    contributions : (n, d), in nats; above zero where a column makes the row more anomalous than its reference.
    columns : names of the source columns.
    energy : (n,), in nats, as the detector gives it.
    reference_energy : (n,), in nats, of the reference row that each row is compared with.
    reference_index : (n,), its position in the detector's ``references_``.
    residual : (n,), in nats: what numerical integration missed.
    values : (n, d), the rows as they were given.
    usual_values : (n, d): the values of the reference row; behind an encoder the typical value of each column, as
        an encoded row cannot be turned back.
    """

    contributions: Floats
    columns: list[str]
    energy: Floats
    reference_energy: Floats
    reference_index: npt.NDArray[np.intp]
    residual: Floats
    values: npt.NDArray[Any]
    usual_values: npt.NDArray[Any]

    def top(self, k: int) -> list[list[Contribution]]:
        """Return the k columns that raise each row's energy most, largest first; all where there are fewer."""
        check_integer("k", k, least=1)
        return self._top(len(self.energy), k)

    def to_frame(self, k: int | None = None) -> pd.DataFrame:
        """Return a table with a line for each row and column, or only for each row's ``top(k)``.

        Its columns are ``row`` (position), ``column``, ``contribution``, ``value`` and ``usual_value``.
        """
        check_integer("k", k, least=1, optional=True)
        lines = [
            (i, *self._contribution(i, j))
            for i, order in enumerate(self._order(k or len(self.columns)))
            for j in order
        ]
        return pd.DataFrame(lines, columns=["row", *Contribution._fields])

    def __repr__(self) -> str:
        if not len(self.energy):
            return f"Explanation(no rows, {len(self.columns):,} columns)"
        most, times = Counter(line[0].column for line in self.top(1)).most_common(1)[0]
        return (
            f"Explanation({len(self.energy):,} rows by {len(self.columns):,} columns; energies "
            f"{self.energy.min():.4g} to {self.energy.max():.4g} nats; {most!r} raises {times:,} of them most)"
        )

    def _repr_html_(self) -> str:
        rows = [
            (
                i,
                f"{self.energy[i]:.4g}",
                f"{self.reference_energy[i]:.4g}",
                [_in_words(line) for line in lines],
            )
            for i, lines in zip(range(ROWS_SHOWN), self._top(ROWS_SHOWN, COLUMNS_SHOWN), strict=False)
        ]
        header = ("row", "energy (nats)", "of a usual row", "columns that raise it most (nats)")
        more = len(self.energy) - len(rows)
        return table(header, rows) + (paragraph(f"and {more:,} more rows") if more else "")

    def _top(self, n_rows: int, k: int) -> list[list[Contribution]]:
        return [[self._contribution(i, j) for j in order] for i, order in enumerate(self._order(k, n_rows))]

    def _order(self, k: int, n_rows: int | None = None) -> npt.NDArray[np.intp]:
        return np.argsort(-self.contributions[:n_rows], axis=1, kind="stable")[:, :k]

    def _contribution(self, i: int, j: int) -> Contribution:
        return Contribution(
            self.columns[j], float(self.contributions[i, j]), self.values[i, j], self.usual_values[i, j]
        )


def _in_words(line: Contribution) -> str:
    value, usual = (
        f"{shown:.4g}" if isinstance(shown, float | np.floating) else str(shown)
        for shown in (line.value, line.usual_value)
    )
    return f"{line.contribution:+.3g} {line.column} = {value}, usually {usual}"


def explain(estimator: Any, X: Any, *, n_steps: int = 8, energy: Floats | None = None) -> Explanation:
    """Split each row's energy, less that of a usual row, into contributions of the columns.

    The method is integrated gradients (Sundararajan, Taly and Yan, ICML 2017, equation 1). A row is compared with
    its reference: of the detector's ``references_`` the nearest in the detector's scaled input space. Along
    the straight line from there to the row, a column's contribution is the integral of the energy's derivative by
    that column. A row's energy depends on its columns jointly, through the latent and the reconstruction error, so
    that the gradient at the row alone neither adds up to anything nor says much where the energy is steep
    or flat. The integrals add up to energy(row) - energy(reference).

    The line runs in scaled space, after the clip: there the energy changes along all of it, whereas beyond the clip
    the raw line is flat. Several models' contributions are their mean or weighed sum, as their energy is. Each integral
    is by Gauss and Legendre's rule with ``n_steps`` points on a stretch of the line. As the energies at a stretch's
    ends are known, so is the error on it: where that is too large the stretch is halved. What is left of the error,
    rarely more than a thousandth of the difference, is the ``residual``. Only at a jump of the energy, as a network
    with a codebook has, can it be large.

    What is explained is the detector: a column that its features hardly see contributes little, however odd its value.

    Parameters
    ----------
    estimator : fitted detector, or fitted Pipeline of a TabularEncoder and a detector; the contributions of all
        columns that an encoder makes of a source column are added up.
    X : rows (n, d), as the estimator was fitted on.
    n_steps : points at which the gradient is taken on each stretch.
    energy : (n,), of these rows, where the detector has given it already.

    Raises
    ------
    TypeError
        Where the estimator is neither of these.
    sklearn.exceptions.NotFittedError
        Where it has not been fitted.
    ValueError
        For rows the estimator would not score either, ``n_steps`` below 1, or not one energy a row.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from hinterland import DAGMM
    >>> from hinterland.explain import explain
    >>> wine = load_wine(as_frame=True).data
    >>> detector = DAGMM(epochs=5, steps=50, random_state=0).fit(wine)
    >>> odd = wine[:1].assign(ash=9.0)
    >>> [[line.column for line in lines] for lines in explain(detector, odd).top(1)]
    [['ash']]
    """
    check_integer("n_steps", n_steps, least=1)
    encoder, detector = encoder_and_detector(estimator)
    check_is_fitted(detector)
    detector.check_rows_alone("an explanation")
    if encoder is None:
        rows = detector.rows(X)
        columns = [
            str(name)
            for name in getattr(detector, "feature_names_in_", [f"x{j}" for j in range(rows.shape[1])])
        ]
        sources, values = np.arange(rows.shape[1]), rows
    else:
        check_is_fitted(encoder)
        rows = detector.rows(encoder.transform(X))
        columns, sources = list(encoder.kinds_), encoder.source_columns_
        values = _source_values(encoder, X, len(rows))

    if energy is not None and np.shape(energy) != (len(rows),):
        raise ValueError(
            f"energy must have a value for each of the {len(rows)} rows, got shape {np.shape(energy)}"
        )
    index = np.empty(len(rows), np.intp)
    contributions, found = np.zeros((len(rows), len(columns))), np.empty(len(rows))
    size = max(1, ENTRIES_AT_ONCE // (n_steps * rows.shape[1]))
    with threads(detector.training_threads()):
        explainer = _Explainer(detector, n_steps)
        for start in range(0, len(rows), size):
            here = slice(start, start + size)
            index[here], parts, found[here] = explainer.explain(rows[here])
            np.add.at(contributions[here].T, sources, parts.T)
        energy = found if energy is None else energy
        reference_energy = explainer.at_references.energy.double().cpu().numpy()[index]
    if encoder is None:
        usual = detector.references_[index]
    else:
        typical = np.array([encoder.typical_values_[name] for name in columns], dtype=object)
        usual = np.broadcast_to(typical, values.shape)
    residual = energy - reference_energy - contributions.sum(1)
    return Explanation(contributions, columns, energy, reference_energy, index, residual, values, usual)


def path_integral(energy: Energy, path: Path, n_steps: int, allowed: Tensor) -> Tensor:
    """Contributions (n, d) of the columns to an energy's climb along n paths between rows (n, d).

    That of column j is (stop_j - start_j) times the mean of the energy's derivative by column j along the line. A
    stretch of a path that misses more than ``allowed`` (n,) nats is halved.
    """
    start, stop = path.start, path.stop
    nodes, weights = (torch.from_numpy(v / 2).to(start) for v in np.polynomial.legendre.leggauss(n_steps))
    nodes = nodes + 0.5
    along = stop - start
    low_energy, high_energy = path.low.energy.to(start), path.high.energy.to(start)
    number = torch.arange(len(start), device=start.device)
    low, length = torch.zeros_like(low_energy), torch.ones_like(low_energy)
    contributions = torch.zeros_like(start)
    for halvings in range(HALVINGS + 1):
        parts = torch.empty((len(number), start.shape[1]), dtype=start.dtype, device=start.device)
        for here in torch.arange(len(number), device=start.device).split(max(1, len(start))):
            places = low[here, None] + length[here, None] * nodes
            points = start[number[here], None] + places[:, :, None] * along[number[here], None]
            slopes = _gradient(energy, points.flatten(0, 1)).view_as(points)
            mean_slope = (weights[:, None] * slopes).sum(1)
            parts[here] = length[here, None] * along[number[here]] * mean_slope
        missed = (high_energy - low_energy - parts.sum(1)).abs()
        halved = (
            missed > allowed[number] if halvings < HALVINGS else torch.zeros_like(number, dtype=torch.bool)
        )
        contributions.index_add_(0, number[~halved], parts[~halved])
        if not halved.any():
            break
        number, low, length = number[halved], low[halved], length[halved] / 2
        with torch.no_grad():
            middle_energy = energy(start[number] + (low + length)[:, None] * along[number])
        low_energy = torch.cat([low_energy[halved], middle_energy])
        high_energy = torch.cat([middle_energy, high_energy[halved]])
        number, low, length = number.repeat(2), torch.cat([low, low + length]), length.repeat(2)
    return contributions


class _Explainer:
    """What explains a detector's rows: its references are scaled and scored once."""

    def __init__(self, detector: Detector, n_steps: int) -> None:
        self.model, self.n_steps = detector.model_, n_steps
        with torch.no_grad():
            self.references = _scaled(self.model, detector.references_)
            self.at_references = self.model.energy_at(self.references)

    def explain(self, rows: Floats) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
        """Positions of the references (n,), contributions of the detector's own columns (n, d), and energies (n,)."""
        with torch.no_grad(), without_gradients(self.model):
            stop = _scaled(self.model, rows)
            index = cdist(stop.cpu().numpy(), self.references.cpu().numpy()).argmin(1)
            nearest = torch.from_numpy(index).to(stop.device)
            low, high = self.at_references.of(nearest), self.model.energy_at(stop)
            path = Path(self.references[nearest], stop, low, high)
            # Parts may climb more than the whole: what they may miss is a share of the whole.
            allowed = TOLERANCE * path.climb.abs().clamp_min(SMALLEST_DIFFERENCE)

            def integrate(energy: Energy, path: Path, counts: Tensor) -> Tensor:
                bearable = allowed / counts.clamp_min(torch.finfo(counts.dtype).tiny)
                return path_integral(_as_scaled(energy), path, self.n_steps, bearable)

            parts = self.model.contributions(path, integrate, torch.ones_like(path.climb))
        seen = (
            parts.double().cpu().numpy().reshape(len(rows), -1, rows.shape[1])
        )  # a column several times, perhaps
        return index, seen.sum(1), high.energy.double().cpu().numpy()


def _scaled(model: Model, rows: Floats) -> Tensor:
    return torch.cat([model.scaled(chunk) for chunk in model.chunks(rows)])


def _as_scaled(energy: Energy) -> Energy:
    return lambda scaled: energy(scaled).to(scaled.dtype)


def _gradient(energy: Energy, points: Tensor) -> Tensor:
    with torch.enable_grad():
        points = points.detach().requires_grad_()
        return torch.autograd.grad(energy(points).sum(), points)[0]


def _source_values(encoder: TabularEncoder, X: Any, n_rows: int) -> npt.NDArray[Any]:
    """Rows of a table as they were given, an object array (n, d) in the order of the encoder's columns."""
    frame = frames.read_frame(X) if frames.is_frame(X) else frames.read_array(np.asanyarray(X))
    values = np.empty((n_rows, encoder.n_features_in_), dtype=object)
    for j, position in enumerate(encoder._match(frame)):
        if position < 0:  # a column that is left out may be missing
            continue
        column = frame.column(position, 0, n_rows)
        values[:, j] = column.tolist() if isinstance(column, np.ndarray) else python_values(column)
    return values
