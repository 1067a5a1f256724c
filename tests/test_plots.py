import sys
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from sklearn.metrics import average_precision_score, roc_auc_score

from hinterland import palette, plots
from hinterland.errors import MissingExtraError

TRUTH = np.arange(200) % 5 == 0
ENERGY = np.random.default_rng(0).normal(size=200) + 2 * TRUTH


@pytest.fixture(autouse=True)
def nothing_on_a_screen() -> Iterator[None]:
    before = mpl.get_backend()
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")
    pyplot.switch_backend(before)


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    return [] if found is None else [text.get_text() for text in found.get_texts()]


def test_histogram_counts_every_row() -> None:
    ax = plots.energy_histogram(ENERGY)
    assert sum(bar.get_height() for bar in ax.patches) == 200
    assert ax.get_yscale() == "log"
    assert legend(ax) == []
    ax = plots.energy_histogram(ENERGY, threshold=1.25, is_anomaly=TRUTH, bins=10)
    assert sum(bar.get_height() for bar in ax.patches[:10]) == 160
    assert legend(ax) == ["normal", "anomaly", "threshold 1.25"]
    assert list(ax.lines[0].get_xdata()) == [1.25, 1.25]


def test_curves_say_their_areas_and_are_told_apart() -> None:
    ax = plots.roc(TRUTH, ENERGY, name="one")
    assert plots.roc(TRUTH, -ENERGY, name="two", ax=ax) is ax
    area = roc_auc_score(TRUTH, ENERGY)
    assert legend(ax) == [f"one: AUROC {area:.3f}", f"two: AUROC {1 - area:.3f}"]
    first, second = ax.lines[1:]
    assert np.trapezoid(first.get_ydata(), first.get_xdata()) == pytest.approx(area)
    assert first.get_color() != second.get_color()
    assert first.get_linestyle() != second.get_linestyle()
    ax = plots.precision_recall(TRUTH, ENERGY)
    assert legend(ax) == [f"average precision {average_precision_score(TRUTH, ENERGY):.3f}"]
    assert ax.lines[0].get_ydata()[0] == pytest.approx(TRUTH.mean())


def test_embedding_marks_rows_by_colour_and_shape() -> None:
    points = np.random.default_rng(1).normal(size=(200, 3))
    ax = plots.embedding(points, is_anomaly=TRUTH, names=("not flagged", "flagged"))
    np.testing.assert_allclose(ax.collections[0].get_offsets(), points[~TRUTH, :2])
    np.testing.assert_allclose(ax.collections[1].get_offsets(), points[TRUTH, :2])
    assert legend(ax) == ["not flagged", "flagged"]
    assert len(plots.embedding(points).collections) == 1


def test_contributions_add_up() -> None:
    values = np.array([0.5, -2.0, 3.0, 0.1, 0.2])
    ax = plots.contributions(list("abcde"), values, top=3)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["c", "a", "b", "2 others"]
    widths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(widths, [3.0, 0.5, -2.0, 0.3])
    assert to_hex(ax.patches[0].get_facecolor()) == palette.ALARM
    assert to_hex(ax.patches[2].get_facecolor()) == palette.USUAL
    assert len(plots.contributions(list("abcde"), values).patches) == 5


def test_training_curves_have_a_panel_each_term_and_a_line_each_member() -> None:
    history = [
        {"member": m, "epoch": e, "seconds": 1.0, "loss": 1.0 / e + m, "zero": 0.0}
        | ({"energy": 2.0} if e == 3 else {})
        for m in (0, 1)
        for e in (1, 2, 3)
    ]
    figure = plots.training_curves(history)
    assert [ax.get_title() for ax in figure.axes] == ["loss", "energy"]
    loss, energy = figure.axes
    assert [list(line.get_ydata()) for line in loss.lines] == [[1, 0.5, 1 / 3], [2, 1.5, 4 / 3]]
    assert [line.get_marker() for line in energy.lines] == ["o", "o"]


def test_training_curves_draw_no_places_and_the_stages_of_each_fit_apart() -> None:
    history = [
        {"fit": f, "stage": s, "epoch": 2 * s + e, "seconds": 1.0, "loss": 10.0 * f + s + e}
        for f in (1, 2)
        for s in (1, 2)
        for e in (1, 2)
    ]
    [loss] = plots.training_curves(history).axes
    assert loss.get_title() == "loss"
    assert [list(line.get_ydata()) for line in loss.lines] == [[12, 13], [13, 14], [22, 23], [23, 24]]


def test_energy_over_order_shades_anomalies() -> None:
    truth = np.zeros(6, bool)
    truth[[1, 2, 5]] = True
    energy = np.arange(6.0)
    ax = plots.energy_over_order(energy, threshold=3, is_anomaly=truth)
    assert list(ax.lines[0].get_xdata()) == [1, 2, 3, 4, 5, 6]
    assert len(ax.patches) == 2
    times = np.array(["2024-01-03", "2024-01-01", "2024-01-02"], "datetime64[D]")
    ax = plots.energy_over_order([3.0, 1.0, 2.0], order=times)
    assert list(ax.lines[0].get_ydata()) == [1.0, 2.0, 3.0]


@pytest.mark.slow
def test_figures_can_be_written(tmp_path: object) -> None:
    for name in ("png", "svg", "pdf"):
        plots.energy_histogram(ENERGY, is_anomaly=TRUTH).figure.savefig(f"{tmp_path}/f.{name}")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.energy_histogram([1.0, np.nan]), "energy must be finite"),
        (lambda: plots.energy_histogram(ENERGY, bins=0), "bins must be"),
        (lambda: plots.energy_histogram(ENERGY, is_anomaly=TRUTH[:3]), "one label a row"),
        (lambda: plots.roc(TRUTH[:3], ENERGY), "one label a row"),
        (lambda: plots.embedding(np.zeros(3)), r"points must have shape \(n, 2\) or wider, got \(3,\)"),
        (lambda: plots.embedding(np.zeros((3, 2)), is_anomaly=[1, 0, 1]), "boolean array .* got dtype int64"),
        (lambda: plots.contributions(["a"], [1.0, 2.0]), r"each of the 1 columns, got shape \(2,\)"),
        (lambda: plots.contributions(["a"], [1.0], top=0), "top must be"),
        (lambda: plots.training_curves([]), "at least one epoch"),
        (lambda: plots.energy_over_order(ENERGY, order=[1, 2]), "each of the 200 energies, got shape"),
    ],
)
def test_refuses_what_does_not_fit(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hinterland\[plots\]'"):
        plots.roc(TRUTH, ENERGY)


class Distance:
    """Energy is the distance from the origin; what is farther than one is anomalous."""

    offset_ = -1.0

    def score_samples(self, rows):
        return -np.hypot(*np.asarray(rows).T)

    def predict(self, rows):
        return np.where(self.score_samples(rows) < self.offset_, -1, 1)


def test_contours_have_the_threshold_as_a_line_and_mark_what_is_flagged() -> None:
    rows = np.array([[0.0, 0.0], [0.5, 0.5], [2.0, 0.0], [0.0, -2.0]])
    ax = plots.energy_contours(Distance(), rows)
    usual, odd = ax.collections[-2:]
    np.testing.assert_array_equal(usual.get_offsets(), rows[:2])
    np.testing.assert_array_equal(odd.get_offsets(), rows[2:])
    assert [to_hex(colour) for colour in (usual.get_facecolor()[0], odd.get_facecolor()[0])] == [
        "#ffffff",
        palette.ALARM,
    ]
    line = ax.collections[1].get_paths()[0].vertices
    np.testing.assert_allclose(np.hypot(*line.T), 1, atol=0.01)
    assert ax.collections[0].cmap.name == palette.ENERGIES


def test_contours_of_a_flat_energy_and_of_a_threshold_out_of_sight_are_drawn() -> None:
    flat = Distance()
    flat.score_samples = lambda rows: np.zeros(len(rows))
    ax = plots.energy_contours(flat, [[0.0, 0.0], [0.0, 0.0]], resolution=2)
    assert len(ax.collections) == 2  # the rows alone


@pytest.mark.parametrize("rows", [np.zeros((4, 3)), np.zeros(4), np.zeros((0, 2))])
def test_contours_take_two_columns(rows) -> None:
    with pytest.raises(ValueError, match="rows must have shape"):
        plots.energy_contours(Distance(), rows)
