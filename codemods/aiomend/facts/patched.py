"""Functions of other packages that the project replaces: tests that mock one would no longer reach the code that uses another."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.module_names import is_test_path
from aiomend.facts.spelling import is_quoted, is_set
from aiomend.facts.values import Function, ProjectModule
from aiomend.facts.view import Module

#: What a test puts something in the place of: `work`, `self.work`, `sys.modules["work"]`.
_OWNER = rb"""[\w.]+(?:\[['"][\w.]+['"]\])?"""
#: Names that are put together, or come out of a list: `patch("work." + name)`, `patch(f"work.{name}")`, `setattr(work, name, fake)`.
_MADE_UP = re.compile(
    rb"""\bpatch\(\s*(?:['"][\w.]+\.['"]\s*[+%%]|f['"][\w.{}]*\.\{|['"][\w.%%{}]*\.(?:%%s|\{\w*\})['"])"""
    rb"""|(?:\bobject|(?:set|del)attr)\(\s*%b\s*,\s*[A-Za-z_]\w*\s*[,)]|\bdict\([^()]*__dict__""" % _OWNER
)
#: What tests look at of a call, or tell a function that takes the place of one.
_LOOKS = re.compile(rb"\b(?:call_args(?:_list)?|mock_calls|method_calls|assert_(?:called|any|has|awaited)\w*|loop)\b")
REPLACING = frozenset({"patch", "object", "setattr", "delattr"})  #: `mock.patch.object`, `monkeypatch.setattr`


def is_patched(module: Module, name: str) -> bool:
    """True where some file of the project sets an attribute of that name, or of the one by which the file imports it, or names it in
    a text as `mock.patch` wants it; and where a mock takes the place of all of asyncio.
    """
    inference = module.inference
    return any(_asked(inference, word, _is_replaced) for word in _names(module, name)) or any(
        _asked(inference, word, _is_replaced_whole) for word in _modules(module)
    )


def is_looked_at(module: Module, name: str) -> bool:
    """True where a test that speaks of the module puts something in the place of a function in it, and may look at the loop, or at
    any argument, that it is given.
    """
    if not is_patched(module, name):
        return False
    project = module.inference.project
    spoken_of = project.files_mentioning(module.facts.name.rpartition(".")[2])
    patterns = [_pattern(word) for word in _names(module, name)] + [_whole(word) for word in _modules(module)]
    for path in project.files_mentioning(name) or ():
        if is_test_path(path) and (spoken_of is None or path in spoken_of):
            data = project.content(path)
            if _LOOKS.search(data) is not None and any(pattern.search(data) for pattern in patterns):
                return True
    return False


def _names(module: Module, name: str) -> list[str]:
    """Return a function's own name, and the one by which the file imports it."""
    imported = [alias for statement in module.facts.nodes(ast.ImportFrom) for alias in statement.names]
    return sorted({name, *(alias.asname for alias in imported if alias.name == name and alias.asname)})


def _modules(module: Module) -> list[str]:
    """Return the names by which the file has all of asyncio."""
    whole = [alias for statement in module.facts.nodes(ast.Import) for alias in statement.names]
    return sorted({"asyncio", *(alias.asname for alias in whole if alias.name == "asyncio" and alias.asname)})


def _asked(inference: Inference, word: str, find_out: Callable[[Inference, str], bool]) -> bool:
    answers = inference.beside(_no_answers)
    inference.project.files_mentioning(word)  # asked each time: who asks rests on those files
    if (find_out, word) not in answers:
        answers[find_out, word] = find_out(inference, word)
    return answers[find_out, word]


@cache
def _whole(name: str) -> re.Pattern[bytes]:
    """What puts something in the place of a module in another one: `patch("work.asyncio")`, `patch.object(work, "asyncio")`."""
    return re.compile(
        rb"""patch\w*\(\s*['"][\w.]+\.%b['"]|(?:\bobject|(?:set|del)attr)\(\s*%b\s*,\s*['"]%b['"]|\b[\w.]+\.%b\s*=(?!=)"""
        % (name.encode(), _OWNER, name.encode(), name.encode())
    )


@cache
def _pattern(name: str) -> re.Pattern[bytes]:
    """What puts something in the place of a function by its name; a text in an annotation (``kind``) only says what kind of thing something is."""
    word = re.escape(name).encode()
    return re.compile(
        rb"""(?P<kind>->\s*|[\w\]]\s*:\s*|\w\[\s*|\bcast\(\s*)?['"][\w.]+\.%b['"]|(?<!hasattr\()(?<!getattr\()\b(?:asyncio|Task|\w*loop)\s*,\s*['"]%b['"]|\b(?:asyncio|Task|\w*loop)\.%b\s*=(?!=)"""
        rb"""|(?:\bobject|(?:set|del)attr)\(\s*%b\s*,\s*['"]%b['"]|\battribute\s*=\s*['"]%b['"]|\b(?:multiple|patch\.dict)\((?:[^()]|\([^()]*\))*\b%b\s*="""
        rb"""|\b(?:patch|setattr)\(\s*[^'"\n,()]*['"][^'"\n]*\.%b['"]"""
        % (word, word, word, _OWNER, word, word, word, word)
    )


def _is_replaced_whole(inference: Inference, name: str) -> bool:
    project = inference.project
    paths = {*project.all_files_spelling(is_quoted, name), *project.all_files_spelling(is_set, name)}
    return any(_whole(name).search(project.data(path)) for path in paths)


def _is_replaced(inference: Inference, name: str) -> bool:
    project = inference.project
    paths = project.files_mentioning(name)
    every = (_pattern(name).finditer(project.data(path)) for path in (project.paths if paths is None else paths))
    return (
        any(found["kind"] is None for some in every for found in some)
        or _is_among_names(inference, name)
        or _is_set_on_module(inference, name)
    )


def _is_among_names(inference: Inference, name: str) -> bool:
    """True where a test has the name as a text of its own, and some test puts something under names that are made up."""
    project = inference.project
    alone = re.compile(rb"""['"]%b['"]""" % re.escape(name).encode())
    named = (path for path in project.all_files_spelling(is_quoted, name) if is_test_path(path))
    return any(alone.search(project.data(path)) for path in named) and inference.traced(
        ("names made up", None), lambda: _makes_names_up(inference)
    )


def _makes_names_up(inference: Inference) -> bool:
    project = inference.project
    told = [project.files_mentioning(word) for word in ("patch", "setattr", "delattr")]
    tests = (path for paths in told for path in (project.paths if paths is None else paths) if is_test_path(path))
    return any(_MADE_UP.search(project.content(path)) is not None for path in tests)


def _is_set_on_module(inference: Inference, name: str) -> bool:
    """True for `work.sleep = fake` where `work` is a module of the project."""
    for path in inference.project.files_spelling(is_set, name) or ():
        facts = inference.project.facts(path)
        for node in facts.attributes.get(name, ()) if facts is not None else ():
            if facts is not None and isinstance(node.ctx, ast.Store):
                values = inference.values(facts, node.value)
                if values and all(isinstance(one, ProjectModule) for one in values):
                    return True
    return False


def patched_texts(inference: Inference, owner: str, name: str) -> Iterator[tuple[ModuleFacts, ast.Constant]]:
    """Yield the texts by which the project puts something in the place of ``owner.name``.

    The owner is a module of others, by its whole name, or one of the project, by the last part of its name. Those are `mock.patch("work.asyncio.async")`, `setattr(asyncio, "async", fake)` and their like.
    """
    project = inference.project
    dotted = re.compile(rf"(?:[\w.]+\.)?{re.escape(owner)}\.{re.escape(name)}")
    for path in project.all_files_spelling(is_quoted, name):
        if (facts := project.facts(path)) is None:
            continue  # nobody knows what is in it
        for call in facts.beside(_replacing):
            match call.args:
                case [ast.Constant(value=str(text)) as given, *_] if dotted.fullmatch(text):
                    yield facts, given
                case [whose, ast.Constant(value=str(text)) as given, *_] if text == name:
                    if inference.external_name(facts, whose) == owner or _is_module(inference, facts, whose, owner):
                        yield facts, given
                case _:
                    pass  # replaces something else


def stand_ins(inference: Inference, owner: str, name: str) -> Sequence[Function]:
    """Return the functions of the project that something puts in the place of ``owner.name``: `patch("work.asyncio.sleep", fake)`."""
    return inference.traced(("stand ins", owner, name), lambda: list(_stand_ins(inference, owner, name)))


def _stand_ins(inference: Inference, owner: str, name: str) -> Iterator[Function]:
    for facts, text in patched_texts(inference, owner, name):
        call = facts.parents[text]
        assert isinstance(call, ast.Call)
        given = call.args[call.args.index(text) + 1 :] + [one.value for one in call.keywords if one.arg == "new"]
        values = inference.values(facts, given[0]) if given else ()
        functions = [value for value in values if isinstance(value, Function)]
        yield from sorted(functions, key=lambda one: (one.facts.path, one.node.lineno))


def _is_module(inference: Inference, facts: ModuleFacts, node: ast.expr, name: str) -> bool:
    """True for a module of the project with that last part of its name."""
    values = inference.values(facts, node)
    return any(isinstance(one, ProjectModule) and one.facts.name.rpartition(".")[2] == name for one in values)


def _no_answers(_: Inference) -> dict[tuple[Callable[[Inference, str], bool], str], bool]:
    return {}


def _replacing(facts: ModuleFacts) -> list[ast.Call]:
    """Return the calls of a file that may put something in the place of an attribute."""
    return [call for call in facts.calls if facts.original_name(call.func) in REPLACING]
