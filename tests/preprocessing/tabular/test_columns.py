"""Each kind of column alone, against plain references and scikit-learn."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
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

from hinterland.preprocessing.tabular.columns import (
    BooleanColumn,
    CategoryColumn,
    EmptyColumn,
    NumberColumn,
    TimeColumn,
    TimeOfDayColumn,
)
from hinterland.preprocessing.tabular.number_column import BESIDE, CONSTANT_LIMIT, FARTHEST_RARE


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
def test_change_of_a_constant_column_shows_and_is_bounded(value, numbers):
    column = number(np.full(7, value), numbers, clip=10.0, heavy_tail=3.0)
    changed = value * 1.5 if abs(value) > 1e-300 else value + 1.0
    np.testing.assert_array_equal(
        encode(column, np.array([value, changed]))[:, 0], [0, CONSTANT_LIMIT * np.sign(changed - value)]
    )


def test_constant_columns_unit_is_a_thousandth_of_its_value():
    np.testing.assert_allclose(encode(number([50.0] * 3), np.array([50.1])), [[2.0]], rtol=1e-5)
    np.testing.assert_allclose(encode(number([0.0] * 3), np.array([0.002])), [[2.0]])


def test_small_noise_on_a_large_offset_is_no_constant():
    noise = np.random.default_rng(0).normal(size=500)
    column = number(1e9 + 1e-3 * noise, clip=10.0, heavy_tail=3.0)
    assert encode(column, np.array([1e9 + 0.05]))[0, 0] == 10
    assert encode(column, 1e9 + 1e-3 * noise)[:, 0].std() == pytest.approx(1, rel=1e-3)
    assert number(np.array([1e9, np.nextafter(1e9, 2e9)])).scale == 1e6


@pytest.mark.parametrize("n_ones", [1, 3, 100, 500])
def test_two_numbers_are_at_squared_distance_two_whatever_their_frequency(n_ones):
    column = number(np.repeat([5.0, 7.0], [1000 - n_ones, n_ones]))
    low, high = encode(column, np.array([5.0, 7.0]))[:, 0]
    assert (high - low) ** 2 == pytest.approx(2)


def test_rare_values_of_a_mostly_constant_column_lie_no_further_than_those_of_a_tenth():
    values = np.zeros(1000)
    values[:4] = [1, 2, 3, 4]
    out = encode(number(values), values)[:, 0]
    others = out[:4] - out[5]
    assert np.sqrt(np.mean(others**2)) == pytest.approx(FARTHEST_RARE)


def test_missing_number_takes_the_median_and_is_marked_if_training_had_enough():
    column = number([*[1.0, np.nan, 2.0, 9.0] * 5])
    out = encode(column, np.array([np.nan, 2.0]))
    assert column.labels == ["", "=<missing>"]
    np.testing.assert_array_equal(out[:, 1], [1, 0])
    assert out[0, 0] == out[1, 0]


@pytest.mark.parametrize("training", [[1.0, 2.0, 9.0], [1.0, np.nan, 2.0, 8.0], [-9.0, 2, 3, 3.1], [5.0] * 9])
def test_a_missing_number_lies_beside_all_others_where_training_had_too_few(training):
    column = number(training, clip=10.0)
    assert column.labels == [""]
    missing, others = encode(column, np.array([np.nan]))[0, 0], encode(column, np.array(training))[:, 0]
    others = others[~np.isnan(training)]
    assert min(abs(missing - others)) == pytest.approx(BESIDE, rel=1e-5)
    assert not others.min() < missing < others.max()
    assert abs(missing) <= 12


def test_infinite_numbers_are_as_far_as_numbers_go_and_nothing_is_learnt_from_them():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    column, plain = number([*values, np.inf], clip=10.0), number(values, clip=10.0)
    assert (column.center, column.scale) == (plain.center, plain.scale)
    np.testing.assert_array_equal(encode(column, np.array([np.inf, -np.inf]))[:, 0], [10, -10])


@pytest.mark.slow
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


def test_boolean_is_zero_or_one_and_missing_takes_the_mode_where_it_was_learnt():
    column = BooleanColumn.fit(np.array([1, 1, 0, np.nan] * 5))
    assert column.typical is True
    np.testing.assert_array_equal(encode(column, np.array([0, 1, np.nan])), [[0, 0], [1, 0], [1, 1]])


def test_missing_boolean_lies_on_the_far_side_of_the_mode_where_training_had_too_few():
    np.testing.assert_array_equal(
        encode(BooleanColumn.fit(np.array([0.0, 1, 0])), np.array([np.nan])), [[-2]]
    )
    np.testing.assert_array_equal(
        encode(BooleanColumn.fit(np.array([1, 1, np.nan, 0])), np.array([np.nan])), [[3]]
    )


def test_category_lights_one_column_for_known_rare_and_missing_and_counts_the_unseen_as_rare():
    column = CategoryColumn.fit(texts(["b"] * 10 + ["a"] * 12 + [*"cdefg", *[None] * 5]), 2, None)
    assert column.typical == "a"
    assert column.labels == ["=a", "=b", "=<rare>", "=<missing>"]
    out = encode(column, texts(["a", "b", "c", None, "z", ""]))
    np.testing.assert_array_equal(out, np.eye(4)[[0, 1, 2, 3, 2, 2]])


@pytest.mark.parametrize("n_levels", [1, 2, 3, 10, 50])
def test_what_has_no_column_is_apart_from_every_level_by_a_bounded_distance(n_levels):
    levels = [f"v{j:02}" for j in range(n_levels)]
    column = CategoryColumn.fit(texts(levels * 10), None, None)
    assert len(column.labels) == n_levels
    out = encode(column, texts([*levels, "unseen", None]))
    np.testing.assert_array_equal(out[-1], out[-2])
    distance = ((out[:-1] - out[-1]) ** 2).sum(1)[:n_levels]
    assert (distance >= 2).all()
    assert (distance <= 4 + 1e-6).all()


def test_no_column_of_a_category_is_constant_in_training():
    rng = np.random.default_rng(0)
    for n_rare in (0, 1, 4, 60):
        values = [*rng.choice(["a", "b"], 3000 - n_rare), *(f"r{j}" for j in range(n_rare))]
        column = CategoryColumn.fit(texts(values), 0.001, 50)
        assert column.labels == ["=a", "=b", *["=<rare>"] * (n_rare == 60)]
        assert (encode(column, texts(values)).std(0) > 0).all()


def test_a_long_tail_has_a_bounded_width():
    values = [f"/{path}" for path in np.random.default_rng(0).zipf(1.3, 4000) % 20_000]
    column = CategoryColumn.fit(texts(values), 0.001, 50)
    assert len(column.labels) <= 50
    assert column.labels[-1] == "=<rare>"
    out = encode(column, texts(["/never"]))
    np.testing.assert_array_equal(out[0], np.eye(len(column.labels))[-1])


def test_of_many_levels_only_those_in_half_a_percent_of_the_rows_have_columns():
    def column(weights, max_categories=50, min_frequency=0.001):
        values = [f"v{j}" for j, n_rows in enumerate(weights) for _ in range(n_rows)]
        return CategoryColumn.fit(texts(values), min_frequency, max_categories)

    long_tail = column([940] + [15] * 4 + [14] * 142)  # of 2,988 rows
    assert long_tail.labels == [*(f"=v{j}" for j in range(5)), "=<rare>"]
    customers = column([10] * 300)
    assert customers.labels == ["=<rare>"]
    np.testing.assert_array_equal(encode(customers, texts(["v7", "new"])), [[1], [1]])
    assert len(column([10] * 300, min_frequency=5).labels) == 50
    assert len(column([10] * 50).labels) == 50


def test_levels_of_few_rows_are_rare_more_so_in_longer_tables():
    def kept(n_rows, n_times):
        values = ["often"] * (n_rows - n_times) + ["seldom"] * n_times
        return "=seldom" in CategoryColumn.fit(texts(values), 0.001, None).labels

    assert kept(20, 1)
    assert not kept(100, 2)
    assert kept(100, 3)
    assert not kept(3000, 4)
    assert kept(3000, 5)


@settings(max_examples=60, deadline=None)
@given(
    st.permutations([(value, count) for count, value in enumerate("abcdefg", start=1)]),
    st.sampled_from([None, 1, 2, 5, 30, 0.2, 0.3]),
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
    if column.rare and not column.has_rare:  # too few rows for a column of their own
        lit = expected.argmax(1) < len(column.categories)
        out, expected = out[lit], expected[lit, :-1]
    np.testing.assert_array_equal(out, expected)


def test_as_many_values_as_max_categories_all_keep_theirs():
    assert CategoryColumn.fit(texts(["a", "b", "b"]), None, 2).labels == ["=a", "=b"]
    assert CategoryColumn.fit(texts([*"abbc"] * 9), None, 2).labels == ["=b", "=<rare>"]


def test_squared_distance_of_two_categories_is_two_whatever_their_frequency():
    column = CategoryColumn.fit(texts(["a"] * 90 + ["b"] * 9 + ["c"] * 2), 2, None)
    out = encode(column, texts(["a", "b", "c"]))
    distance = ((out[:, None] - out[None]) ** 2).sum(-1)
    np.testing.assert_array_equal(distance, 2 * (1 - np.eye(3)))


def test_empty_column_marks_missing_values():
    np.testing.assert_array_equal(encode(EmptyColumn(), np.array([True, False])), [[1], [0]])


def times(*moments, zone=None, unit="us"):
    return pa.array(moments, pa.timestamp(unit, zone))


def fit_times(values, absolute=False):
    return TimeColumn.fit(values, "standard", None, None, absolute)


WEEKS = [dt.datetime(2024, 1, 1, 6), dt.datetime(2024, 1, 3, 18), dt.datetime(2024, 1, 17)]


def test_time_gives_the_clock_and_seconds_only_where_asked():
    column = fit_times(times(*WEEKS))
    assert column.labels == [":hour_sin", ":hour_cos", ":weekday_sin", ":weekday_cos"]
    assert column.typical == "2024-01-03T18:00:00"
    out = encode(column, times(*WEEKS))
    hours = np.array([6, 18, 0]) / 24
    days = np.array([moment.weekday() for moment in WEEKS]) / 7
    for j, turns in ((0, hours), (2, days)):
        np.testing.assert_allclose(out[:, j], np.sin(2 * np.pi * turns), atol=1e-6)
        np.testing.assert_allclose(out[:, j + 1], np.cos(2 * np.pi * turns), atol=1e-6)
    absolute = fit_times(times(*WEEKS), absolute=True)
    assert absolute.labels == ["", *column.labels]
    stamps = np.array([moment.timestamp() for moment in WEEKS])
    with_seconds = encode(absolute, times(*WEEKS))
    np.testing.assert_allclose(with_seconds[:, 0], (stamps - stamps.mean()) / stamps.std(), atol=1e-6)
    np.testing.assert_array_equal(with_seconds[:, 1:], out)


@pytest.mark.parametrize("day", [0, -1])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_months_have_no_day_of_the_week(day: int, zone: str | None) -> None:
    months = np.arange("2020-01", "2022-01", dtype="datetime64[M]").astype("datetime64[D]") + day
    times = pa.array(months.astype("datetime64[us]"))
    times = times if zone is None else pc.assume_timezone(times, zone)
    assert TimeColumn.fit(times, "standard", 10.0, 3.0, False).labels == []
    moved = pa.array([*times.to_pylist(), times[0].as_py() + dt.timedelta(days=9)], times.type)
    assert TimeColumn.fit(moved, "standard", 10.0, 3.0, False).labels == [":weekday_sin", ":weekday_cos"]


def test_time_before_1970_keeps_its_weekday():
    moments = [dt.datetime(1965, 2, 14, 23, 59), dt.datetime(1965, 3, 14, 23, 59), dt.datetime(1965, 3, 15)]
    out = encode(fit_times(times(*moments)), times(*moments))
    days = np.array([moment.weekday() for moment in moments]) / 7
    np.testing.assert_allclose(out[:, 2], np.sin(2 * np.pi * days), atol=1e-6)


def test_parts_of_a_time_recur_where_training_spans_two_turns_of_them():
    def labels(*moments):
        return [label[1:-4] for label in fit_times(times(*moments)).labels[::2]]

    start = dt.datetime(2024, 1, 1, 7)
    assert labels(start, start + dt.timedelta(hours=47)) == []
    assert labels(start, start + dt.timedelta(hours=49)) == ["hour"]
    assert labels(start, start + dt.timedelta(days=13, hours=1)) == ["hour"]
    assert labels(start, start + dt.timedelta(days=15)) == ["weekday"]
    assert labels(start, start + dt.timedelta(days=15, hours=1)) == ["hour", "weekday"]
    assert labels(start, start + dt.timedelta(days=28)) == []


def test_same_instant_gives_the_same_columns_in_any_zone_and_unit():
    instants = [dt.datetime(2024, 7, day, hour, tzinfo=dt.UTC) for day, hour in ((1, 2), (3, 9), (9, 23))]
    berlin = times(*instants, zone="Europe/Berlin")
    column = fit_times(berlin)
    assert column.kind == "zoned_time"
    expected = encode(column, berlin)
    np.testing.assert_array_equal(encode(column, times(*instants, zone="UTC", unit="s")), expected)
    np.testing.assert_array_equal(encode(column, times(*instants, zone="Asia/Tokyo", unit="ns")), expected)
    local_hours = np.array([4, 11, 1]) / 24  # Berlin is two hours ahead in July
    np.testing.assert_allclose(expected[:, 0], np.sin(2 * np.pi * local_hours), atol=1e-6)


def test_missing_time_sits_in_the_middle_and_is_marked_where_it_was_learnt_else_outside():
    column = fit_times(times(*WEEKS * 2, *[None] * 5))
    assert column.labels[-1] == "=<missing>"
    np.testing.assert_array_equal(encode(column, times(None)), [[0, 0, 0, 0, 1]])
    complete = fit_times(times(*WEEKS))
    out = encode(complete, times(*WEEKS, None))
    radius = np.hypot(out[:, ::2], out[:, 1::2])
    np.testing.assert_allclose(radius[-1], 2, rtol=1e-6)
    np.testing.assert_allclose(radius[:-1], 1, rtol=1e-6)


def test_time_of_day_is_a_circle_around_midnight():
    column = TimeOfDayColumn.fit(np.array([23 * 3600.0, 3600.0, 0.0]))
    assert column.labels == [":hour_sin", ":hour_cos"]
    assert column.typical == "00:00:00"
    out = encode(column, np.array([6 * 3600.0, 86_400.0, np.nan]))
    np.testing.assert_allclose(out, [[1, 0], [0, 1], [2**0.5, 2**0.5]], atol=1e-6)
    gaps = TimeOfDayColumn.fit(np.array([3600.0, np.nan] * 9))
    assert gaps.labels[-1] == "=<missing>"
    np.testing.assert_array_equal(encode(gaps, np.array([np.nan])), [[0, 0, 1]])
