"""Colours: told apart by the colour-blind, seen on their grounds, and the same on paper and on the page of a run."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from hinterland import palette

CSS = Path(palette.__file__).parent / "report" / "static" / "report.css"

# Machado, Oliveira and Fernandes (2009), severity 1, of linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]


def linear(colour: str) -> np.ndarray:
    """Linear RGB (3,) of a colour such as ``#0072b2``."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (3,) of linear RGB, under D65."""
    xyz = np.array(TO_XYZ) @ rgb.clip(0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    """Contrast of two colours after WCAG 2."""
    bright, dark = sorted((np.array(TO_XYZ)[1] @ linear(colour) for colour in (one, other)), reverse=True)
    return float((bright + 0.05) / (dark + 0.05))


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize(
    "colours",
    [
        (palette.USUAL, palette.ALARM, palette.THIRD),
        (palette.USUAL_ON_DARK, palette.ALARM_ON_DARK, palette.THIRD_ON_DARK),
    ],
)
def test_what_is_normal_and_what_is_not_are_told_apart_by_everyone(colours, deficiency):
    seen = [lab(np.array(DEFICIENCIES[deficiency]) @ linear(colour)) for colour in colours]
    apart = [np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)]
    assert apart[0] > 40  # normal and anomalous; 2 is a difference that is just seen
    assert min(apart) > 15


def test_a_red_and_a_green_would_not_pass():
    seen = [lab(np.array(DEFICIENCIES["deuteranopia"]) @ linear(colour)) for colour in ("#d62728", "#6b8e23")]
    assert np.linalg.norm(seen[0] - seen[1]) < 40


def test_colours_are_seen_on_their_grounds():
    for colour in (palette.USUAL, palette.ALARM, palette.THIRD, palette.GREY):
        assert contrast(colour, "#ffffff") > 3
    for colour in (palette.USUAL_ON_DARK, palette.ALARM_ON_DARK, palette.THIRD_ON_DARK):
        assert contrast(colour, "#14171a") > 4.5


def test_the_page_of_a_run_has_the_same_colours():
    text = CSS.read_text("utf-8")
    for name in ("usual", "alarm", "third"):
        on_light, on_dark = re.findall(rf"--{name}: (#\w+);", text)
        assert on_light == getattr(palette, name.upper())
        assert on_dark == getattr(palette, f"{name.upper()}_ON_DARK")


def test_curves_differ_in_form_as_well_as_in_colour():
    seven = palette.lines(7)
    assert len({line.colour for line in seven}) == len({line.marker for line in seven}) == 7
    assert [line.colour for line in seven[:2]] == [palette.USUAL, palette.ALARM]
    assert palette.lines(8)[7] == seven[0]
    assert palette.lines(0) == []
