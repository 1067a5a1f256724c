"""What every density promises, run over all of them."""

import pytest
import torch

from hinterland.densities import Density, Mixture
from hinterland.training.positive_unlabelled import fit_label_probability
from hinterland.training.settings import LoopSettings


@pytest.fixture
def make(density_class):
    return lambda seed=0: density_class(3, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def trains_jointly(density_class):
    if not issubclass(density_class, Mixture):
        pytest.skip(f"{density_class.__name__} does not train jointly, and says so in its own tests")


@pytest.fixture
def features() -> torch.Tensor:
    return torch.randn(200, 3, generator=torch.Generator().manual_seed(1)).double() * torch.tensor(
        [1.0, 5.0, 0.1]
    )


def estimated(density: Density, features: torch.Tensor, sizes: list[int]) -> Density:
    """A density that has learnt from features in parts; where it needs labels, half of the usual rows have one."""
    density.estimate(lambda: ((part, None) for part in features.split(sizes)))
    if density.needs_labels:
        usual = (features / features.std(0)).square().sum(1) < 3
        labelled = usual.numpy() & (torch.arange(len(features)).numpy() % 2 == 0)
        settings = LoopSettings.of_steps(40, len(features), 200, learning_rate=0.03)
        fit_label_probability(density, features, labelled, settings, torch.Generator().manual_seed(0))
    return density.eval().double()


@pytest.fixture
def frozen(make, features):
    return estimated(make().eval().double(), features, [200])


@pytest.mark.slow
def test_statistics_of_parts_add_to_the_density_of_the_whole(make, features, frozen):
    parts = estimated(make().eval().double(), features, [70, 20, 110])
    torch.testing.assert_close(parts.energy(features), frozen.energy(features), rtol=1e-8, atol=1e-8)


def test_a_rows_energy_is_its_own(features, frozen):
    energy = frozen.energy(features)
    alone = torch.cat([frozen.energy(row[None]) for row in features])
    assert energy.shape == (200,)
    assert energy.dtype == torch.float64
    torch.testing.assert_close(alone, energy, rtol=1e-9, atol=1e-9)


def test_far_rows_have_finite_higher_energies(features, frozen):
    far = frozen.energy(1e6 * features)
    assert torch.isfinite(far).all()
    assert (far > frozen.energy(features).median()).all()


def test_batch_energies_and_their_gradients_are_finite(make, features, trains_jointly):
    density = make()
    features = features.float().requires_grad_()
    energy, penalty = density.batch_energy(features)
    assert energy.shape == (200,)
    assert penalty.shape == ()
    (energy.mean() + penalty).backward()
    assert torch.isfinite(features.grad).all()
    for name, parameter in density.named_parameters():
        assert float(parameter.grad.abs().max()) > 0, name
        assert torch.isfinite(parameter.grad).all(), name


def test_a_row_that_does_not_count_moves_no_estimate_and_has_an_energy(make, features, trains_jointly):
    density = make().eval()
    far = torch.cat([features, 1e3 * features[:1]]).float()
    counts = torch.ones(201)
    counts[200] = 0
    energy, penalty = density.batch_energy(far, counts)
    alone, alone_penalty = density.batch_energy(features.float())
    torch.testing.assert_close(energy[:200], alone, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(penalty, alone_penalty, rtol=1e-3, atol=1e-3)
    assert energy[200] > alone.max()


def test_settings_and_state_build_the_same_density_again(density_class, features, frozen):
    other = density_class(**frozen.settings).double().eval()
    other.load_state_dict(frozen.state_dict())
    assert other.settings == frozen.settings
    assert torch.equal(other.energy(features), frozen.energy(features))
