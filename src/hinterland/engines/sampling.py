"""A uniform sample of the rows of many batches, the same however often and by whom a batch is read."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hinterland.engines.shards import Shards

SEEN_ROWS = 64
"""Rows at either end of a batch that tell it from others."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Draw:
    """Rows whose key, uniform in [0, 1), is below a limit.

    A batch's keys follow from the seed and the batch, so that a task which runs again, where a worker was lost, draws
    the same rows, and a later pass knows which rows were drawn.
    """

    seed: int
    limit: float

    def keys(self, batch: pa.Table) -> Floats:
        """Key (n,) of each row of a batch."""
        digest = hashlib.blake2b(_fingerprint(batch), key=str(self.seed).encode(), digest_size=16)
        keys: Floats = np.random.default_rng(int.from_bytes(digest.digest(), "little")).random(batch.num_rows)
        return keys

    def drawn(self, batch: pa.Table) -> npt.NDArray[np.bool_]:
        """Which rows (n,) are drawn."""
        return self.keys(batch) < self.limit


def sample(shards: Shards, n_rows: int, most: int, seed: int) -> tuple[pa.Table, Draw]:
    """Draw ``most`` of ``n_rows`` rows, or all where there are no more, in the order of the batches.

    Every set of so many rows is as likely as any other. Returns the rows, and the draw that knows them.
    """
    share = 1.0 if n_rows <= most else min(1.0, (most + 6 * math.sqrt(most) + 6) / n_rows)
    parts = list(shards.map(partial(_candidates, Draw(seed, share))))
    keys = np.concatenate([found for found, _ in parts]) if parts else np.empty(0)
    rows = pa.concat_tables([table for _, table in parts]) if parts else shards.schema.empty_table()
    if n_rows <= most or len(keys) <= most:
        return rows, Draw(seed, share)
    limit = float(np.partition(keys, most)[most])
    return rows.filter(pa.array(keys < limit)), Draw(seed, limit)


def _candidates(draw: Draw, batch: pa.Table) -> tuple[Floats, pa.Table]:
    keys = draw.keys(batch)
    chosen = keys < draw.limit
    return keys[chosen], batch.filter(pa.array(chosen))


def _fingerprint(batch: pa.Table) -> bytes:
    """Bytes that tell a batch from others: its ends, and how many rows it has."""
    ends = [batch.slice(0, SEEN_ROWS), batch.slice(max(0, batch.num_rows - SEEN_ROWS))]
    values = pa.concat_tables(ends).replace_schema_metadata(None).to_pylist()
    return repr((batch.num_rows, values)).encode(errors="surrogatepass")
