"""Whether other files may take a name from a module: from its imports, by any name of the module, or of an object that may be it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import How, last_name
from aiomend.facts.spelling import is_attribute
from aiomend.facts.values import Plain, ProjectModule

_GETTERS = frozenset({"__import__", "getattr", "import_module"})


def is_taken_elsewhere(inference: Inference, facts: ModuleFacts, name: str) -> bool:
    """True where another file may take ``name``, bound at the top level of a file, from there; None of them is run."""
    project, path = inference.project, facts.source.path
    last = facts.name.rpartition(".")[2]
    if facts.is_package or (users := project.files_mentioning(last)) is None:
        return True
    star = r"\*|" if _comes_with_a_star(facts, name) else ""
    taken = re.compile(
        rf"from\s+[\w.]*\b{re.escape(last)}\s+import\s+(?:{star}\([^)]*\b{re.escape(name)}\b|[^\n(]*\b{re.escape(name)}\b)"
    )
    others = {user: project.data(user).decode("utf-8", "replace") for user in users if user != path}
    aliases = {alias for text in others.values() for alias in re.findall(rf"\b{re.escape(last)}\s+as\s+(\w+)", text)}
    for alias in sorted(aliases):  # a file may have the module by the name that another one gives it
        for user in project.files_mentioning(alias) or ():
            if user != path and user not in others:
                others[user] = project.data(user).decode("utf-8", "replace")
    known_as = "|".join(map(re.escape, (last, *sorted(aliases))))
    reached = re.compile(
        rf"\b(?:{known_as})(?:\.|\s*,\s*['\"]){re.escape(name)}\b"
    )  # or `setattr(module, "name", ...)`
    if any(taken.search(text) or reached.search(text) for text in others.values()):
        return True
    return _is_handed_on(inference, facts, tuple(others)) and _may_be_asked(inference, facts, name)


def _is_handed_on(inference: Inference, facts: ModuleFacts, users: Sequence[str]) -> bool:
    """True where a file does more with the module than to ask it for what is in it: it keeps it, passes it, gets it by a text."""
    return inference.traced(("module handed on", facts.name), lambda: any(_hands_on(inference, facts, users)))


def _hands_on(inference: Inference, facts: ModuleFacts, users: Sequence[str]) -> Iterator[bool]:
    last = facts.name.rpartition(".")[2]
    me = ProjectModule(facts)
    for path in users:
        if (user := inference.project.facts(path)) is None:
            yield True  # nobody knows what is in it
            continue
        imports: list[ast.Import | ast.ImportFrom] = [*user.nodes(ast.Import), *user.nodes(ast.ImportFrom)]
        aliases = {one.asname for each in imports for one in each.names if one.name.rpartition(".")[2] == last}
        names = sorted({last, *filter(None, aliases)})
        for use in (one for name in names for one in (*user.names.get(name, ()), *user.attributes.get(name, ()))):
            is_value = isinstance(use.ctx, ast.Load) and not isinstance(user.parents[use], ast.Attribute)
            if is_value and _is_imported(user, use):
                yield me in inference.values(user, use)
        yield any(_names_module(user, node, text, last) for text, found in user.texts.items() for node in found)


def _is_imported(user: ModuleFacts, use: ast.expr) -> bool:
    """True for a name that an import brings, and for an attribute of one, `work.client`: others cost nothing to rule out."""
    while isinstance(use, ast.Attribute):
        use = use.value
    found = user.scope_at(use).find(use.id) if isinstance(use, ast.Name) else None
    return found is not None and any(one.how in (How.IMPORT, How.FROM) for one in found[1])


def _names_module(user: ModuleFacts, node: ast.Constant, text: str, last: str) -> bool:
    """True for a text by which a module may be got: `import_module("work.client")`, `getattr(work, "client")`, `sys.modules[…]`."""
    match user.parents[node]:
        case ast.Call(func=func) if last_name(func) in _GETTERS:
            return text.rpartition(".")[2] == last
        case ast.Subscript(value=table) if last_name(table) == "modules":
            return text.rpartition(".")[2] == last
        case _:
            return text.endswith(f".{last}")


def _may_be_asked(inference: Inference, facts: ModuleFacts, name: str) -> bool:
    """True where another file asks something that may be the module for an attribute of that name, or gets one by a text."""
    project = inference.project
    me = ProjectModule(facts)
    modules = {alias.asname or alias.name for one in facts.nodes(ast.Import) for alias in one.names}
    for path in project.all_files_spelling(is_attribute, name):
        user = project.facts(path)
        if path == facts.source.path or user is None:
            continue  # its own affair, or it cannot be read
        if name in user.texts:
            return True
        for use in user.attributes.get(name, ()):
            parent = user.parents[use]
            if name in modules and isinstance(parent, ast.Call) and parent.func is use:
                continue  # nobody calls a module
            values = inference.values(user, use.value)
            if not values or me in values or Plain.UNKNOWN in values:
                return True
    return False


def _comes_with_a_star(facts: ModuleFacts, name: str) -> bool:
    """False where the file says in `__all__` what does, and ``name`` is not among it."""
    if [type(one.ctx) for one in facts.names.get("__all__", ())] != [ast.Store]:
        return True  # there is none, or it is put together
    match [one.value for one in facts.scope.bindings["__all__"]]:
        case [ast.List(elts=names) | ast.Tuple(elts=names)]:
            return not all(isinstance(one, ast.Constant) and one.value != name for one in names)
        case _:
            return True
