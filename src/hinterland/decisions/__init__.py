"""From an energy to a decision with a guarantee: p-values, a false-discovery rate, a share of anomalies, shift, costs.

Mathematics on energies alone, of any detector; docs/decisions.md has the formulas and where they come from.

- ``calibration``    what is kept of normal rows; p-values, a threshold, and what these promise
- ``promises``       thresholds in energy of a calibration, over its groups and models, and what they promise
- ``p_values``       the formulas; ``tail_counts`` few numbers for many rows, ``stored`` settings and arrays
- ``selection``      rows to flag at a false-discovery rate, of an array or, over ``levels``, in two passes over a file
- ``contamination``  how many anomalies there are at least; ``unlabelled`` where no row is known to be normal
- ``shift``          whether the calibration still holds, and since when not
- ``costs``          the threshold of least cost
- ``local``          the local false-discovery rate, an estimate
"""

from hinterland.decisions.calibration import Calibration, Promise
from hinterland.decisions.contamination import Contamination, estimate_contamination
from hinterland.decisions.costs import LeastCost, least_cost
from hinterland.decisions.levels import Levels, q_values
from hinterland.decisions.local import local_fdr
from hinterland.decisions.p_values import conformal_p_values, cross_p_values, rows_needed
from hinterland.decisions.selection import Rule, Selection, rule_of, select
from hinterland.decisions.shift import Alarm, Watch
from hinterland.decisions.stored import from_stored, to_stored
from hinterland.decisions.tail_counts import TailCounts
from hinterland.decisions.unlabelled import estimate_unlabelled

__all__ = [
    "Alarm",
    "Calibration",
    "Contamination",
    "LeastCost",
    "Levels",
    "Promise",
    "Rule",
    "Selection",
    "TailCounts",
    "Watch",
    "conformal_p_values",
    "cross_p_values",
    "estimate_contamination",
    "estimate_unlabelled",
    "from_stored",
    "least_cost",
    "local_fdr",
    "q_values",
    "rows_needed",
    "rule_of",
    "select",
    "to_stored",
]
