"""Which places take a coroutine for its result, whether they fail, and which ones may know what they get."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.coroutine_misuse import Misuse, misuse
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import json, logging, os\n"
NOT_SHOWN = "of which the text is only `<coroutine object …>`"


def _misuse(see: See, statement: str, *, native: bool = True) -> Misuse | None:
    module = see(f"{HEAD}async def f(x, y):\n    {statement}\n")
    (node,) = (one for one in module.facts.calls if module.text(one) == "job()")
    return misuse(module, node, native=native)


@pytest.mark.parametrize(
    "statement",
    [
        "job()",
        "await job()",
        "x = job()",
        "x(job())",
        "x.y(job())",
        "x(y=job())",
        "job().close()",
        "job().send(None)",
        "job().throw(x)",
        "job().cr_frame",
        "job().gi_running",
        "job().__await__()",
        "return job()",
        "yield job()",
        "[job()]",
        "x = [job() for _ in y]",
        "x(job() for _ in y)",
        "x(y, (job() for _ in y))",
        "x[job()]",
        "x.append(job())",
        "dict(x=job())",
        "print(x, file=job())",
        "isinstance(job(), x)",
        "x = y and job()",
        "x = y if x else job()",
        "x = x or job()",
        "await (x and job() or y())",
        "lambda: job()",
        "job() is x",
        "job() is not x",
        "x | job()",
        "job() >> x",
        "x @ job()",
        "x &= job()",
        "x: int = job()",
        "x = y = job()",
        "x.format(job())",
        "x.join(job())",
        "json.load(job())",
        "match job():\n        case 1: pass\n        case made: await made",
        "match job():\n        case made if x: await made",
        "match job():\n        case _ as made: await made",
        "match job():\n        case 1 | (2 | made): await made",
        "match job():\n        case Awaitable() as made: await made",
        "match job():\n        case abc.Coroutine(): pass",
    ],
)
def test_who_may_know_what_it_gets(see: See, statement: str) -> None:
    assert _misuse(see, statement) is None


@pytest.mark.parametrize(
    "statement",
    [
        "if job(): pass",
        "while job(): pass",
        "assert job()",
        "x = 1 if job() else 2",
        "not job()",
        "[x for x in y if job()]",
        "x = job() and y",
        "x = job() or y",
        "x = x and job() and y",
        "if x and job(): pass",
        "if x or y and job(): pass",
        "if (job() if x else y): pass",
        "if not (x or job()): pass",
        "bool(job())",
        "any(job() for _ in y)",
        "all([job() for _ in y])",
        "match x:\n        case 1 if job(): pass",
    ],
)
def test_it_is_always_true(see: See, statement: str) -> None:
    assert _misuse(see, statement) == Misuse("which is always true", fails=False)


@pytest.mark.parametrize(
    ("statement", "says", "fails", "lasts"),
    [
        ("job().name", "which has no attribute `name`", True, True),
        ("job().closed", "which has no attribute `closed`", True, True),
        ("job()[0]", "which has no items", True, True),
        ("job()()", "which cannot be called", True, True),
        ("-job()", "which is no number", True, False),
        ("job() + 1", "which has no operators", True, False),
        ("1 + job()", "which has no operators", True, False),
        ("x + job()", "which has no operators", True, False),
        ("x += job()", "which has no operators", True, False),
        ("1 | job()", "which has no operators", True, False),
        ("'%s' % job()", NOT_SHOWN, False, False),
        ("f'{x}' % job()", NOT_SHOWN, False, False),
        ("x % job()", "which has no operators", True, False),
        ("job() % 'x'", NOT_SHOWN, False, False),
        ("f'{job()}'", NOT_SHOWN, False, False),
        ("print(job())", NOT_SHOWN, False, False),
        ("str(job())", NOT_SHOWN, False, False),
        ("logging.info(job())", NOT_SHOWN, False, False),
        ("job() < x", "which has no order", True, False),
        ("x >= job()", "which has no order", True, False),
        ("x < job() < y", "which has no order", True, False),
        ("x in job()", "which cannot be searched", True, False),
        ("x not in job()", "which cannot be searched", True, False),
        ("job() is None", "which is never `None`", False, False),
        ("None is not job()", "which is never `None`", False, False),
        ("job() == 1", "which is never `1`", False, False),
        ("job() != []", "which is never `[]`", False, False),
        ("job() == x", "which equals nothing else", False, False),
        ("job() in x", "which equals nothing else", False, False),
        ("x != job()", "which equals nothing else", False, False),
        ("x is y == job()", "which equals nothing else", False, False),
        ("raise job()", "which is no exception", True, False),
        (
            "match job():\n        case int() as made: pass",
            "which matches none of the results it could have",
            False,
            False,
        ),
        ("match job():\n        case _: pass", "which matches none of the results it could have", False, False),
        ("match job():\n        case 1: pass", "which matches none of the results it could have", False, False),
        ("for x in job(): pass", "which cannot be iterated", True, True),
        ("[x for x in job()]", "which cannot be iterated", True, True),
        ("x(*job())", "which cannot be iterated", True, False),
        ("async for x in job(): pass", "which is no asynchronous iterator", True, True),
        ("[x async for x in job()]", "which is no asynchronous iterator", True, True),
        ("x, y = job()", "which cannot be unpacked", True, True),
        ("[x, y] = job()", "which cannot be unpacked", True, True),
        ("with job(): pass", "which is no context manager", True, True),
        ("async with job(): pass", "which is no asynchronous context manager", True, True),
        ("len(job())", "which `len()` can do nothing with", True, False),
        ("sorted(job())", "which `sorted()` can do nothing with", True, False),
        ("json.dumps(job())", "which `json.dumps()` can do nothing with", True, False),
        ("os.fspath(job())", "which `os.fspath()` can do nothing with", True, False),
        ("','.join(job())", "which `join()` can do nothing with", True, False),
        ("'{}'.format(job())", "which `format()` can do nothing with", False, False),
        ("','.join(job() for _ in y)", "which is no text to join", True, False),
        ("sum(job() for _ in y)", "which `sum()` can do nothing with", True, False),
        ("max([job() for _ in y])", "which `max()` can do nothing with", True, False),
    ],
)
def test_it_is_taken_for_its_result(see: See, statement: str, says: str, fails: bool, lasts: bool) -> None:
    assert _misuse(see, statement) == Misuse(says, fails, lasts)


@pytest.mark.parametrize(
    "statement",
    ["for x in job(): pass", "[x for x in job()]", "x(*job())", "list(job())", "sum(job())", "','.join(job())"],
)
def test_a_generator_can_be_driven_by_hand(see: See, statement: str) -> None:
    assert _misuse(see, statement, native=False) is None
    assert _misuse(see, statement, native=True) is not None


@pytest.mark.parametrize("statement", ["len(job())", "async for x in job(): pass", "job()[0]", "'{}'.format(job())"])
def test_a_generator_has_no_more_than_that(see: See, statement: str) -> None:
    assert _misuse(see, statement, native=False) is not None


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("def get(self): return job()", None),
        ("def __enter__(self): return job()", None),
        ("def __await__(self): return job()", None),
        ("@property\n  def x(self): return job()", None),
        ("def __str__(self):\n    def g(): return job()", None),
        ("def __str__(self): return job()", "which `__str__()` returns to nobody who could await it"),
        ("def __exit__(self, *x): return job()", "which `__exit__()` returns to nobody who could await it"),
        ("@x.setter\n  def x(self, y): return job()", "which the setter of `x` returns to nobody who could await it"),
        ("@x.deleter\n  def x(self): return job()", "which the setter of `x` returns to nobody who could await it"),
    ],
)
def test_what_a_method_returns_to_nobody(see: See, method: str, says: str | None) -> None:
    module = see(f"class A:\n  {method}\n")
    (node,) = (one for one in module.facts.calls if module.text(one) == "job()")
    found = misuse(module, node, native=True)
    assert (found.says if found is not None else None) == says


def test_a_function_of_that_name_returns_to_its_caller(see: See) -> None:
    module = see("def __str__(): return job()\n")
    assert misuse(module, module.facts.calls[0], native=True) is None
