import torch

from hinterland.densities.autoregressive import AutoregressiveDensity
from hinterland.densities.contrastive import ContrastiveDensity
from hinterland.densities.gaussian import GaussianMixture
from hinterland.densities.label_probability import LabelProbability
from hinterland.model.energy_model import EnergyModel
from hinterland.model.on_scaled import OnScaled
from hinterland.model.precision import model_in_single_precision
from hinterland.model.scaling import InputScaling
from hinterland.networks.mlp import Autoencoder

ROWS = torch.randn(200, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def estimated(density):
    model = OnScaled(InputScaling(3), density)
    model.ready_to_score()
    gamma = torch.ones(200, 1, dtype=torch.float64)
    density.estimate(lambda: [(ROWS, gamma)])
    if isinstance(density, LabelProbability):
        density.labelling_rate.fill_(0.5)
    return model


def test_a_network_computes_in_single_precision_and_a_mixture_in_double():
    network = Autoencoder(3, (4,), 1, generator=torch.Generator().manual_seed(0))
    model = EnergyModel(
        InputScaling(3), network, GaussianMixture(3, 1, hidden=None), ("angle", "squared_error")
    )
    model.ready_to_score()
    with torch.no_grad():
        model.density.estimate(lambda: [(model.features(ROWS), torch.ones(200, 1).double())])
        single = model_in_single_precision(model)
        assert single.features(ROWS).dtype == torch.float32
        assert single.density.means.dtype == torch.float64
        assert model.features(ROWS).dtype == torch.float64  # the model itself stays as it was
        torch.testing.assert_close(single.energy(ROWS), model.energy(ROWS), rtol=1e-2, atol=1e-2)
        assert not torch.equal(single.energy(ROWS), model.energy(ROWS))


def test_networks_of_densities_are_in_single_precision_and_what_rows_are_compared_with_in_double():
    generator = torch.Generator().manual_seed(0)
    for density in (
        AutoregressiveDensity(3, generator=generator),
        ContrastiveDensity(3, hidden=(8,), generator=generator),
        LabelProbability(3, (8,), generator=generator),
    ):
        with torch.no_grad():
            model = estimated(density)
            for parameter in density.parameters():
                parameter.add_(0.1 * torch.randn(parameter.shape, dtype=torch.float64, generator=generator))
            single = model_in_single_precision(model)
            assert {p.dtype for p in single.density.parameters()} == {torch.float32}
            stored = dict(density.named_buffers())
            kept = {"edges", "scores", "log_marginals", "mean", "scale", "factor", "quantiles"}
            for name, buffer in single.density.named_buffers():
                if name in kept:
                    assert torch.equal(buffer, stored[name])
            energy = single.energy(ROWS)
            torch.testing.assert_close(energy.double(), model.energy(ROWS), rtol=1e-4, atol=1e-4)
            assert not torch.equal(energy.double(), model.energy(ROWS))
