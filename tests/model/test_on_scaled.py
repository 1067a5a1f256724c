import numpy as np
import pytest
import torch
from torch import Tensor

from hinterland.densities.base import Density
from hinterland.densities.gaussian import GaussianMixture
from hinterland.densities.nearest_neighbour import NearestNeighbour
from hinterland.explain import path_integral
from hinterland.model.column_view import ColumnView
from hinterland.model.on_scaled import OnScaled
from hinterland.model.path import Path
from hinterland.model.scaling import InputScaling

ROWS = np.random.default_rng(0).normal(3, 2, (40, 3))
X = torch.from_numpy(ROWS)


def no_integral(*_: object) -> Tensor:
    raise AssertionError("exact parts need none")


def integral(energy, path, counts):
    return path_integral(energy, path, 8, torch.full_like(counts, 1e-6))


def path(model: OnScaled, start: Tensor, stop: Tensor) -> Path:
    return Path(start, stop, model.energy_at(start), model.energy_at(stop))


def ends(model: OnScaled) -> tuple[Tensor, Tensor]:
    scaled = model.scaled(X)
    return scaled[:20], scaled[20:]


class SquaredSum(Density):
    """Energy (sum over columns of j x_j)^2: rises with a sum of parts, but not evenly."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.n_features = n_features

    def energy_parts(self, features: Tensor) -> Tensor:
        return features.abs() * torch.arange(1, self.n_features + 1)

    def energy_of_parts(self, parts: Tensor) -> Tensor:
        return parts.sum(1).square()

    def energy(self, features: Tensor) -> Tensor:
        return self.energy_of_parts(self.energy_parts(features))


def test_the_energy_is_the_densitys_of_scaled_rows():
    scaling = InputScaling.from_rows(ROWS, "standard", None)
    model = OnScaled(scaling, SquaredSum(3))
    standard = torch.from_numpy((ROWS - ROWS.mean(0)) / ROWS.std(0))
    torch.testing.assert_close(model.scaled(X), standard)
    torch.testing.assert_close(model.energy(X), SquaredSum(3).energy(standard))
    torch.testing.assert_close(model.features(X), standard)
    assert (model.n_features, model.scaled_width, model.features_width) == (3, 3, 3)
    model.check_widths()


def test_a_view_gives_each_column_twice():
    model = OnScaled(ColumnView.from_rows(ROWS, "standard"), SquaredSum(6))
    assert (model.n_features, model.scaled_width, model.features_width) == (3, 6, 6)
    assert model.scaled(X).shape == (40, 6)
    model.check_widths()


@pytest.mark.parametrize(
    ("scaling", "width", "given"), [(InputScaling(3), 4, 3), (ColumnView(3), 3, 6)], ids=["once", "twice"]
)
def test_a_density_of_another_width_is_named(scaling, width, given):
    with pytest.raises(ValueError, match=f"a scaling to {given} columns before a density of {width}"):
        OnScaled(scaling, SquaredSum(width)).check_widths()


@pytest.mark.parametrize("density", [SquaredSum(3), NearestNeighbour(3, 5)], ids=["squared", "distance"])
def test_contributions_share_the_climb_as_the_parts_do(density):
    model = OnScaled(InputScaling.from_rows(ROWS, "standard", None), density)
    if isinstance(density, NearestNeighbour):
        density.estimate(lambda: [(model.features(X[:5]), None)])
    start, stop = ends(model)
    found = model.contributions(path(model, start, stop), no_integral, torch.ones(20))
    torch.testing.assert_close(found.sum(1), model.energy(X[20:]) - model.energy(X[:20]))
    parts = density.energy_parts(stop) - density.energy_parts(start)
    torch.testing.assert_close(found / found.sum(1, True), parts / parts.sum(1, True))


def test_no_way_adds_nothing():
    model = OnScaled(InputScaling(3), SquaredSum(3))
    start, _ = ends(model)
    assert not model.contributions(path(model, start, start), no_integral, torch.ones(20)).any()


def test_a_density_without_parts_is_integrated():
    density = GaussianMixture(3, 2, hidden=None)
    model = OnScaled(InputScaling.from_rows(ROWS, "standard", None), density)
    members = torch.from_numpy(np.random.default_rng(1).dirichlet([1, 1], 40))
    density.estimate(lambda: [(model.features(X), members)])
    model.ready_to_score()
    assert density.energy_parts(model.features(X)) is None
    start, stop = ends(model)
    found = model.contributions(path(model, start, stop), integral, torch.ones(20))
    torch.testing.assert_close(found.sum(1), model.energy(X[20:]) - model.energy(X[:20]), atol=1e-5, rtol=0)
    assert found.detach().abs().min() > 0
