"""Whose loop it is: the loops that a module and its functions get, run, and nobody else may close."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.entries import importers, is_program, is_script, main_guard
from aiomend.facts.loop_escapes import escapes
from aiomend.facts.loops import Loop, Origin, loops, scope_of, touches
from aiomend.facts.module import ModuleFacts
from aiomend.facts.quiet import RUNS
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module
from aiomend.rules.closing import trust
from aiomend.rules.closing.placing import home_block


def owned_loops(module: Module) -> Iterator[Loop]:
    """Yield the loops of a module and of its functions that are theirs to close."""
    every = list(loops(module))
    for loop in every:
        if loop.name is None and any(_is_same(module, loop, other) for other in every):
            continue  # it has a name there: what is found for that name covers this run
        last = is_last(module, loop)
        if not _owns(module, loop, last):
            continue  # the thread's loop: whoever runs the program closes it
        if escapes(module, loop, is_last=last):
            continue  # others may use it, run it or close it
        yield loop


def is_last(module: Module, loop: Loop) -> bool:
    """True where the program, a test or a thread ends with the scope."""
    function = loop.function
    if function is None:
        return True
    if module.is_test and function.name.startswith("test"):
        return True
    if module.threads.where(module.facts, function) is Where.THREAD:
        return True
    if module.facts.beside(_runs_at_its_top):
        return False  # the module's own level is the program
    return is_program(module, function, lambda facts, node: touches(module, facts, node, None))


def _runs_at_its_top(facts: ModuleFacts) -> bool:
    """True for a file that runs a loop outside of all functions."""
    return any(scope_of(facts, call) is facts.scope for call, _ in facts.method_calls(*RUNS))


def is_main_program(module: Module, loop: Loop) -> bool:
    """True where a loop is run by the program itself: in a script, behind a main guard, in a function that is the program."""
    if module.is_test:
        return False
    function = loop.function
    if function is None:
        return main_guard(module.facts, loop.runs[0]) is not None or is_script(module)
    return module.threads.where(module.facts, function) is Where.LOOP and is_last(module, loop)


def _is_same(module: Module, loop: Loop, other: Loop) -> bool:
    """True where ``loop``, which has no name, is the current one, and stands where ``other`` gives that one a name."""
    if other.name is None or loop.scope is not other.scope:
        return False
    if Origin.CURRENT not in loop.origins:
        return False
    if Origin.CURRENT not in other.origins and not trust.is_made_current(module, other):
        return False
    block = home_block(module.facts, other)
    return block is None or any(
        parent is statement for statement in block for parent in module.facts.ancestors(loop.runs[0])
    )


def _owns(module: Module, loop: Loop, last: bool) -> bool:
    if Origin.CURRENT not in loop.origins:
        return True  # made here
    if module.is_test or "nest_asyncio" in module.facts.imported_roots:
        return False  # the tests of a run share the current loop, and so do the cells of a notebook
    facts = module.facts
    if loop.function is None:
        return main_guard(facts, loop.runs[0]) is not None or not importers(module)
    return last or any(_surely(facts, close) is loop.function for close in loop.closes)


def _surely(facts: ModuleFacts, statement: ast.AST) -> ast.AST:
    """Return the node in whose own block a statement stands, or the `finally` that it stands in."""
    parent = facts.parents[statement]
    while isinstance(parent, ast.Try) and statement in parent.finalbody:
        statement, parent = parent, facts.parents[parent]
    return parent
