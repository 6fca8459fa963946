"""What a person would call the function that a block becomes."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from aiomend.facts.scopes import last_name
from aiomend.facts.thread_blocks import ThreadBlock, last_value
from aiomend.facts.view import Module

#: What a block does, by the calls in it; what stands further up says more about the whole.
_VERBS = (
    ("write", r"write|writelines|write(row|rows|str|_text|_bytes)|dump|safe_dump|save|touch"),
    ("extract", r"extract(all)?|unpack_archive"),
    ("send", r"send(all|_message|mail|file)?"),
    ("pack", r"add(file)?|make_archive"),
    ("download", r"retr(binary|lines)|getfo|iter_content"),
    ("upload", r"stor(binary|lines)|putfo"),
    ("post", r"post|put|patch"),
    ("query", r"execute(many|script)?|fetch(all|one|many)"),
    ("list", r"nlst|mlsd|listdir|list_folders"),
    ("receive", r"recv(_into|from)?"),
    ("fetch", r"urlopen|get|request"),
    ("read", r"read(line|lines|_text|_bytes|into)?|loads?|safe_load|reader|DictReader|namelist|getnames|infolist"),
    ("copy", r"copy(file|fileobj|2|tree)?"),
)
_BY_CATEGORY = {"net": "talk", "http": "fetch", "db": "query", "file": "read", "cloud": "fetch", "mq": "send"}
_MODE = re.compile(r"[waxrbt+]{1,4}")


def name_for(module: Module, block: ThreadBlock, taken: set[str]) -> str:
    """Return a free name for the function of a block, which is none of ``taken``."""
    verb = _verb(block)
    candidates = _candidates(verb, block)
    used = {node.id for node in ast.walk(block.function) if isinstance(node, ast.Name)} | taken
    return next(
        name
        for name in candidates
        if name not in used and not hasattr(builtins, name) and module.is_free(name, block.statement)
    )


def _candidates(verb: str, block: ThreadBlock) -> Iterator[str]:
    match block.outputs:
        case [only] if not only.startswith("_") and only != verb:
            yield f"{verb}_{only}"
        case _:
            yield verb
    number = 2
    while True:
        yield f"{verb}_{number}"
        number += 1


def _verb(block: ThreadBlock) -> str:
    if _is_written(block.opening):
        return "write"
    value = last_value(block)
    for node in (value, block.statement) if value is not None else (block.statement,):
        called = [last_name(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)]
        for verb, pattern in _VERBS:
            if any(re.fullmatch(pattern, name) for name in called):
                return verb
    return _BY_CATEGORY.get(block.entry.category, "work")


def _is_written(opening: ast.Call) -> bool:
    """True where something is opened for writing."""
    is_method = isinstance(opening.func, ast.Attribute) and isinstance(
        opening.func.value, ast.Call
    )  # Path(name).open()
    modes = [
        *opening.args[0 if is_method else 1 :][:1],
        *(keyword.value for keyword in opening.keywords if keyword.arg == "mode"),
    ]
    return last_name(opening.func) == "open" and any(
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and _MODE.fullmatch(mode.value)
        and set(mode.value) & set("wax")
        for mode in modes
    )
