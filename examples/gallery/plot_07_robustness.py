"""
Anomalies among the training rows
=================================

What is dense is usual: a group of anomalies that are alike hides itself. ``trimmed_share`` leaves out of
training what an Isolation Forest finds oddest, which mends some of it, and costs accuracy where there is
nothing to mend.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import IsolationForest

from hinterland import Surprisal, palette
from hinterland.metrics import auroc

rng = np.random.default_rng(0)


def table(n, share):
    """Normal rows around a curve, and a dense group of anomalies off it."""
    n_odd = round(n * share)
    t = rng.uniform(-2, 2, n - n_odd)
    usual = np.c_[t, t**2, np.sin(2 * t)] + rng.normal(0, 0.2, (n - n_odd, 3))
    return np.r_[usual, rng.normal([0, 4, 1], 0.15, (n_odd, 3))], np.arange(n) >= n - n_odd


unseen, is_anomaly = table(1_000, 0.2)
made = {
    "Surprisal": lambda: Surprisal(steps=60, random_state=0),
    "Surprisal, a tenth trimmed": lambda: Surprisal(steps=60, trimmed_share=0.1, random_state=0),
    "Isolation Forest": lambda: IsolationForest(random_state=0),
}
shares = [0.0, 0.02, 0.05, 0.1]
figure, panel = plt.subplots(figsize=(7, 3.8), layout="constrained")
for (name, make), look in zip(made.items(), palette.lines(len(made)), strict=True):
    reached = [auroc(is_anomaly, -make().fit(table(400, s)[0]).score_samples(unseen)) for s in shares]
    panel.plot(shares, reached, marker=look.marker, color=look.colour, linestyle=look.dashes, label=name)
panel.set(
    xlabel="share of anomalies among the training rows", ylabel="AUROC on unseen rows", ylim=(0.4, 1.02)
)
panel.legend()
plt.show()
