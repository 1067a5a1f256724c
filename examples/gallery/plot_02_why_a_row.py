"""
Why a row was flagged
=====================

Tumours by thirty measurements of their cells. Training sees benign ones alone; what a malignant one's columns
add to its energy says what is odd about it.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer

from hinterland import Surprisal, plots
from hinterland.explain import explain

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
benign = X[y == 1]
detector = Surprisal(steps=100, random_state=0).fit(benign[:180])

# %%
# Energies of the rows that training has not seen, in nats, with the threshold.

unseen = X.drop(benign.index[:180])
energy = detector.energy(unseen)
is_malignant = (y[unseen.index] == 0).to_numpy()
plots.energy_histogram(energy, threshold=-detector.offset_, is_anomaly=is_malignant)
plt.show()

# %%
# A usual malignant one, at the middle of their energies. Contributions add up to what its energy rose by.

row = is_malignant.nonzero()[0][energy[is_malignant].argsort()[is_malignant.sum() // 2]]
reasons = explain(detector, unseen.iloc[[row]])
plots.contributions(reasons.columns, reasons.contributions[0], top=8)
plt.show()

for reason in reasons.top(3)[0]:
    print(reason)
