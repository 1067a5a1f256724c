"""Names of 0.1 that are elsewhere now still work, and say where."""

import importlib
import importlib.util
import subprocess
import sys
import warnings

import pytest

from hinterland import moved


def a_name(module: str) -> str:
    """One public name that a module defines itself, by its place now."""
    home = importlib.import_module(moved.MODULES[module])
    own = [n for n, v in vars(home).items() if getattr(v, "__module__", "") == home.__name__ and n[0] != "_"]
    gone = {name.rpartition(".")[2] for name in moved.NAMES if name.rpartition(".")[0] == module}
    return next(name for name in own if name not in gone)


@pytest.mark.parametrize("old", moved.MODULES)
def test_an_old_module_has_its_names_and_says_the_new_one(old: str) -> None:
    try:
        name = a_name(old)
    except ImportError as error:
        pytest.skip(str(error))
    new = moved.MODULES[old]
    module = importlib.import_module(old)
    with pytest.warns(
        DeprecationWarning, match=f"{old}.{name} is now {new}.{name}; the old name goes"
    ) as caught:
        value = getattr(module, name)
    assert value is getattr(importlib.import_module(new), name)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("old", moved.NAMES)
def test_an_old_name_is_the_new_one(old: str) -> None:
    module, _, name = old.rpartition(".")
    with pytest.warns(DeprecationWarning, match=f"{old} is now {moved.NAMES[old]}.{name}"):
        value = getattr(importlib.import_module(module), name)
    assert value is getattr(importlib.import_module(moved.NAMES[old]), name)


def test_a_name_that_never_was_is_an_attribute_error_without_a_warning() -> None:
    module = importlib.import_module(next(iter(moved.MODULES)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            _ = module.nothing
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("hinterland.nothing")


def test_no_old_name_hides_a_module() -> None:
    for old in moved.MODULES:
        spec = importlib.util.find_spec(old)
        assert spec is not None
        assert spec.origin is None, f"{old} is a file again"


def test_importing_hinterland_imports_no_old_module_and_nothing_that_takes_time() -> None:
    heavy = (
        "torch",
        "numpy",
        "scipy",
        "sklearn",
        "pandas",
        "pyarrow",
        "typer",
        "rich",
        "importlib.resources",
    )
    code = (
        "import sys, hinterland; from hinterland import moved;"
        f"print([m for m in (*{heavy}, *moved.MODULES, *moved.MODULES.values()) if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_old_statements_work() -> None:
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "from hinterland.energy_model import EnergyModel, InputScaling, chunks\n"
        "from hinterland import scores, composite\n"
        "from hinterland.catalogue import detectors\n"
        "import hinterland.benchmark.store as s, hinterland.preprocessing.images\n"
        "from hinterland.networks.base import Network, layers, without_gradients\n"
        "from hinterland.training.loop import Learner, LoopSettings, train\n"
        "from hinterland.scoring import TableScorer, energy_and_truth, judge\n"
        "from hinterland.preprocessing.tabular import TabularEncoder\n"
        "print(hinterland.preprocessing.images.PictureEncoder.__name__, s.Store.__name__, scores.Score.__name__,"
        " composite.MEASURES.keys(), len(detectors()) > 5)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "PictureEncoder Store Score dict_keys(['mean', 'sum', 'norm']) True\n"
