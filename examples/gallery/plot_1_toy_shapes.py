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

from hinterland import CANCE, DAGMM, DeepMixture, Surprisal

# %%
# Four shapes of 170 rows and 30 of noise.

rng = np.random.default_rng(0)
one, two = {"random_state": 0, "n_samples": 170}, np.array([[2.0, 2.0], [-2.0, -2.0]])
shapes = [
    make_blobs(centers=[[0, 0]], cluster_std=0.7, **one)[0],
    make_blobs(centers=two, cluster_std=[0.3, 1.2], **one)[0],
    4 * (make_moons(noise=0.05, **one)[0] - [0.5, 0.25]),
    make_blobs(centers=two, cluster_std=[0.3, 0.3], **one)[0],
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
across, up = np.meshgrid(np.linspace(-7, 7, 50), np.linspace(-7, 7, 50))
grid = np.c_[across.ravel(), up.ravel()]

figure, panels = plt.subplots(len(tables), len(made), figsize=(11, 9), layout="constrained")
for place, (row, table) in enumerate(zip(panels, tables, strict=True)):
    for panel, (name, make) in zip(row, made.items(), strict=True):
        detector = make().fit(table)
        height = -detector.score_samples(grid).reshape(across.shape)
        levels = np.quantile(height, np.linspace(0, 1, 12))
        panel.contourf(across, up, height, np.unique(levels), cmap="cividis")
        panel.contour(across, up, height, [-detector.offset_], colors="white", linewidths=1.5)
        odd = detector.predict(table) == -1
        panel.scatter(*table[~odd].T, s=5, color="white", edgecolor="black", linewidth=0.3)
        panel.scatter(*table[odd].T, s=14, color="#e69f00", marker="^", edgecolor="black", linewidth=0.3)
        panel.set(xticks=[], yticks=[], title="" if place else name)
plt.show()
