"""Each kind of column alone, against plain references and scikit-learn."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from hinterland.preprocessing.columns import (
    BooleanColumn,
    CategoryColumn,
    EmptyColumn,
    IdentifierColumn,
    NumberColumn,
    TimeColumn,
)


def encode(column, values):
    out = np.full((len(values), len(column.labels)), np.nan, np.float32)
    column.encode(values, out)
    return out


def number(values, numbers="standard", clip=None, heavy_tail=None):
    return NumberColumn.fit(np.asarray(values, float), numbers, clip, heavy_tail)


def texts(values):
    return pa.array(values, pa.large_string())


@pytest.fixture
def normal():
    return np.random.default_rng(0).normal(5, 3, 500)


@pytest.mark.parametrize(
    ("numbers", "scaler"),
    [
        ("standard", StandardScaler()),
        ("robust", RobustScaler(unit_variance=True)),
        ("minmax", MinMaxScaler()),
    ],
)
def test_number_scales_are_scikit_learns(normal, numbers, scaler):
    expected = scaler.fit_transform(normal[:, None])
    np.testing.assert_allclose(encode(number(normal, numbers), normal), expected, rtol=1e-5, atol=1e-6)


def test_quantile_gives_standardised_normal_scores(normal):
    values = np.exp(normal)
    scores = QuantileTransformer(n_quantiles=500, output_distribution="normal").fit_transform(values[:, None])
    expected = (scores - scores.mean()) / scores.std()
    np.testing.assert_allclose(encode(number(values, "quantile"), values), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("draw", "is_heavy"),
    [
        (lambda rng: rng.uniform(size=5000), False),
        (lambda rng: rng.normal(size=5000), False),
        (lambda rng: rng.exponential(size=5000), False),
        (lambda rng: rng.lognormal(sigma=1.5, size=5000), True),
        (lambda rng: np.where(rng.uniform(size=5000) < 0.9, 0, rng.pareto(0.8, size=5000)), True),
        (lambda rng: (rng.uniform(size=5000) < 0.01).astype(float), False),
    ],
)
def test_heavy_tails_are_told_from_light_ones(draw, is_heavy):
    column = number(draw(np.random.default_rng(1)), heavy_tail=3.0)
    assert (column.tail is not None) == is_heavy


def test_heavy_tailed_column_is_standardised_arcsinh():
    values = np.random.default_rng(2).lognormal(sigma=2, size=2000)
    difference = values - np.median(values)
    shaped = np.arcsinh(difference / np.median(np.abs(difference[difference != 0])))
    expected = (shaped - shaped.mean()) / shaped.std()
    np.testing.assert_allclose(
        encode(number(values, heavy_tail=3.0), values)[:, 0], expected, rtol=1e-5, atol=1e-6
    )


def test_clip_holds_far_values_at_its_bounds(normal):
    column = number(normal, clip=4.0)
    np.testing.assert_array_equal(encode(column, np.array([-1e300, 1e300]))[:, 0], [-4, 4])
    assert encode(number(normal), np.array([1e4]))[0, 0] > 1000


@pytest.mark.parametrize("value", [0.0, 0.1, -250.0, 1e290, 5e-324])
@pytest.mark.parametrize("numbers", ["standard", "robust", "minmax", "quantile"])
def test_change_of_a_constant_column_shows(value, numbers):
    column = number(np.full(7, value), numbers, clip=10.0, heavy_tail=3.0)
    changed = value * 1.5 if abs(value) > 1e-300 else value + 1.0
    np.testing.assert_array_equal(
        encode(column, np.array([value, changed]))[:, 0], [0, 10 * np.sign(changed - value)]
    )


def test_constant_columns_unit_is_a_thousandth_of_its_value():
    np.testing.assert_allclose(encode(number([50.0] * 3), np.array([50.1])), [[2.0]], rtol=1e-5)
    np.testing.assert_allclose(encode(number([0.0] * 3), np.array([1.0])), [[1000.0]])


def test_missing_number_takes_the_median_and_is_marked_if_training_had_some():
    column = number([1.0, np.nan, 2.0, 9.0])
    out = encode(column, np.array([np.nan, 2.0]))
    assert column.labels == ["", "=<missing>"]
    np.testing.assert_array_equal(out[:, 1], [1, 0])
    assert out[0, 0] == out[1, 0]
    unmarked = number([1.0, 2.0, 9.0])
    assert unmarked.labels == [""]
    assert encode(unmarked, np.array([np.nan]))[0, 0] == encode(unmarked, np.array([2.0]))[0, 0]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["standard", "robust", "minmax", "quantile"]),
    st.sampled_from([None, 10.0]),
    hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(allow_infinity=False)),
    hnp.arrays(np.float64, 5, elements=st.floats(allow_infinity=False)),
)
def test_any_numbers_give_finite_output_in_their_order(numbers, clip, training, scored):
    assume(not np.isnan(training).all())
    column = number(training, numbers, clip, 3.0)
    for values in (training, scored):
        assert np.isfinite(encode(column, values)).all()
    out = encode(column, np.sort(scored[~np.isnan(scored)]))[:, 0]
    assert (out[1:] >= out[:-1]).all()


def test_boolean_is_zero_or_one_and_missing_takes_the_mode():
    column = BooleanColumn.fit(np.array([1, 1, 0, np.nan]))
    assert column.typical is True
    np.testing.assert_array_equal(encode(column, np.array([0, 1, np.nan])), [[0, 0], [1, 0], [1, 1]])
    np.testing.assert_array_equal(encode(BooleanColumn.fit(np.array([0.0, 1, 0])), np.array([np.nan])), [[0]])


def test_category_lights_one_column_for_known_rare_missing_and_unseen():
    column = CategoryColumn.fit(texts(["b"] * 3 + ["a"] * 4 + ["c", None]), 2, None)
    assert column.typical == "a"
    assert column.labels == ["=a", "=b", "=<rare>", "=<missing>", "=<unseen>"]
    out = encode(column, texts(["a", "b", "c", None, "d", ""]))
    np.testing.assert_array_equal(out, np.eye(5)[[0, 1, 2, 3, 4, 4]])


def test_missing_category_is_unseen_where_training_had_none():
    column = CategoryColumn.fit(texts(["a", "b"]), None, None)
    np.testing.assert_array_equal(encode(column, texts([None])), [[0, 0, 1]])


@settings(max_examples=60, deadline=None)
@given(
    st.permutations([(value, count) for count, value in enumerate("abcdefg", start=1)]),
    st.sampled_from([None, 1, 2, 5, 30, 0.1, 0.2]),
    st.sampled_from([None, 1, 2, 3, 20]),
)
def test_rare_values_are_those_of_scikit_learn(counted, min_frequency, max_categories):
    values = [value for value, count in counted for _ in range(count)]
    column = CategoryColumn.fit(texts(values), min_frequency, max_categories)
    reference = OneHotEncoder(
        min_frequency=min_frequency,
        max_categories=max_categories,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )
    expected = reference.fit_transform(np.array(values, object)[:, None])
    out = encode(column, texts(values))
    np.testing.assert_array_equal(out[:, :-1], expected)
    assert not out[:, -1].any()


def test_as_many_values_as_max_categories_all_keep_theirs():
    assert CategoryColumn.fit(texts(["a", "b", "b"]), None, 2).labels == ["=a", "=b", "=<unseen>"]
    assert CategoryColumn.fit(texts(["a", "b", "b", "c"]), None, 2).labels == ["=b", "=<rare>", "=<unseen>"]


def test_squared_distance_of_two_categories_is_two_whatever_their_frequency():
    column = CategoryColumn.fit(texts(["a"] * 90 + ["b"] * 9 + ["c"]), 2, None)
    out = encode(column, texts(["a", "b", "c", "unseen"]))
    distance = ((out[:, None] - out[None]) ** 2).sum(-1)
    np.testing.assert_array_equal(distance, 2 * (1 - np.eye(4)))


def test_identifier_is_told_by_its_share_of_distinct_values():
    ids = [f"id{i}" for i in range(60)]
    assert CategoryColumn.fit(texts(ids), None, None) == IdentifierColumn(60)
    assert isinstance(CategoryColumn.fit(texts(ids + ids[:10]), None, None), CategoryColumn)
    assert isinstance(CategoryColumn.fit(texts(ids[:49]), None, None), CategoryColumn)


def test_empty_column_marks_missing_values():
    np.testing.assert_array_equal(encode(EmptyColumn(), np.array([True, False])), [[1], [0]])


def times(*moments, zone=None, unit="us"):
    return pa.array(moments, pa.timestamp(unit, zone))


def test_time_gives_seconds_and_the_clock():
    moments = [dt.datetime(2024, 1, 1, 6), dt.datetime(2024, 1, 3, 18), dt.datetime(2024, 1, 2)]
    column = TimeColumn.fit(times(*moments), "standard", None, None)
    assert column.labels == ["", ":hour_sin", ":hour_cos", ":weekday_sin", ":weekday_cos"]
    assert column.typical == "2024-01-02T00:00:00"
    out = encode(column, times(*moments))
    stamps = np.array([moment.timestamp() for moment in moments])
    np.testing.assert_allclose(out[:, 0], (stamps - stamps.mean()) / stamps.std(), atol=1e-6)
    hours = np.array([6, 18, 0]) / 24
    np.testing.assert_allclose(out[:, 1], np.sin(2 * np.pi * hours), atol=1e-6)
    np.testing.assert_allclose(out[:, 2], np.cos(2 * np.pi * hours), atol=1e-6)
    days = np.array([moment.weekday() for moment in moments]) / 7
    np.testing.assert_allclose(out[:, 3], np.sin(2 * np.pi * days), atol=1e-6)
    np.testing.assert_allclose(out[:, 4], np.cos(2 * np.pi * days), atol=1e-6)


def test_time_before_1970_keeps_its_weekday():
    moments = [dt.datetime(1965, 3, 14, 23, 59), dt.datetime(1965, 3, 15)]
    out = encode(TimeColumn.fit(times(*moments), "standard", None, None), times(*moments))
    days = np.array([moment.weekday() for moment in moments]) / 7
    np.testing.assert_allclose(out[:, 3], np.sin(2 * np.pi * days), atol=1e-6)


def test_time_leaves_out_clocks_that_do_not_vary():
    days = times(dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2))
    assert TimeColumn.fit(days, "standard", None, None).labels == ["", ":weekday_sin", ":weekday_cos"]
    same = times(dt.datetime(2024, 1, 1, 7), dt.datetime(2024, 1, 8, 7))
    column = TimeColumn.fit(same, "standard", None, None)
    assert column.labels == [""]
    np.testing.assert_allclose(encode(column, same), [[-1], [1]])


def test_same_instant_gives_the_same_columns_in_any_zone_and_unit():
    instants = [dt.datetime(2024, 7, 1, hour, tzinfo=dt.UTC) for hour in (2, 9, 23)]
    berlin = times(*instants, zone="Europe/Berlin")
    column = TimeColumn.fit(berlin, "standard", 10.0, None)
    assert column.kind == "zoned_time"
    expected = encode(column, berlin)
    np.testing.assert_array_equal(encode(column, times(*instants, zone="UTC", unit="s")), expected)
    np.testing.assert_array_equal(encode(column, times(*instants, zone="Asia/Tokyo", unit="ns")), expected)
    local_hours = np.array([4, 11, 1]) / 24  # Berlin is two hours ahead in July
    np.testing.assert_allclose(expected[:, 1], np.sin(2 * np.pi * local_hours), atol=1e-6)


def test_missing_time_sits_in_the_middle():
    moments = [dt.datetime(2024, 1, 1, 6), None, dt.datetime(2024, 1, 3, 18), dt.datetime(2024, 1, 2)]
    column = TimeColumn.fit(times(*moments), "standard", None, None)
    assert column.labels[:2] == ["", "=<missing>"]
    out = encode(column, times(*moments))
    np.testing.assert_array_equal(out[:, 1], [0, 1, 0, 0])
    np.testing.assert_array_equal(out[1, 2:], 0)
    assert out[1, 0] == out[3, 0]
