"""Tables as newcomers have them, by the two commands of the README; ``truth`` names what is odd."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow

PRICES = {"books": 15.0, "garden": 40.0, "phones": 400.0, "toys": 22.0, "shoes": 70.0}


def orders(n_rows: int, seed: int, start: dt.datetime, first: int, n_odd: int) -> pd.DataFrame:
    """Orders of 90 days, with numbers and dates as text, an id that names rows and one of 900 customers."""
    rng = np.random.default_rng(seed)
    truth = np.full(n_rows, "ok", object)
    kinds = ["price", "quantity", "discount", "cheap phone", "country"]
    for j, row in enumerate(rng.choice(n_rows, n_odd, replace=False)):
        truth[row] = kinds[j % 5]
    category = rng.choice(list(PRICES), n_rows, p=[0.4, 0.15, 0.1, 0.2, 0.15])
    category[truth == "cheap phone"] = "phones"
    price = np.array([PRICES[name] for name in category]) * rng.lognormal(0, 0.25, n_rows)
    price[truth == "price"] *= 10
    price[truth == "cheap phone"] = 4
    discount = rng.choice([0, 5, 10, 20], n_rows, p=[0.6, 0.2, 0.15, 0.05])
    discount[truth == "discount"] = 95
    country = rng.choice(["DE", "FR", "NL", "AT", "BE"], n_rows, p=[0.5, 0.2, 0.15, 0.1, 0.05])
    country[truth == "country"] = "KP"
    quantity = 1 + rng.poisson(0.7, n_rows) + 8 * (truth == "country")
    quantity[truth == "quantity"] = 300
    minutes = np.arange(n_rows) * 90 * 1440 // n_rows + rng.integers(0, 30, n_rows)
    total = quantity * price * (1 - discount / 100)
    return pd.DataFrame(
        {
            "order_id": [f"ORD-{first + row:06d}" for row in range(n_rows)],
            "order_date": [f"{start + dt.timedelta(minutes=int(late)):%Y-%m-%d %H:%M}" for late in minutes],
            "customer_id": [f"C{number:04d}" for number in rng.integers(1, 900, n_rows)],
            "country": country,
            "category": category,
            "payment": rng.choice(["card", "paypal", "invoice"], n_rows, p=[0.5, 0.3, 0.2]),
            "gift": np.where(rng.random(n_rows) < 0.1, "Yes", "No"),
            "quantity": quantity,
            "unit_price": [f"€{value:,.2f}" for value in price],
            "discount": [f"{value}%" for value in discount],
            "total": [f"€{value:,.2f}" for value in total],
            "truth": truth,
        }
    )


def sensors(n_rows: int, seed: int, start: dt.datetime, n_odd: int) -> pd.DataFrame:
    """A row a minute of four sensors that follow one load, with gaps; an oddity lasts five minutes."""
    rng = np.random.default_rng(seed)
    load = 0.6 + 0.3 * np.sin(2 * np.pi * np.arange(n_rows) / 1440) + rng.normal(0, 0.05, n_rows)
    truth = np.full(n_rows, "ok", object)
    kinds = ["overheat", "pressure loss", "vibration", "rpm"]
    for j, row in enumerate(rng.choice(n_rows - 30, n_odd, replace=False)):
        truth[row : row + 5] = kinds[j % 4]
    values = {
        "temp_C": 40 + 25 * load + rng.normal(0, 0.6, n_rows) + 15 * (truth == "overheat"),
        "pressure_bar": 3 + 0.8 * load + rng.normal(0, 0.03, n_rows) - 0.8 * (truth == "pressure loss"),
        "vibration": rng.gamma(6, 0.2, n_rows) * (1 + load) * np.where(truth == "vibration", 5, 1),
        "rpm": 1500 + 400 * load + rng.normal(0, 8, n_rows) - 200 * (truth == "rpm"),
    }
    for (name, column), digits in zip(values.items(), (1, 2, 2, 0), strict=True):
        values[name] = np.where(rng.random(n_rows) < 0.005, np.nan, column.round(digits))
    stamps = [f"{(start + dt.timedelta(minutes=row)).isoformat()}+01:00" for row in range(n_rows)]
    return pd.DataFrame(
        {
            "timestamp": stamps,
            "machine": [f"M{1 + row % 4}" for row in range(n_rows)],
            **values,
            "state": np.where(load > 0.4, "run", "idle"),
            "truth": truth,
        }
    )


def clinic(n_rows: int, seed: int, first: int, n_odd: int) -> pd.DataFrame:
    """Visits of patients: numbers that hang together, gaps, words, and a number that names rows."""
    rng = np.random.default_rng(seed)
    truth = np.full(n_rows, "ok", object)
    kinds = ["weight", "age", "swapped", "pregnant man"]
    for j, row in enumerate(rng.choice(n_rows, n_odd, replace=False)):
        truth[row] = kinds[j % 4]
    woman = rng.random(n_rows) < 0.5
    age = np.clip(rng.normal(55, 17, n_rows), 18, 95).astype(int)
    height = rng.normal(np.where(woman, 166, 178), 7)
    weight = 24 * (height / 100) ** 2 * rng.lognormal(0, 0.15, n_rows)
    systolic = 105 + 0.4 * age + rng.normal(0, 10, n_rows)
    diastolic = 60 + 0.15 * systolic + rng.normal(0, 6, n_rows)
    pregnant = woman & (age < 45) & (rng.random(n_rows) < 0.2) | (truth == "pregnant man")
    woman &= truth != "pregnant man"
    weight[truth == "weight"] /= 10
    age[truth == "age"] = 212
    swapped = truth == "swapped"
    systolic[swapped], diastolic[swapped] = diastolic[swapped], systolic[swapped]
    days = rng.integers(0, 180, n_rows)
    return pd.DataFrame(
        {
            "patient_id": first + np.arange(n_rows),
            "visit": [f"{dt.date(2024, 1, 1) + dt.timedelta(days=int(day))}" for day in days],
            "sex": np.where(woman, "f", "m"),
            "age": age,
            "height_cm": height.round(0).astype(int),
            "weight_kg": weight.round(1),
            "systolic": systolic.round(0).astype(int),
            "diastolic": diastolic.round(0).astype(int),
            "hba1c": np.where(rng.random(n_rows) < 0.15, np.nan, rng.normal(5.8, 0.7, n_rows).round(1)),
            "smoker": rng.choice(["Yes", "No", ""], n_rows, p=[0.2, 0.7, 0.1]),
            "pregnant": np.where(pregnant, "Yes", "No"),
            "ward": rng.choice(["A", "B", "C"], n_rows),
            "truth": truth,
        }
    )


TABLES = {
    "orders": (
        orders(3000, 0, dt.datetime(2024, 1, 1), 1, 30),
        orders(1000, 1, dt.datetime(2024, 4, 1), 3001, 15),
    ),
    "sensors": (
        sensors(10_000, 0, dt.datetime(2024, 1, 8), 20),
        sensors(3000, 1, dt.datetime(2024, 1, 22), 12),
    ),
    "clinic": (clinic(200, 0, 100, 8), clinic(100, 1, 1100, 8)),
}
AUROC = {"orders": 0.98, "sensors": 0.99, "clinic": 0.97}
REASONS = {
    "price": {"unit_price", "total"}, "quantity": {"quantity"}, "discount": {"discount"},
    "cheap phone": {"unit_price", "category"}, "country": {"country", "quantity"},
    "overheat": {"temp_C"}, "pressure loss": {"pressure_bar"}, "vibration": {"vibration"}, "rpm": {"rpm"},
    "weight": {"weight_kg"}, "age": {"age"}, "swapped": {"systolic", "diastolic"}, "pregnant man": {"pregnant", "sex"},
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_two_commands_find_what_is_odd_and_say_why(place: Any, name: str) -> None:
    old, new = TABLES[name]
    options = ["--normal-only", "truth=ok", "--contamination", 0.02]
    place.fit(place.table("old.csv", old), *options, settings=[])
    path = place.table("new.csv", new)
    assert place.evaluate(path, "--label", "truth", "--normal", "ok")["auroc"] >= AUROC[name]
    scored, _ = place.score(path)
    is_odd, is_flagged = scored["truth"] != "ok", scored["label"] == "anomaly"
    assert is_flagged.mean() <= 3 * is_odd.mean()
    assert is_flagged[is_odd].mean() >= 0.8
    found = scored[is_odd & is_flagged]
    first = found["top_features"].str.split(" [+]", regex=True).str[0]
    named = [reason in REASONS[kind] for reason, kind in zip(first, found["truth"], strict=True)]
    assert np.mean(named) > 0.7


def test_what_each_column_is_is_as_a_person_would_choose(place: Any) -> None:
    kinds = {name: place.kinds(place.table("t.csv", old))[0] for name, (old, _) in TABLES.items()}
    assert kinds["orders"] == {
        "order_id": "identifier", "order_date": "time", "customer_id": "category", "country": "category",
        "category": "category", "payment": "category", "gift": "boolean", "quantity": "number",
        "unit_price": "number", "discount": "number", "total": "number", "truth": "category",
    }  # fmt: skip
    assert kinds["sensors"] == {
        "timestamp": "time", "machine": "category", "temp_C": "number", "pressure_bar": "number",
        "vibration": "number", "rpm": "number", "state": "category", "truth": "category",
    }  # fmt: skip
    assert kinds["clinic"] == {
        "patient_id": "identifier", "visit": "time", "sex": "category", "age": "number", "height_cm": "number",
        "weight_kg": "number", "systolic": "number", "diastolic": "number", "hba1c": "number", "smoker": "boolean",
        "pregnant": "boolean", "ward": "category", "truth": "category",
    }  # fmt: skip
