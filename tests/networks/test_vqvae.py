import numpy as np
import pytest
import torch

from hinterland.model.composite import row_errors
from hinterland.networks.vqvae import STEPS_TO_LIVE, VQVAE
from hinterland.training.loop import train
from hinterland.training.settings import LoopSettings


def network(seed: int = 0, **settings) -> VQVAE:
    return VQVAE(5, (6, 4), 2, **{"n_codes": 7, **settings}, generator=torch.Generator().manual_seed(seed))


def rows(n: int = 60) -> torch.Tensor:
    return torch.randn(n, 5, generator=torch.Generator().manual_seed(1))


def started(**settings) -> VQVAE:
    vqvae = network(**settings)
    vqvae(rows())
    return vqvae


def nearest(vqvae: VQVAE) -> tuple[torch.Tensor, list[int]]:
    encoded = vqvae.encoder(rows())
    codes = vqvae.codebook
    return encoded, [
        min(range(len(codes)), key=lambda k: (e - codes[k]).square().sum().item()) for e in encoded
    ]


def test_the_latent_is_the_nearest_code_and_the_decoder_sees_it():
    vqvae = started().eval()
    encoding = vqvae(rows())
    _, chosen = nearest(vqvae)
    torch.testing.assert_close(encoding.latent, vqvae.codebook[chosen])
    torch.testing.assert_close(encoding.reconstruction, vqvae.decoder(vqvae.codebook[chosen]))
    assert len(encoding.latent.unique(dim=0)) <= 7


def test_the_penalty_is_the_codebooks_term_and_the_weighed_commitment():
    vqvae = started(commitment_weight=0.5).eval()
    encoded, chosen = nearest(vqvae)
    distance = (encoded - vqvae.codebook[chosen]).square().sum(1).mean().item()
    assert vqvae(rows()).penalty.item() == pytest.approx(1.5 * distance, rel=1e-5)


def test_the_codebook_learns_from_its_own_term_alone():
    vqvae = started().eval()
    encoding = vqvae(rows())
    (encoding.reconstruction.square().mean() + encoding.latent.sum()).backward(retain_graph=True)
    assert vqvae.codebook.grad is None
    first = vqvae.encoder[0].weight
    assert float(first.grad.abs().max()) > 0  # straight through the lookup
    first.grad = None
    encoding.penalty.backward()
    encoded, chosen = nearest(vqvae)
    expected = torch.zeros_like(vqvae.codebook)
    for e, k in zip(encoded, chosen, strict=True):
        expected[k] += 2 * (vqvae.codebook[k] - e) / len(encoded)
    torch.testing.assert_close(vqvae.codebook.grad, expected.detach())


def test_codes_start_on_encoded_rows_and_dead_ones_start_again():
    vqvae = network()
    encoded = vqvae.encoder(rows()).detach()
    vqvae(rows())
    assert all((encoded == code).all(1).any() for code in vqvae.codebook.detach())
    with torch.no_grad():
        vqvae.codebook[3] = 1e4
    for _ in range(STEPS_TO_LIVE - 1):
        vqvae(rows())
    assert vqvae.diagnostics()["codebook_usage"] == pytest.approx(1.0)
    assert vqvae.codebook[3, 0].item() == 1e4
    vqvae(rows())
    assert vqvae.diagnostics()["codebook_usage"] < 1
    vqvae(rows())
    assert float(vqvae.codebook[3].abs().max()) < 1e3


def test_perplexity_counts_the_codes_that_rows_choose_alike():
    vqvae = network(n_codes=4)
    vqvae.shares = torch.tensor([0.5, 0.5, 0.0, 0.0])
    assert vqvae.diagnostics()["codebook_perplexity"] == pytest.approx(2.0)


@pytest.mark.slow
def test_training_keeps_the_codebook_alive_and_lowers_the_error():
    vqvae = network(n_codes=16)

    def objective(batch):
        encoding = vqvae(batch[0])
        error = row_errors(batch[0], encoding.reconstruction).mean_squared_error.mean()
        return {"reconstruction": error, "network_penalty": encoding.penalty}

    settings = LoopSettings(epochs=200, batch_size=64, learning_rate=3e-3)
    history = train(
        [vqvae],
        objective,
        (rows(256),),
        settings,
        torch.Generator().manual_seed(0),
        diagnostics=vqvae.diagnostics,
    ).history
    assert history[-1]["reconstruction"] < 0.8 * history[0]["reconstruction"]
    assert history[-1]["codebook_usage"] > 0.8
    assert history[-1]["codebook_perplexity"] > 6


def test_the_counts_travel_with_the_state():
    vqvae = started()
    other = VQVAE(**vqvae.settings)
    other.load_state_dict(vqvae.state_dict())
    assert other.diagnostics() == vqvae.diagnostics()
    np.testing.assert_array_equal(other.codebook.detach(), vqvae.codebook.detach())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_codes": 0}, "n_codes must be an integer of at least 1, got 0"),
        ({"n_codes": 2.5}, "n_codes must be an integer of at least 1, got 2.5"),
        ({"commitment_weight": 0}, "commitment_weight must be a number in .* got 0"),
    ],
)
def test_wrong_options_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        network(**settings)
