"""Integers that are dates (20240131) or count seconds since 1970, told by all values and the column's name together."""

from __future__ import annotations

from typing import Any


def find_integer_time(values: Any, name: str) -> str | None:
    """Tell whether an integer column (n,) holds times: ``yyyymmdd``, or an epoch's unit ``s``, ``ms``, ``us``, ``ns``.

    All values must be calendar dates of 1900 to 2100, or instants of 1990 to 2100, and either the name must speak of
    time (``date``, ``ts``, ``created_at``) or the values be near-unique and only grow; else None.

    Parameters
    ----------
    values : Arrow array of integers (plain or chunked), or floats that are whole, in file order; nulls are passed over.
    name : the column's name.
    """
    raise NotImplementedError


def read_integer_times(values: Any, form: str) -> Any:
    """Read integers (n,) by a form of ``find_integer_time`` as Arrow time stamps without a zone (epochs in UTC).

    Null where the value is null or no such date.
    """
    raise NotImplementedError
