"""From a table to decisions: score its rows, and judge the scores by the truth.

- ``model_input``  what a fitted model takes of a table
- ``columns``      what is added to a table, from energies and, if need be, other columns; others can add to it
- ``batch``        batches, in any order and process: energy, label and top columns of each row; all else stands on it
- ``table``        a file batch by batch, with counts of what there was; ``frame``: a frame of pandas, polars or Arrow
- ``folder``       a folder of tables, file by file; ``updating``: a model's update by a table
- ``decided``      p-values and flags as columns, over a table of any length in two passes
- ``truth``        a column of the table that says what a row is, and metrics by it
"""

from hinterland.scoring.batch import BatchScorer, Explained, ScoredBatch
from hinterland.scoring.columns import EnergyColumn, RowColumn
from hinterland.scoring.frame import score_frame
from hinterland.scoring.table import TableScorer
from hinterland.scoring.truth import Judgeable, energy_and_truth, judge

__all__ = [
    "BatchScorer",
    "EnergyColumn",
    "Explained",
    "Judgeable",
    "RowColumn",
    "ScoredBatch",
    "TableScorer",
    "energy_and_truth",
    "judge",
    "score_frame",
]
