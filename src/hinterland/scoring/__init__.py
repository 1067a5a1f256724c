"""From a table to decisions: score its rows, and judge the scores by the truth.

- ``table``  a file batch by batch: energy, label and top columns of each row
- ``truth``  a column of the table that says what a row is, and metrics by it
"""

from hinterland.scoring.table import Explained, Judgeable, TableScorer
from hinterland.scoring.truth import energy_and_truth, judge

__all__ = ["Explained", "Judgeable", "TableScorer", "energy_and_truth", "judge"]
