"""AIO406: what it is silent about, what it leaves to a person and why, who owns which call, and what it says."""

from __future__ import annotations

import dataclasses

import pytest

from aiomend import check_source, fix_source
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

ALONE = Settings(select=Selection(frozenset({"AIO406"})), unsafe=EVERYTHING)
SECTION = dataclasses.replace(ALONE, select=Selection(frozenset({"AIO4"})))
HEAD = "import asyncio, contextlib, json, requests, smtplib, socket, sqlite3, subprocess, time, zipfile"


def coroutine(*lines: str, head: str = HEAD, sign: str = "async def main(self, x, loop):") -> str:
    return "\n".join([head, sign, *(f"    {line}" for line in lines), ""])


def findings(*lines: str, settings: Settings = ALONE, path: str = "source.py") -> tuple[Finding, ...]:
    return check_source(coroutine(*lines), path=path, settings=settings)


def fixed(*lines: str, settings: Settings = ALONE, sign: str = "async def main(self, x, loop):") -> list[str]:
    text = fix_source(coroutine(*lines, sign=sign), settings=settings).text
    return [line[4:] for line in text.split("\n")[2:] if line]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["with open(x) as f: f.read()"], id="local-files-are-short-work"),
        pytest.param(["with x.open() as f: f.read()"], id="nobody-knows-what-it-opens"),
        pytest.param(["with zipfile.ZipFile(x) as f: await f"], id="it-waits"),
        pytest.param(["async with zipfile.ZipFile(x) as f: pass"], id="no-plain-with"),
        pytest.param(["with zipfile.ZipFile(x) as f: yield f"], id="it-yields"),
        pytest.param(["for y in x:", "    with zipfile.ZipFile(y): break"], id="it-leaves-a-loop"),
        pytest.param(["with zipfile.ZipFile(x) as f:", "    if x: return f"], id="it-returns-on-one-path"),
        pytest.param(["with zipfile.ZipFile(x): return"], id="it-returns-nothing"),
        pytest.param(["with zipfile.ZipFile(x): super().m()"], id="super"),
        pytest.param(["with zipfile.ZipFile(x) as f: print(next(f))"], id="StopIteration-is-swallowed"),
        pytest.param(["with requests.Session() as s: self.a = s.get(x)"], id="only-the-request-blocks-AIO402-has-it"),
        pytest.param(["with requests.Session() as s: print(s)"], id="nothing-in-it-blocks"),
    ],
)
def test_it_is_silent(lines: list[str]) -> None:
    assert [found for found in findings(*lines) if found.safety > Safety.MANUAL] == []
    assert "await loop.run_in_executor" not in "\n".join(fixed(*lines))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        pytest.param(["self.a = f.namelist()"], "`self.a` is changed in it", id="an-attribute"),
        pytest.param(["x['a'] = f.namelist()"], "`x['a']` is changed in it", id="an-item"),
        pytest.param(["x.append(f)"], "changes what other tasks may see", id="a-list-of-somebody-else"),
        pytest.param(["setattr(self, 'a', f)"], "changes what other tasks may see", id="an-attribute-by-name"),
        pytest.param(["loop.call_soon(f)"], "not known", id="the-loop"),
        pytest.param(["x(f)"], "what `x()` would do", id="a-callback"),
        pytest.param(["f.extractall(key=self.m)", "self.m()"], "what `self.m()` would do", id="an-unknown-method"),
        pytest.param(["time.sleep(1); asyncio.Event().set()"], "the thread of the event loop", id="asyncio"),
        pytest.param(
            ["subprocess.Popen(x).wait(); self.a.b = 1"], "`self.a.b` is changed", id="a-part-of-an-attribute"
        ),
        pytest.param(["x += 1"], "`x` is read in it before it is bound", id="an-accumulator"),
        pytest.param(["with self.lock: f.read(x)"], "what entering `self.lock`", id="an-unknown-context-manager"),
        pytest.param(["raise"], "was caught outside", id="an-exception-from-elsewhere"),
    ],
)
def test_a_person_decides(lines: list[str], reason: str) -> None:
    (found,) = findings("with zipfile.ZipFile(x) as f:", *(f"    {line}" for line in lines))

    assert found.safety is Safety.MANUAL
    assert reason in (found.reason or "")


def test_a_test_may_stop_the_loop() -> None:
    assert findings("with zipfile.ZipFile(x) as f: f.extractall()", path="tests/test_files.py") == ()


def test_to_thread_needs_python_3_9() -> None:
    settings = dataclasses.replace(ALONE, offload="to_thread", target=TargetRange((3, 8), (3, 9)))

    (found,) = findings("with zipfile.ZipFile(x) as f: f.extractall()", settings=settings)

    assert "needs Python 3.9" in (found.reason or "")


def test_a_fix_is_never_safe_and_says_what_it_does() -> None:
    (found,) = findings("with zipfile.ZipFile(x) as f:", "    f.extractall()")

    assert found.safety is Safety.UNSAFE
    assert found.message == (
        "`with` around `zipfile.ZipFile(x)` stops the event loop until the block is left; "
        "`run_in_executor()` runs the block in a thread, as `extract()`"
    )


def test_calls_in_a_block_that_moves_belong_to_it() -> None:
    found = findings(
        "with zipfile.ZipFile(x) as f:",
        "    time.sleep(1)",
        "    f.writestr('a', requests.get(x).text)",
        settings=SECTION,
    )

    assert [one.code for one in found] == ["AIO406"]


def test_a_block_that_a_person_has_to_move_leaves_other_calls_to_their_rules() -> None:
    found = findings("with zipfile.ZipFile(x) as f:", "    self.page = requests.get(x).text", settings=SECTION)

    assert [(one.code, one.safety) for one in found] == [("AIO406", Safety.MANUAL), ("AIO402", Safety.UNSAFE)]


def test_a_block_that_has_to_stay_leaves_all_calls_to_their_rules() -> None:
    found = findings("with zipfile.ZipFile(x) as f:", "    await x(requests.get(x).text)", settings=SECTION)

    assert [(one.code, one.safety) for one in found] == [("AIO402", Safety.MANUAL), ("AIO402", Safety.UNSAFE)]


def test_the_inner_block_moves_where_the_outer_one_has_to_stay() -> None:
    done = fixed(
        "with zipfile.ZipFile(x) as f:",
        "    with sqlite3.connect(x) as db:",
        "        rows = db.execute('').fetchall()",
        "    await x(f, rows)",
    )

    assert done == [
        "with zipfile.ZipFile(x) as f:",
        "    def query_rows():",
        "        with sqlite3.connect(x) as db:",
        "            return db.execute('').fetchall()",
        "    rows = await loop.run_in_executor(None, query_rows)",
        "    await x(f, rows)",
    ]


def test_a_name_that_is_bound_anew_before_it_is_read_is_not_returned() -> None:
    done = fixed(
        "with zipfile.ZipFile(x) as f:",
        "    data = f.read('a')",
        "    print(data)",
        "data = 1",
        "print(data)",
    )

    assert "await loop.run_in_executor(None, read)" in done
    assert "return data" not in "".join(done)


def test_a_name_that_the_next_round_reads_is_returned() -> None:
    done = fixed(
        "data = None",
        "while x:",
        "    print(data)",
        "    with zipfile.ZipFile(x) as f:",
        "        data = f.read('a')",
    )

    assert "    data = await loop.run_in_executor(None, read_data)" in done


@pytest.mark.parametrize(
    ("sign", "head"),
    [
        pytest.param("async def main(x, loop):", "def read():", id="not-typed"),
        pytest.param("async def main(x, loop) -> bytes:", "def read() -> bytes:", id="typed"),
        pytest.param("async def main(x, loop) -> 'bytes':", "def read():", id="in-quotes"),
        pytest.param("async def main(bytes, loop, x) -> bytes:", "def read():", id="another-meaning-inside"),
    ],
)
def test_a_function_that_returns_for_the_coroutine_is_annotated_like_it(sign: str, head: str) -> None:
    done = fixed("with zipfile.ZipFile(x) as f:", "    return f.read('a')", sign=sign)

    assert done[0] == head


def test_the_loop_is_a_name_of_the_place_and_not_of_the_block() -> None:
    done = fixed(
        "with requests.Session() as s:", "    print([s.get(loop) for loop in x])", sign="async def main(self, x):"
    )

    assert done[-1] == "await asyncio.get_running_loop().run_in_executor(None, fetch)"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        pytest.param("with open('x') as f: return f.read()", "read", id="a-name-is-no-mode"),
        pytest.param("with open('x', 'w') as f: print(file=f)", "write", id="a-mode"),
        pytest.param("with open('x') as f: print([*f])", "read", id="iterated"),
        pytest.param("with smtplib.SMTP('x') as s: s.sendmail(x, x, x)", "send", id="mail"),
        pytest.param("with sqlite3.connect('x') as s: s.execute(x)", "query", id="a-database"),
        pytest.param("with socket.create_connection(x) as s: print(s)", "work", id="nothing-telling"),
    ],
)
def test_the_function_is_called_after_what_it_does(line: str, name: str) -> None:
    done = fixed(line, settings=dataclasses.replace(ALONE, brief_calls=True))

    assert done[0] == f"def {name}():"
