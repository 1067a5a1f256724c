"""A model whose networks compute in single precision."""

from __future__ import annotations

import copy

from hinterland.densities.base import Density
from hinterland.model.base import Model
from hinterland.networks.base import Network


def model_in_single_precision(model: Model) -> Model:
    """Copy a model so that its networks, and those inside its densities, compute in float32; all else as before."""
    single = copy.deepcopy(model)
    for part in single.modules():
        if isinstance(part, Network):
            part.float()
        elif isinstance(part, Density):
            part.compute_in_single_precision()
    return single
