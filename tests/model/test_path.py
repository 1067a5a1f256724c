import torch

from hinterland.model.path import EnergyAt, Path, slope


def test_what_a_model_says_is_taken_at_some_rows_with_all_that_is_inside():
    inside = EnergyAt(torch.tensor([1.0, 2.0, 3.0]), parts=torch.arange(6.0).view(3, 2))
    found = EnergyAt(torch.tensor([10.0, 20.0, 30.0]), inside=(inside,)).of(torch.tensor([2, 2, 0]))
    assert found.energy.tolist() == [30, 30, 10]
    assert found.parts is None
    assert found.inside[0].energy.tolist() == [3, 3, 1]
    assert found.inside[0].parts.tolist() == [[4, 5], [4, 5], [0, 1]]


def test_the_path_of_a_model_inside_has_its_own_columns_and_climb():
    start, stop = torch.zeros(2, 3), torch.arange(6.0).view(2, 3)
    low = EnergyAt(torch.zeros(2), inside=(EnergyAt(torch.ones(2)), EnergyAt(torch.tensor([1.0, 2.0]))))
    high = EnergyAt(torch.ones(2), inside=(EnergyAt(torch.ones(2)), EnergyAt(torch.tensor([5.0, 7.0]))))
    path = Path(start, stop, low, high)
    assert path.climb.tolist() == [1, 1]
    own = path.inside(1, slice(1, 3))
    assert own.climb.tolist() == [4, 5]
    assert own.stop.tolist() == [[1, 2], [4, 5]]
    assert path.inside(0).stop.shape == (2, 3)


def test_a_slope_where_there_was_no_way_is_none():
    assert slope(torch.tensor([2.0, 0.0, 3.0]), torch.tensor([4.0, 0.0, 0.0])).tolist() == [0.5, 0, 0]
