"""AIO001 and AIO010: which functions stay generators, what changes with the others, and when the rules run."""

from __future__ import annotations

import textwrap

import pytest

import aiomend
from aiomend import Finding, Safety
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

ONLY = Settings(select=Selection(frozenset({"AIO001", "AIO010"})), unsafe=EVERYTHING)
HEAD = "import asyncio\n\n\n"


def found(code: str, **others: str) -> list[Finding]:
    """Return the findings of one file; ``others`` are further files, by their module's name."""
    files = {"work.py": (HEAD + textwrap.dedent(code)).encode()}
    files |= {f"{name}.py": textwrap.dedent(text).encode() for name, text in others.items()}
    report = Project(MemorySources(files), lambda _: ONLY).run(accept=lambda _: False)
    return [one for one in report.findings if one.path == "work.py"]


def reason(code: str, **others: str) -> str:
    """Return why the only finding is for a person."""
    (finding,) = found(code, **others)
    assert finding.safety is Safety.MANUAL
    assert finding.reason is not None
    return finding.reason


def level(code: str, **others: str) -> tuple[Safety, str | None]:
    """Return the level of the only finding of AIO001, with what lowers it."""
    (finding,) = [one for one in found(code, **others) if one.code == "AIO001"]
    return finding.safety, finding.reason


def fixed(code: str, settings: Settings = ONLY) -> str:
    return aiomend.fix_source(HEAD + textwrap.dedent(code), settings=settings).text.removeprefix(HEAD)


def body(line: str) -> str:
    """Return a coroutine function that is one line."""
    return f"@asyncio.coroutine\ndef work(x, y, lock):\n    {line}\n"


# ---- when they run ---


@pytest.mark.parametrize("target", ["3.6", "3.8-3.10"])
def test_by_default_they_leave_code_alone_that_never_meets_3_11(target: str) -> None:
    settings = Settings(target=TargetRange.parse(target), unsafe=EVERYTHING)
    assert fixed(body("yield"), settings) == body("yield")


@pytest.mark.parametrize("term", ["AIO0", "AIO001"])
def test_they_run_for_any_target_where_they_are_selected(term: str) -> None:
    settings = Settings(target=TargetRange.parse("3.6"), select=Selection(frozenset({term})), unsafe=EVERYTHING)
    assert fixed(body("yield"), settings) == "async def work(x, y, lock):\n    await asyncio.sleep(0)\n"


def test_they_run_by_default_where_the_target_reaches_3_11() -> None:
    assert fixed(body("yield from x"), Settings()) == "async def work(x, y, lock):\n    await x\n"


def test_an_ignored_section_stays_ignored() -> None:
    settings = Settings(ignore=Selection(frozenset({"AIO0"})))
    assert fixed(body("yield from x"), settings) == body("yield from x")


# ---- for a person ---


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("yield x", "hands out a value"),
        ("yield from [x, y]", "goes through its elements"),
        ("yield from (x, y)", "goes through its elements"),
        ("raise StopIteration", "raises StopIteration"),
        ("raise StopIteration(x)", "raises StopIteration"),
        ("return x", "is not known"),
        ("return x.format(y)", "is not known"),
        ("x = x + 'a'; return x.format(y)", "is not known"),
        ("return x or asyncio.sleep(1)", "is not known"),
        ("def inner(z=(yield from x)): pass", "head of an inner definition"),
        ("with (yield from lock), y: pass", "together with something else"),
    ],
)
def test_what_a_body_does_that_no_coroutine_function_can(line: str, why: str) -> None:
    assert why in reason(body(line))


@pytest.mark.parametrize(
    "line",
    [
        "return 'at {}'.format(x)",
        "return f'{x}'.encode().hex()",
        "return ('at %s' % x).encode()",
        "return str(x).upper()",
        "text = 'a' if x else 'b'; line = 'c' + x; return line.join(x)",
    ],
)
def test_what_texts_give_is_returned_as_it_is(line: str) -> None:
    assert fixed(body(line)) == body(line).replace("@asyncio.coroutine\ndef", "async def")


def test_a_class_can_be_given_what_makes_its_instances_awaitable() -> None:
    code = """
        class Connect:
            @asyncio.coroutine
            def __iter__(self):
                yield from self.opened

        @asyncio.coroutine
        def f():
            return (yield from Connect())

        if hasattr(asyncio, "wait_for"):
            Connect.__await__ = lambda self: self.opened.__await__()
    """
    assert [one.safety for one in found(code)] == [Safety.MANUAL, Safety.SAFE]


def test_the_iterator_of_an_awaitable_is_gone_through_and_not_awaited() -> None:
    said = reason("@asyncio.coroutine\ndef f(thing):\n    return (yield from thing.__await__())\n")
    assert said == "line 6: `thing.__await__()` is an iterator: `yield from` goes through it, and nothing awaits it"


@pytest.mark.parametrize("name", ["__iter__", "__await__", "__aiter__", "__init__"])
def test_a_method_that_the_language_calls_stays(name: str) -> None:
    code = f"class Job:\n    @asyncio.coroutine\n    def {name}(self):\n        yield from asyncio.sleep(0)\n"
    assert "the language itself calls it" in reason(code)


@pytest.mark.parametrize(
    "use",
    [
        "next(work())",
        "for _ in work(): pass",
        "print([one for one in work()])",
        "print(*work())",
        "work().send(None)",
        "waiting = work()\n    next(waiting)",
        "run(work())",
        "call(work)",
    ],
)
def test_what_is_gone_through_by_hand_stays(use: str) -> None:
    code = f"""
@asyncio.coroutine
def work():
    yield from asyncio.sleep(0)

def run(generator):
    return list(generator)

def call(function):
    return next(function())

def main():
    {use}
"""
    assert "by hand" in reason(code)


def test_a_generator_that_cannot_follow_keeps_the_function() -> None:
    code = """
        @asyncio.coroutine
        def work():
            yield from asyncio.sleep(0)

        def pairs():
            yield 1, (yield from work())
    """
    assert reason(code).startswith("`pairs()` (work.py:")


def test_a_generator_of_another_file_that_cannot_follow_keeps_it_too() -> None:
    code = "@asyncio.coroutine\ndef work():\n    yield from asyncio.sleep(0)\n"
    other = "import work\n\n\ndef pairs():\n    yield 1, (yield from work.work())\n"
    assert "other.py:4" in reason(code, other=other)


def test_a_file_that_is_not_to_be_changed_keeps_the_whole() -> None:
    files = {
        "work.py": (HEAD + "@asyncio.coroutine\ndef work():\n    yield from asyncio.sleep(0)\n").encode(),
        "other.py": b"import work\n\n\ndef through():\n    return (yield from work.work())\n",
    }
    report = Project(MemorySources(files), lambda _: ONLY).run(["work.py"])
    (finding,) = report.findings
    assert not finding.applied
    assert "also needs other.py" in (finding.reason or "")


def test_a_method_that_goes_by_its_own_name_alone_says_nothing_of_another_object() -> None:
    code = """
        class Site:
            @asyncio.coroutine
            def render(self, child):
                return child.render()
    """
    assert "is not known" in reason(code)


def test_a_call_of_the_decorator_is_reported() -> None:
    (finding,) = found("handler = asyncio.coroutine(lambda request: None)\n")
    assert (finding.safety, "`async def`" in (finding.reason or "")) == (Safety.MANUAL, True)


def test_an_object_without_await_is_nothing_to_wait_for() -> None:
    code = "class Thing:\n    pass\n\n\n" + body("yield from Thing()")
    assert reason(code) == "line 10: `Thing()` is a `Thing`, which has no `__await__()`"
    assert "no `__await__()`" in reason(code, asking="print(hasattr(object, '__await__'))\n")
    assert level(code, setting="import work\n\nsetattr(work.Thing, '__await__', print)\n") == (Safety.SAFE, None)
    assert level(code, later="import work\n\nwork.Thing.__await__ = print\n") == (Safety.SAFE, None)


# ---- levels ---


def test_a_function_for_itself_is_safe() -> None:
    assert level(body("yield from x")) == (Safety.SAFE, None)


def test_a_lock_by_its_name_alone_is_unsafe() -> None:
    assert level(body("with (yield from lock): pass")) == (
        Safety.UNSAFE,
        "line 6: only its name says that `lock` is a lock",
    )


def test_a_known_lock_is_safe() -> None:
    code = "door = asyncio.Lock()\n" + body("with (yield from door): pass")
    assert level(code) == (Safety.SAFE, None)
    assert "async with door: pass" in fixed(code)


def test_what_is_no_lock_gives_its_context_manager_as_before() -> None:
    assert "with (await x) as y: pass" in fixed(body("with (yield from x) as y: pass"))


def test_a_decorator_of_another_package_makes_it_unsafe() -> None:
    code = "from web import route\n\n\n@route('/')\n" + body("yield from x")
    assert level(code) == (Safety.UNSAFE, "what `@route('/')` does with a native coroutine function is not known")


def test_a_method_of_which_every_other_class_makes_a_coroutine_is_unsafe() -> None:
    code = """
        class Site:
            @asyncio.coroutine
            def render(self, child):
                return child.render()

        class Page:
            async def render(self):
                pass
    """
    assert level(code) == (Safety.UNSAFE, "line 8: only its name says that `child.render()` gives a coroutine")
    assert "return await child.render()" in fixed(code)


def test_code_that_asks_for_generators_makes_it_unsafe() -> None:
    runner = "import asyncio\nimport inspect\n\n\ndef run(value):\n    return inspect.isgenerator(value)\n"
    assert level(body("yield from x"), runner=runner) == (
        Safety.UNSAFE,
        "runner.py:6 asks whether something is a generator, which a native coroutine is not",
    )
    assert level(body("yield from x"), runner=runner.replace("import asyncio\n", ""))[0] is Safety.SAFE
    both = runner.replace("(value)\n", "(value) or asyncio.iscoroutine(value)\n")
    assert level(body("yield from x"), runner=both)[0] is Safety.SAFE


def test_a_generator_that_comes_along_makes_it_unsafe() -> None:
    code = body("yield from x") + "\n\ndef through():\n    yield from work(1, 2, 3)\n"
    assert level(code)[0] is Safety.UNSAFE
    assert "async def through():\n    await work(1, 2, 3)\n" in fixed(code)


def test_a_method_that_may_be_meant_makes_it_unsafe() -> None:
    code = """
        class Store:
            @asyncio.coroutine
            def fetch(self):
                yield from asyncio.sleep(0)

        def through(store):
            yield from store.fetch()
    """
    assert level(code) == (Safety.UNSAFE, "work.py:11: `store.fetch()` in a plain generator may be `fetch()`")


# ---- what is written ---


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(yield from x).y", "(await x).y"),
        ("(yield from x)[y]", "(await x)[y]"),
        ("(yield from x)()", "(await x)()"),
        ("y[(yield from x)]", "y[await x]"),
        ("y((yield from x), z=(yield from x))", "y(await x, z=await x)"),
        ("not (yield from x)", "not await x"),
        ("not(yield from x)", "not(await x)"),
        ("-(yield from x)", "-await x"),
        ("(yield from x) ** 2", "(await x) ** 2"),
        ("(yield from x) + 1", "await x + 1"),
        ("1 + (yield from x)", "1 + await x"),
        ("yield from x or y", "await (x or y)"),
        ("yield from (x or y)", "await (x or y)"),
        ("yield from (x if y else z)", "await (x if y else z)"),
        ("yield from x if y else z", "await (x if y else z)"),
        ("yield from x ** y", "await (x ** y)"),
        ("yield from not x", "await (not x)"),
        ("yield from (yield from x)", "await (await x)"),
        ("yield from lambda: x", "await (lambda: x)"),
        ("yield from x.y(z)[0]", "await x.y(z)[0]"),
        ("x = yield from y", "x = await y"),
        ("x += yield from y", "x += await y"),
        ("x = (yield from y)", "x = await y"),
        ("x = ((yield from y))", "x = ((await y))"),
        ("return (yield from x)", "return await x"),
        ("return(yield from x)", "return(await x)"),
        ("print([z for z in (yield from x)])", "print([z for z in await x])"),
        ('print(f"{(yield from x)!r:>{y}}")', 'print(f"{await x!r:>{y}}")'),
        ("y = lambda: (yield from x); yield from x", "y = lambda: (yield from x); await x"),
        ("for y in (yield from x): pass", "for y in await x: pass"),
        ("if (yield from x): pass", "if await x: pass"),
        ("assert (yield from x), (yield from y)", "assert await x, await y"),
        ("del (yield from x).y", "del (await x).y"),
        ("x = [*(yield from y), (yield from z)]", "x = [*await y, await z]"),
        ("yield   from   x", "await   x"),
        ("yield from(x)", "await(x)"),
        ("yield from x; yield from y", "await x; await y"),
        ("yield from []", "pass"),
        ("x = 1; yield from (); y = 2", "x = 1; pass; y = 2"),
        ("(yield from x) if (yield from y) else z", "await x if await y else z"),
        ("(yield from x) < (yield from y) < 3", "await x < await y < 3"),
    ],
)
def test_parentheses_are_those_that_are_needed(old: str, new: str) -> None:
    assert fixed(body(old)) == f"async def work(x, y, lock):\n    {new}\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x.run()\n    yield from []", "x.run()"),
        ("yield from []\n    return x", "return x"),
        ("if x:\n        yield from ()\n    return y", "if x:\n        pass\n    return y"),
        ("x.run()\n    yield from []  # a step", "x.run()\n    pass  # a step"),
        ("x.run()\n    # a step\n    yield from []", "x.run()\n    # a step\n    pass"),
        ("pass\n    yield from []", "pass"),
    ],
)
def test_a_line_that_does_nothing_goes_where_others_stand_beside_it(old: str, new: str) -> None:
    assert fixed(body(old)) == f"async def work(x, y, lock):\n    {new}\n"


def test_lines_that_are_aligned_stay_aligned() -> None:
    code = """
        @asyncio.coroutine
        def work(a,
                 b):
            first = yield from call(a,
                                    b={'x': 1,
                                       'y': 2})
            second = yield from call(
                a,
                b={
                    'x': 1,
                })
            return (yield from call(a,
                                    b))
    """
    assert fixed(code) == textwrap.dedent("""\
        async def work(a,
                       b):
            first = await call(a,
                               b={'x': 1,
                                  'y': 2})
            second = await call(
                a,
                b={
                    'x': 1,
                })
            return await call(a,
                              b)
    """)


def test_parentheses_around_lines_stay() -> None:
    code = body("return (yield from\n            x)")
    assert fixed(code) == "async def work(x, y, lock):\n    return (await\n            x)\n"


def test_functions_of_one_name_in_two_branches_change_one_by_one() -> None:
    code = """
        def kept(function):
            if asyncio.iscoroutinefunction(function):
                @asyncio.coroutine
                def wrapper(*args):
                    return (yield from function(*args))
            else:
                def wrapper(*args):
                    return function(*args)
            return wrapper
    """
    assert "        async def wrapper(*args):\n            return await function(*args)\n    else:\n" in fixed(code)


def test_a_function_that_makes_functions_returns_them_as_they_are() -> None:
    code = """
        @asyncio.coroutine
        def middleware(app, handler):
            async def inner(request):
                return await handler(request)
            return inner
    """
    assert "    return inner\n" in fixed(code)


def test_comments_of_the_decorator_stay() -> None:
    code = "# above\n@asyncio.coroutine  # behind\n# below\ndef work(): pass  # here\n"
    assert fixed(code) == "# above\n# behind\n# below\nasync def work(): pass  # here\n"


def test_a_file_does_not_begin_with_blank_lines_where_its_only_import_went() -> None:
    code = "import asyncio\n\n\n@asyncio.coroutine\ndef work(x):\n    yield from x\n"
    assert aiomend.fix_source(code, settings=ONLY).text == "async def work(x):\n    await x\n"


WRAPS = """
    def run(fun):
        if not asyncio.iscoroutinefunction(fun):
            fun = asyncio.coroutine(fun)
        return lambda: asyncio.run(fun())
    """


def test_a_decorator_that_is_given_a_plain_function_needs_its_wrapping() -> None:
    assert "make a function with `async def`" in reason(
        WRAPS, tests="import work\n\n\n@work.run\ndef test():\n    pass\n"
    )


def test_a_decorator_that_nobody_uses_may_be_given_anything() -> None:
    assert "make a function with `async def`" in reason(WRAPS)


def test_a_decorator_between_may_hand_on_another_function() -> None:
    other = "import work, timing\n\n\n@work.run\n@timing.timed\nasync def test():\n    pass\n"
    assert "make a function with `async def`" in reason(WRAPS, tests=other)


def test_a_wrapping_of_coroutine_functions_alone_is_idle() -> None:
    given = "import work\n\n\n@work.run\nasync def test():\n    pass\n"
    assert level(WRAPS, tests=given) == (Safety.UNSAFE, "code outside of the project may give it another function")
