"""
What a few known anomalies are worth
====================================

``DAGMM`` learns from rows that are known to be anomalous: digits of one kind are anomalies among the others,
and a few of them are known. All is judged on digits that training has not seen.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from hinterland import DAGMM, palette
from hinterland.metrics import auroc

pictures, digit = load_digits(return_X_y=True)
pictures = pictures + np.random.default_rng(0).normal(0, 1e-3, pictures.shape)  # no column is constant
is_anomaly = digit == 8
train = np.arange(len(digit)) % 2 == 0

numbers = [0, 1, 4, 16]
reached = []
for known in numbers:
    labels = np.zeros(train.sum(), bool)
    labels[np.flatnonzero(is_anomaly[train])[:known]] = True
    detector = DAGMM(epochs=15, random_state=0).fit(pictures[train], is_anomaly=labels if known else None)
    reached.append(auroc(is_anomaly[~train], detector.energy(pictures[~train])))

figure, panel = plt.subplots(figsize=(6, 3.5), layout="constrained")
panel.plot(range(len(numbers)), reached, marker="o", color=palette.USUAL)
panel.set(
    xticks=range(len(numbers)), xticklabels=numbers, xlabel="known anomalies", ylabel="AUROC on unseen rows"
)
panel.set_title("one seed: see the results' pages for more")
plt.show()
