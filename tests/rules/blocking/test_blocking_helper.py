"""AIO403: what it leaves to a person and why, what it says, and how prompts before anything runs are treated."""

from __future__ import annotations

import dataclasses

import pytest

from aiomend import check_source, fix_source
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings

SETTINGS = Settings(select=Selection(frozenset({"AIO403"})), unsafe=EVERYTHING)
HEAD = "import asyncio, functools, requests, time\n"
FETCH = "def fetch(url):\n    return requests.get(url)\n"


def findings(text: str, path: str = "source.py", **options: object) -> tuple[Finding, ...]:
    return check_source(HEAD + text, path=path, settings=dataclasses.replace(SETTINGS, **options))  # type: ignore[arg-type]


def helper(*lines: str) -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"def helper(self, x):\n{body}\nasync def main(self, x):\n    return helper(self, x)\n"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["return lambda: requests.get(x)"], id="a-lambda-runs-later"),
        pytest.param(["def inner(): requests.get(x)", "return inner"], id="a-function-runs-later"),
        pytest.param(["yield requests.get(x)"], id="a-generator-runs-later"),
        pytest.param(["raise NotImplementedError"], id="it-only-raises"),
        pytest.param(["return open(x).read()"], id="it-is-brief"),
        pytest.param(["asyncio.run(x)"], id="a-loop-of-its-own-fails-or-is-meant"),
        pytest.param(["breakpoint()"], id="a-debugging-aid"),
        pytest.param(["if False: requests.get(x)"], id="never"),
        pytest.param(["if x: input(x)"], id="now-and-then-a-person-chooses"),
        pytest.param(["if x: self.pool.submit(x).result()"], id="now-and-then-a-wait-that-may-be-over"),
        pytest.param(["import shutil", "if x: shutil.rmtree(x)"], id="now-and-then-the-local-disk"),
        pytest.param(["if x: time.sleep(0.01)"], id="now-and-then-a-moment"),
        pytest.param(["try: x()", "except OSError: time.sleep(1)"], id="when-something-failed"),
        pytest.param(
            ["if asyncio.get_event_loop().is_running(): return", "requests.get(x)"], id="it-asks-where-it-runs"
        ),
    ],
)
def test_a_function_that_does_not_block_is_left_alone(lines: list[str]) -> None:
    assert findings(helper(*lines)) == ()


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["if x: requests.get(x)"], id="only-in-one-branch"),
        pytest.param(["if x: time.sleep(0.1)"], id="as-long-as-a-slow-callback"),
        pytest.param(["if x: return x", "return requests.get(x)"], id="an-early-return"),
        pytest.param(["for y in x: requests.get(y)"], id="a-loop-may-not-run"),
        pytest.param(["while x: requests.get(x)"], id="another-loop-may-not-run"),
        pytest.param(["while True:", "    if x: break", "    requests.get(x)"], id="a-loop-is-left-first"),
        pytest.param(["return x or requests.get(x)"], id="behind-or"),
        pytest.param(["return requests.get(x) if x else None"], id="behind-if"),
        pytest.param(["return x < 1 < requests.get(x)"], id="behind-a-chain-of-comparisons"),
        pytest.param(["return [requests.get(y) for y in x]"], id="a-comprehension-may-be-empty"),
        pytest.param(["try: return self.x", "except KeyError: return requests.get(x)"], id="what-is-there-is-returned"),
    ],
)
def test_a_function_that_may_block_is_for_a_person(lines: list[str]) -> None:
    (finding,) = findings(helper(*lines))

    assert finding.safety is Safety.MANUAL
    assert "may stop the event loop" in finding.message
    assert (
        finding.reason
        == "not every way through it is known to block: whether a thread is worth it, only its author knows"
    )
    assert findings(helper(*lines), path="tests/test_it.py") == ()


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        pytest.param("return 1", [], id="it-cannot-be-awaited-so-the-name-means-something-else"),
        pytest.param("return asyncio.sleep(x)", [Safety.MANUAL], id="it-begins-a-coroutine"),
        pytest.param("return self.later(x)", [Safety.MANUAL], id="nobody-knows-what-is-awaited"),
    ],
)
def test_what_blocks_before_something_is_awaited_is_for_a_person(text: str, levels: list[Safety]) -> None:
    found = findings(helper("requests.get(x)", text).replace("return helper", "await helper"))

    assert [one.safety for one in found] == levels
    assert all(one.reason == "it returns something that is awaited" for one in found)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["if not x: raise ValueError", "requests.get(x)"], id="what-raises-is-no-way-through"),
        pytest.param(["if x: a = requests.get(x)", "else: a = requests.post(x)"], id="both-branches"),
        pytest.param(
            ["for _ in range(3):", "    try: return requests.get(x)", "    except OSError: pass"], id="retries"
        ),
        pytest.param(["while True:", "    requests.get(x)"], id="at-least-once"),
        pytest.param(["with self.session as s: requests.get(x)"], id="in-a-with"),
        pytest.param(["try: pass", "finally: requests.get(x)"], id="in-a-finally"),
        pytest.param(["return [y for y in requests.get(x).json()]"], id="what-is-iterated"),
        pytest.param(["return str(requests.get(x).json()['a'] + 1)"], id="deep-in-an-expression"),
    ],
)
def test_a_function_that_blocks_on_every_way_is_run_in_a_thread(lines: list[str]) -> None:
    (finding,) = findings(helper(*lines))

    assert finding.safety is Safety.UNSAFE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(helper("self.n = requests.get(x)"), "`self.n` is changed in it", id="an-attribute"),
        pytest.param(helper("self.all.append(requests.get(x))"), "`self.all` is changed in it", id="a-container"),
        pytest.param(helper("requests.get(x)", "asyncio.ensure_future(x)"), "it uses asyncio", id="asyncio"),
        pytest.param(helper("requests.get(x)", "self.loop.call_soon(x)"), "it uses the event loop", id="the-loop"),
        pytest.param(
            helper("import importlib", "requests.get(x)", "return importlib.import_module(x)"),
            "runs code",
            id="a-module",
        ),
        pytest.param(helper("return self.con.execute(requests.get(x))"), None, id="unknown-methods-do-nothing-known"),
        pytest.param(
            "class C:\n    def __init__(self): requests.get('')\nasync def main(): C()\n",
            "an object that lives on",
            id="it-makes-an-object",
        ),
        pytest.param(helper("import hashlib", "hashlib.scrypt(x)"), "a pool of its own", id="it-computes"),
        pytest.param(helper("import queue", "queue.Queue().join()"), "still waiting", id="it-waits-for-a-thread"),
        pytest.param(
            FETCH + "async def main(u):\n    asyncio.wait_for(fetch(u), 1)\n", "it runs before", id="misplaced"
        ),
    ],
)
def test_a_person_decides(text: str, reason: str | None) -> None:
    (finding,) = findings(text)

    assert (finding.safety is Safety.MANUAL) is (reason is not None)
    assert reason is None or reason in (finding.reason or "")


def test_what_is_awaited_is_not_the_plain_method_of_a_subclass() -> None:
    text = (
        "class Note:\n    async def delete(self): pass\nclass PlainNote(Note):\n    def delete(self): time.sleep(1)\n"
    )

    assert findings(text + "async def main(note: Note):\n    await note.delete()\n") == ()


def test_what_may_block_far_away_is_left_alone() -> None:
    ways = "".join(f"def step{n}(x):\n    if x: step{n + 1}(x)\n" for n in range(5))
    main = "async def main(x):\n    step{n}(x)\n"
    text = ways + "def step5(x):\n    requests.get(x)\n"

    assert findings(text + main.format(n=1)) == ()
    assert len(findings(text + main.format(n=2))) == 1


def test_one_of_several_functions_that_may_block_is_for_a_person() -> None:
    text = FETCH + "class Memory:\n    def get(self, u): return u\nclass Net:\n    def get(self, u): return fetch(u)\n"
    text += "async def main(u, known):\n    source = Net() if u else known\n    return source.get(u)\n"
    (finding,) = findings(text)

    assert finding.safety is Safety.MANUAL
    assert "may stop the event loop: `Net.get -> fetch -> requests.get`" in finding.message


def test_a_test_may_stop_the_loop() -> None:
    assert findings(helper("requests.get(x)"), path="tests/test_it.py") == ()


def test_the_message_shows_the_shortest_chain() -> None:
    text = FETCH + (
        "def long(u):\n    return load(u)\n"
        "def load(u):\n    return fetch(u)\n"
        "def both(u):\n    long(u)\n    return fetch(u)\n"
        "async def main(u):\n    both(u)\n"
    )
    (finding,) = findings(text)

    assert "`both -> fetch -> requests.get`" in finding.message
    assert [evidence.line for evidence in finding.evidence] == [10, 3]


def test_an_answer_does_not_depend_on_what_was_asked_before() -> None:
    # Each calls the other; only one of them blocks before it does.
    text = "def a(n):\n    requests.get(n)\n    return b(n)\ndef b(n):\n    return a(n)\n"
    first = findings(text + "async def main():\n    a(1)\n    b(1)\n")
    second = findings(text + "async def main():\n    b(1)\n    a(1)\n")

    assert sorted(one.message for one in first) == sorted(one.message for one in second)
    assert len(first) == 2


def test_functions_that_all_call_each_other_are_found_out_about_once() -> None:
    names = [f"step{number}" for number in range(30)]  # there are more ways through them than anybody can follow
    calls = "".join(f"    if x: {name}(x)\n" for name in names)
    functions = "".join(f"def {name}(x):\n{calls}" for name in names[1:])
    text = f"def step0(x):\n{calls}    fetch(x)\n{functions}async def main(x):\n    step7(x)\n"
    (found,) = findings(FETCH + text)
    assert "`step7 -> step0 -> fetch -> requests.get`" in found.message


def test_two_functions_that_only_call_each_other_do_not_block() -> None:
    text = "def one(x):\n    two(x)\ndef two(x):\n    one(x)\nasync def main(x):\n    one(x)\n"
    assert findings(FETCH + text) == ()


def test_the_configuration_ends_a_chain() -> None:
    text = FETCH + "async def main(u):\n    fetch(u)\n"

    assert findings(text, blocking_calls=(("source.fetch", "none"),)) == ()
    assert findings(text, blocking_calls=(("requests.get", "none"),)) == ()


def test_the_configuration_begins_a_chain() -> None:
    text = "def load(u):\n    return ask(u)\ndef ask(u):\n    return u\nasync def main(u):\n    load(u)\n"
    (finding,) = findings(text, blocking_calls=(("source.ask", "executor"),))

    assert "`load -> " in finding.message


def test_brief_calls_count_where_they_are_asked_for() -> None:
    assert len(findings(helper("return open(x).read()"), brief_calls=True)) == 1


def test_a_prompt_whose_callers_cannot_be_followed_is_for_a_person() -> None:
    for text in (helper("return input(x)"), helper("return input(x)") + "def start(run): run(main)\n"):
        (finding,) = findings(text)

        assert finding.safety is Safety.MANUAL
        assert finding.reason == (
            "whether anything else runs in the event loop by then cannot be seen, and "
            "in a thread, Ctrl-C waits until Enter is pressed"
        )


def test_a_prompt_says_what_becomes_of_ctrl_c() -> None:
    (finding,) = findings(helper("return input(x)") + "def start(x): asyncio.create_task(main(x, x))\n")

    assert finding.safety is Safety.UNSAFE
    assert finding.reason == "in a thread, Ctrl-C waits until Enter is pressed"


def _asked_behind(begins: str) -> str:
    return (
        "def ask():\n    return input()\n"
        f"async def name():\n    return ask()\nasync def main(x):\n    {begins}\n    await name()\nasyncio.run(main(1))\n"
    )


@pytest.mark.parametrize(
    "begins",
    [
        pytest.param("print('hello')", id="nothing-else-runs"),
        pytest.param("await asyncio.gather(asyncio.sleep(1))", id="it-is-over-by-then"),
        pytest.param("await name()", id="it-can-be-followed"),
        pytest.param("await asyncio.to_thread(x)", id="it-was-in-a-thread"),
    ],
)
def test_a_prompt_of_a_program_that_runs_nothing_else_is_no_finding(begins: str) -> None:
    assert findings(_asked_behind(begins)) == ()


@pytest.mark.parametrize(
    "begins",
    [
        pytest.param("await x.connect()", id="a-call"),
        pytest.param("await x", id="no-call"),
        pytest.param("await asyncio.gather(x.connect())", id="gathered"),
        pytest.param("await asyncio.wait_for(x, 1)", id="limited"),
        pytest.param("async with x: pass", id="entered"),
        pytest.param("async for _ in x: pass", id="gone-through"),
    ],
)
def test_a_prompt_behind_something_that_may_go_on_is_for_a_person(begins: str) -> None:
    (finding,) = findings(_asked_behind(begins))

    assert finding.safety is Safety.MANUAL
    assert "cannot be seen" in (finding.reason or "")


@pytest.mark.parametrize(
    "begins",
    [
        pytest.param("asyncio.ensure_future(asyncio.sleep(1))", id="a-task"),
        pytest.param("await asyncio.start_server(print)", id="a-server"),
        pytest.param("await asyncio.create_subprocess_exec('make')", id="a-child-process"),
    ],
)
def test_a_prompt_beside_something_that_runs_goes_to_a_thread(begins: str) -> None:
    (finding,) = findings(_asked_behind(begins))

    assert finding.safety is Safety.UNSAFE


def test_a_prompt_is_followed_through_a_function_that_runs_it() -> None:
    text = (
        "def ask():\n    return input()\n"
        "async def edit(x):\n    return ask()\n"
        "def runner(function, x):\n    asyncio.get_event_loop().run_until_complete(function(x))\n"
        "runner(edit, 1)\n"
    )

    assert findings(text) == ()


def test_keyword_arguments_go_through_partial() -> None:
    text = fix_source(HEAD + FETCH + "async def main(u):\n    fetch(url=u)\n", settings=SETTINGS).text

    assert "functools.partial(fetch, url=u)" in text
