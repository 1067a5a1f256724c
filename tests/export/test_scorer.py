import numpy as np
import pytest
import torch
from torch import nn

from hinterland.decisions.calibration import Calibration
from hinterland.decisions.tail_counts import TailCounts
from hinterland.export.scorer import Matrix, PValues, Scorer


def counts(n_rows: int) -> TailCounts:
    return TailCounts.of(np.random.default_rng(0).normal(size=n_rows).round(1 if n_rows < 100 else 9))


@pytest.mark.parametrize("n_rows", [1, 50, 500, 20_000])
def test_p_values_are_those_of_a_calibration(n_rows):
    of_rows = counts(n_rows)
    calibration = Calibration({"every row": (of_rows,)})
    assert of_rows.complete == (n_rows < 20_000)
    beside = np.linspace(-5, 5, 997)
    energies = np.concatenate([beside, of_rows.values, [-1e30, 1e30]])
    np.testing.assert_array_equal(
        PValues(of_rows)(torch.from_numpy(energies)).numpy(), calibration.p_values(energies)
    )


def test_an_energy_that_differs_in_its_last_digits_is_the_same():
    of_rows = TailCounts.of([1.0, 2.0, 3.0])
    shifted = torch.tensor([2.0, 2.0 + 1e-11, 2.0 - 1e-11, 2.0 + 1e-8], dtype=torch.float64)
    assert PValues(of_rows)(shifted).tolist() == [0.75, 0.75, 0.75, 0.5]


class Sum(nn.Module):
    def energy(self, x: torch.Tensor) -> torch.Tensor:
        return x.sum(1)


def test_labels_are_told_by_the_offset_and_rows_without_numbers_have_none():
    rows = torch.tensor([[1.0, 1.0], [2.0, 1.0], [torch.nan, 0.0], [torch.inf, 0.0]], dtype=torch.float64)
    scorer = Scorer(Matrix(), Sum(), -2.0, PValues(TailCounts.of([0.0, 2.0])))
    energy, label, p_value = scorer([rows])
    assert energy[:2].tolist() == [2.0, 3.0]
    assert label.tolist() == [1, -1, 0, 0]
    assert p_value[:2].tolist() == [2 / 3, 1 / 3]
    assert torch.isnan(torch.stack([energy, p_value])[:, 2:]).all()
    assert len(Scorer(Matrix(), Sum(), -2.0, None)([rows])) == 2


def test_an_energy_that_overflows_is_none():
    energy, label = Scorer(Matrix(), Sum(), 0.0, None)([torch.full((1, 2), 1e308, dtype=torch.float64)])
    assert torch.isnan(energy).all()
    assert label.tolist() == [0]
