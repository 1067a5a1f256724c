import json

import numpy as np
import pytest

from hinterland.decisions.calibration import Calibration
from hinterland.decisions.stored import from_stored, to_stored

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def calibrations():
    generator = np.random.default_rng(0)
    energy = generator.normal(size=300)
    return {
        "split": (Calibration.split(energy), generator.normal(size=20), None),
        "large": (Calibration.split(generator.normal(size=6000)), generator.normal(size=20), None),
        "groups": (
            Calibration.split(energy, np.arange(300) % 3),
            generator.normal(size=20),
            np.arange(20) % 3,
        ),
        "cross": (Calibration.cross(energy, np.arange(300) % 4), generator.normal(size=(20, 4)), None),
        "cross in groups": (
            Calibration.cross(energy, np.arange(300) % 4, np.arange(300) // 150, rule="cross_doubled"),
            generator.normal(size=(20, 4)),
            np.arange(20) % 2,
        ),
    }


@pytest.mark.parametrize("name", calibrations())
def test_what_was_stored_gives_the_same_p_values(name):
    calibration, energy, groups = calibrations()[name]
    settings, arrays = to_stored(calibration)
    read = from_stored(json.loads(json.dumps(settings)), arrays)
    assert read.p_values(energy, groups).tolist() == calibration.p_values(energy, groups).tolist()
    assert str(read) == str(calibration)
    assert sum(array.size for array in arrays.values()) < 3 * 4200


SPOILT = {
    "no rule": (lambda s, a: s.pop("rule"), "other parts"),
    "an unknown rule": (lambda s, a: s.update(rule="none"), "rule must be one of"),
    "a rule of another kind": (lambda s, a: s.update(rule=["split"]), "must be texts"),
    "groups twice": (lambda s, a: s.update(groups=["a", "a"], models=1), "must be different"),
    "groups as a text": (lambda s, a: s.update(groups="every row"), "must be texts"),
    "models as a truth": (lambda s, a: s.update(models=True), "must be different"),
    "too many models": (lambda s, a: s.update(models=2), "a length for each"),
    "an array too many": (lambda s, a: a.update(more=np.zeros(1)), "other parts"),
    "a matrix": (lambda s, a: a.update(values=a["values"][None]), "other shapes"),
    "counts as numbers": (lambda s, a: a.update(above=a["above"].astype(float)), "other shapes"),
    "a length of none": (lambda s, a: a.update(lengths=np.array([0])), "lengths"),
    "a length too long": (lambda s, a: a.update(lengths=np.array([301])), "lengths"),
    "fewer counts": (lambda s, a: a.update(above=a["above"][:-1]), "lengths"),
    "values out of order": (lambda s, a: a.update(values=a["values"][::-1]), "do not fit together"),
    "more rows than counted": (lambda s, a: a.update(n_rows=np.array([301])), "do not fit together"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_does_not_fit_together_is_refused(name):
    settings, arrays = to_stored(calibrations()["split"][0])
    spoil, message = SPOILT[name]
    spoil(settings, arrays)
    with pytest.raises(ValueError, match=message):
        from_stored(settings, arrays)
