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
from hinterland.tables import ColumnsWarning


@pytest.mark.slow
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


def fit_quietly(encoder, table):
    """Fit without what is said of the columns, which tests of their own look at."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ColumnsWarning)
        return encoder.fit(table)


@pytest.fixture
def table():
    return mixed()


@pytest.fixture
def encoder(table):
    return fit_quietly(TabularEncoder(), table)


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
        "admin",
    ]
    out = encoder.transform(table)
    assert out.shape == (200, len(names))
    assert out.dtype == np.float32
    sources = encoder.feature_names_in_[encoder.source_columns_]
    assert all(name.startswith(source) for name, source in zip(names, sources, strict=True))
    assert set(sources) == set(table.columns) - {"id", "nothing"}
    assert encoder.typical_values_["age"] == np.nanmedian(table["age"])
    assert encoder.typical_values_["service"] == "http"
    assert encoder.typical_values_["admin"] is False
    assert encoder.typical_values_["id"] is None
    assert encoder.typical_values_["when"][:4] == "2024"


def test_changing_a_column_changes_only_its_own_output(encoder, table):
    before = encoder.transform(table)
    changed = {"size": 1e9, "age": 99.0, "service": "gopher"}
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
        refitted = fit_quietly(clone(encoder), other)
        assert refitted.kinds_ == encoder.kinds_
        assert refitted.feature_names_in_.tolist() == table.columns.tolist()
        np.testing.assert_array_equal(refitted.transform(table), expected)


def test_array_and_frame_of_numbers_agree():
    X = np.random.default_rng(0).normal(size=(50, 3))
    X[::5, 1] = np.nan
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
    assert names.tolist() == ["code=1", "code=2"]


def test_a_row_scores_alone_as_in_company_and_over_chunk_edges(encoder, monkeypatch, table):
    expected = encoder.transform(table)
    order = np.random.default_rng(1).permutation(len(table))
    np.testing.assert_array_equal(encoder.transform(table.iloc[order]), expected[order])
    np.testing.assert_array_equal(encoder.transform(table.iloc[[7]]), expected[[7]])
    monkeypatch.setattr("hinterland.preprocessing.tabular.encoder._ROWS", 7)
    for other in (table, pl.from_pandas(table)):
        np.testing.assert_array_equal(encoder.transform(other), expected)


def test_no_rows_give_no_rows(encoder, table):
    width = len(encoder.source_columns_)
    for empty in (table.iloc[:0], pl.from_pandas(table)[:0]):
        assert encoder.transform(empty).shape == (0, width)
    assert TabularEncoder().fit(np.eye(3)).transform(np.empty((0, 3))).shape == (0, 3)


def test_columns_are_found_by_name(encoder, table):
    np.testing.assert_array_equal(encoder.transform(table[table.columns[::-1]]), encoder.transform(table))


@pytest.mark.parametrize("names", [[3, 7], [("a", "x"), ("a", "y")], [1, "b"], [0, 1]])
def test_columns_without_text_for_names_are_found_by_them_too(names):
    frame = pd.DataFrame(
        np.random.default_rng(0).normal(size=(20, 2)), columns=pd.Index(names, tupleize_cols=True)
    )
    if len({type(name) for name in names}) > 1:  # scikit-learn refuses these
        return
    encoder = TabularEncoder().fit(frame)
    swapped = frame[frame.columns[::-1]]
    np.testing.assert_array_equal(encoder.transform(swapped), encoder.transform(frame))
    restored = TabularEncoder.from_state(*encoder.to_state())
    np.testing.assert_array_equal(restored.transform(swapped), encoder.transform(frame))


def test_other_numbers_for_names_are_refused():
    encoder = TabularEncoder().fit(pd.DataFrame(np.eye(3)[:, :2], columns=[3, 7]))
    with pytest.raises(TableError, match=r"missing \['7'\], unexpected \['8'\]"):
        encoder.transform(pd.DataFrame(np.eye(2), columns=[3, 8]))


def test_masked_values_are_missing():
    X = np.random.default_rng(0).normal(size=(30, 2))
    masked = np.ma.array(X, mask=np.zeros_like(X))
    masked[3, 1] = np.ma.masked
    expected = np.where(masked.mask, np.nan, X)
    encoder = TabularEncoder().fit(masked)
    np.testing.assert_array_equal(encoder.transform(masked), TabularEncoder().fit_transform(expected))


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
        ("age", pd.Timestamp("2024-01-01"), r"column 'age': found time \(timestamp.*\), expected number"),
        ("admin", pd.Timestamp("2024-01-01"), r"column 'admin': found time .*, expected boolean"),
        ("seen", 3.0, r"column 'seen': found number \(float64\), expected zoned_time"),
        (
            "age",
            "old",
            r"column 'age': row 0 \(from 0\) has 'old', row 1 .* and 195 rows more; expected a number",
        ),
        ("admin", 7, r"column 'admin': row 0 \(from 0\) has 7, .*; expected true or false, or 0 or 1"),
    ],
)
def test_what_holds_no_value_of_the_kind_is_named(encoder, table, name, values, message):
    with pytest.raises(TableError, match=message):
        encoder.transform(table.assign(**{name: values}))


def test_what_differs_by_its_storage_alone_is_the_same(encoder, table):
    expected = encoder.transform(table)
    others = {
        "size": table["size"].astype(str),
        "age": table["age"].astype("Float64"),
        "admin": table["admin"].astype(int),
        "service": table["service"].astype("category"),
        "when": table["when"].dt.strftime("%Y-%m-%d %H:%M:%S"),
    }
    for name, values in others.items():
        np.testing.assert_array_equal(encoder.transform(table.assign(**{name: values})), expected)
    without_zone = table.assign(seen=table["seen"].dt.tz_localize(None))
    with pytest.warns(ColumnsWarning, match="'seen': times without a zone are taken to be of Europe/Berlin"):
        np.testing.assert_array_equal(encoder.transform(without_zone), expected)
    zoned = table.assign(when=table["when"].dt.tz_localize("Asia/Tokyo"))
    with pytest.warns(ColumnsWarning, match="'when': times of the zone Asia/Tokyo are taken by its clock"):
        np.testing.assert_array_equal(encoder.transform(zoned), expected)


def test_all_retyped_columns_are_named_at_once(encoder, table):
    with pytest.raises(TableError, match=r"'age': .*'admin': "):
        encoder.transform(table.assign(age="old", admin=80))
    wrong = pd.Timestamp("2024-01-01")
    with pytest.raises(TableError, match=r"changed their type since fit: column 'age': .*'admin': "):
        encoder.transform(table.assign(age=wrong, admin=wrong))


def test_a_column_without_values_fits_any_kind(encoder, table):
    columns = [name for name in table if name not in ("id", "nothing")]
    out = encoder.transform(table.assign(**dict.fromkeys(columns, None)))
    assert np.isfinite(out).all()
    names = encoder.get_feature_names_out().tolist()
    assert out[:, names.index("service=<missing>")].all()
    assert out[:, names.index("age=<missing>")].all()


@pytest.mark.parametrize("dtype", [object, float, "str", "datetime64[ns]", "category"])
def test_a_column_without_values_in_training_is_left_out(dtype):
    frame = pd.DataFrame({"a": [1.0, 2.0], "void": pd.Series([None, None], dtype=dtype)})
    with pytest.warns(ColumnsWarning, match="left out, without any value: 'void'"):
        encoder = TabularEncoder().fit(frame)
    assert encoder.kinds_ == {"a": "number", "void": "empty"}
    for void in ({"void": ["x"]}, {"void": [3.5]}, {}):
        assert encoder.transform(pd.DataFrame({"a": [1.0], **void})).shape == (1, 1)


def test_a_category_of_rare_values_alone_is_named():
    customers = pd.DataFrame({"customer": [f"C{j % 300}" for j in range(900)], "paid": np.arange(900) % 7.0})
    with pytest.warns(
        ColumnsWarning, match=r"hardly count: 'customer' \(300 values\) \(--kind COLUMN=ignore"
    ):
        encoder = TabularEncoder().fit(customers)
    assert encoder.get_feature_names_out().tolist() == ["customer=<rare>", "paid"]


def test_missing_values_that_training_had_not_lie_outside_of_it():
    train = pd.DataFrame({"a": [1.0, 2.0, 6.0], "b": ["u", "v", "u"], "c": [True, False, False]})
    encoder = TabularEncoder().fit(train)
    known = encoder.transform(train)
    out = encoder.transform(pd.DataFrame({"a": [np.nan], "b": [None], "c": [None]}))[0]
    assert out[0] > known[:, 0].max() + 1.9 or out[0] < known[:, 0].min() - 1.9
    assert ((out[1:3] - known[:, 1:3]) ** 2).sum(1).min() >= 2
    assert out[3] == -2
    np.testing.assert_array_equal(out[1:3], encoder.transform(train.iloc[:1].assign(b="never seen"))[0, 1:3])


def test_infinity_is_named_with_its_rows(monkeypatch):
    monkeypatch.setattr("hinterland.preprocessing.tabular.encoder._ROWS", 4)
    good = pd.DataFrame({"a": np.arange(20.0) % 7, "b": np.arange(20.0) % 3})
    bad = good.copy()
    bad.loc[[3, 5, 8, 13, 14, 19], "b"] = np.inf
    message = r"column 'b': row 3 \(from 0\) has inf, .* row 14 .* and 1 rows more; expected finite numbers"
    with pytest.raises(TableError, match=f"{message}.*--infinite missing takes"):
        TabularEncoder().fit(bad)
    for X in (bad, pl.from_pandas(bad)):
        with pytest.raises(TableError, match=message):
            TabularEncoder().fit(good).transform(X)
    with pytest.raises(TableError, match=r"column 'b': row 4 has inf"):  # an Arrow table counts as files do
        TabularEncoder().fit(pa.Table.from_pandas(bad))
    with pytest.raises(TableError, match="column 'x1': row 3"):
        TabularEncoder().fit(bad.to_numpy())


def test_infinity_by_the_rule_that_is_asked_for():
    good = pd.DataFrame({"b": np.arange(20.0) % 3})
    bad = pd.DataFrame({"b": [np.inf, -np.inf, np.nan, 1.0]})
    missing = TabularEncoder(infinite="missing").fit(good).transform(bad)
    assert missing[0] == missing[1] == missing[2] != missing[3]
    clipped = TabularEncoder(infinite="clip").fit(good).transform(bad)
    np.testing.assert_array_equal(clipped[:2, 0], [10, -10])


def test_huge_values_are_far_and_leave_the_others_their_scale():
    values = np.append(np.random.default_rng(0).normal(size=999), 1e300)
    for encoder in (TabularEncoder(), TabularEncoder(numbers="robust")):
        out = encoder.fit_transform(pd.DataFrame({"a": values}))[:, 0]
        assert out[-1] > 5
        assert out[:-1].max() < 5
        assert out[:-1].std() > 0.02


def test_unusable_tables_are_refused():
    with pytest.raises(TableError, match="no rows"):
        TabularEncoder().fit(pd.DataFrame({"a": []}))
    with pytest.raises(TableError, match=r"column 'a' cannot be encoded: found type list.*expected one of"):
        TabularEncoder().fit(pa.table({"a": [[1], [2]]}))
    ids = pd.DataFrame({"id": [f"row{i}" for i in range(60)]})
    with pytest.raises(TableError, match=r"nothing to encode: .*'id' \(60 different texts.*--kind id=number"):
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
        ("infinite", "drop"),
        ("decimal", ";"),
        ("kinds", ["a"]),
        ("missing", "-200"),
        ("absolute_time", "when"),
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
        pytest.raises(TableError, match="'when': found number"),
    ):
        encoder.transform(np.zeros((2, 8)))


def test_a_second_fit_forgets_the_first(encoder):
    encoder.fit(np.eye(3))
    assert not hasattr(encoder, "feature_names_in_")
    assert list(encoder.kinds_) == ["x0", "x1", "x2"]


def test_names_stay_different_when_categories_imitate_them():
    frame = pd.DataFrame({"a": ["<unseen>", "b"], "a=b": [1.0, 2.0]})
    names = TabularEncoder().fit(frame).get_feature_names_out()
    assert names.tolist() == ["a=<unseen>", "a=b", "a=b'"]


def test_pipeline_and_pandas_output(table):
    pipeline = make_pipeline(FunctionTransformer(), TabularEncoder()).set_output(transform="pandas")
    with pytest.warns(ColumnsWarning):
        out = pipeline.fit_transform(table)
    assert isinstance(out, pd.DataFrame)
    assert out.columns[0] == "size"


@pytest.mark.parametrize("numbers", ["standard", "quantile"])
def test_state_goes_through_json_and_gives_the_same_bits(numbers, table):
    encoder = TabularEncoder(numbers=numbers, clip=np.float32(8), min_frequency=np.int64(3))
    encoder.set_params(absolute_time=["when"], missing=["n.b."], kinds={"admin": "boolean"})
    fit_quietly(encoder, table)
    state, arrays = encoder.to_state()
    assert all(array.dtype != object for array in arrays.values())
    restored = TabularEncoder.from_state(json.loads(json.dumps(state, allow_nan=False)), arrays)
    new = mixed(seed=1)
    assert restored.transform(new).tobytes() == encoder.transform(new).tobytes()
    assert restored.get_params() == encoder.get_params()
    assert restored.kinds_ == encoder.kinds_
    assert restored.readings_ == encoder.readings_
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
        lambda state: state["columns"][0]["reading"].update(kind="category"),
        lambda state: state["columns"][0]["reading"].update(infinite="ignored"),
        lambda state: state["columns"][0]["reading"].update(missing=[1]),
        lambda state: state["columns"][0]["reading"].update(number={"decimal": 3}),
        lambda state: state["columns"][0]["reading"].update(unheard_of=1),
        lambda state: state.update(keys=["a"]),
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
    assert not {"identifier", "ignored", "empty", "time"} & set(encoder.kinds_.values())
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
    np.testing.assert_array_equal(changed[0, where], [4])
