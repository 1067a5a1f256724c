"""The parts of a mixture density, for models whose density is one: weight, members, a typical row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hinterland.densities.mixture import Mixture
from hinterland.model.chunks import chunks
from hinterland.model.energy_model import EnergyModel
from hinterland.model.on_features import OnFeatures
from hinterland.report.cells import cell, significant
from hinterland.report.scored import Scored
from hinterland.tables.python_values import python_value

Floats = npt.NDArray[np.float64]

MOST_MODELS = 8
MOST_COMPONENTS = 10
MOST_COLUMNS = 6


def mixtures(scored: Scored) -> list[dict[str, Any]]:
    """Describe the mixture of each model, the first eight of an ensemble; empty where no density is a mixture.

    Returns
    -------
    list of dicts with ``member`` (of the ensemble, from 1), ``n_components``, and the ten heaviest ``components``:
    ``weight`` (share of the training rows), ``members`` (share of the sampled rows that belong to it most), ``energy``
    (their median), ``flagged`` (their share above the detector's threshold), and ``typical``: the ``row`` (from 1)
    among them nearest to the component's mean, with the ``values`` in which it differs most from the sample, as
    pairs; None without members.
    """
    detector = scored.model.detector
    models = [
        (i, model, model.density)
        for i, model in enumerate(detector.models_[:MOST_MODELS])
        if isinstance(model, EnergyModel | OnFeatures) and isinstance(model.density, Mixture)
    ]
    if not models:
        return []
    encoded = scored.model.encoded(scored.sample)
    typed = scored.model.typed(scored.sample)
    energy = scored.energy[scored.sample_index]
    telling = _Telling(encoded, scored.model.sources())
    names = list(scored.model.kinds)
    described = []
    for i, model, density in models:
        features = model.in_chunks(model.features, encoded)
        belongs = np.concatenate(
            [density.memberships(part).argmax(1).cpu().numpy() for part in chunks(features, model.device)]
        )
        means = _numbers(density.means)
        unit = np.maximum(features.std(0), 1e-12)
        components: list[dict[str, Any]] = []
        weights = _numbers(density.weights)
        for k in np.argsort(-weights, kind="stable")[:MOST_COMPONENTS]:
            here = np.flatnonzero(belongs == k)
            component: dict[str, Any] = {
                "weight": significant(weights[k]),
                "members": significant(len(here) / len(encoded)),
                "typical": None,
            }
            if len(here):
                distance = np.square((features[here] - means[k]) / unit).sum(1)
                typical = int(here[distance.argmin()])
                component |= {
                    "energy": significant(float(np.median(energy[here]))),
                    "flagged": significant(float((energy[here] > scored.model.threshold).mean())),
                    "typical": {
                        "row": scored.numbers(scored.sample_index[[typical]])[0],
                        "values": [
                            [names[j], cell(python_value(typed[names[j]][typical]))]
                            for j in telling.columns(typical, MOST_COLUMNS)
                        ],
                    },
                }
            components.append(component)
        described.append({"member": i + 1, "n_components": len(weights), "components": components})
    return described


def _numbers(buffer: Any) -> Floats:
    numbers: Floats = buffer.double().cpu().numpy()
    return numbers


class _Telling:
    """Which columns set a row apart from the sample: those with the largest deviations, in standard deviations."""

    def __init__(self, encoded: Floats, sources: npt.NDArray[np.intp]) -> None:
        spread = encoded.std(0)
        deviation = np.abs(encoded - encoded.mean(0)) / np.where(spread > 0, spread, 1.0)
        n_sources = int(sources.max()) + 1
        self._by_source = np.zeros((len(encoded), n_sources))
        for j, source in enumerate(sources):
            np.maximum(self._by_source[:, source], deviation[:, j], out=self._by_source[:, source])

    def columns(self, row: int, most: int) -> list[int]:
        order = np.argsort(-self._by_source[row], kind="stable")[:most]
        return [int(j) for j in order]
