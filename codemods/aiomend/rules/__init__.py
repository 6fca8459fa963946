"""The rules, one file each, in packages named after the guide's sections."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from aiomend.rules.rule import Fix, Rule

__all__ = ["Fix", "Rule", "registry"]


@functools.cache
def registry() -> dict[str, type[Rule]]:
    """Return every rule by its code, in the guide's order."""
    found: dict[str, type[Rule]] = {}
    for section in pkgutil.iter_modules(__path__, f"{__name__}."):
        package = importlib.import_module(section.name)
        names = [section.name]
        if section.ispkg:
            names += [inner.name for inner in pkgutil.iter_modules(package.__path__, f"{section.name}.")]
        for name in names:
            for value in vars(importlib.import_module(name)).values():
                # Not isinstance(): it would ask the lazily loaded `syntax` for its class, and so load LibCST.
                is_class = type(value) is type
                if is_class and issubclass(value, Rule) and value.__module__ == name and "code" in vars(value):
                    found[value.code] = value
    return dict(sorted(found.items(), key=lambda item: (item[1].section().number, item[0])))
