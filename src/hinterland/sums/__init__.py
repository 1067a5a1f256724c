"""Statistics of rows that add: those of two sets of rows, in any order, make those of both.

What is counted in parts, by processes or over time, is then the same as if it had been counted at once. Each has
``of``, ``+`` and ``forgotten``, which keeps a share of what was counted. Those of mixtures stand beside these, in
``hinterland.densities.gaussian`` (``GaussianSummary``) and ``hinterland.densities.gaussian_sums``.

- ``columns``  rows, mean, squares about it, least and greatest of each column
- ``values``   how many rows have each value, rounded up: quantiles, thresholds and p-values of any number of rows
"""

from hinterland.sums.columns import ColumnSums
from hinterland.sums.values import ValueCounts

__all__ = ["ColumnSums", "ValueCounts"]
