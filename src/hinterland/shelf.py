"""Shelves: members that replace one another, each by a short name.

A class puts itself on its shelf by naming itself (``class VAE(Network, name="vae")``), a function by a decorator
(``@TABLES.member("abalone")``), and what is neither by ``add``. Those of hinterland's own package for the shelf are
found by importing its modules, so that a new member is one new file; a member of your own is there once its module is
imported.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Generic, TypeVar

from hinterland.errors import BrokenMemberError, MissingExtraError
from hinterland.nearest import did_you_mean

Member = TypeVar("Member")
Own = TypeVar("Own")

EXTRAS = {
    "PIL": "image",
    "efficientnet_lite_pytorch": "features",
    "matplotlib": "plots",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "onnxscript": "onnx",
    "pyod": "bench",
    "torchvision": "image",
    "tqdm": "bench",
}
"""Packages that are optional, and hinterland's extra that brings each: a member may need one to be imported."""


class Shelf(Collection[str], Generic[Member]):
    """Members of one kind by name; as a collection it holds the names.

    Parameters
    ----------
    kind : what a message calls a member, such as ``network``.
    package : whose modules, at any depth, define hinterland's own members.
    by_name : whether members are in the order of their names; else in that of their modules, and in these of the text.
    """

    def __init__(self, kind: str, package: str, *, by_name: bool = True) -> None:
        self.kind = kind
        self.package = package
        self.by_name = by_name
        self._members: dict[str, Member] = {}
        self._homes: dict[str, str] = {}
        self._passed_over: dict[str, MissingExtraError] | None = None

    def add(self, name: str, member: Member, *, home: str = "") -> None:
        """Put a member on the shelf; ValueError where another one has the name.

        ``home`` is the name of the module that puts it there, where the member itself does not know.
        """
        there = self._members.setdefault(name, member)
        if _identity(there) != _identity(member):
            raise ValueError(f"two {self.kind} members are called {name!r}: {there!r} and {member!r}")
        self._members[name] = member  # the newest definition, where a module was loaded again
        self._homes[name] = home or member.__module__

    def add_by(self, attribute: str, *members: Member, home: str) -> None:
        """Put members on the shelf, each by the name that an attribute of it holds."""
        for member in members:
            self.add(getattr(member, attribute), member, home=home)

    def member(self, name: str) -> Callable[[Own], Own]:
        """Decorate a function, or a class, to put it on the shelf."""

        def put(member: Own) -> Own:
            self.add(name, member)  # type: ignore[arg-type]
            return member

        return put

    def members(self) -> dict[str, Member]:
        """Members by name.

        Raises
        ------
        BrokenMemberError
            Where a module of the package cannot be imported. One that needs an optional package that is not installed
            is passed over.
        """
        if self._passed_over is None:
            self._passed_over = import_all(self.package)
        names = sorted(self._members, key=None if self.by_name else self._homes.__getitem__)
        return {name: self._members[name] for name in names}

    def __iter__(self) -> Iterator[str]:
        return iter(self.members())

    def __len__(self) -> int:
        return len(self.members())

    def __contains__(self, name: object) -> bool:
        return name in self.members()

    def passed_over(self) -> str:
        """What a message adds about modules that are passed over, and how to get each; empty where none is."""
        self.members()
        return "".join(f"; not here: {error}" for error in (self._passed_over or {}).values())

    def named(self, name: Any, *, parameter: str = "") -> Member:
        """Find a member by its name; ValueError, with the known names, where there is none.

        The message calls what holds the name ``parameter``, or by the kind.
        """
        known = self.members()
        if not isinstance(name, str) or name not in known:
            raise ValueError(
                f"{parameter or self.kind} must be one of {list(known)}{_hint(name, known)}, got {name!r}"
                f"{self.passed_over()}"
            )
        return known[name]

    def check_options(
        self, name: str, options: Any, *, taken: Collection[str] = (), parameter: str = ""
    ) -> None:
        """Raise ValueError unless a mapping holds arguments of a member's constructor, none of them ``taken``."""
        called = f"{parameter or self.kind}_options"
        if not isinstance(options, Mapping):
            raise ValueError(f"{called} must be a dictionary or None, got {options!r}")
        parameters = inspect.signature(self.named(name)).parameters  # type: ignore[arg-type]
        allowed = [p for p in parameters if p not in taken]
        for option in options:
            if option not in allowed:
                raise ValueError(
                    f"{called} must hold options of the {self.kind} {name!r}, which are {allowed}"
                    f"{_hint(option, allowed)}, got {option!r}"
                )


def import_all(package: str) -> dict[str, MissingExtraError]:
    """Import every module of a package, at any depth.

    Returns
    -------
    Those that were passed over, as they need an optional package that is not installed, each with the error that says
    how to get it.

    Raises
    ------
    BrokenMemberError
        Where a module cannot be imported for any other reason; the message names it.
    """
    passed_over = {}
    for place in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        try:
            _import_member(place.name)
        except MissingExtraError as error:
            passed_over[place.name] = error
        else:
            if place.ispkg:
                passed_over |= import_all(place.name)
    return passed_over


def _import_member(module: str) -> None:
    try:
        importlib.import_module(module)
    except MissingExtraError:
        raise
    except Exception as error:
        missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
        if missing in EXTRAS:
            raise MissingExtraError(missing, EXTRAS[missing], f"the module {module}") from error
        raise BrokenMemberError(module, error) from error


def _identity(member: Any) -> Any:
    """What two definitions of one member have in common where its module was loaded twice."""
    name = getattr(member, "__qualname__", None)
    return member if name is None else (member.__module__, name)


def _hint(name: Any, known: Collection[str]) -> str:
    hint = did_you_mean(name, known)
    return f" ({hint})" if hint else ""
