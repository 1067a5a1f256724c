import numpy as np
import pandas as pd
import pytest
import torch

from hinterland import TabularEncoder
from hinterland.errors import ExportError
from hinterland.export.columns import Table, column_module, read_before
from hinterland.preprocessing.tabular.columns import EmptyColumn
from hinterland.tables.columns.readings import Reading

EPOCH = pd.Timestamp(0)


def matrix(encoder: TabularEncoder, values: dict[str, np.ndarray | list[object]]) -> np.ndarray:
    """What the encoder's module makes of values by column, texts as their codes."""
    table = Table(encoder)
    given = [
        torch.tensor([c.codes.get(text, -1) for text in values[c.name]])
        if c.codes is not None
        else torch.tensor(np.asarray(values[c.name], float))
        for c in table.inputs
    ]
    return table(given).numpy()


def numbers(n: int = 300) -> np.ndarray:
    return np.random.default_rng(0).normal(10, 3, n)


@pytest.mark.parametrize("scale", ["standard", "robust", "minmax"])
@pytest.mark.parametrize("n_missing", [0, 1, 30])
@pytest.mark.parametrize("clip", [None, 10.0])
def test_numbers_are_the_encoders(scale, n_missing, clip):
    frame = pd.DataFrame(
        {"plain": numbers(), "tail": np.exp(numbers()), "same": 7.0, "two": [0.0, 5.0] * 150}
    )
    frame.iloc[:n_missing] = np.nan
    frame["whole"] = np.arange(300) % 9
    encoder = TabularEncoder(numbers=scale, clip=clip, kinds=dict.fromkeys(frame, "number")).fit(frame)
    far = pd.DataFrame({name: [0.0, 1e300, -1e308, 1e-300, np.nan, 7.5, 5.0, 1e6, -1e6] for name in frame})
    rows = pd.concat([frame, far], ignore_index=True)
    found = matrix(encoder, {name: rows[name].to_numpy() for name in rows})
    np.testing.assert_allclose(found, encoder.transform(rows), rtol=2e-7, atol=1e-12)


def test_an_infinite_number_is_taken_as_the_reading_says():
    frame = pd.DataFrame({"a": numbers()})
    rows = {"a": np.array([np.inf, -np.inf, 3.0])}
    assert np.isnan(matrix(TabularEncoder().fit(frame), rows)[:, 0]).tolist() == [True, True, False]
    for infinite in ("missing", "clip"):
        encoder = TabularEncoder(infinite=infinite).fit(frame)
        np.testing.assert_array_equal(matrix(encoder, rows), encoder.transform(pd.DataFrame(rows)))


def test_tokens_stand_for_missing_numbers_and_texts():
    frame = pd.DataFrame({"a": numbers(), "b": ["x", "y", "z"] * 100})
    frame.loc[:40, "a"], frame.loc[:40, "b"] = -200.0, "gone"
    encoder = TabularEncoder(missing=["-200", "gone"]).fit(frame)
    rows = {"a": np.array([-200.0, 3.0, np.nan]), "b": ["gone", "x", ""]}
    np.testing.assert_allclose(matrix(encoder, rows), encoder.transform(pd.DataFrame(rows)), rtol=2e-7)


@pytest.mark.parametrize("n_missing", [0, 40])
def test_categories_known_rare_unseen_and_missing_are_the_encoders(n_missing):
    frame = pd.DataFrame({"a": ["x", "y"] * 148 + ["odd", "rare", "other", "rare"]}, dtype=object)
    frame.iloc[:n_missing, 0] = None
    encoder = TabularEncoder().fit(frame)
    rows = ["x", "y", "odd", "rare", "never seen", "", "NA", None]
    expected = encoder.transform(
        pd.DataFrame({"a": ["x", "y", "odd", "rare", "never seen", None, None, None]})
    )
    np.testing.assert_array_equal(matrix(encoder, {"a": [row or "" for row in rows]}), expected)


@pytest.mark.parametrize("n_missing", [0, 40])
def test_truth_values_are_the_encoders_and_others_have_no_numbers(n_missing):
    values = pd.array([True, False, False] * 100, dtype="boolean")
    values[:n_missing] = pd.NA
    encoder = TabularEncoder().fit(pd.DataFrame({"a": values}))
    found = matrix(encoder, {"a": [1.0, 0.0, np.nan, 2.0]})
    rows = pd.DataFrame({"a": pd.array([True, False, pd.NA], dtype="boolean")})
    np.testing.assert_array_equal(found[:3], encoder.transform(rows))
    assert np.isnan(found[3]).all()


@pytest.mark.parametrize("n_missing", [0, 40])
@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("absolute", [True, False])
def test_times_are_the_encoders(n_missing, zone, absolute):
    seconds = np.random.default_rng(0).integers(0, 60 * 86_400, 300) - 30 * 86_400
    frame = pd.DataFrame({"when": EPOCH + pd.to_timedelta(seconds, unit="s")})
    if zone:
        frame["when"] = frame["when"].dt.tz_localize(zone)
    frame.iloc[:n_missing, 0] = pd.NaT
    encoder = TabularEncoder(absolute_time=["when"] if absolute else ()).fit(frame)
    frame.loc[7, "when"] = pd.NaT
    given = np.where(frame["when"].isna(), np.nan, seconds)
    np.testing.assert_allclose(
        matrix(encoder, {"when": given}), encoder.transform(frame), rtol=2e-7, atol=1e-7
    )


@pytest.mark.parametrize("n_missing", [0, 40])
def test_times_of_day_are_the_encoders(n_missing):
    seconds = np.random.default_rng(0).integers(0, 86_400, 300)
    texts = np.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in seconds], object)
    texts[:n_missing] = None
    frame = pd.DataFrame({"at": texts})
    encoder = TabularEncoder().fit(frame)
    assert encoder.kinds_ == {"at": "time_of_day"}
    frame.loc[3, "at"] = None
    given = np.where(frame["at"].isna(), np.nan, seconds)
    np.testing.assert_allclose(matrix(encoder, {"at": given}), encoder.transform(frame), rtol=2e-7, atol=1e-7)


def test_what_is_left_out_is_no_input_and_what_is_text_is_told():
    price = [f"{value:.2f}".replace(".", ",") for value in numbers()]
    frame = pd.DataFrame({"id": np.arange(300), "price": price, "a": numbers()})
    encoder = TabularEncoder(kinds={"id": "ignore"}).fit(frame)
    assert [column.name for column in Table(encoder).inputs] == ["price", "a"]
    assert read_before(encoder) == ["'price' (numbers)"]


def test_samples_are_of_any_number_of_rows_and_go_through():
    frame = pd.DataFrame({"a": numbers(), "b": ["x", "y", "z"] * 100, "c": [True, False, True] * 100})
    table = Table(TabularEncoder().fit(frame))
    for n_rows in (2, 64):
        samples = table.samples(n_rows)
        assert [len(values) for values in samples] == [n_rows] * 3
        assert torch.isfinite(table(samples)).all()


def test_columns_without_a_graph_are_named():
    times = EPOCH + pd.to_timedelta(np.random.default_rng(0).integers(0, 60 * 86_400, 300), unit="s")
    zoned = TabularEncoder().fit(pd.DataFrame({"when": times.tz_localize("Europe/Berlin"), "a": numbers()}))
    with pytest.raises(ExportError, match=r"column 'when' cannot be exported: the clock of its time zone"):
        Table(zoned)
    ranks = TabularEncoder(numbers="quantile").fit(pd.DataFrame({"b": numbers()}))
    with pytest.raises(ExportError, match="column 'b' cannot be exported: numbers='quantile'"):
        Table(ranks)
    with pytest.raises(ExportError, match="no graph for a EmptyColumn"):
        column_module(EmptyColumn(), Reading("empty"))
