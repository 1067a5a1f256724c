"""The reference by role: which modules stand on which page, and the public names of each."""

import importlib
import inspect
from collections.abc import Mapping
from types import ModuleType

import hinterland
from hinterland.detectors.catalogue import detectors

ROLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Detectors": (
        "Each is a scikit-learn estimator; all that they share is in `Detector`.",
        (
            "hinterland.detectors",
            "hinterland.detectors.catalogue",
            "hinterland.pyod_style",
        ),
    ),
    "Decisions": (
        "From energies to flagged rows. `decide` takes a model and rows, `decisions` arrays of energies.",
        ("hinterland.decide", "hinterland.decisions", "hinterland.thresholds"),
    ),
    "Explanations, figures and reports": (
        "Why a row was flagged, and pictures of what was found.",
        (
            "hinterland.explain",
            "hinterland.palette",
            "hinterland.plots",
            "hinterland.progress",
            "hinterland.report",
        ),
    ),
    "Tables and pictures": (
        "From what is on disk to a matrix, with every column traceable to its source.",
        ("hinterland.pipeline", "hinterland.preprocessing", "hinterland.tables"),
    ),
    "Scoring and files": (
        "From a table to decisions, and fitted models on disk.",
        ("hinterland.scoring", "hinterland.persistence", "hinterland.precision"),
    ),
    "Beyond one process": (
        "Models out of Python, and tables of more rows than a machine holds.",
        ("hinterland.export", "hinterland.sums", "hinterland.scoring.folder"),
    ),
    "Labels and metrics": (
        "Labels as users have them, and how good a ranking or a labelling is.",
        ("hinterland.labels", "hinterland.metrics"),
    ),
    "Data sets": (
        "The papers' data, and splits that keep training and test apart.",
        ("hinterland.datasets", "hinterland.datasets.splits"),
    ),
    "Parts": (
        "What detectors are made of, for parts of your own: [adding a member](/extending.md).",
        (
            "hinterland.networks",
            "hinterland.densities",
            "hinterland.clustering",
            "hinterland.baselines",
            "hinterland.shelf",
            "hinterland.parameter_table",
        ),
    ),
    "Errors": ("What a caller may want to catch by name.", ("hinterland.errors",)),
}


def own_names(module: ModuleType) -> list[str]:
    """Public names of a module: those it lists, or the classes and functions that it defines."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return [name for name in listed if not name.startswith("__")]
    return [
        name
        for name, found in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(found) or inspect.isfunction(found))
        and found.__module__ == module.__name__
    ]


def documented(module: ModuleType) -> list[str]:
    """Public names of a module that have a page of their own: classes and functions, no constants, types or modules."""
    names = own_names(module)
    if module.__name__ == "hinterland.detectors":  # some are on the shelf alone
        own = [name for name, each in detectors().items() if each.__module__.startswith("hinterland.")]
        names = [*names, *(name for name in own if name not in names)]
    return [name for name in names if _has_page(getattr(module, name))]


def _has_page(found: object) -> bool:
    return inspect.isclass(found) or inspect.isroutine(found)


def _address(module: str, name: str) -> str:
    """Where a name is documented: at the top for what ``hinterland`` itself offers."""
    return f"hinterland.{name}" if name in hinterland.__all__ else f"{module}.{name}"


def addresses() -> dict[str, list[str]]:
    """Full names with a page, by module, none twice; the top level's own last."""
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for _, modules in ROLES.values():
        for name in modules:
            own = [_address(name, each) for each in documented(importlib.import_module(name))]
            found[name] = [each for each in own if each not in seen]
            seen.update(own)
    return found


def file_name(role: str) -> str:
    """A role's file name without its ending."""
    return role.split(",")[0].lower().replace(" ", "-")


def pages() -> dict[str, str]:
    """A page a role, and their list, by file name without the ending."""
    by_module = addresses()
    made = {}
    for role, (about, modules) in ROLES.items():
        parts = [f"# {role}", about]
        for module in modules:
            summary = (inspect.getdoc(importlib.import_module(module)) or "").split("\n\n")[0]
            names = "\n".join(f"   ~{name}" for name in by_module[module])
            parts += [f"## {module}", " ".join(summary.split()).replace("``", "`")]
            parts.append(f"```{{eval-rst}}\n.. autosummary::\n   :toctree: api\n\n{names}\n```")
        made[file_name(role)] = "\n\n".join(parts) + "\n"
    made["index"] = "\n".join(
        [
            "# Reference\n",
            "Every public name, by what it is for. The command line: [commands](/generated/command-line.md).\n",
            *(f"- [{role}]({file_name(role)}.md): {about}" for role, (about, _) in ROLES.items()),
            "\n```{toctree}\n:hidden:\n",
            *map(file_name, ROLES),
            "/generated/command-line",
            "/reference/model-file",
            "/reference/configuration",
            "```\n",
        ]
    )
    return made
