"""
Flag rows at a false-discovery rate
===================================

Of what is flagged, how much is false? ``select(new, fdr=0.1)`` promises a tenth on average. Here it is put to
the test: forty tables, each with its own share of anomalies found and of false ones among the flagged.
"""

import matplotlib.pyplot as plt
import numpy as np

from hinterland import DAGMM, palette

rng = np.random.default_rng(0)
mixing = rng.normal(size=(2, 6))


def normal(n):
    """Rows of six columns that vary in two directions, and a little in all."""
    return rng.normal(size=(n, 2)) @ mixing + 0.3 * rng.normal(size=(n, 6))


detector = DAGMM(epochs=15, random_state=0).fit(normal(1_000)).calibrate(normal(1_000))
print(detector.calibration())

# %%
# New tables of 300 rows, of which 30 are off in each column by a little.

false, found = [], []
for _ in range(40):
    new = np.r_[normal(270), normal(30) + 1.2 * rng.choice([-1, 1], size=(30, 6))]
    flagged = detector.select(new, fdr=0.1).flagged
    false.append(flagged[:270].sum() / max(flagged.sum(), 1))
    found.append(flagged[270:].mean())

figure, panel = plt.subplots(figsize=(7, 3.5), layout="constrained")
panel.scatter(false, found, color=palette.USUAL, alpha=0.7)
panel.axvline(0.1, color="black", linestyle="--", label="promised on average, at most")
panel.axvline(np.mean(false), color=palette.ALARM, label=f"mean of forty tables: {np.mean(false):.3f}")
panel.set(xlabel="share of false ones among the flagged", ylabel="share of anomalies found")
panel.legend()
plt.show()
