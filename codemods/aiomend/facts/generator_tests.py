"""Code that asks whether something is a generator, and so treats a native coroutine differently from the generator it was."""

from __future__ import annotations

import ast

from aiomend.facts.view import Module

_TESTS = {
    "isgenerator": "inspect.isgenerator",
    "isgeneratorfunction": "inspect.isgeneratorfunction",
    "GeneratorType": "types.GeneratorType",
}
#: Words of code that knows native coroutines as well.
_KNOWS_COROUTINES = (b"iscoroutine", b"isawaitable", b"CoroutineType", b"Awaitable")


def generator_test(module: Module) -> str | None:
    """Return a place in the project, as `path:line`, where code on asyncio asks for generators alone; None where none does."""
    project = module.inference.project
    for word, name in _TESTS.items():
        for path in project.files_mentioning(word) or ():
            facts = project.facts(path)
            if facts is None or "asyncio" not in facts.imported_roots:
                continue  # its generators are no coroutines
            if any(known in facts.source.data for known in _KNOWS_COROUTINES):
                continue  # it asks for coroutines too
            uses: list[ast.expr] = [*facts.names.get(word, ()), *facts.attributes.get(word, ())]
            for use in uses:
                if module.inference.external_name(facts, use) == name:
                    return f"{path}:{use.lineno}"
    return None
