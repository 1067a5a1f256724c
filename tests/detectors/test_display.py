"""What detectors show of themselves: parameters, what they were trained on, threshold, calibration; all as text."""

import logging

import numpy as np
import pandas as pd
import pytest
import sklearn

from hinterland import DAGMM, DeepMixture, load
from hinterland.detectors.display import COLUMNS_SHOWN, fit_facts

SCRIPT = "<script>alert(1)</script>"
X = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 3)), columns=["age", SCRIPT, "cost & more"])


@pytest.fixture(scope="module")
def fitted():
    return DAGMM(epochs=2, steps=20, contamination=0.1, random_state=0).fit(X)


def test_one_that_is_not_fitted_says_so_and_shows_its_parameters():
    html = DAGMM(steps=77)._repr_html_()
    assert "not yet: fit(X)" in html
    assert "77" in html


def test_a_fitted_one_shows_rows_columns_length_and_threshold(fitted):
    html = fitted._repr_html_()
    assert "<td>on 80 rows of 3 columns</td>" in html
    assert f"<td>{-fitted.offset_:.4g} nats: the highest 10% of the training rows</td>" in html
    assert f"{fitted.history_[-1]['epoch']:,} epochs, " in html
    assert "none until calibrate(rows)" in html
    assert repr(fitted) == "DAGMM(contamination=0.1, epochs=2, random_state=0, steps=20)"


def test_names_of_columns_are_text_and_no_markup(fitted):
    html = fitted._repr_html_()
    assert SCRIPT not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "cost &amp; more" in html


def test_a_calibration_is_shown_and_many_columns_are_counted():
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 15))).add_prefix("c")
    detector = DeepMixture(n_members=2, steps=10, random_state=0).fit(wide)
    facts = fit_facts(detector)
    assert facts["columns"].endswith(f"c{COLUMNS_SHOWN - 1} and 3 more")
    assert facts["training"].startswith("2 models, each ")
    assert facts["p-values"] == f"by {detector.calibration()}"
    assert fit_facts(DeepMixture(n_members=2, steps=10, random_state=0).fit(wide.to_numpy())).keys() == (
        facts.keys() - {"columns"}
    )


def test_a_loaded_one_shows_what_the_saved_one_did(fitted, tmp_path):
    fitted.save(tmp_path / "model.hinterland")
    assert fit_facts(load(tmp_path / "model.hinterland")) == fit_facts(fitted)


def test_a_notebook_gets_both_and_the_text_alone_where_that_is_asked_for(fitted):
    assert fitted._repr_mimebundle_()["text/plain"] == repr(fitted)
    assert "<td>on 80 rows of 3 columns</td>" in fitted._repr_mimebundle_()["text/html"]
    with sklearn.config_context(display="text"):
        assert fitted._repr_mimebundle_().keys() == {"text/plain"}
        assert not hasattr(fitted, "_repr_html_")


def test_a_fit_is_a_line_of_the_log_and_prints_nothing(caplog, capfd):
    with caplog.at_level(logging.INFO, logger="hinterland"):
        DAGMM(epochs=2, steps=20, random_state=0).fit(X)
    (record,) = caplog.records
    assert record.name.startswith("hinterland.")
    assert record.getMessage().startswith("DAGMM fitted: training ")
    assert "nats: the highest 5% of the training rows" in record.getMessage()
    assert capfd.readouterr() == ("", "")
