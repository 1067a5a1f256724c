"""A table of parameters beside each class: default, check and description of each are written once.

The constructor, the check of all of them, the docstring's section ``Parameters`` and every listing follow from it.
"""

from __future__ import annotations

import functools
import inspect
import re
import textwrap
import warnings
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field
from typing import Any, Literal, NamedTuple, Self, TypeVar, dataclass_transform

from sklearn.base import BaseEstimator

from hinterland.errors import FormerNameWarning
from hinterland.moved import GOES_WITH
from hinterland.parameters import Check

WIDTH = 116
"""Of the lines of a docstring that are written here."""

T = TypeVar("T")

UNCHANGED: Any = object()
"""What says of a parameter that nothing was done before it was there that its default does not do."""


class Parameter(NamedTuple):
    """An entry of the table."""

    default: Any
    description: str
    check: Check
    annotation: str
    was: str | None
    before: Any = UNCHANGED


def parameter(
    default: T,
    check: Check,
    about: str,
    *,
    kw_only: bool = True,
    was: str | None = None,
    before: Any = UNCHANGED,
) -> T:
    """Declare a parameter in a class's body: ``steps: int = parameter(200, whole(least=1), "gradient steps.")``.

    Parameters
    ----------
    default : what it is where nothing is said.
    check : called with its name and value; see ``hinterland.parameters``.
    about : what it does, for docstrings and listings.
    kw_only : False for a parameter that may also be given by its place.
    was : its former name, which goes on working with a warning.
    before : the value by which all is done as it was before there was the parameter, where that is not the default:
        what it is in a file, or a stored job, that does not name it.
    """
    metadata = {"check": check, "about": about, "was": was, "before": before}
    made: T = field(default=default, kw_only=kw_only, metadata=metadata)
    return made


def positional(
    *,
    default: T,
    check: Check,
    about: str,
    kw_only: Literal[False] = False,
    was: str | None = None,
    before: Any = UNCHANGED,
) -> T:
    """Declare a parameter that may also be given by its place."""
    return parameter(default, check, about, kw_only=kw_only, was=was, before=before)


def attribute(*, init: Literal[False] = False) -> Any:
    """Declare an attribute that is no parameter."""
    return field(init=init)


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(positional, attribute))
class Parameterised(BaseEstimator):
    """Base of estimators whose bodies are their tables: their constructors store the parameters untouched.

    A subclass takes its bases' parameters too, after its own. A plain value in its body is another default for one of
    these: ``hidden = (64, 32)``.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Make the constructor, the docstring and the former names of a subclass from its table."""
        super().__init_subclass__(**kwargs)
        written = "__init__" in vars(cls)
        _declare_other_defaults(cls)
        dataclass(eq=False, repr=False, match_args=False, kw_only=True)(cls)
        if not written:
            cls.__init__ = _also_by_former_names(cls, cls.__init__)  # type: ignore[method-assign]
        for name, entry in table(cls).items():
            if entry.was is not None:
                setattr(cls, entry.was, _former(cls.__name__, entry.was, name))
        if cls.__doc__ is not None:
            cls.__doc__ = with_parameters(cls.__doc__, table(cls))

    def check_parameters(self) -> None:
        """Raise ValueError for a parameter that its check refuses, or that does not go with another."""
        for name, entry in table(type(self)).items():
            entry.check(name, getattr(self, name))
        self._check_parameters()

    def _check_parameters(self) -> None:
        """Raise ValueError for parameters that do not go together; each has passed its own check."""

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, also by former ones; see scikit-learn."""
        super().set_params(**by_present_names(type(self), params, warn=True))
        return self

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(as_stored(type(self), state))


def table(cls: type[Any]) -> dict[str, Parameter]:
    """A class's parameters by name: those with a place, then its own in the order of its body, then its bases'."""
    known = _declared(cls)
    by_place = [name for name, f in known.items() if not f.kw_only]
    of_bases = [name for base in reversed(cls.__mro__) for name in _own(base)[::-1]]
    return {
        name: Parameter(
            known[name].default,
            known[name].metadata["about"],
            known[name].metadata["check"],
            _written(known[name].type),
            known[name].metadata["was"],
            known[name].metadata["before"],
        )
        for name in [*by_place, *reversed(dict.fromkeys(of_bases))]
    }


def by_present_names(cls: type[Any], given: Mapping[str, Any], *, warn: bool = False) -> dict[str, Any]:
    """Parameters of a class by their present names, of which some may be given by former ones.

    It may warn of these, at the caller's caller; files and stored jobs keep the names that they
    were written with.

    Raises
    ------
    TypeError
        For a parameter that is given by both names.
    """
    renamed = {known.metadata["was"]: name for name, known in _declared(cls).items()}
    renamed = {old: new for old, new in renamed.items() if old in given}
    for old, new in renamed.items():
        if new in given:
            raise TypeError(f"{cls.__name__} got {new} and {old}, which is its former name")
        if warn:
            _warn(cls.__name__, str(old), new, stacklevel=4)
    return {renamed.get(name, name): value for name, value in given.items()}


def as_stored(cls: type[Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters that were stored of an object, by present names, and those that were not there yet, as was done.

    Names that are no parameters are left as they are.
    """
    before = {name: known.metadata["before"] for name, known in _declared(cls).items()}
    return {
        **{name: value for name, value in before.items() if value is not UNCHANGED},
        **by_present_names(cls, stored),
    }


def with_parameters(docstring: str, entries: Mapping[str, Parameter]) -> str:
    """Join a section ``Parameters`` into a docstring, before its other sections."""
    if not entries:
        return docstring
    text, sections = inspect.cleandoc(docstring), ""
    if found := re.search(r"^\S[^\n]*\n-{3,}$", text, re.MULTILINE):
        text, sections = text[: found.start()], "\n\n" + text[found.start() :]
    lines = [text.rstrip(), "", "Parameters", "----------"]
    for name, entry in entries.items():
        lines.append(f"{name} : {entry.annotation}, default={entry.default!r}")
        lines += textwrap.wrap(entry.description, WIDTH, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines) + sections


def _declared(cls: type[Any]) -> dict[str, Field[Any]]:
    """Fields of a class that are parameters, in the constructor's order."""
    found: dict[str, Field[Any]] = getattr(cls, "__dataclass_fields__", {})
    return {name: known for name, known in found.items() if "check" in known.metadata}


def _written(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _own(cls: type[Any]) -> list[str]:
    """Names of the parameters that a class's body declares, in its order."""
    declared = _declared(cls)
    return [name for name in inspect.get_annotations(cls) if name in declared]


def _declare_other_defaults(cls: type[Any]) -> None:
    """Make fields of the plain values that a class's body gives parameters of its bases."""
    annotations = inspect.get_annotations(cls)
    for name, known in _declared(cls).items():  # of the bases: its own are not made yet
        if name in vars(cls) and name not in annotations:
            setattr(cls, name, field(default=vars(cls)[name], kw_only=known.kw_only, metadata=known.metadata))
            annotations[name] = known.type
    cls.__annotations__ = annotations


def _also_by_former_names(cls: type[Any], initialise: Callable[..., None]) -> Callable[..., None]:
    """A constructor that takes former names too, and shows what has no place in the order of the table."""

    @functools.wraps(initialise)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        initialise(self, *args, **by_present_names(cls, kwargs, warn=True))

    signature, order = inspect.signature(initialise), list(table(cls))
    by_name = list(signature.parameters.values())
    placed = [p for p in by_name if p.kind is not p.KEYWORD_ONLY]
    others = [p for p in by_name if p.kind is p.KEYWORD_ONLY and p.name not in order]
    named = [signature.parameters[name] for name in order if signature.parameters[name] not in placed]
    __init__.__signature__ = signature.replace(parameters=[*placed, *named, *others])  # type: ignore[attr-defined]
    return __init__


def _former(owner: str, old: str, new: str) -> property:
    """The attribute of a former name."""

    def get(self: Any) -> Any:
        _warn(owner, old, new, stacklevel=3)
        return getattr(self, new)

    def put(self: Any, value: Any) -> None:
        _warn(owner, old, new, stacklevel=3)
        setattr(self, new, value)

    return property(get, put, doc=f"Former name of ``{new}``.")


def _warn(owner: str, old: str, new: str, *, stacklevel: int) -> None:
    warnings.warn(
        f"the parameter {old} of {owner} is now called {new}; the old name goes with hinterland {GOES_WITH}",
        FormerNameWarning,
        stacklevel=stacklevel,
    )
