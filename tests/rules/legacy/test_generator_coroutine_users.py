"""AIO001: what becomes of a coroutine elsewhere in the project, and what of that a native one does not allow."""

from __future__ import annotations

import textwrap

import pytest

from aiomend import Finding, Safety
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

ONLY = Settings(select=Selection(frozenset({"AIO001"})), unsafe=EVERYTHING, target=TargetRange.parse("3.6-3.13"))
WORK = """\
import asyncio


@asyncio.coroutine
def work(x=None):
    yield from asyncio.sleep(0)
    return x


"""
SAFE = (Safety.SAFE, None)


def findings(code: str, **others: str) -> list[Finding]:
    files = {"work.py": (WORK + textwrap.dedent(code)).encode()}
    files |= {f"{name}.py": textwrap.dedent(text).encode() for name, text in others.items()}
    report = Project(MemorySources(files), lambda _: ONLY).run(accept=lambda _: False)
    return [one for one in report.findings if one.path == "work.py"]


def level(code: str, **others: str) -> tuple[Safety, str | None]:
    """Return the level of `work()`, which stands first, with what lowers it."""
    first = min(findings(code, **others), key=lambda one: one.line)
    return first.safety, first.reason


def coroutine(*lines: str) -> str:
    return "@asyncio.coroutine\ndef main(c=None):\n" + "".join(f"    {line}\n" for line in lines)


# ---- waited for again ---


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(("job = work()", "yield from job", "job = work()", "yield from job"), id="another one by then"),
        pytest.param(("job = work()", "if c: yield from job", "else: yield from job"), id="in two branches"),
        pytest.param(("job = work()", "if c:", "    return (yield from job)", "yield from job"), id="behind a return"),
        pytest.param(("for _ in 'ab':", "    job = work()", "    yield from job"), id="one for each turn"),
        pytest.param(("job = work()", "while True:", "    yield from job", "    break"), id="in a loop that is left"),
        pytest.param(("job = work()", "yield from asyncio.gather(job, job)"), id="gathered twice runs once"),
        pytest.param(("job = work()", "print(job)", "yield from job"), id="shown before"),
        pytest.param(("job = work()", "job.close()", "yield from work()"), id="closed"),
    ],
)
def test_what_is_waited_for_once_is_safe(lines: tuple[str, ...]) -> None:
    assert level(coroutine(*lines)) == SAFE


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(("job = work()", "yield from job", "yield from job"), id="one after the other"),
        pytest.param(("job = work()", "for _ in 'ab':", "    yield from job"), id="in a loop"),
        pytest.param(("job = work()", "while True:", "    print((yield from job))"), id="in a loop without an end"),
        pytest.param(
            ("job = work()", "try: yield from asyncio.wait_for(job, 1)", "except OSError: yield from job"),
            id="after a limit",
        ),
        pytest.param(("if (job := work()):", "    yield from job", "yield from job"), id="bound by the way"),
        pytest.param(("retry(work())",), id="by a function that is given it"),
        pytest.param(
            ("job = work()", "while True:", "    try: return (yield from job)", "    except OSError: pass"),
            id="where a handler goes on",
        ),
    ],
)
def test_what_is_waited_for_twice_stays(lines: tuple[str, ...]) -> None:
    retry = "\n\n@asyncio.coroutine\ndef retry(job):\n    for _ in 'ab':\n        yield from job\n"
    safety, reason = level(coroutine(*lines) + retry)
    assert safety is Safety.MANUAL
    assert "a second time: a native coroutine raises RuntimeError" in (reason or "")


def test_the_program_itself_may_run_one_twice() -> None:
    code = "loop = asyncio.get_event_loop()\nc = work()\nloop.run_until_complete(c)\nloop.run_until_complete(c)\n"
    assert level(code)[0] is Safety.MANUAL


def test_what_an_attribute_keeps_may_be_waited_for_again() -> None:
    code = """
        class Client:
            def __init__(self):
                self.opened = work()

            @asyncio.coroutine
            def get(self):
                yield from self.opened
    """
    assert level(code) == (
        Safety.UNSAFE,
        "work.py:17: `self.opened` may be waited for a second time, which a native coroutine does not allow",
    )


# ---- lost on the way to a plain generator ---

UNKNOWN_STEP = "import asyncio\n\n\ndef run(jobs):\n    for job in jobs:\n        yield from job\n    return True\n"
SCHEDULER = """
    import asyncio

    def run(jobs):
        for job in jobs:
            try:
                next(job)
            except StopIteration:
                pass
"""
TREE = "def walk(node):\n    for child in node.children:\n        yield from child\n"


@pytest.mark.parametrize(
    "line",
    [
        "yield from work()",
        "asyncio.ensure_future(work())",
        "yield from asyncio.gather(*[work(x) for x in 'ab'])",
        "jobs = [work(x) for x in 'ab']\n    yield from asyncio.wait(jobs)",
        "yield from asyncio.wait_for(work(), timeout=1)",
        "c.loop.create_task(work())",
        "work()",
        "assert asyncio.iscoroutinefunction(work)",
        "work.calls = 1",
    ],
)
def test_what_is_waited_for_on_the_spot_gets_nowhere_else(line: str) -> None:
    assert level(coroutine(line), other=UNKNOWN_STEP) == SAFE


@pytest.mark.parametrize(
    "line",
    [
        "c.run([work()])",
        "c.run(job=work())",
        "c.jobs.append(work())",
        "c.job = work()",
        "c.run(work)",
        "c.run(job=work)",
        "table = {'work': work}",
        "other = work",
        "return work",
        "return work(), 1",
        "first, second = work(), work()",
        "c.run(lambda: work())",
        "setattr(c, 'run', work)",
    ],
)
@pytest.mark.parametrize(
    ("step", "what"), [(UNKNOWN_STEP, "`yield from job` in a plain generator"), (SCHEDULER, "`next(job)`")]
)
def test_what_is_handed_on_may_get_to_one_who_steps_generators(line: str, step: str, what: str) -> None:
    assert level(coroutine(line)) == SAFE
    safety, reason = level(coroutine(line), other=step)
    assert safety is Safety.UNSAFE
    assert what in (reason or "")
    assert "hands on what may get there" in (reason or "")


@pytest.mark.parametrize("form", ["def f{at}(x): {last}(x)\n", "def f{at}(x): return {last}(x)\n"])
def test_what_goes_through_too_many_hands_may_get_there_too(form: str) -> None:
    """Six functions hand it on; what the first one does with it would be a step by hand."""
    hands = "".join(form.format(at=at, last=f"f{at - 1}") for at in range(1, 7))
    safety, reason = level(f"def f0(x): return x\n{hands}f6(work())\n", other=UNKNOWN_STEP)
    assert safety is Safety.UNSAFE
    assert "hands on what may get there" in (reason or "")


def test_functions_that_return_it_one_after_the_other_are_such_hands() -> None:
    hands = "".join(f"def f{at}(): return {f'f{at - 1}' if at else 'work'}()\n" for at in range(6))
    assert level(f"{hands}f5()\n") == SAFE
    assert level(f"{hands}f5()\n", other=UNKNOWN_STEP)[0] is Safety.UNSAFE


def test_a_true_generator_without_asyncio_is_nobody_who_steps_coroutines() -> None:
    assert level(coroutine("c.run(work)"), other=TREE) == SAFE
    assert level(coroutine("c.run(work)"), other="import asyncio\n" + TREE + "    yield node\n") == SAFE


def test_a_counter_is_no_scheduler() -> None:
    counter = "import asyncio\n\n\ndef number(ids):\n    return next(ids)\n"
    assert level(coroutine("c.run(work)"), other=counter) == SAFE


def test_an_object_that_is_called_gets_there_by_any_name() -> None:
    code = """
        class Job:
            @asyncio.coroutine
            def __call__(self):
                yield from asyncio.sleep(0)
    """
    (call,) = [one for one in findings(code, other=UNKNOWN_STEP) if "`__call__()`" in one.message]
    assert "`yield from job` in a plain generator" in (call.reason or "")


RUN = "import asyncio\n\n\ndef run(server, name):\n    handler = {}\n    return (yield from handler())\n"


@pytest.mark.parametrize(
    "get",
    [
        "server('work')",
        "server.tables['work']",
        "{'work': server}.get(name)",
        "server if name == 'work' else server.other",
        "getattr(server, 'other', 'work'.upper())",
    ],
)
def test_a_text_that_is_spelled_alike_is_no_function(get: str) -> None:
    assert level("", other=RUN.format(get)) == SAFE


def test_what_an_object_holds_is_no_table_of_functions() -> None:
    method = "class Run:\n    def run(this, server):\n        handler = server(this.__dict__, 'work')\n        return (yield from handler())\n"
    assert level("", other=f"import asyncio\n\n\n{method}") == SAFE


def test_a_text_counts_where_the_project_looks_names_up() -> None:
    lookup = "def find(owner, name):\n    return getattr(owner, name)\n"
    safety, reason = level("", other=RUN.format("server('work')"), lookup=lookup)
    assert safety is Safety.UNSAFE
    assert "other.py:5 hands on what may get there" in (reason or "")
    assert level("", other=RUN.format("server if name == 'work' else server.other"), lookup=lookup) == SAFE


@pytest.mark.parametrize(
    "lookup",
    [
        "import operator\n\n\ndef find(name):\n    return operator.methodcaller(name)\n",
        "def find(names):\n    return map(getattr, names)\n",
        "def find(module, name):\n    return vars(module)[name]\n",
        "def find(cls, name):\n    return cls.__dict__[name]\n",
        "def find(name):\n    return eval(name)\n",
    ],
)
def test_all_that_looks_names_up_counts(lookup: str) -> None:
    assert level("", other=RUN.format("server('work')"), lookup=lookup)[0] is Safety.UNSAFE


@pytest.mark.parametrize(
    "get", ["getattr(server, 'wo' + name)", "getattr(server, 'work')", "globals()['work']", "server.__dict__['work']"]
)
def test_a_function_that_is_got_by_a_text_may_get_there_too(get: str) -> None:
    other = f"import asyncio\n\n\ndef run(server, name):\n    handler = {get}\n    return (yield from handler())\n"
    assert level("", other=other)[0] is Safety.UNSAFE


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("go = work\n\n\ndef plain():\n    return (yield from go())\n", id="by another name"),
        pytest.param("def plain():\n    for c in [work(1), work(2)]:\n        yield from c\n", id="from a list"),
        pytest.param(
            "TABLE = {'a': work}\n\n\ndef plain():\n    return (yield from TABLE['a']())\n", id="from a table"
        ),
        pytest.param("def plain():\n    a, b = work(), 1\n    return (yield from a)\n", id="from a tuple"),
    ],
)
def test_a_plain_generator_that_surely_gets_it_comes_along(code: str) -> None:
    safety, reason = level(code)
    assert (safety, "`plain()`, a plain generator, changes with it" in (reason or "")) == (Safety.UNSAFE, True)


def test_what_a_function_hands_back_is_not_what_others_gave_it() -> None:
    code = """
        class Queue:
            @asyncio.coroutine
            def get(self):
                yield from work()

        def as_list(value):
            return value if isinstance(value, list) else [value]

        def names(config):
            return [name for name in as_list(config.get("names", []))]
    """
    (get,) = [one for one in findings(code) if "`get()`" in one.message]
    assert get.safety is not Safety.MANUAL


def test_what_is_unpacked_is_gone_through_by_hand() -> None:
    safety, reason = level("a, b = work()\n")
    assert safety is Safety.MANUAL
    assert "by hand" in (reason or "")
    assert level("async def main():\n    a, b = work(), work()\n    await a, b\n") == SAFE


def test_asyncio_cannot_sleep_by_its_own_sleep() -> None:
    code = "from types import coroutine as no\nimport asyncio\n\n\n@asyncio.coroutine\ndef sleep(delay):\n    yield\n"
    report = Project(
        MemorySources({"asyncio/__init__.py": b"", "asyncio/tasks.py": code.encode()}), lambda _: ONLY
    ).run()
    assert [one.new for one in report.changed] == []


def test_reading_a_property_makes_the_coroutine() -> None:
    code = """
        class Client:
            @property
            @asyncio.coroutine
            def value(self):
                yield from asyncio.sleep(0)

        def plain():
            return (yield from Client().value)
    """
    (value,) = [one for one in findings(code) if "`value()`" in one.message]
    assert "`plain()`, a plain generator, changes with it" in (value.reason or "")


# ---- who asks what it is ---


@pytest.mark.parametrize(
    "test",
    [
        "inspect.isgenerator(x)",
        "isgen(x)",
        "isinstance(x, types.GeneratorType)",
        "isinstance(x, (Generator, int))",
        "type(x).__name__ == 'generator'",
        "isinstance(x, type(i for i in ()))",
        "getattr(x, '_is_coroutine', None)",
        "x.__code__.co_flags & 32",
        "x.gi_frame is None",
    ],
)
def test_code_that_tells_generators_makes_it_unsafe(test: str) -> None:
    head = "import asyncio, inspect, types\nfrom collections.abc import Generator\nfrom inspect import isgeneratorfunction as isgen\n"
    assert level("", other=f"{head}\n\ndef ask(x):\n    return {test}\n") == (
        Safety.UNSAFE,
        "other.py:7 asks whether something is a generator, which a native coroutine is not",
    )
    assert level("", other=f"{head}\n\ndef ask(x):\n    return asyncio.iscoroutine(x) or {test}\n") == SAFE
    assert level("", other=f"{head.replace('asyncio, ', '')}\n\ndef ask(x):\n    return {test}\n") == SAFE


def test_an_annotation_asks_nothing() -> None:
    other = "import asyncio\nfrom typing import Generator\n\n\ndef rows() -> Generator[int, None, None]:\n    yield 1\n"
    assert level("", other=other) == SAFE


@pytest.mark.parametrize("test", ["hasattr(x, '__next__')", "isinstance(x, Iterable)"])
def test_a_test_for_iterators_matters_to_what_may_get_there(test: str) -> None:
    ask = f"from collections.abc import Iterable\n\n\ndef ask(x):\n    return {test}\n\n\n"
    assert level(ask + coroutine("yield from work()")) == SAFE
    assert level(ask + coroutine("ask(work())")) == (
        Safety.UNSAFE,
        f"work.py:14: `{test}` holds of a generator, and not of a native coroutine",
    )


# ---- what the function itself waits for ---


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("yield from c or []",), "no awaitable"),
        (("yield from (c if c else ())",), "no awaitable"),
        (("make = lambda: (yield from work())", "yield from make()"), "the generator of a lambda"),
        (("lock = asyncio.Lock()", "held = yield from lock"), "a lock, which nothing awaits since Python 3.9"),
        (("return (x for x in c)",), "went through the generator"),
    ],
)
def test_what_nothing_awaits_stays(lines: tuple[str, ...], why: str) -> None:
    (main,) = [one for one in findings(coroutine(*lines)) if "`main()`" in one.message]
    assert main.safety is Safety.MANUAL
    assert why in (main.reason or "")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("[]", "a list or the like for some callers"),
        ("Old()", "a `Old` for its callers, which has no `__await__()`"),
        ("work()", None),
        ("asyncio.sleep(1)", None),
    ],
)
def test_what_callers_pass_counts(given: str, why: str | None) -> None:
    old = "class Old:\n    def __iter__(self):\n        yield\n\n\n"
    code = old + coroutine("yield from c") + f"\n\nasyncio.ensure_future(main({given}))\n"
    (main,) = [one for one in findings(code) if "`main()`" in one.message]
    assert why in (main.reason or "") if why else (main.safety, main.reason) == SAFE


def test_what_callers_pass_and_nobody_awaits_is_returned_as_it_is() -> None:
    code = "@asyncio.coroutine\ndef main(x):\n    return x\n"
    assert [one.safety for one in findings(code) if "main" in one.message] == [Safety.MANUAL]
    (main,) = [one for one in findings(code + "\n\nasyncio.ensure_future(main(3))\n") if "main" in one.message]
    assert main.reason == "line 12: `x` is nothing to be awaited for the callers in the project"


def test_an_iterator_that_the_language_wants_keeps_it() -> None:
    code = "class Op:\n    def __iter__(self):\n        return work()\n"
    assert level(code)[0] is Safety.MANUAL


def test_what_an_object_keeps_is_asked_for_its_iterator() -> None:
    code = """
        class Context:
            def __init__(self, coro):
                self._coro = coro

            def __await__(self):
                return (yield from self._coro)

        def connect():
            return Context(work())
    """
    files = {"work.py": (WORK + textwrap.dedent(code)).encode()}
    report = Project(MemorySources(files), lambda _: ONLY).run()
    assert b"yield from self._coro.__await__()" in (report.changed[0].new or b"")
    assert report.findings[0].safety is Safety.UNSAFE


def test_what_a_class_is_given_later_counts_for_it() -> None:
    context = """
        class Context:
            def __init__(self):
                self._coro = self.__class__.connect()

            def __await__(self):
                return (yield from self._coro)
    """
    code = "from context import Context\nContext.connect = work\n"
    files = {"work.py": (WORK + code).encode(), "context.py": textwrap.dedent(context).encode()}
    report = Project(MemorySources(files), lambda _: ONLY).run()
    new = {one.path: one.new for one in report.changed}
    assert b"yield from self._coro.__await__()" in (new["context.py"] or b"")
    assert report.findings[0].safety is Safety.UNSAFE


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("next(c, None)", id="it has a default"),
        pytest.param("c.next()", id="another method"),
        pytest.param("n = itertools.count(); next(n)", id="it never ends"),
        pytest.param("try: next(c)\n    except StopIteration: pass", id="caught"),
        pytest.param("try: next(c)\n    except (KeyError, Exception): pass", id="caught with others"),
    ],
)
def test_an_iterator_that_does_not_end_the_generator_is_no_matter(line: str) -> None:
    assert level(f"import itertools\n{coroutine('yield from work()', line)}") == SAFE
    (main,) = [one for one in findings(f"import itertools\n{coroutine(line)}") if "`main()`" in one.message]
    assert (main.safety, main.reason) == SAFE


@pytest.mark.parametrize("line", ["next(c)", "try: next(c)\n    except KeyError: pass"])
def test_an_iterator_that_ends_the_generator_makes_it_unsafe(line: str) -> None:
    (main,) = [one for one in findings(coroutine(line)) if "`main()`" in one.message]
    assert main.safety is Safety.UNSAFE
    assert "at its end `next(c)` raises StopIteration" in (main.reason or "")


# ---- its import ---


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from asyncio import coroutine, sleep\n", "from asyncio import sleep\n"),
        ("from asyncio import sleep, coroutine as coro\n", "from asyncio import sleep\n"),
        ("import asyncio\nfrom asyncio import coroutine\n", "import asyncio\n"),
        ("from asyncio import coroutine\nimport asyncio\n", "import asyncio\n"),
        (
            "try:\n    from asyncio import coroutine, sleep\nexcept ImportError:\n    from old import coroutine, sleep\n",
            "try:\n    from asyncio import sleep\nexcept ImportError:\n    from old import coroutine, sleep\n",
        ),
    ],
)
def test_an_import_that_nothing_uses_goes(before: str, after: str) -> None:
    report = Project(MemorySources({"work.py": before.encode()}), lambda _: ONLY).run()
    assert (report.changed[0].new or b"").decode() == after
    assert [one.safety for one in report.findings] == [Safety.SAFE]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "from asyncio import coroutine, sleep\n\n__all__ = ['coroutine']\n",
            "other code may take `coroutine` from here",
        ),
        ("from asyncio import coroutine  # for the plugins\n", "the comment beside it"),
        ("def f():\n    from asyncio import coroutine\n", "nothing else stands in its block"),
        ("from mock import patch\n\npatch('work.asyncio.coroutine')\n", "no decorator is left that it could be"),
        ("import asyncio\n\nasyncio_coroutine = getattr(asyncio, 'coroutine')\n", "done with `async def`"),
    ],
)
def test_what_a_person_has_to_take_out(text: str, why: str) -> None:
    report = Project(MemorySources({"work.py": text.encode()}), lambda _: ONLY).run()
    (finding,) = report.findings
    assert finding.safety is Safety.MANUAL
    assert why in (finding.reason or "")


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    from asyncio import coroutine\nexcept ImportError:\n    coroutine = None\n",
        "import asyncio\n\nold = getattr(asyncio, 'coroutine', None)\n",
        "from work.coroutines import coroutine\n",
        "from types import coroutine\n",
    ],
)
def test_what_does_not_fail_is_not_reported(text: str) -> None:
    report = Project(MemorySources({"other.py": text.encode()}), lambda _: ONLY).run()
    assert report.findings == ()


# ---- kept, and called from there ---

BUS = """
class Bus:
    def __init__(self):
        self.hooks = []

    def on(self, hook):
        self.hooks.append(hook)
        return hook

    {head}def fire(self):
        for hook in self.hooks:
            yield from hook()

bus = Bus()
"""


@pytest.mark.parametrize(
    "use",
    ["bus.on(work)", "kept = bus.on(work)", "@bus.on\n@asyncio.coroutine\ndef other(): yield from asyncio.sleep(0)"],
)
@pytest.mark.parametrize("is_coroutine", [True, False])
def test_what_is_kept_is_as_safe_as_what_calls_it(use: str, is_coroutine: bool) -> None:
    bus = BUS.replace("{head}", "@asyncio.coroutine\n    " if is_coroutine else "")
    found = findings(f"{bus}\n{use}\n")
    (one,) = [one for one in found if ("other" if "other" in use else "work") in one.message]
    assert (
        (one.safety, one.reason) == SAFE
        if is_coroutine
        else (one.safety is Safety.UNSAFE and "hands on" in str(one.reason))
    )


def test_what_is_kept_in_a_file_without_asyncio() -> None:
    bus = BUS.replace("{head}", "")
    safety, reason = level("from bus import bus\nbus.on(work)\n", bus=bus)
    assert safety is Safety.UNSAFE
    assert str(reason).endswith("bus.py:7 hands on what may get there")


def test_generators_of_values_are_no_matter_for_what_is_kept() -> None:
    bus = BUS.replace("{head}", "@asyncio.coroutine\n    ")
    code = "\nbus.on(work)\ndef numbers():\n    yield 1\nfor one in numbers(): print(one)\nnext(numbers())\n"
    assert level(bus + code) == SAFE
