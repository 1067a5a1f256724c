"""Words that stand for a missing value: some in any column, others only among numbers, times or truth values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

MISSING_ANYWHERE = [*pa.csv.ConvertOptions().null_values, "<NA>", "NaT", "\\N", "(null)"]
_AMONG_VALUES = (
    "|na|n.a.|n. a.|n.a|n/a|n/v|n.v.|n. v.|k.a.|k. a.|nd|n.d.|nil|none|(none)|null|(null)|empty|(empty)|blank|(blank)|"
    "missing|(missing)|nan|-nan|+nan|nat|<na>|<null>|<nan>|<none>|\\n|unknown|unk|undefined|undef|unbekannt|fehlt|keine|"
    "not available|not_available|not applicable|not_applicable|no data|not known|?|??|???|-|--|---|----|–|—|"
    ".|..|...|*|**|#n/a|#na|#n/a!|#div/0!|#value!|#ref!|#name?|#num!|#null!|#error!|#calc!|#spill!|#nv|#wert!|#bezug!|"
    "1.#qnan|-1.#qnan|1.#ind|-1.#ind|unavailable|unspecified|not recorded|not measured|not reported|tbd|tba|"
    "0000-00-00|0000-00-00 00:00:00|00/00/0000|00.00.0000"
)
_BLANKS = " \t\r\n\v\f\u00a0\u202f\u2007\u2009\ufeff\u200b"


def missing_mask(texts: Any, *, among_values: bool, more: Collection[str] = ()) -> Any:
    """Tell which texts (n,) stand for a missing value, as a boolean Arrow array without nulls; null is missing.

    Blanks around a token do not count, nor does case among values.

    Parameters
    ----------
    texts : Arrow array of text, plain or chunked.
    among_values : whether the column is otherwise numbers, times or truth values, where ``?``, ``-`` or ``unknown``
        are missing too; in a column of categories these may be levels.
    more : tokens that the user adds, missing in any column whatever their case. They are compared as text: read
        ``-200`` by the column's number format and compare values to find ``-200,0`` as well.
    """
    trimmed = _trimmed(texts)
    found = pc.is_in(trimmed, pa.array(MISSING_ANYWHERE, trimmed.type))
    folded_tokens = [
        token.strip(_BLANKS).lower() for token in (*more, *(_AMONG_VALUES.split("|") if among_values else ()))
    ]
    if folded_tokens:
        found = pc.or_(found, pc.is_in(pc.utf8_lower(trimmed), pa.array(folded_tokens, trimmed.type)))
    return pc.or_(found, trimmed.is_null())


def without_missing(texts: Any, *, among_values: bool, more: Collection[str] = ()) -> Any:
    """Give texts (n,) with null where ``missing_mask`` says so; the others as they are written."""
    return pc.if_else(missing_mask(texts, among_values=among_values, more=more), None, texts)


def weighed(texts: Any, counts: Any = None) -> tuple[Any, np.ndarray]:
    """Give the texts that are there, as one Arrow array, and the weight of each, its count or 1.

    ``texts`` are an Arrow array, plain or chunked, or a list; ``counts`` say how often each occurs, or None.
    """
    texts = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else pa.array(texts, pa.string())
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    weights = np.ones(len(texts)) if counts is None else np.asarray(counts, float)
    present = np.asarray(texts.is_valid())
    return texts.filter(pa.array(present)), weights[present]


def _trimmed(texts: Any) -> Any:
    return pc.utf8_trim(texts, _BLANKS)
