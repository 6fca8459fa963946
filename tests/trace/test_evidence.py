"""`--evidence`: what a program was seen to do is known, said, and comes first; what was seen once is never certain."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main

from aiomend_cli.app import app

Ran = tuple[int, str]
Aiomend = Callable[..., Ran]

#: Nothing but a run tells what `box.it` is, or that `table[name]()` makes a coroutine.
PROGRAM = """\
import asyncio, time
class Box: pass
def answer(box):
    box.it.set_result(1)
async def ring(): pass
async def main(name, table, box):
    box.it = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(answer, box)
    await asyncio.sleep(0.01)
    table[name]()
    if not table: time.sleep(0.01)
    time.sleep(0.2)
if __name__ == "__main__":
    sys_arguments = ["a", {"a": ring}, Box()]
    asyncio.run(main(*sys_arguments))
"""


@pytest.fixture
def aiomend(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aiomend:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    Path("app.py").write_text(PROGRAM)

    def run(*arguments: str) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ending:
            typer.main.get_command(app)(list(arguments), prog_name="aiomend")
        return int(ending.value.code or 0), "".join(capfd.readouterr())

    return run


@pytest.fixture
def seen(aiomend: Aiomend) -> None:
    code, _ = aiomend("trace", "--facts", "--", sys.executable, "app.py")
    assert code == 0


def findings(aiomend: Aiomend, *options: str) -> list[dict[str, Any]]:
    aiomend("check", "--output-format", "json", "-o", "out.json", "app.py", *options)
    found: list[dict[str, Any]] = json.loads(Path("out.json").read_text())["findings"]
    return found


def places(found: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(one["code"], one["line"]) for one in found]


@pytest.mark.parametrize("options", [["--evidence", "missing"], ["--evidence", "app.py"], ["--only-evidence"]])
def test_without_a_trace_it_says_what_is_wrong(aiomend: Aiomend, options: list[str]) -> None:
    code, told = aiomend("check", *options)
    assert (code, "Traceback" in told) == (2, False)


@pytest.mark.usefixtures("seen")
def test_a_line_that_changed_since_is_not_guessed(aiomend: Aiomend) -> None:
    Path("app.py").write_text(PROGRAM.replace("table[name]()", "table.get(name)()"))
    found = findings(aiomend, "--evidence", "trace.jsonl")
    assert ("AIO601", 10) not in places(found)
    assert ("AIO401", 12) in places(found), "the others are"


@pytest.mark.usefixtures("seen")
def test_two_calls_of_one_name_in_a_line_are_not_told_apart(aiomend: Aiomend) -> None:
    Path("app.py").write_text(PROGRAM.replace("    table[name]()\n", "    table[name](), table[name]()\n"))
    aiomend("trace", "--facts", "--", sys.executable, "app.py")
    assert ("AIO601", 10) not in places(findings(aiomend, "--evidence", "trace.jsonl"))


@pytest.mark.usefixtures("seen")
def test_what_was_seen_is_found_and_never_safe(aiomend: Aiomend) -> None:
    without = findings(aiomend)
    found = findings(aiomend, "--evidence", "trace.jsonl")
    new = [one for one in found if (one["code"], one["line"]) not in places(without)]
    assert {(one["code"], one["line"], one["safety"]) for one in new} == {
        ("AIO201", 4, "unsafe"),
        ("AIO601", 10, "unsafe"),
    }


@pytest.mark.usefixtures("seen")
def test_what_was_seen_is_told_and_comes_first(aiomend: Aiomend) -> None:
    found = findings(aiomend, "--evidence", "trace.jsonl")
    assert places(found)[:2] == [("AIO401", 12), ("AIO601", 10)]
    assert " (seen: took " in found[0]["message"]
    assert found[0]["message"].endswith(" in 1 call)")
    assert found[1]["evidence"][-1] == {
        "path": "app.py",
        "line": 10,
        "note": "seen once: a coroutine was made here, and nobody awaited it",
    }


@pytest.mark.usefixtures("seen")
def test_lines_that_moved_are_found(aiomend: Aiomend) -> None:
    Path("app.py").write_text("# new\n\n" + PROGRAM)
    assert places(findings(aiomend, "--evidence", "trace.jsonl"))[:2] == [("AIO401", 14), ("AIO601", 12)]


@pytest.mark.usefixtures("seen")
def test_only_what_was_seen_is_fixed(aiomend: Aiomend) -> None:
    code, _ = aiomend("fix", "--unsafe", "--only-evidence", "--evidence", "trace.jsonl", "app.py")
    text = Path("app.py").read_text()
    assert code == 0
    assert "    await table[name]()\n    if not table: time.sleep(0.01)\n    await asyncio.sleep(0.2)\n" in text


def test_a_file_without_a_word_of_asyncio_is_looked_at_where_something_was_seen(aiomend: Aiomend) -> None:
    Path("table.py").write_text("def call(table, name):\n    table[name]()\n")
    Path("app.py").write_text(
        "import asyncio, table\nasync def ring(): pass\n"
        "async def main(): table.call({'a': ring}, 'a')\nasyncio.run(main())\n"
    )
    aiomend("trace", "--", sys.executable, "app.py")
    aiomend("check", "--output-format", "json", "-o", "out.json", "--evidence", "trace.jsonl")
    found = json.loads(Path("out.json").read_text())["findings"]
    assert [(one["path"], one["code"], one["line"]) for one in found] == [("table.py", "AIO601", 2)]


#: A library of which nothing is known calls `Handler.changed` in a thread of its own.
LIBRARY = """\
import threading
def watch(handler):
    thread = threading.Thread(target=getattr(handler, "changed"))
    thread.start()
    return thread
"""
HANDED = """\
import asyncio, importlib, threading, time
watch = importlib.import_module("library").watch
class Handler:
    def __init__(self, loop, out): self.loop, self.out = loop, out
    def changed(self):
        self.loop.call_soon(self.out.append, 1)
async def main():
    out = []
    thread = watch(Handler(asyncio.get_running_loop(), out))
    await asyncio.sleep(0.1)
    thread.join()
asyncio.run(main())
"""
#: `report()` is the target of a thread, and something of which nothing is known gets it, too.
BOTH = """\
import asyncio, importlib, sys, threading
loop = asyncio.new_event_loop()
def report():
    loop.call_soon(print, "reported")
async def main():
    threading.Thread(target=report).start()
    importlib.import_module("hooks").hooks.append(report)
    await asyncio.sleep(0.1)
    for hook in importlib.import_module("hooks").hooks if len(sys.argv) > 1 else ():
        hook()
loop.run_until_complete(main())
loop.close()
"""


def levels(aiomend: Aiomend, code: str, *options: str) -> list[tuple[int, str, str | None]]:
    found = findings(aiomend, "--select", code, *options)
    return [(one["line"], one["safety"], one["reason"]) for one in found]


@pytest.mark.parametrize(
    ("options", "level", "why"),
    [
        (
            (),
            "manual",
            "nobody saw whether the loop's own thread runs it as well: `aiomend trace --facts` looks for that",
        ),
        (("--facts",), "unsafe", "that no other thread runs it is known from some runs alone"),
    ],
    ids=["a complaint", "and where the function ran"],
)
def test_a_call_that_was_seen_in_another_thread_is_found_and_is_never_safe(
    options: tuple[str, ...], level: str, why: str, aiomend: Aiomend
) -> None:
    Path("library.py").write_text(LIBRARY)
    Path("app.py").write_text(HANDED)
    aiomend("trace", *options, "--", sys.executable, "app.py")
    assert levels(aiomend, "AIO301") == []
    assert levels(aiomend, "AIO301", "--evidence", "trace.jsonl") == [(6, level, why)]


def test_two_calls_of_a_line_are_not_told_apart_where_one_was_in_another_thread(aiomend: Aiomend) -> None:
    Path("library.py").write_text(LIBRARY)
    twice = "self.loop.call_soon(self.out.append, 1)"
    Path("app.py").write_text(HANDED.replace(twice, f"{twice}, {twice}"))
    aiomend("trace", "--facts", "--", sys.executable, "app.py")
    assert levels(aiomend, "AIO301", "--evidence", "trace.jsonl") == []


def test_who_is_handed_a_function_is_no_doubt_where_threads_alone_ran_it(aiomend: Aiomend) -> None:
    Path("hooks.py").write_text("hooks = []\n")
    Path("app.py").write_text(BOTH)
    aiomend("trace", "--facts", "--", sys.executable, "app.py")
    assert [one[1] for one in levels(aiomend, "AIO301")] == ["manual"]
    assert [one[1] for one in levels(aiomend, "AIO301", "--evidence", "trace.jsonl")] == ["unsafe"]


def test_a_function_that_ran_in_the_loop_as_well_is_for_a_person(aiomend: Aiomend) -> None:
    Path("hooks.py").write_text("hooks = []\n")
    Path("app.py").write_text(BOTH)
    aiomend("trace", "--facts", "--", sys.executable, "app.py", "twice")
    seen = "it was seen to run in an event loop's thread as well"
    assert levels(aiomend, "AIO301", "--evidence", "trace.jsonl") == [(4, "manual", seen)]


#: The same, and nothing in the code says that somebody else gets the function.
HIDDEN = BOTH.replace("hooks.append(report)", 'hooks.append(getattr(sys.modules["__main__"], "rep" + "ort"))')


@pytest.mark.parametrize(
    ("argument", "level"), [((), "safe"), (("twice",), "manual")], ids=["threads", "the loop, too"]
)
def test_what_is_sure_stays_so_unless_the_loop_ran_it(argument: tuple[str, ...], level: str, aiomend: Aiomend) -> None:
    Path("hooks.py").write_text("hooks = []\n")
    Path("app.py").write_text(HIDDEN)
    aiomend("trace", "--facts", "--", sys.executable, "app.py", *argument)
    assert [one[1] for one in levels(aiomend, "AIO301")] == ["safe"]
    assert [one[1] for one in levels(aiomend, "AIO301", "--evidence", "trace.jsonl")] == [level]
