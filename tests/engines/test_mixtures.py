from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
import torch

from hinterland.engines import mixtures
from hinterland.engines.shards import InTurn


@pytest.mark.parametrize("by_posterior", [True, False])
def test_sums_over_parts_give_the_mixture_of_all_rows(
    rows: pa.Table, parts: list[pa.Table], untrained: Callable[..., Any], by_posterior: bool
) -> None:
    model = untrained().fit(rows.slice(0, 500))
    inner = model[-1].model_
    with torch.no_grad():
        features = inner.features_of(model[-1].rows(model[0].transform(rows)))
        gamma = inner.density.posterior(features) if by_posterior else inner.density.memberships(features)
        expected = type(inner.density)(**inner.density.settings)
        expected.freeze(inner.density.summarize(features, gamma))
    mixtures.estimate(InTurn([*parts, rows.slice(0, 0)]), model, by_posterior=by_posterior)
    for name in ("weights", "means", "factors", "log_determinants"):
        torch.testing.assert_close(
            getattr(inner.density, name), getattr(expected, name), rtol=1e-9, atol=1e-9
        )


@pytest.mark.parametrize(
    ("detector", "settings", "has_sums"),
    [
        ("DAGMM", {}, True),
        ("DAGMM", {"density": "laplacian"}, False),
        ("CADGMM", {"graph": "batch"}, False),
        ("DeepMixture", {}, False),
    ],
)
def test_a_mixture_of_all_rows_is_one_that_was_trained_jointly(
    rows: pa.Table, untrained: Callable[..., Any], detector: str, settings: dict[str, Any], has_sums: bool
) -> None:
    model = untrained(detector, **settings).fit(rows.slice(0, 300))
    assert mixtures.has_sums(model[-1]) is has_sums
