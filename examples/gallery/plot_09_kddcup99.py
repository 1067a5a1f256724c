"""
KDD Cup 1999
============

The table on which DAGMM was first shown: network connections of 41 mixed columns, of which most are attacks. As
in the paper the attacks are what is learnt, and normal connections are the anomalies. Here a part of the
rows is used, and training is shorter than the paper's; its protocol, all seeds and all methods are in
the results.
"""

import matplotlib.pyplot as plt
import numpy as np

from hinterland import DAGMM, datasets, plots
from hinterland.errors import DataNotFoundError
from hinterland.metrics import auroc, evaluate

# %%
# The file is read from ``HINTERLAND_DATA`` or the cache, and downloaded where it is in neither (2 MB). Where
# it cannot be had, this page says so and has no figure.

try:
    data = datasets.load("kddcup99", encoding="one_hot")
    print(data)
except DataNotFoundError as missing:
    data = None
    print(f"not shown here: {missing}")

# %%
# Four thousand attacks to learn from, and six thousand other rows with their natural share of anomalies.

if data is not None:
    order = np.random.default_rng(0).permutation(len(data.X))
    rows, is_anomaly = data.matrix()[order], data.is_anomaly[order]
    train = np.flatnonzero(~is_anomaly)[:4_000]
    test = np.setdiff1d(np.arange(len(rows)), train)[-6_000:]
    detector = DAGMM(epochs=20, random_state=0).fit(rows[train])
    energy = detector.energy(rows[test])
    print(f"AUROC {auroc(is_anomaly[test], energy):.3f}")
    judged = evaluate(is_anomaly[test], energy, rule="natural_half", share=0.2)
    print(f"the paper's rule, the top fifth flagged: F1 {judged.at_threshold.f1:.3f}")

# %%
# Energies of rows that training has not seen.

if data is not None:
    plots.energy_histogram(energy, is_anomaly=is_anomaly[test], threshold=-detector.offset_)
    plt.show()
