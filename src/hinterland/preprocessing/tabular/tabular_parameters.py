"""The parameters of a `TabularEncoder`, and what they ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions

from hinterland.preprocessing.tabular.fitting import Scales
from hinterland.preprocessing.tabular.matching import check_there
from hinterland.tables.columns.decisions import Asked


class TabularParameters(TransformerMixin, BaseEstimator):
    """Parameters as `TabularEncoder` documents them."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "numbers": [StrOptions({"standard", "robust", "minmax", "quantile"})],
        "clip": [Interval(Real, 0, None, closed="neither"), None],
        "heavy_tail": [Interval(Real, 1, None, closed="left"), None],
        "min_frequency": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
            None,
        ],
        "max_categories": [Interval(Integral, 1, None, closed="left"), None],
        "extra_columns": [StrOptions({"error", "ignore"})],
        "kinds": [dict, None],
        "dates": [dict, None],
        "missing": [list, tuple, None],
        "infinite": [StrOptions({"error", "missing", "clip"})],
        "decimal": [StrOptions({".", ","}), None],
        "absolute_time": ["boolean", list, tuple],
    }

    def __init__(
        self,
        *,
        numbers: str = "standard",
        clip: float | None = 10.0,
        heavy_tail: float | None = 3.0,
        min_frequency: float | None = 0.001,
        max_categories: int | None = 50,
        extra_columns: str = "error",
        kinds: Mapping[str, str] | None = None,
        dates: Mapping[str, str] | None = None,
        missing: Sequence[str] | None = None,
        infinite: str = "error",
        decimal: str | None = None,
        absolute_time: bool | Sequence[str] = False,
    ) -> None:
        self.numbers = numbers
        self.clip = clip
        self.heavy_tail = heavy_tail
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.extra_columns = extra_columns
        self.kinds = kinds
        self.dates = dates
        self.missing = missing
        self.infinite = infinite
        self.decimal = decimal
        self.absolute_time = absolute_time

    def _asked(self, names: list[str]) -> Asked:
        kinds, dates = self.kinds or {}, self.dates or {}
        absolute = [] if isinstance(self.absolute_time, bool | np.bool_) else self.absolute_time
        for parameter, named in (("kinds", kinds), ("dates", dates), ("absolute_time", absolute)):
            check_there(parameter, named, names)
        return Asked.checked(kinds, dates, self.missing or (), self.infinite, self.decimal)

    def _scales(self) -> Scales:
        return Scales(self.numbers, self.clip, self.heavy_tail, self.min_frequency, self.max_categories)

    def _is_absolute(self, name: str) -> bool:
        if isinstance(self.absolute_time, bool | np.bool_):
            return bool(self.absolute_time)
        return name in self.absolute_time

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
