"""Names that are looked up by a text: where code gets an attribute or a global whose name it makes up or was handed."""

from __future__ import annotations

import ast

from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import last_name

#: What gets something by a text, each with the position of the text.
_GETTERS = {"getattr": 1, "__getattribute__": 0, "attrgetter": 0, "methodcaller": 0, "eval": 0, "exec": 0}
_TABLES = frozenset({"globals", "locals", "vars"})


def has_text_lookups(inference: Inference) -> bool:
    """True where the project looks something up by a text that is not written there, or too many files would have to be read."""
    return inference.beside(_has_text_lookups)


def _has_text_lookups(inference: Inference) -> bool:
    project = inference.project
    found = (project.files_mentioning(word) for word in (*_GETTERS, *_TABLES, "__dict__"))
    paths = {path for some in found for path in (some if some is not None else project.paths)}
    files = (project.facts(path) for path in sorted(paths))
    return any(facts is not None and _looks_up(facts) for facts in files)


def looks_up(facts: ModuleFacts) -> bool:
    """True where a file gets something by a text that it makes up, or goes through all that an object holds."""
    tables = [*facts.names.get("vars", ()), *facts.attributes.get("__dict__", ())]
    return bool(tables) or _looks_up(facts)


def is_lookup(facts: ModuleFacts, text: ast.Constant) -> bool:
    """True where a text is what a call or a table is asked for by name: `getattr(it, "name")`, `globals()["name"]`."""
    match facts.parents[text]:
        case ast.Call(func=func, args=args):
            return last_name(func) in _GETTERS and text in args
        case ast.Subscript(value=value):
            return _is_table(value)
        case _:
            return False


def _looks_up(facts: ModuleFacts) -> bool:
    for name, position in _GETTERS.items():
        for use in (*facts.names.get(name, ()), *facts.attributes.get(name, ())):
            match facts.parents[use]:
                case ast.Call(func=func, args=args) if func is use:
                    if len(args) > position and not isinstance(args[position], ast.Constant):
                        return True
                case ast.alias():
                    pass  # only imported
                case _:
                    return True  # handed on
    tables = [*(one for name in _TABLES for one in facts.names.get(name, ())), *facts.attributes.get("__dict__", ())]
    return any(_is_asked(facts, one) for one in tables)


def _is_asked(facts: ModuleFacts, table: ast.expr) -> bool:
    """True where a table of names is asked for one that is not written there, or goes where nobody sees."""
    whole = facts.parents[table] if isinstance(table, ast.Name) else table
    match table, facts.parents[whole]:
        case ast.Attribute(value=ast.Name(id="self")), _:
            return False  # what an object holds, and no function
        case _, ast.Subscript(slice=ast.Constant()):
            return False
        case _:
            return True


def _is_table(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in _TABLES
        case ast.Attribute(attr="__dict__"):
            return True
        case _:
            return False
