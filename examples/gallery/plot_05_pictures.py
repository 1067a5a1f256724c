"""
Pictures: odd digits
====================

Eight by eight pixels a picture, as scikit-learn ships them. ``CANCE`` learns what a zero looks like from
zeros alone, and ranks pictures that it has not seen.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from hinterland import CANCE, plots

pictures, digit = load_digits(return_X_y=True)
zeros = np.flatnonzero(digit == 0)
detector = CANCE(steps=150, random_state=0).fit(pictures[zeros[:120]])

unseen = np.r_[zeros[120:], np.flatnonzero(digit != 0)[:300]]
energy = detector.energy(pictures[unseen])
order = energy.argsort()

# %%
# The calmest, and the oddest.

figure, panels = plt.subplots(2, 8, figsize=(9, 2.6), layout="constrained")
for panel, place in zip(panels.ravel(), [*order[:8], *order[-8:]], strict=True):
    panel.imshow(pictures[unseen[place]].reshape(8, 8), cmap="gray_r")
    panel.set(xticks=[], yticks=[], title=f"{energy[place]:.0f} nats")
plt.show()

# %%
# How well zeros are told from other digits.

plots.roc(digit[unseen] != 0, energy)
plt.show()
