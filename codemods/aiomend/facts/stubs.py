"""Stub files beside the code that they are of: `work.pyi` says what the functions of `work.py` are."""

from __future__ import annotations

from collections.abc import Iterator

from aiomend.facts.scopes import FunctionNode
from aiomend.facts.view import Module


def beside_stub(module: Module) -> Module | None:
    """Return the file that a stub is of, or the stub of a file; None where there is none."""
    path = module.path.removesuffix("i") if module.path.endswith(".pyi") else f"{module.path}i"
    return module.beside(path) if path in module.inference.project.known else None


def twins(other: Module, module: Module, function: FunctionNode) -> Iterator[FunctionNode]:
    """Yield the functions of a file's stub, or of a stub's file, that a function of it is; more than one for overloads."""
    name = module.facts.scopes[function].qualname
    return (one for one in other.facts.functions if other.facts.scopes[one].qualname == name)
