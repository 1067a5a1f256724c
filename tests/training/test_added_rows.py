"""New rows in the mixtures of a fitted model: what adds exactly, what leaves rows out, and what cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from hinterland.densities.gaussian import GaussianMixture
from hinterland.densities.laplacian import LaplacianMixture
from hinterland.errors import CannotUpdateError
from hinterland.model.base import Model
from hinterland.model.calibrated import Calibrated
from hinterland.model.energy_model import EnergyModel
from hinterland.model.ensemble import Ensemble
from hinterland.model.on_features import OnFeatures
from hinterland.model.on_scaled import OnScaled
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.mlp import Autoencoder
from hinterland.training.added_rows import AddedRows, mixtures_of

FIRST = np.random.default_rng(0).normal(size=(120, 3))
SECOND = np.random.default_rng(1).normal(1.0, 2.0, size=(80, 3))
BOTH = np.concatenate([FIRST, SECOND])


def places(rows: np.ndarray, first: int = 0) -> Any:
    return np.arange(first, first + len(rows))


def model(
    seed: int = 0, *, hidden: tuple[int, ...] | None = (4,), n_components: int = 2, **others: Any
) -> EnergyModel:
    generator = torch.Generator().manual_seed(seed)
    network = Autoencoder(3, (4,), 1, generator=generator)
    density = GaussianMixture(4, n_components, hidden=hidden, dropout=0.0, generator=generator)
    return EnergyModel(
        InputScaling.from_rows(FIRST, "standard", None), network, density, ("residual",), **others
    )


def frozen(made: EnergyModel, rows: np.ndarray) -> EnergyModel:
    if made.density.estimation is None:  # a first mixture that gives memberships
        made.density.weights = torch.full(
            (made.density.n_components,), 1.0 / made.density.n_components
        ).double()
        made.density.means = torch.zeros_like(made.density.means)
        made.density.factors = torch.eye(4, dtype=torch.float64).expand_as(made.density.factors).clone()
        made.density.log_determinants = torch.zeros_like(made.density.log_determinants)
    made.freeze(rows)
    return made


@pytest.mark.parametrize(
    ("settings", "by_network"),
    [({}, True), ({"hidden": None, "n_components": 1}, False)],
    ids=["network", "one"],
)
def test_where_memberships_stay_the_mixture_is_that_of_all_rows(settings: Any, by_network: bool) -> None:
    updated, whole = frozen(model(**settings), FIRST), frozen(model(**settings), BOTH)
    added = AddedRows(updated, by_network=by_network)
    for part, first in ((SECOND[:30], 0), (SECOND[30:], 30)):
        added.add(part, places(part, first))
    assert added.finish([float(len(FIRST))], 0.0) == [pytest.approx(200, rel=1e-12)]
    for name in ("weights", "means", "factors", "log_determinants"):
        ours, theirs = getattr(updated.density, name), getattr(whole.density, name)
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        updated.in_chunks(updated.energy, BOTH), whole.in_chunks(whole.energy, BOTH), rtol=1e-9, atol=1e-9
    )


def test_all_forgotten_leaves_the_mixture_of_the_new_rows() -> None:
    updated, new = frozen(model(), FIRST), frozen(model(), SECOND)
    added = AddedRows(updated, by_network=True)
    added.add(SECOND, places(SECOND))
    assert added.finish([120.0], 1.0) == [pytest.approx(80)]
    torch.testing.assert_close(updated.density.means, new.density.means, rtol=1e-9, atol=1e-9)


def test_nothing_changes_until_the_end_nor_without_rows() -> None:
    made = frozen(model(), FIRST)
    before = {name: tensor.clone() for name, tensor in made.state_dict().items()}
    added = AddedRows(made)
    added.add(SECOND[:0], places(SECOND[:0]))
    assert added.finish([120.0], 0.5) == [120.0]
    added = AddedRows(made)
    added.add(SECOND, places(SECOND))
    for name, tensor in made.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


def test_each_member_leaves_one_part_out() -> None:
    members = [frozen(model(seed), FIRST) for seed in range(3)]
    added = AddedRows(Ensemble(members), n_parts=3)
    taken = added.counted(places(SECOND))
    assert (taken.sum(0) == 2).all()
    np.testing.assert_array_equal(added.counted(places(SECOND[40:], 40)), taken[:, 40:])
    added.add(SECOND, places(SECOND))
    assert added.finish([120.0] * 3, 0.0) == pytest.approx((120 + taken.sum(1)).tolist())


def test_densities_on_features_and_on_scaled_rows_are_updated_as_well() -> None:
    inner = frozen(model(), FIRST)
    scaling = InputScaling.from_rows(FIRST, "standard", None)
    on_features = OnFeatures(inner, GaussianMixture(4, 1, hidden=None))
    for made in (on_features, OnScaled(scaling, GaussianMixture(3, 1, hidden=None))):
        density = made.density
        density.freeze(density.summarize(made.features_of(FIRST), torch.ones(len(FIRST), 1)))
        added = AddedRows(made)
        added.add(SECOND, places(SECOND))
        assert added.finish([120.0], 0.0) == [pytest.approx(200)]
        torch.testing.assert_close(
            density.means[0], made.features_of(BOTH).double().mean(0), rtol=1e-9, atol=1e-9
        )


def test_what_has_no_sums_is_named() -> None:
    laplacian = EnergyModel(InputScaling(3), Autoencoder(3, (4,), 1), LaplacianMixture(4, 2), ("residual",))
    reconstruction = model(score=Score("reconstruction"))
    cases: list[tuple[Model, str]] = [
        (laplacian, "a LaplacianMixture has no sums"),
        (reconstruction, "its score is the reconstruction, of which no rows are counted"),
        (Calibrated(frozen(model(), FIRST)), "a Calibrated has no mixture"),
        (Ensemble([frozen(model(), FIRST), laplacian]), "a LaplacianMixture has no sums"),
    ]
    for made, message in cases:
        with pytest.raises(CannotUpdateError, match=message):
            mixtures_of(made)
