"""From an energy to a decision with a guarantee: p-values, a false-discovery rate, a share of anomalies, shift, costs.

Mathematics on energies alone, of any detector; docs/decisions.md has the formulas and where they come from.

- ``calibration``    what is kept of normal rows; p-values, a threshold, and what these promise
- ``p_values``       the formulas; ``tail_counts`` few numbers for many rows, ``stored`` settings and arrays
- ``selection``      rows to flag at a false-discovery rate, of an array or, over ``levels``, in two passes over a file
- ``contamination``  how many anomalies there are at least; ``unlabelled`` where no row is known to be normal
- ``shift``          whether the calibration still holds, and since when not
- ``costs``          the threshold of least cost
- ``local``          the local false-discovery rate, an estimate
"""
