"""
A threshold from rows known to be normal
========================================

Most rows are not labelled, and some are known to be normal. ``PositiveUnlabelled`` learns from these where to
cut, without a single known anomaly and without being told how many there are.
"""

import matplotlib.pyplot as plt
import numpy as np

from hinterland import PositiveUnlabelled, palette

rng = np.random.default_rng(0)
is_anomaly = np.arange(800) % 5 == 0
X = rng.normal(size=(800, 4)) + 3.5 * is_anomaly[:, None]
is_known = ~is_anomaly & (rng.random(800) < 0.3)  # a random part of the normal rows, as the method needs

detector = PositiveUnlabelled("DAGMM", {"epochs": 20}, steps=200, random_state=0).fit(X, is_normal=is_known)
energy, flagged = detector.energy(X), detector.predict(X) == -1

figure, panel = plt.subplots(figsize=(7, 3.5), layout="constrained")
bins = np.histogram_bin_edges(energy, 40)
panel.hist(energy[~is_anomaly], bins, color=palette.USUAL, alpha=0.8, label="normal")
panel.hist(energy[is_anomaly], bins, color=palette.ALARM, histtype="step", linewidth=1.8, label="anomalous")
panel.axvline(-detector.offset_, color="black", linestyle="--", label="threshold, learnt")
panel.set(
    xlabel="energy",
    ylabel="rows",
    title=f"{flagged.mean():.0%} flagged, {is_anomaly.mean():.0%} are anomalous",
)
panel.legend()
plt.show()
