"""
A folder of Parquet files, scored in parallel
=============================================

More rows than one process should take: a folder of tables, a model in a file, and as many processes as there
are cores or machines, each with its own ``--shard``. They need not know of one another; results lie in a folder
of the same names, and the same command goes on where it was cut.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from hinterland import palette, save
from hinterland.pipeline import table_pipeline

rng = np.random.default_rng(0)


def day(n, broken=0.0):
    """A day's readings of a machine; of a share of them the pressure does not follow the speed."""
    speed = rng.gamma(9, 30, n)
    pressure = 2 + 0.01 * speed + rng.normal(0, 0.1, n)
    off = rng.random(n) < broken
    pressure[off] = 2 + 0.01 * rng.permutation(speed)[off]
    return pd.DataFrame({"speed": speed, "pressure": pressure, "mode": rng.choice(["run", "idle"], n)})


# %%
# Two weeks, a file a day; on the eleventh day something begins to break. The model has seen an earlier week.

place = Path(tempfile.mkdtemp())
(place / "days").mkdir()
broken = [0.0] * 10 + [0.05, 0.1, 0.2, 0.3]
for number, share in enumerate(broken, start=1):
    day(500, share).to_parquet(place / "days" / f"day-{number:02}.parquet")

model = table_pipeline("DeepMixture", steps=60, random_state=0).fit(day(1_500))
model[-1].set_threshold(false_alarms=0.01)

# %%
# Two processes, each with one half of the files. Any scheduler can start them, on any number of machines.

save(model, place / "machine.hinterland")
command = [
    sys.executable,
    "-m",
    "hinterland",
    "score",
    "machine.hinterland",
    "days",
    "-o",
    "scored",
    "--quiet",
]
running = [subprocess.Popen([*command, "--shard", f"{i}/2"], cwd=place) for i in (1, 2)]
assert [process.wait() for process in running] == [0, 0]

# %%
# What came of it, day by day; the dashed line is what the threshold flags of normal rows, on average.

scored = [pd.read_parquet(path) for path in sorted((place / "scored").glob("*.parquet"))]
flagged = [100 * (table["label"] == "anomaly").mean() for table in scored]
figure, panel = plt.subplots(figsize=(7, 3.5), layout="constrained")
panel.bar(range(1, 15), flagged, color=[palette.ALARM if share else palette.USUAL for share in broken])
panel.axhline(1, color="black", linestyle="--", label="expected of normal rows")
panel.set(xlabel="day", ylabel="rows flagged, %", title="vermilion: something was broken")
panel.legend()
plt.show()
