"""
Detectors on toy shapes
=======================

What each detector takes for usual: its energy as contours, low where it is dark, and its threshold as a line.
The shapes are those of scikit-learn's comparison of outlier detectors; 15 % of the rows are uniform noise,
and training knows of none of it. Shapes in two dimensions show how a density bends, and little of how it does
on wide tables.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_blobs, make_moons
from sklearn.ensemble import IsolationForest

from hinterland import CANCE, DAGMM, DeepMixture, Surprisal, plots

# %%
# Three shapes of 170 rows and 30 of noise.

rng = np.random.default_rng(0)
one, two = {"random_state": 0, "n_samples": 170}, np.array([[2.0, 2.0], [-2.0, -2.0]])
shapes = [
    make_blobs(centers=two, cluster_std=[0.3, 0.3], **one)[0],
    make_blobs(centers=two, cluster_std=[0.3, 1.2], **one)[0],
    4 * (make_moons(noise=0.05, **one)[0] - [0.5, 0.25]),
]
tables = [np.r_[shape, rng.uniform(-6, 6, (30, 2))] for shape in shapes]

# %%
# Four detectors of this library, and an Isolation Forest, with their defaults but for shorter training.

made = {
    "Surprisal (default)": lambda: Surprisal(steps=60, contamination=0.15, random_state=0),
    "DeepMixture": lambda: DeepMixture(steps=60, contamination=0.15, random_state=0),
    "DAGMM": lambda: DAGMM(epochs=40, contamination=0.15, random_state=0),
    "CANCE": lambda: CANCE(steps=60, contamination=0.15, random_state=0),
    "Isolation Forest": lambda: IsolationForest(contamination=0.15, random_state=0),
}

figure, panels = plt.subplots(len(tables), len(made), figsize=(11, 6.6), layout="constrained")
for row, table in zip(panels, tables, strict=True):
    for panel, make in zip(row, made.values(), strict=True):
        plots.energy_contours(make().fit(table), table, ax=panel)
for panel, name in zip(panels[0], made, strict=True):
    panel.set_title(name)
plt.show()
