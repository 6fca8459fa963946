"""Statements that run code where no call is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.quiet import hides_code
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
import argparse, asyncio, logging, os, sys, other
from other import thing
log = logging.getLogger()
class Box:
    @property
    def value(self): return 1
def made(): yield 1
async def work(): pass
args = argparse.ArgumentParser().parse_args()
box, items = Box(), made()
things = [1, 2]
loop = asyncio.new_event_loop()
result = loop.run_until_complete(work())
session = loop.run_until_complete(other.open(loop))
again = again.next
"""


def _hides(see: See, statement: str) -> bool:
    module = see(f"{HEAD}{statement}\n")
    return hides_code(module, module.tree.body[-1])


@pytest.mark.parametrize(
    "statement",
    [
        "print(box, items, result)",
        "log.info('%s', items)",
        "print(sys.argv[1:], os.environ['X'], args.name)",
        "for x in things: print(x)",
        "for x in result: print(x.name, x[0])",
        "for x in sorted(result, key=len): print(x)",
        "print(sum(things), *things)",
        "with open('x') as f: print(f.name)",
        "print([len(x) for x in result])",
        "asyncio.set_event_loop(None)",
        "def f(): print(box.value)",
        "box.value = 1",
        "try: pass\nexcept OSError as e: print(e.args)",
    ],
)
def test_none(see: See, statement: str) -> None:
    assert not _hides(see, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "print(box.value)",
        "with box: pass",
        "for x in items: pass",
        "for x in thing: pass",
        "print(*items)",
        "print(sum(items))",
        "print(list(zip(things, items)))",
        "print([x for x in items])",
        "print(thing.value, box)",
        "print(other.part.value)",
        "box['x']",
        "print(session.value)",
        "print(again.value)",
        "x = (print(x) for x in items)\nlist(x)",
        "print(max(things, key=lambda x: box))",
    ],
)
def test_some(see: See, statement: str) -> None:
    assert _hides(see, statement)
