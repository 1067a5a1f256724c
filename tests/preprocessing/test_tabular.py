"""The estimator: makes of tables, names, matching, errors, state."""

import json
import os
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import (
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
    parametrize_with_checks,
)

from hinterland.errors import FileFormatError, TableError
from hinterland.preprocessing import TabularEncoder


@parametrize_with_checks([TabularEncoder(), TabularEncoder(numbers="quantile", clip=None)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_scikit_learns_checks_of_names():
    check_transformer_get_feature_names_out("TabularEncoder", TabularEncoder())
    check_transformer_get_feature_names_out_pandas("TabularEncoder", TabularEncoder())


def mixed(n=200, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "size": rng.lognormal(sigma=2.0, size=n),
            "age": np.where(rng.uniform(size=n) < 0.1, np.nan, rng.normal(40, 10, n)),
            "service": rng.choice(["http", "ftp", "smtp", None], n, p=[0.6, 0.3, 0.05, 0.05]),
            "admin": rng.uniform(size=n) < 0.2,
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s"),
            "seen": pd.Timestamp("2024-01-01", tz="Europe/Berlin")
            + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s"),
            "id": [f"row{i}" for i in range(n)],
            "nothing": [None] * n,
        }
    )


@pytest.fixture
def table():
    return mixed()


@pytest.fixture
def encoder(table):
    with pytest.warns(UserWarning, match="column 'id' has 200 different values in 200 rows"):
        return TabularEncoder().fit(table)


def test_kinds_names_and_sources(encoder, table):
    assert encoder.kinds_ == {
        "size": "number",
        "age": "number",
        "service": "category",
        "admin": "boolean",
        "when": "time",
        "seen": "zoned_time",
        "id": "identifier",
        "nothing": "empty",
    }
    names = encoder.get_feature_names_out()
    assert names[:8].tolist() == [
        "size",
        "age",
        "age=<missing>",
        "service=ftp",
        "service=http",
        "service=smtp",
        "service=<missing>",
        "service=<unseen>",
    ]
    out = encoder.transform(table)
    assert out.shape == (200, len(names))
    assert out.dtype == np.float32
    sources = encoder.feature_names_in_[encoder.source_columns_]
    assert all(name.startswith(source) for name, source in zip(names, sources, strict=True))
    assert set(sources) == set(table.columns) - {"id"}
    assert encoder.typical_values_["age"] == np.nanmedian(table["age"])
    assert encoder.typical_values_["service"] == "http"
    assert encoder.typical_values_["admin"] is False
    assert encoder.typical_values_["id"] is None
    assert encoder.typical_values_["when"][:4] == "2024"


def test_changing_a_column_changes_only_its_own_output(encoder, table):
    before = encoder.transform(table)
    changed = {"size": 1e9, "age": 99.0, "service": "gopher", "nothing": "something"}
    for name, value in changed.items():
        differs = (encoder.transform(table.assign(**{name: value})) != before).any(axis=0)
        assert differs.any()
        assert set(encoder.feature_names_in_[encoder.source_columns_[differs]]) == {name}


def test_every_make_of_table_gives_the_same_bits(encoder, table):
    expected = encoder.transform(table)
    polars = pl.from_pandas(table)
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    for other in (polars, arrow, arrow.combine_chunks().to_batches()[0]):
        np.testing.assert_array_equal(encoder.transform(other), expected)
        with pytest.warns(UserWarning, match="identifier"):
            refitted = clone(encoder).fit(other)
        assert refitted.kinds_ == encoder.kinds_
        assert refitted.feature_names_in_.tolist() == table.columns.tolist()
        np.testing.assert_array_equal(refitted.transform(table), expected)


def test_array_and_frame_of_numbers_agree():
    X = np.random.default_rng(0).normal(size=(50, 3))
    X[3, 1] = np.nan
    from_array = TabularEncoder().fit(X)
    assert from_array.kinds_ == {"x0": "number", "x1": "number", "x2": "number"}
    assert from_array.get_feature_names_out().tolist() == ["x0", "x1", "x1=<missing>", "x2"]
    frame = pd.DataFrame(X, columns=list("abc"))
    np.testing.assert_array_equal(from_array.transform(X), TabularEncoder().fit_transform(frame))
    np.testing.assert_array_equal(from_array.transform(X), TabularEncoder().fit_transform(pd.DataFrame(X)))


def test_few_valued_integers_stay_numbers_until_cast():
    frame = pd.DataFrame({"code": [1, 2, 1, 2]})
    assert TabularEncoder().fit(frame).kinds_ == {"code": "number"}
    cast = frame.astype({"code": "category"})
    names = TabularEncoder().fit(cast).get_feature_names_out()
    assert names.tolist() == ["code=1", "code=2", "code=<unseen>"]


def test_a_row_scores_alone_as_in_company_and_over_chunk_edges(encoder, monkeypatch, table):
    expected = encoder.transform(table)
    order = np.random.default_rng(1).permutation(len(table))
    np.testing.assert_array_equal(encoder.transform(table.iloc[order]), expected[order])
    np.testing.assert_array_equal(encoder.transform(table.iloc[[7]]), expected[[7]])
    monkeypatch.setattr("hinterland.preprocessing.tabular._ROWS", 7)
    for other in (table, pl.from_pandas(table)):
        np.testing.assert_array_equal(encoder.transform(other), expected)


def test_no_rows_give_no_rows(encoder, table):
    width = len(encoder.source_columns_)
    for empty in (table.iloc[:0], pl.from_pandas(table)[:0]):
        assert encoder.transform(empty).shape == (0, width)
    assert TabularEncoder().fit(np.eye(3)).transform(np.empty((0, 3))).shape == (0, 3)


def test_columns_are_found_by_name(encoder, table):
    np.testing.assert_array_equal(encoder.transform(table[table.columns[::-1]]), encoder.transform(table))


def test_missing_and_unexpected_columns_are_named(encoder, table):
    other = table.drop(columns=["age"]).assign(height=1.0)
    with pytest.raises(TableError, match=r"missing \['age'\], unexpected \['height'\]; found .*expected"):
        encoder.transform(other)
    more = table.assign(height=1.0)
    with pytest.raises(TableError, match=r"missing \[\], unexpected \['height'\]"):
        encoder.transform(more)
    encoder.set_params(extra_columns="ignore")
    np.testing.assert_array_equal(encoder.transform(more), encoder.transform(table))


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("age", "old", r"column 'age': found category \(.*str.*\), expected number"),
        ("service", 80, r"column 'service': found number \(int64\), expected category"),
        ("admin", 1, r"column 'admin': found number \(int64\), expected boolean"),
        ("when", pd.Timestamp("2024-01-01", tz="UTC"), r"column 'when': found zoned_time .*, expected time"),
        ("seen", 3.0, r"column 'seen': found number \(float64\), expected zoned_time"),
    ],
)
def test_retyped_column_is_named(encoder, table, name, values, message):
    with pytest.raises(TableError, match=message):
        encoder.transform(table.assign(**{name: values}))


def test_all_retyped_columns_are_named_at_once(encoder, table):
    with pytest.raises(TableError, match=r"'age': .*'service': "):
        encoder.transform(table.assign(age="old", service=80))


def test_a_column_without_values_fits_any_kind(encoder, table):
    columns = [name for name in table if name not in ("id", "nothing")]
    out = encoder.transform(table.assign(**dict.fromkeys(columns, None)))
    assert np.isfinite(out).all()
    names = encoder.get_feature_names_out().tolist()
    assert out[:, names.index("service=<missing>")].all()
    assert out[:, names.index("age=<missing>")].all()


@pytest.mark.parametrize("dtype", [object, float, "str", "datetime64[ns]", "category"])
def test_a_column_without_values_in_training_tells_when_one_comes(dtype):
    frame = pd.DataFrame({"a": [1.0, 2.0], "void": pd.Series([None, None], dtype=dtype)})
    encoder = TabularEncoder().fit(frame)
    assert encoder.kinds_ == {"a": "number", "void": "empty"}
    for value, lit in ((None, 1), (3.5, 0), ("x", 0)):
        assert encoder.transform(pd.DataFrame({"a": [1.0], "void": [value]}))[0, 1] == lit


def test_missing_values_that_training_had_not_are_imputed():
    encoder = TabularEncoder().fit(pd.DataFrame({"a": [1.0, 2.0, 6.0], "b": ["u", "v", "u"]}))
    out = encoder.transform(pd.DataFrame({"a": [np.nan], "b": [None]}))
    expected = encoder.transform(pd.DataFrame({"a": [2.0], "b": ["never seen"]}))
    np.testing.assert_array_equal(out, expected)


def test_infinity_is_named_with_its_rows(monkeypatch):
    monkeypatch.setattr("hinterland.preprocessing.tabular._ROWS", 4)
    good = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0)})
    bad = good.copy()
    bad.loc[[3, 5, 8, 13, 14, 19], "b"] = np.inf
    message = r"column 'b': found 6 infinite value\(s\), in row\(s\) 3, 5, 8, 13, 14, \.\.\."
    with pytest.raises(TableError, match=message):
        TabularEncoder().fit(bad)
    for X in (bad, pl.from_pandas(bad)):
        with pytest.raises(TableError, match=message):
            TabularEncoder().fit(good).transform(X)
    with pytest.raises(TableError, match="column 'x1': found 6 infinite"):
        TabularEncoder().fit(bad.to_numpy())


def test_unusable_tables_are_refused():
    with pytest.raises(TableError, match="no rows"):
        TabularEncoder().fit(pd.DataFrame({"a": []}))
    with pytest.raises(TableError, match=r"column 'a' cannot be encoded: found type list.*expected one of"):
        TabularEncoder().fit(pa.table({"a": [[1], [2]]}))
    ids = pd.DataFrame({"id": [f"row{i}" for i in range(60)]})
    with pytest.warns(UserWarning, match="identifier"), pytest.raises(TableError, match="nothing to encode"):
        TabularEncoder().fit(ids)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("numbers", "zscore"),
        ("clip", 0.0),
        ("heavy_tail", -1.0),
        ("min_frequency", 0),
        ("min_frequency", 1.5),
        ("max_categories", 0),
        ("extra_columns", "drop"),
    ],
)
def test_parameters_are_checked_in_fit(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter of TabularEncoder"):
        TabularEncoder(**{name: value}).fit(np.eye(3))


def test_an_array_where_names_were_seen_warns_and_needs_numbers(encoder, table):
    numbers = table[["size", "age"]]
    fitted = TabularEncoder().fit(numbers)
    with pytest.warns(UserWarning, match="valid feature names"):
        np.testing.assert_array_equal(fitted.transform(numbers.to_numpy()), fitted.transform(numbers))
    with (
        pytest.warns(UserWarning, match="valid feature names"),
        pytest.raises(TableError, match="'service': found number"),
    ):
        encoder.transform(np.zeros((2, 8)))


def test_a_second_fit_forgets_the_first(encoder):
    encoder.fit(np.eye(3))
    assert not hasattr(encoder, "feature_names_in_")
    assert list(encoder.kinds_) == ["x0", "x1", "x2"]


def test_names_stay_different_when_categories_imitate_them():
    frame = pd.DataFrame({"a": ["<unseen>", "b"], "a=b": [1.0, 2.0]})
    names = TabularEncoder().fit(frame).get_feature_names_out()
    assert names.tolist() == ["a=<unseen>", "a=b", "a=<unseen>'", "a=b'"]


def test_pipeline_and_pandas_output(table):
    pipeline = make_pipeline(FunctionTransformer(), TabularEncoder()).set_output(transform="pandas")
    with pytest.warns(UserWarning, match="identifier"):
        out = pipeline.fit_transform(table)
    assert isinstance(out, pd.DataFrame)
    assert out.columns[0] == "size"


@pytest.mark.parametrize("numbers", ["standard", "quantile"])
def test_state_goes_through_json_and_gives_the_same_bits(numbers, table):
    with pytest.warns(UserWarning, match="identifier"):
        encoder = TabularEncoder(numbers=numbers, clip=np.float32(8), min_frequency=np.int64(3)).fit(table)
    state, arrays = encoder.to_state()
    assert all(array.dtype != object for array in arrays.values())
    restored = TabularEncoder.from_state(json.loads(json.dumps(state, allow_nan=False)), arrays)
    new = mixed(seed=1)
    assert restored.transform(new).tobytes() == encoder.transform(new).tobytes()
    assert restored.get_params() == encoder.get_params()
    assert restored.kinds_ == encoder.kinds_
    assert restored.typical_values_ == encoder.typical_values_
    np.testing.assert_array_equal(restored.source_columns_, encoder.source_columns_)
    np.testing.assert_array_equal(restored.get_feature_names_out(), encoder.get_feature_names_out())
    np.testing.assert_array_equal(restored.feature_names_in_, encoder.feature_names_in_)


def test_state_of_an_encoder_fitted_without_names():
    X = np.random.default_rng(0).normal(size=(20, 2))
    encoder = TabularEncoder().fit(X)
    restored = TabularEncoder.from_state(*encoder.to_state())
    assert not hasattr(restored, "feature_names_in_")
    assert restored.n_features_in_ == 2
    np.testing.assert_array_equal(restored.transform(X), encoder.transform(X))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: state.pop("columns"),
        lambda state: state["columns"].clear(),
        lambda state: state["columns"].append(state["columns"][0]),
        lambda state: state["columns"][0].update(kind="pickle"),
        lambda state: state["columns"][0].update(scale=None),
        lambda state: state["columns"][0].pop("center"),
        lambda state: state["params"].update(numbers="zscore"),
        lambda state: state["params"].update(unheard_of=1),
    ],
)
def test_a_spoilt_state_is_refused(spoil):
    state, arrays = TabularEncoder().fit(np.eye(3)).to_state()
    spoil(state)
    with pytest.raises(FileFormatError, match="not the state of a TabularEncoder"):
        TabularEncoder.from_state(state, arrays)


def test_unfitted():
    for call in (
        lambda e: e.transform(np.eye(2)),
        lambda e: e.get_feature_names_out(),
        lambda e: e.to_state(),
    ):
        with pytest.raises(NotFittedError):
            call(TabularEncoder())


def test_memory_beyond_the_result_is_bounded():
    X = np.zeros((400_000, 10), np.float32)
    encoder = TabularEncoder().fit(X[:100])
    tracemalloc.start()
    out = encoder.transform(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - out.nbytes < 4_000_000  # a float64 copy of the table would be 32 MB


def test_kdd_as_it_comes():
    folder = os.environ.get("HINTERLAND_DATA")
    path = Path(folder or "", "tabular", "kddcup.data_10_percent.gz")
    if not folder or not path.exists():
        pytest.skip("needs HINTERLAND_DATA with tabular/kddcup.data_10_percent.gz")
    table = pd.read_csv(path, header=None, nrows=20_000).add_prefix("f").drop(columns="f41")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder = TabularEncoder().fit(table)
    assert [name for name, kind in encoder.kinds_.items() if kind == "category"] == ["f1", "f2", "f3"]
    columns = dict(zip(encoder.kinds_, encoder.columns_, strict=True))
    assert columns["f4"].tail is not None  # bytes sent
    out = encoder.transform(table)
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= 10
    unchanging = [name for name in table if table[name].nunique() == 1]
    assert unchanging
    changed = encoder.transform(table.iloc[:1].assign(**{unchanging[0]: 1}))
    where = encoder.source_columns_ == list(encoder.kinds_).index(unchanging[0])
    np.testing.assert_array_equal(changed[0, where], [10])
