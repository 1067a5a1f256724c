import numpy as np
import pytest
import torch
from torch.nn import functional

from hinterland import DAGMM, load
from hinterland.networks.conv import ConvolutionalAutoencoder, picture_shape
from hinterland.training.reconstruction import fit_reconstruction
from hinterland.training.settings import LoopSettings


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network(shape=(6, 5, 2), **settings) -> ConvolutionalAutoencoder:
    defaults = {"hidden": (3, 4), "latent_dim": 2, "generator": generator()}
    return ConvolutionalAutoencoder(int(np.prod(shape)), shape=shape, **{**defaults, **settings})


def rows(shape=(6, 5, 2), n: int = 7) -> torch.Tensor:
    return torch.randn(n, int(np.prod(shape)), generator=generator(1))


def slow_convolution(picture, weight, bias):
    """A convolution of 3 x 3, stride 2 and padding 1 of one picture (h, w, c), a place at a time."""
    h, w, _ = picture.shape
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)))
    out = np.zeros((-(-h // 2), -(-w // 2), len(weight)))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            patch = padded[2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            out[i, j] = np.einsum("hwc,ochw->o", patch, weight) + bias
    return out


def slow_transpose(picture, weight, bias, size):
    """What gives each place of the small picture to nine of the large one, cut to (h, w)."""
    h, w, _ = picture.shape
    out = np.zeros((2 * h + 2, 2 * w + 2, weight.shape[1]))
    for i in range(h):
        for j in range(w):
            out[2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += np.einsum("c,cohw->hwo", picture[i, j], weight)
    return out[1 : 1 + size[0], 1 : 1 + size[1]] + bias


def test_latent_and_reconstruction_are_the_explicit_sums():
    net = network().double()
    p = [q.detach().numpy() for q in net.parameters()]
    for q in net.parameters():  # biases start at zero
        torch.nn.init.normal_(q, std=0.5, generator=generator(2))
    x = rows().double()
    latents, reconstructions = [], []
    for row in x.numpy():
        hidden = np.maximum(slow_convolution(row.reshape(6, 5, 2), p[0], p[1]), 0)
        hidden = np.maximum(slow_convolution(hidden, p[2], p[3]), 0)
        assert hidden.shape == (2, 2, 4)
        latents.append(p[4] @ hidden.ravel() + p[5])
        hidden = np.maximum((p[6] @ latents[-1] + p[7]).reshape(2, 2, 4), 0)
        hidden = np.maximum(slow_transpose(hidden, p[8], p[9], (3, 3)), 0)
        reconstructions.append(slow_transpose(hidden, p[10], p[11], (6, 5)).ravel())
    encoding = net(x)
    np.testing.assert_allclose(encoding.latent.detach(), latents, atol=1e-10)
    np.testing.assert_allclose(encoding.reconstruction.detach(), reconstructions, atol=1e-10)
    assert float(encoding.penalty) == 0


@pytest.mark.parametrize(
    "shape", [(28, 28, 1), (32, 32, 3), (1, 1, 1), (1, 9, 2), (7, 13, 3), (2, 3, 1), (17, 16, 4), (33, 5, 1)]
)
@pytest.mark.parametrize("hidden", [(), (4,), (4, 3, 5)])
def test_pictures_of_any_size_come_back_in_their_size(shape, hidden):
    net, x = network(shape, hidden=hidden), rows(shape, 3)
    before = x.clone()
    encoding = net(x)
    assert encoding.latent.shape == (3, 2)
    assert encoding.reconstruction.shape == x.shape
    assert torch.equal(x, before)


def test_neighbouring_pixels_stay_neighbours():
    """A change of one pixel changes, in the first layer, the places around it alone."""
    net = network((8, 8, 2), hidden=(3,))
    first = torch.nn.Sequential(*list(net.encoder)[:2])
    x = rows((8, 8, 2), 1)
    changed = x.clone()
    changed[0, (5 * 8 + 3) * 2 : (5 * 8 + 3) * 2 + 2] += 1  # both channels of row 5, column 3
    differs = (first(x) != first(changed))[0].any(0)
    assert {tuple(place) for place in differs.nonzero().tolist()} == {(2, 1), (2, 2), (3, 1), (3, 2)}


def test_rows_are_taken_and_given_without_a_copy():
    net = network((28, 28, 3), hidden=(8, 16))
    x = rows((28, 28, 3), 4)
    seen = net.encoder[0](x)
    assert seen.data_ptr() == x.data_ptr()
    pictures = torch.nn.Sequential(*list(net.decoder)[:-1])(net(x).latent)
    assert pictures.shape == (4, 3, 28, 28)
    assert net.decoder[-1](pictures).data_ptr() == pictures.data_ptr()


@pytest.mark.parametrize(
    ("n_features", "shape", "expected"),
    [
        (784, None, (28, 28, 1)),
        (3072, None, (32, 32, 3)),
        (1, None, (1, 1, 1)),
        (3, None, (1, 1, 3)),
        (12, [2, 6, 1], (2, 6, 1)),
    ],
)
def test_shapes(n_features, shape, expected):
    assert picture_shape(n_features, shape) == expected


@pytest.mark.parametrize(
    ("n_features", "shape", "message"),
    [
        (12 * 2, None, "shape must be given for rows of 24 columns"),
        (12, (2, 5, 1), r"with the product 12 of a row's columns, got \(2, 5, 1\)"),
        (12, (3, 4), r"height, width and channels, .* got \(3, 4\)"),
        (12, (-3, -4, 1), r"got \(-3, -4, 1\)"),
    ],
)
def test_shapes_that_a_row_has_not_are_refused(n_features, shape, message):
    with pytest.raises(ValueError, match=message):
        ConvolutionalAutoencoder(n_features, shape=shape)


def test_an_unknown_activation_is_named():
    with pytest.raises(ValueError, match=r"activation must be one of .*'tanh'.*got 'sine'"):
        network(activation="sine")


@pytest.mark.parametrize("activation", ["tanh", "silu"])
def test_the_activation_is_between_the_layers(activation):
    net, x = network((4, 4, 1), hidden=(3,), activation=activation), rows((4, 4, 1))
    apply = getattr(torch, activation, None) or getattr(functional, activation)
    p = list(net.parameters())
    hidden = apply(functional.conv2d(x.reshape(-1, 1, 4, 4), p[0], p[1], stride=2, padding=1))
    latent = hidden.permute(0, 2, 3, 1).flatten(1) @ p[2].T + p[3]
    torch.testing.assert_close(net(x).latent, latent)


def test_a_normalised_latent_has_zero_mean_and_unit_variance_in_training():
    net = network(normalise_latent=True)
    latent = net(rows(n=200)).latent.detach().numpy()
    np.testing.assert_allclose(latent.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(latent.std(0), 1, atol=1e-2)


@pytest.mark.parametrize(("inputs", "outputs"), [(16, 64), (64, 64), (64, 16)])
def test_weights_start_by_glorot_and_bengio(inputs, outputs):
    """An entry sums 9 places of each input, and gives to 9 / 4 of each output; the transpose has it the other way."""
    net = network((32, 32, inputs), hidden=(outputs,))
    x = rows((32, 32, inputs), 8)
    signal = torch.nn.Sequential(*list(net.encoder)[:2])(x)[:, :, 1:-1, 1:-1]
    expected = np.sqrt(2 * 9 * inputs / (9 * inputs + 9 / 4 * outputs))
    assert float(signal.detach().std()) == pytest.approx(expected, rel=0.1)
    back = net.decoder[-2](torch.randn(8, outputs, 16, 16, generator=generator(3)))[:, :, 2:-2, 2:-2]
    expected = np.sqrt(2 * 9 / 4 * outputs / (9 * inputs + 9 / 4 * outputs))
    assert float(back.detach().std()) == pytest.approx(expected, rel=0.1)
    assert all(not p.any() for name, p in net.named_parameters() if name.endswith("bias"))


def test_it_is_built_without_memory_on_the_meta_device():
    with torch.device("meta"):
        net = ConvolutionalAutoencoder(**network().settings)
    assert {name: p.shape for name, p in net.state_dict().items()} == {
        name: p.shape for name, p in network().state_dict().items()
    }


@pytest.fixture(scope="module")
def strokes() -> np.ndarray:
    """Pictures of 12 x 12 with one bright column."""
    random = np.random.default_rng(0)
    pictures = random.uniform(0, 0.1, (300, 12, 12))
    pictures[np.arange(300), :, random.integers(0, 12, 300)] += 0.8
    return pictures.reshape(300, -1)


@pytest.mark.slow
def test_it_learns_pictures_of_one_kind(strokes):
    x = torch.from_numpy(strokes).float()
    net = network((12, 12, 1), hidden=(8, 16), latent_dim=3, normalise_latent=True)
    settings = LoopSettings(epochs=40, batch_size=32, learning_rate=3e-3)
    fit_reconstruction(net, x[:250], x[250:], settings, generator())
    lying = x.reshape(-1, 12, 12).transpose(1, 2).reshape(300, -1)
    upright_error, lying_error = (
        (net(rows).reconstruction - rows).square().mean(1) for rows in (x[250:], lying)
    )
    assert float(upright_error.mean()) < 0.3 * float(x.var())
    assert float(lying_error.min()) > float(upright_error.quantile(0.95))


@pytest.fixture(scope="module")
def detector(strokes) -> DAGMM:
    return DAGMM(
        hidden=(4, 6),
        latent_dim=3,
        network="convolutional",
        activation="relu",
        network_options={"shape": (12, 12, 1), "normalise_latent": True},
        scaling=None,
        epochs=3,
        steps=20,
        random_state=0,
    ).fit(strokes)


@pytest.mark.slow
def test_alone_and_in_company_a_picture_has_the_same_energy(detector, strokes):
    whole = detector.energy(strokes[:20])
    alone = np.concatenate([detector.energy(row[None]) for row in strokes[:20]])
    np.testing.assert_allclose(alone, whole, rtol=1e-9)


def test_saved_and_loaded_it_gives_the_same_bits(detector, strokes, tmp_path):
    detector.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").energy(strokes), detector.energy(strokes))
