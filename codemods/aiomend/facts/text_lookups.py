"""Names that are looked up by a text: where code gets an attribute or a global whose name it makes up or was handed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.own_object import own_class
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


def looks_up(facts: ModuleFacts, name: str) -> bool:
    """True where a file gets something by a text that is made up and may be ``name``, or goes through all that an object holds."""
    tables = [*facts.names.get("vars", ()), *facts.attributes.get("__dict__", ())]
    return any(may_say(text, name) for text in _made_up(facts)) or any(_gives_all(facts, one) for one in tables)


def looks_up_its_own(facts: ModuleFacts, cls: ast.ClassDef, name: str) -> bool:
    """True where a class gets something of its own object by a text that may be ``name``, or goes through all that it holds."""
    for text in _made_up(facts):
        match facts.parents[text] if text is not None else None:
            case ast.Call(args=[owner, *_]) if owner is not text and own_class(facts, owner) is cls:
                if may_say(text, name):
                    return True
            case _:
                pass  # elsewhere, or of another object
    for table in (*facts.names.get("vars", ()), *facts.attributes.get("__dict__", ())):
        whole = facts.parents[table] if isinstance(table, ast.Name) else table
        match whole:
            case ast.Call(args=[owner]) | ast.Attribute(value=owner) if own_class(facts, owner) is cls:
                if _gives_all(facts, table):
                    return True
            case _:
                pass  # elsewhere, or of another object
    return False


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
    tables = [*(one for name in _TABLES for one in facts.names.get(name, ())), *facts.attributes.get("__dict__", ())]
    return any(True for _ in _made_up(facts)) or any(_is_asked(facts, one) for one in tables)


def _made_up(facts: ModuleFacts) -> Iterator[ast.expr | None]:
    """Yield the texts by which a file gets something and that are not written there; None where nobody sees the text."""
    for name, position in _GETTERS.items():
        for use in (*facts.names.get(name, ()), *facts.attributes.get(name, ())):
            match facts.parents[use]:
                case ast.Call(func=func, args=args) if func is use:
                    if len(args) > position and not isinstance(args[position], ast.Constant):
                        yield args[position]
                case ast.alias():
                    pass  # only imported
                case _:
                    yield None  # handed on


def may_say(text: ast.expr | None, name: str) -> bool:
    """False for a text that is not that name, whatever is filled in: `f"_finish_{kind}"` is not `_task`."""
    match text:
        case ast.Constant(value=value):
            return bool(value == name)
        case ast.JoinedStr(values=parts):
            form = "".join(re.escape(str(one.value)) if isinstance(one, ast.Constant) else ".*" for one in parts)
            return re.fullmatch(form, name) is not None
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            begins = not isinstance(left, ast.Constant) or name.startswith(str(left.value))
            return begins and (not isinstance(right, ast.Constant) or name.endswith(str(right.value)))
        case ast.BinOp(left=ast.Constant(value=str() as form), op=ast.Mod()) if form.count("%") == form.count("%s"):
            return re.fullmatch(".*".join(map(re.escape, form.split("%s"))), name) is not None
        case _:
            return True


def _gives_all(facts: ModuleFacts, table: ast.expr) -> bool:
    """False for a table that is asked for a name which is written there, or only filled."""
    whole = facts.parents[table] if isinstance(table, ast.Name) else table
    match facts.parents[whole]:
        case ast.Subscript(slice=ast.Constant()) | ast.Attribute(attr="update"):
            return False
        case ast.Attribute(attr="get" | "pop" | "setdefault") as method:
            call = facts.parents[method]
            return not (isinstance(call, ast.Call) and bool(call.args) and isinstance(call.args[0], ast.Constant))
        case _:
            return True


def _is_asked(facts: ModuleFacts, table: ast.expr) -> bool:
    """True where a table of names is asked for one that is not written there, or goes where nobody sees."""
    whole = facts.parents[table] if isinstance(table, ast.Name) else table
    match table, facts.parents[whole]:
        case ast.Attribute(value=owner), _ if own_class(facts, owner) is not None:
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


def got_with_others(facts: ModuleFacts) -> ast.expr | None:
    """Return where a file gets all that a class or an object has: `getmembers(x)`, `vars(cls)`, what a metaclass is given."""
    members = facts.attributes.get("getmembers", ())
    asked: list[ast.expr] = [*facts.names.get("getmembers", ()), *members, *facts.names.get("vars", ())]
    for use in asked:
        match facts.parents[use]:
            case ast.Call(func=func, args=[ast.Name(id="self"), *_]) if func is use and last_name(use) == "vars":
                pass  # an object itself has no methods
            case ast.Call():
                return use
            case _:
                pass  # a name alone
    for read in facts.attributes.get("__dict__", ()):
        match read.value, facts.parents[read]:
            case ast.Name(id="self"), _:
                pass  # likewise
            case _, ast.Subscript(ctx=ast.Load()) | ast.Attribute(attr="get" | "items" | "values"):
                return read
            case _:
                pass  # it is not read
    for made in facts.nodes(ast.ClassDef):
        for base in made.bases:
            if isinstance(base, ast.Name) and base.id == "type":
                return base
    return None
