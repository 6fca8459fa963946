"""`aiomend trace`: a program runs as it would run by itself, and what it did is written down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main
from interpreters import of_version

from aiomend_cli.app import app
from aiomend_cli.trace import log

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Aiomend = Callable[..., Done]
Traced = Callable[..., Done]

DROPS = "import asyncio\nasync def ring(): pass\nring()\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)


@pytest.fixture
def aiomend(capfd: pytest.CaptureFixture[str]) -> Aiomend:
    """Run the command line in this process, and capture what it and its children print."""

    def run(*arguments: str) -> Done:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ending:
            typer.main.get_command(app)(list(arguments), prog_name="aiomend")
        out, err = capfd.readouterr()
        return Done(int(ending.value.code or 0), out, err)

    return run


@pytest.fixture
def traced(aiomend: Aiomend) -> Traced:
    """Run a program under ``aiomend trace``."""

    def run(text: str, *options: str, python: str = sys.executable) -> Done:
        Path("app.py").write_text(text)
        return aiomend("trace", *options, "--", python, "app.py")

    return run


def plain() -> Done:
    """Run the same program by itself."""
    done = subprocess.run([sys.executable, "app.py"], capture_output=True, text=True, timeout=60)
    return Done(done.returncode, done.stdout, done.stderr)


def kinds() -> dict[str, int]:
    """The kinds in the trace, with the line of each."""
    return {complaint.kind: complaint.line for complaint in log.read(Path("trace.jsonl")).complaints}


# ---- what it does not do ---


def test_without_a_program_it_says_how(aiomend: Aiomend, tmp_path: Path) -> None:
    done = aiomend("trace")
    assert (done.returncode, "aiomend trace -- python app.py" in done.stderr) == (2, True)


@pytest.mark.parametrize(("program", "status"), [("./missing", 127), ("./folder", 126)])
def test_a_program_that_cannot_be_run_is_told_as_a_shell_does(aiomend: Aiomend, program: str, status: int) -> None:
    Path("folder").mkdir()
    done = aiomend("trace", "--", program)
    assert (done.returncode, program in done.stderr, "Traceback" in done.stderr) == (status, True, False)


def test_a_file_that_is_no_trace_is_not_overwritten(traced: Traced) -> None:
    Path("precious").write_text("my work\n")
    done = traced(DROPS, "-o", "precious")
    assert (done.returncode, Path("precious").read_text()) == (2, "my work\n")
    assert "--output" in done.stderr


def test_slow_is_more_than_nothing(traced: Traced) -> None:
    assert traced(DROPS, "--slow", "0").returncode == 2


def test_a_program_sees_no_token_of_a_forge(monkeypatch: pytest.MonkeyPatch, traced: Traced) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_" + 20 * "x")
    done = traced("import os\nprint(os.environ.get('GITHUB_TOKEN'))\n")
    assert done.stdout == "None\n"


def test_no_value_is_written_down(traced: Traced) -> None:
    traced(
        "import asyncio\nasync def main(password):\n"
        "    asyncio.get_running_loop().create_future().set_exception(ValueError(password))\n"
        "    asyncio.get_running_loop().call_soon(print, password)\n"
        "asyncio.run(main('hunter2'))\n",
        "--facts",
    )
    assert "exception-never-retrieved" in kinds()
    assert "hunter2" not in Path("trace.jsonl").read_text()


# ---- the program runs as it would by itself ---


@pytest.mark.parametrize(
    ("text", "status"),
    [("pass", 0), ("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137), ("1/0", 1)],
)
def test_the_exit_status_is_that_of_the_program(traced: Traced, text: str, status: int) -> None:
    assert traced(text).returncode == status


def test_output_is_that_of_the_program_and_one_line_at_the_end(traced: Traced) -> None:
    text = "import asyncio, sys\nasync def ring(): pass\nprint('out')\nring()\nprint('err', file=sys.stderr)\n"
    done = traced(text)
    alone = plain()
    quiet = traced(text, "--quiet")
    assert (done.stdout, quiet.stdout, quiet.stderr) == (alone.stdout, alone.stdout, alone.stderr)
    assert done.stderr == alone.stderr + "aiomend: 1 site to look at: aiomend trace report trace.jsonl\n"


def start(*arguments: str, **pipes: Any) -> subprocess.Popen[str]:
    """Start the command line in a process of its own."""
    roots = os.pathsep.join([str(ROOT / "codemods"), str(ROOT / "cli")])
    given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | pipes
    command = [sys.executable, "-m", "aiomend_cli", *arguments]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": roots}, text=True, **given)


def test_standard_input_is_the_programs() -> None:
    Path("app.py").write_text("print(input())")
    started = start("trace", "--", sys.executable, "app.py", stdin=subprocess.PIPE)
    assert started.communicate("hello\n", timeout=60)[0] == "hello\n"


def test_the_programs_own_sitecustomize_runs_and_the_recorder_leaves_the_path(
    monkeypatch: pytest.MonkeyPatch, traced: Traced
) -> None:
    Path("hooks").mkdir()
    monkeypatch.setenv("PYTHONPATH", "hooks")
    Path("hooks/sitecustomize.py").write_text("print('mine', __file__.endswith('hooks/sitecustomize.py'))\n")
    done = traced(
        "import sitecustomize, sys\nprint(hasattr(sitecustomize, 'os'), [p for p in sys.path if 'recorder' in p])\n",
    )
    assert done.stdout == "mine True\nFalse []\n"


def test_a_failing_sitecustomize_is_reported_by_python_as_ever(monkeypatch: pytest.MonkeyPatch, traced: Traced) -> None:
    Path("hooks").mkdir()
    monkeypatch.setenv("PYTHONPATH", "hooks")
    Path("hooks/sitecustomize.py").write_text("1/0\n")
    done = traced("print('on')", "--quiet")
    alone = plain()
    assert (done.stdout, done.stderr) == (alone.stdout, alone.stderr)


@pytest.mark.parametrize("module", ["json", "re", "threading", "warnings", "dis"])
def test_a_module_of_the_program_may_have_the_name_of_one_of_python(aiomend: Aiomend, module: str) -> None:
    Path("own").mkdir()
    Path(f"own/{module}.py").write_text("WHOSE = 'mine'\n")
    Path("own/app.py").write_text(f"import {module}\nprint(getattr({module}, 'WHOSE', 'python'))\n")
    done = aiomend("trace", "--", sys.executable, "own/app.py")
    alone = subprocess.run([sys.executable, "own/app.py"], capture_output=True, text=True, timeout=60)
    assert done.stdout == alone.stdout


def test_a_program_that_counts_its_threads_counts_its_own(traced: Traced) -> None:
    text = (
        "import asyncio, threading, time\nasync def main():\n    time.sleep(0.2)\n"
        "    print(threading.active_count(), [t.name for t in threading.enumerate()])\nasyncio.run(main())\n"
    )
    done = traced(text)
    assert done.stdout == "1 ['MainThread']\n"
    assert kinds()["blocking-call"] == 3


def test_a_fork_is_not_one_of_a_process_with_threads(traced: Traced) -> None:
    text = (
        "import asyncio, os, sys, warnings\nwarnings.simplefilter('error')\nasync def main():\n"
        "    await asyncio.sleep(0.05)\n    child = os.fork()\n    if not child:\n        os._exit(0)\n"
        "    print(os.waitpid(child, 0)[1])\nasyncio.run(main())\n"
    )
    for version in ((3, 12), (3, 13)):  # these warn
        found = of_version(version)
        if found is not None:
            done = traced(text, "--quiet", python=found.path)
            assert (done.stdout, done.stderr) == ("0\n", "")


def test_termination_is_handed_on() -> None:
    Path("app.py").write_text(
        "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: exit(3))\nprint('ready', flush=True)\ntime.sleep(60)\n"
    )
    started = start("trace", "--", sys.executable, "app.py")
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    started.send_signal(signal.SIGTERM)
    started.communicate(timeout=60)
    assert started.returncode == 3
    assert log.read(Path("trace.jsonl")).status == 3


# ---- what is written down ---


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_of_multiprocessing_are_watched(traced: Traced, method: str) -> None:
    text = (
        "import asyncio, multiprocessing\nasync def ring(): pass\ndef work():\n    for _ in range(5): ring()\n"
        "if __name__ == '__main__':\n"
        f"    process = multiprocessing.get_context('{method}').Process(target=work)\n"
        "    process.start(); process.join()\n"
    )
    traced(text)
    [complaint] = log.read(Path("trace.jsonl")).complaints
    assert (complaint.kind, complaint.line, complaint.count) == ("never-awaited", 4, 5)


def test_child_processes_are_watched(traced: Traced) -> None:
    Path("child.py").write_text(DROPS)
    traced("import subprocess, sys\nsubprocess.call([sys.executable, 'child.py'])\n")
    trace = log.read(Path("trace.jsonl"))
    assert [Path(c.file or "").name for c in trace.complaints] == ["child.py"]
    assert [process.asyncio for process in trace.processes] == [False, True]


def test_what_a_killed_program_did_stays(traced: Traced) -> None:
    done = traced(DROPS + "import os\nos.kill(os.getpid(), 9)\n")
    assert (done.returncode, kinds()) == (137, {"never-awaited": 3})


def test_counts_are_whole_where_the_program_leaves_at_once(traced: Traced) -> None:
    traced("import asyncio, os\nasync def ring(): pass\nfor _ in range(7):\n    ring()\nos._exit(0)\n")
    assert [c.count for c in log.read(Path("trace.jsonl")).complaints] == [7]


def test_a_program_may_close_all_descriptors(traced: Traced) -> None:
    traced("import asyncio, os\nos.closerange(3, 256)\nasync def ring(): pass\nring()\n")
    assert kinds() == {"never-awaited": 4}


def test_a_program_may_go_to_another_folder(traced: Traced) -> None:
    Path("other").mkdir()
    traced("import asyncio, os\nos.chdir('other')\nasync def ring(): pass\nring()\n")
    [complaint] = log.read(Path("trace.jsonl")).complaints
    assert complaint.file == str(Path.cwd() / "app.py")


def test_a_wrong_thread_is_noted_where_asyncio_itself_would_hang(traced: Traced) -> None:
    traced(
        "import asyncio, threading\nasync def main():\n    event = asyncio.Event()\n"
        "    asyncio.get_running_loop().call_later(0.05, threading.Thread(target=event.set).start)\n"
        "    asyncio.get_running_loop().call_later(0.2, bool)\n"
        "    await asyncio.wait_for(event.wait(), 5)\n    print('awake')\nasyncio.run(main())\n"
    )
    assert [c.details for c in log.read(Path("trace.jsonl")).complaints] == [("Event.set",)]


def test_debug_is_asyncios_own_debug_mode(traced: Traced) -> None:
    text = "import asyncio\nasync def main(): print(asyncio.get_running_loop().get_debug())\nasyncio.run(main())\n"
    assert [traced(text).stdout, traced(text, "--debug").stdout] == ["False\n", "True\n"]


@pytest.mark.runtime
@pytest.mark.parametrize("minor", [6, 8, 10])
def test_generators_that_nobody_runs_are_seen_in_debug_mode(traced: Traced, minor: int) -> None:
    found = of_version((3, minor))
    if found is None:
        pytest.skip(f"Python 3.{minor} is missing: neither pyenv nor the PATH has one that starts")
    text = (
        "import asyncio\n@asyncio.coroutine\ndef ring():\n    yield\nring()\n"
        "async def main():\n    asyncio.sleep(1)\nloop = asyncio.new_event_loop()\nloop.run_until_complete(main())\nloop.close()\n"
    )
    traced(text, "--debug", "--slow", "5", python=found.path)
    assert {(c.kind, c.line) for c in log.read(Path("trace.jsonl")).complaints} == {
        ("never-awaited", 5),
        ("never-awaited", 7),
    }


FACTS = """\
import asyncio, sys
class Box:
    def cancel(self): pass
async def ring(): pass
def give(): return asyncio.ensure_future(ring())
def work(): return 1
async def main():
    loop = asyncio.get_event_loop()
    loop.create_future().set_result(1)
    Box().cancel()
    await give()
    await loop.run_in_executor(None, work)
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
class Last:
    def __del__(self): repr(self)
sys.last = Last()
"""


@pytest.mark.runtime
@pytest.mark.parametrize("minor", [6, 11, 13])
def test_facts_name_classes_threads_and_awaitables(traced: Traced, minor: int) -> None:
    found = of_version((3, minor))
    if found is None:
        pytest.skip(f"Python 3.{minor} is missing: neither pyenv nor the PATH has one that starts")
    done = traced(FACTS, "--facts", python=found.path)
    trace = log.read(Path("trace.jsonl"))
    assert (done.stderr.count("\n"), trace.failures) == (1, ()), "also while Python takes its modules apart"
    facts = trace.facts
    receivers = {(row["line"], row["method"], row["receiver"]) for row in facts if row["kind"] == "fact-receiver"}
    functions = {(row["function"], row["thread"]) for row in facts if row["kind"] == "fact-function"}
    awaitables = {(row["line"], row["gives"]) for row in facts if row["kind"] == "fact-awaitable"}
    assert {(9, "set_result", "_asyncio.Future"), (10, "cancel", "__main__.Box")} <= receivers
    assert {("work", "pool"), ("main", "loop"), ("give", "loop")} <= functions
    assert (11, "_asyncio.Task") in awaitables


def test_without_facts_there_are_none(traced: Traced) -> None:
    traced(FACTS)
    assert log.read(Path("trace.jsonl")).facts == ()


# ---- the report ---


def test_a_report_of_nothing_says_that_all_was_watched(aiomend: Aiomend, traced: Traced) -> None:
    traced("import asyncio\nasync def main(): pass\nasyncio.run(main())\n")
    done = aiomend("trace", "report", "trace.jsonl")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing to complain of")


@pytest.mark.parametrize("options", [["-I"], ["-S"], ["-E"]])
def test_silence_of_a_program_that_was_not_watched_is_no_good_news(aiomend: Aiomend, options: list[str]) -> None:
    Path("app.py").write_text(DROPS)
    done = aiomend("trace", "--", sys.executable, *options, "app.py")
    report = aiomend("trace", "report", "trace.jsonl")
    assert "nothing was watched" in done.stderr
    assert (report.returncode, "silence means nothing" in report.stdout) == (2, True)


@pytest.mark.parametrize("content", ["", "{}\n", "not json\n", '{"kind": "trace", "version": 99}\n'])
def test_what_is_no_trace_is_refused(aiomend: Aiomend, content: str) -> None:
    Path("other").write_text(content)
    done = aiomend("trace", "report", "other")
    assert (done.returncode, "Traceback" in done.stderr, "other" in done.stderr) == (2, False, True)


def test_half_a_line_is_counted_and_left_out(aiomend: Aiomend, traced: Traced) -> None:
    traced(DROPS)
    with Path("trace.jsonl").open("a") as file:
        file.write('{"kind": "never-awai')
    done = aiomend("trace", "report", "trace.jsonl")
    assert done.returncode == 1
    assert "1 line of the trace could not be read" in done.stdout


REPORT = """\
watched: 1 process, Python {}.{}

app.py:3 in <module>
    ring()
  once: a coroutine was made here, and nobody awaited it;
    the body of the function never ran
  AIO601 coroutine-never-scheduled (unsafe fix) at line 3: """


def test_a_report_shows_the_line_what_it_means_and_the_rule(aiomend: Aiomend, traced: Traced) -> None:
    traced(DROPS)
    done = aiomend("trace", "report", "trace.jsonl")
    assert done.returncode == 1
    assert done.stdout.startswith(REPORT.format(*sys.version_info[:2]))
    assert done.stdout.endswith("\n`aiomend diff --unsafe --select AIO601` shows the fixes\n")


def test_what_took_most_time_comes_first(aiomend: Aiomend, traced: Traced) -> None:
    traced(
        "import asyncio, time\nasync def ring(): pass\nasync def main():\n    ring()\n    time.sleep(0.3)\n"
        "    await asyncio.sleep(0)\n    for _ in range(2):\n        time.sleep(0.4)\n        await asyncio.sleep(0)\nasyncio.run(main())\n"
    )
    done = aiomend("trace", "report", "trace.jsonl", "--output-format", "json")
    sites = json.loads(done.stdout)["sites"]
    assert [(site["line"], site["kind"], site["count"]) for site in sites] == [
        (8, "blocking-call", 2),
        (5, "blocking-call", 1),
        (4, "never-awaited", 1),
    ]
    assert sites[0]["seconds"] >= 0.8


def test_a_line_that_moved_is_found_and_one_that_changed_is_not_guessed(aiomend: Aiomend, traced: Traced) -> None:
    traced("import asyncio\nasync def ring(): pass\nring()\nprint()\nring() or 1\n")
    Path("app.py").write_text("import asyncio\n# new\nasync def ring(): pass\nring()\nprint()\nring() or 2\n")
    done = aiomend("trace", "report", "trace.jsonl")
    assert "app.py:4 in <module>\n    ring()\n" in done.stdout
    assert "app.py:5 in <module>\n    (this line has changed since)\n" in done.stdout


def test_names_of_others_cannot_move_a_terminal(aiomend: Aiomend) -> None:
    name = "a\x1b[31m.py"
    Path(name).write_text(DROPS)
    aiomend("trace", "--", sys.executable, name)
    done = aiomend("trace", "report", "trace.jsonl")
    assert (done.returncode, "\x1b" in done.stdout, r"a\x1b[31m.py:3" in done.stdout) == (1, False, True)


def test_a_program_called_report_can_be_traced(aiomend: Aiomend) -> None:
    Path("report").write_text("#!/bin/sh\necho ran $1\n")
    Path("report").chmod(0o755)
    done = aiomend("trace", "--", "./report", "trace.jsonl")
    assert done.stdout == "ran trace.jsonl\n"


def test_time_in_the_selector_and_in_callbacks_is_told(traced: Traced) -> None:
    traced(
        "import asyncio, time\nasync def main():\n    time.sleep(0.2)\n    await asyncio.sleep(0.3)\nasyncio.run(main())\n"
    )
    trace = log.read(Path("trace.jsonl"))
    assert trace.callbacks >= 0.2
    assert trace.selector >= 0.2
