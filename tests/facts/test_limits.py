"""How far each fact follows what it follows: so far, and no farther. What lies beyond is not known, which edits nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.block_fitness import misfit
from aiomend.facts.endings import Ending, Endings
from aiomend.facts.finalizers import loop_finalizers
from aiomend.facts.future_guards import is_guarded
from aiomend.facts.futures import Certainty, certainty
from aiomend.facts.handled_by_callers import handed_on, is_named_by_a_caller
from aiomend.facts.lone_programs import Way, way_to
from aiomend.facts.loops import touches
from aiomend.facts.program_ends import ends_with
from aiomend.facts.properties import runs_code
from aiomend.facts.scopes import FunctionNode
from aiomend.facts.task_sets import Matter, finished_matter
from aiomend.facts.thread_fitness import misfit_of
from aiomend.facts.values import Coroutine, Function
from aiomend.facts.view import Module

See = Callable[..., Module]
JOB = "async def job(): pass\n"
CLOSES = "    async def close(self): pass\n"


def _call(module: Module, name: str = "mark") -> ast.Call:
    (call,) = (one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == name)
    return call


def _function(module: Module, name: str) -> FunctionNode:
    return next(one for one in module.facts.functions if one.name == name)


def _chain(count: int, first: str, link: str) -> str:
    """Lines of which each refers to the one before: ``{n}`` is its number, ``{m}`` that of the one before."""
    return first + "".join(link.format(n=n, m=n - 1) for n in range(1, count))


# ---- values ---


def _is_known(see: See, text: str, **others: str) -> bool:
    """Is the argument of the call of `mark` certainly a coroutine?"""
    module = see(text, **others)
    passed = module.inference.values_from_callers(module.facts, _call(module).args[0])
    return all(isinstance(value, Coroutine) for value in passed)


def _through_names(see: See, count: int) -> bool:
    return _is_known(see, JOB + _chain(count, "x0 = job()\n", "x{n} = x{m}\n") + f"mark(x{count - 1})\n")


def test_names_are_followed_to_the_end_however_many_there_are(see: See) -> None:
    assert _through_names(see, 1)
    assert _through_names(see, 500)


def _of_classes(see: See, count: int) -> bool:
    classes = "".join(f"class C{n}:\n{CLOSES}" for n in range(count))
    return _is_known(see, f"{classes}x = {' or '.join(f'C{n}()' for n in range(count))}\nmark(x.close())\n")


def _handed_down(see: See, count: int) -> bool:
    return _is_known(
        see, JOB + _chain(count, "def f0(x): mark(x)\n", "def f{n}(x): f{m}(x)\n") + f"f{count - 1}(job())\n"
    )


def _of_callers(see: See, count: int) -> bool:
    return _is_known(see, f"{JOB}def f(x): mark(x)\n" + "f(job())\n" * count)


def _by_another_name(see: See, count: int) -> bool:
    """A call by that many names away passes something else."""
    named = _chain(count, "def g0(x): mark(x)\ng0(job())\n", "g{n} = g{m}\n")
    return not _is_known(see, f"{JOB}{named}g{count - 1}(1)\n")


def _below_a_base(see: See, count: int) -> bool:
    bases = _chain(count, "class S0: pass\n", "class S{n}(S{m}): pass\n")
    return _is_known(see, f"{bases}class Last(S{count - 1}):\n{CLOSES}def f(x: S0): mark(x.close())\n")


def _alias_through_modules(see: See, count: int) -> bool:
    others = {f"m{n}": f"from m{n - 1} import A\n" for n in range(1, count)}
    user = f"from m{count - 1} import A\ndef f(x: A): mark(x.close())\n"
    return _is_known(see, user, m0=f"class C:\n{CLOSES}A = C | None\n", **others)


# ---- calls ---


def _guarded_by_callers(see: See, count: int) -> bool:
    methods = _chain(count, "class A:\n  def f0(self): self.fut.set_result(1)\n", "  def f{n}(self): self.f{m}()\n")
    module = see(f"{methods}  def go(self):\n    if not self.fut.done(): self.f{count - 1}()\n")
    (setter,) = (one for one in module.facts.calls if module.text(one.func).endswith("set_result"))
    assert isinstance(setter.func, ast.Attribute)
    return is_guarded(module, setter, setter.func.value)


def _calls(count: int, first: str = "mark()") -> str:
    return _chain(count, f"def f0(): {first}\n", "def f{n}(): f{m}()\n")


def _named_by_a_caller(see: See, count: int) -> bool:
    module = see(f"{_calls(count)}try: f{count - 1}()\nexcept Gone: pass\n")
    return is_named_by_a_caller(module, _call(module), frozenset({"Gone"}))


def _caller_handed_on(see: See, count: int) -> bool:
    module = see(f"Gone = 1\n{_calls(count)}use(f{count - 1})\n")
    return handed_on(module, _call(module), frozenset({"Gone"})) == f"f{count - 1}"


def _awaits(count: int, first: str) -> str:
    return "import asyncio\n" + _chain(count, f"async def f0(): {first}\n", "async def f{n}(): await f{m}()\n")


def _last_of_a_program(see: See, count: int) -> bool:
    module = see(f"{_awaits(count, 'pass')}asyncio.run(f{count - 1}())\n")
    return ends_with(module, _function(module, "f0"))


def _alone_in_a_program(see: See, count: int) -> bool:
    module = see(f"{_awaits(count, 'mark()')}asyncio.run(f{count - 1}())\n")
    return way_to(module, _call(module)) is Way.ALONE


def _ends(see: See, count: int) -> bool:
    module = see(_awaits(count, "x = 1"))
    return Endings(module).of(Function(module.facts, _function(module, f"f{count - 1}"))).ending is Ending.ENDS


def _ends_in_a_thread(see: See, count: int) -> bool:
    module = see(f"import asyncio\n{_calls(count, 'pass')}async def go(): await asyncio.to_thread(f{count - 1})\n")
    return Endings(module).of(Function(module.facts, _function(module, "go"))).ending is Ending.ENDS


def _property_of_properties(see: See, count: int) -> bool:
    one = "  @property\n  def {}(self): return self.{}\n"
    properties = one.format("p0", "x") + "".join(one.format(f"p{n}", f"p{n - 1}") for n in range(1, count))
    module = see(f"class A:\n  def __init__(self): self.x = 1\n{properties}a = A()\nmark(a.p{count - 1})\n")
    return not runs_code(module, _call(module).args[0])


def _fit_for_a_thread(see: See, count: int) -> bool:
    module = see(f"{_calls(count, 'pass')}async def go():\n  with open('a') as a:\n    f{count - 1}()\n")
    (block,) = (one for one in ast.walk(module.tree) if isinstance(one, ast.With))
    return misfit(module, block) is None


def _unfit_for_a_thread(see: See, count: int) -> bool:
    module = see(f"import asyncio\n{_calls(count, 'asyncio.current_task()')}")
    return misfit_of(module, Function(module.facts, _function(module, f"f{count - 1}"))) is not None


def _loop_in_a_call(see: See, count: int) -> bool:
    module = see(f"import asyncio\n{_calls(count, 'asyncio.get_event_loop()')}mark(f{count - 1}())\n")
    return touches(module, module.facts, _call(module), None)


def _finalizer(see: See, count: int) -> bool:
    calls = _calls(count, "loop.create_task(x)")
    module = see(f"{calls}class A:\n  def __del__(self): f{count - 1}()\n")
    return loop_finalizers(module) != []


def _future_by_callers(see: See, count: int) -> bool:
    handed = _chain(count, "def f0(x): mark(x)\n", "def f{n}(x): f{m}(x)\n")
    module = see(f"import asyncio\n{handed}f{count - 1}(asyncio.Future())\n")
    return certainty(module, _call(module).args[0]) is Certainty.PASSED


def _copied_set(see: See, count: int) -> bool:
    copies = _chain(count, "  x0 = mark()\n", "  x{n} = list(x{m})\n")
    module = see(f"def f():\n{copies}  len(x{count - 1})\n")
    return finished_matter(module, _call(module)) is Matter.INSPECTED


@pytest.mark.parametrize(
    ("is_followed", "limit"),
    [
        (_of_classes, 24),
        (_handed_down, 6),
        (_of_callers, 24),
        (_by_another_name, 6),
        (_below_a_base, 60),
        (_alias_through_modules, 3),
        (_guarded_by_callers, 4),
        (_named_by_a_caller, 3),
        (_caller_handed_on, 3),
        (_last_of_a_program, 4),
        (_alone_in_a_program, 6),
        (_ends, 9),
        (_ends_in_a_thread, 8),
        (_property_of_properties, 4),
        (_fit_for_a_thread, 3),
        (_unfit_for_a_thread, 5),
        (_loop_in_a_call, 3),
        (_finalizer, 4),
        (_future_by_callers, 4),
        (_copied_set, 5),
    ],
)
def test_it_is_followed_so_far_and_no_farther(see: See, is_followed: Callable[[See, int], bool], limit: int) -> None:
    assert (is_followed(see, 1), is_followed(see, limit), is_followed(see, limit + 1)) == (True, True, False)


# ---- what is in what ---


@pytest.mark.parametrize(("count", "is_known"), [(1, True), (6, True), (12, False)])
def test_a_table_of_tables_is_known_so_many_times(see: See, count: int, is_known: bool) -> None:
    nested = _chain(count, "x0 = [job]\n", "x{n} = [x{m}]\n")
    taken = f"x{count - 1}" + "[0]" * count

    assert _is_known(see, f"{JOB}{nested}mark({taken}())\n") is is_known
