"""Shelves: classes that replace one another, each by a short name.

A class puts itself on its shelf by naming itself (``class VAE(Network, name="vae")``). Those of hinterland's own
package for the shelf are found by importing its modules, so that a new member is one new file; a class of your own
is there once its module is imported.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
import pkgutil
from collections.abc import Collection, Mapping
from typing import Any


class Shelf:
    """Classes of one kind by name.

    Parameters
    ----------
    kind : what a message calls a member, such as ``network``.
    package : whose modules define hinterland's own members.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._members: dict[str, type[Any]] = {}

    def add(self, name: str, member: type[Any]) -> None:
        """Put a class on the shelf; ValueError where another class has the name."""
        there = self._members.setdefault(name, member)
        if (there.__module__, there.__qualname__) != (member.__module__, member.__qualname__):
            raise ValueError(f"two {self.kind} classes are called {name!r}: {there!r} and {member!r}")
        self._members[name] = member  # the newest definition, where a module was loaded again

    def members(self) -> dict[str, type[Any]]:
        """Classes by name. A module of the package whose optional dependency is not installed is passed over."""
        for place in pkgutil.iter_modules(importlib.import_module(self.package).__path__, f"{self.package}."):
            try:
                importlib.import_module(place.name)
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] == "hinterland":
                    raise
        return dict(sorted(self._members.items()))

    def named(self, name: Any, *, parameter: str = "") -> type[Any]:
        """Find a class by its name; ValueError, with the known names, where there is none.

        The message calls what holds the name ``parameter``, or by the kind.
        """
        known = self.members()
        if not isinstance(name, str) or name not in known:
            raise ValueError(
                f"{parameter or self.kind} must be one of {list(known)}{nearest(name, known)}, got {name!r}"
            )
        return known[name]

    def check_options(
        self, name: str, options: Any, *, taken: Collection[str] = (), parameter: str = ""
    ) -> None:
        """Raise ValueError unless a mapping holds arguments of a member's constructor, none of them ``taken``."""
        called = f"{parameter or self.kind}_options"
        if not isinstance(options, Mapping):
            raise ValueError(f"{called} must be a dictionary or None, got {options!r}")
        allowed = [p for p in inspect.signature(self.named(name)).parameters if p not in taken]
        for option in options:
            if option not in allowed:
                raise ValueError(
                    f"{called} must hold options of the {self.kind} {name!r}, which are {allowed}"
                    f"{nearest(option, allowed)}, got {option!r}"
                )


@functools.cache
def classes_below(package: str, base: type[Any]) -> dict[str, type[Any]]:
    """Subclasses of ``base`` that the modules of a package define, at any depth, by name.

    A module whose optional dependency is not installed is passed over.
    """
    found: dict[str, type[Any]] = {}
    for place in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        try:
            module = importlib.import_module(place.name)
        except ImportError:
            continue
        for cls in vars(module).values():
            own = inspect.isclass(cls) and cls.__module__ == module.__name__ and issubclass(cls, base)
            if own and cls is not base:
                found[cls.__name__] = cls
    return found


def nearest(name: Any, known: Collection[str]) -> str:
    """``; did you mean 'x'?`` where a known name is near, else nothing."""
    close = difflib.get_close_matches(str(name), known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
