"""The engine in a process of its own, so that a file that crashes it, stops it or eats the memory costs that file only.

The child notes which file it is working on. When it ends before its report is there, or stays too long with one file, that
file is made opaque, as if it could not be parsed, and a new child begins again.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from aiomend.model import Finding
from aiomend.report import FileResult, Report, Skip
from aiomend_cli.errors import UserError
from aiomend_cli.limits import Limits, limit_memory
from aiomend_cli.whereabouts import Whereabouts

if TYPE_CHECKING:
    from aiomend_cli.runner import Workspace

RESTARTS = 20  #: children that may end badly before nobody tries any more
_TICK = 0.5  #: seconds between two looks at a silent child
_TICK_COUNTS = 2 * _TICK  #: at most so much of one look counts: aiomend itself may have been stopped
_HEADER = struct.Struct("!Q")
#: For children of another Python: its own path and nothing of the working directory, which is the user's code.
_SPAWNED = "import sys; sys.path[:] = {path!r}; from aiomend_cli.isolation import spawned; spawned({page}, {lifeline})"


@dataclass(frozen=True, slots=True)
class Task:
    """What a child is to do. ``opaque`` files stopped another one before, ``lost`` ones even as opaque files."""

    workspace: Workspace
    opaque: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    asks: bool = False  #: whether the parent decides which fixes are accepted
    tells: bool = False  #: whether the parent wants to know how far it is
    scratch: str | None = None  #: the folder for temporary files, which the parent removes


class _Died(Exception):
    """The child is gone, or had to go; the text says why."""


def run(
    workspace: Workspace,
    accept: Callable[[Finding], bool] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Return the report on a project. A file on which the engine ended is skipped in it, with the reason.

    Raises UserError where the engine cannot be brought to an end, and whatever the engine itself raised.
    """
    task = Task(workspace, asks=accept is not None, tells=progress is not None)
    if not workspace.types:
        return _through(task, accept, progress)
    import tempfile

    with tempfile.TemporaryDirectory(prefix="aiomend-", ignore_cleanup_errors=True) as scratch:
        return _through(replace(task, scratch=scratch), accept, progress)


def _through(
    task: Task, accept: Callable[[Finding], bool] | None, progress: Callable[[str, int, int], None] | None
) -> Report:
    """Start children until one is through."""
    given_up: dict[str, str] = {}
    workspace = task.workspace
    for _ in range(RESTARTS + 1):
        with _Child(task) as child:
            try:
                report = _attend(child, workspace.limits, accept, progress)
            except _Died as why:
                _, path = child.whereabouts.read()
                if path is None or path in task.lost:
                    raise UserError(f"{why}{_while(path)}\nNothing was changed. {_ADVICE}") from None
                given_up[path] = str(why)
                if path in task.opaque:
                    task = replace(task, lost=task.lost | {path})
                task = replace(task, opaque=task.opaque | {path})
                continue
        chosen = set(workspace.found.chosen)
        skipped = [FileResult(path, skip=Skip.GIVEN_UP, detail=why) for path, why in given_up.items() if path in chosen]
        notes = [f"{path}: {Skip.GIVEN_UP.value}: {why}" for path, why in given_up.items() if path not in chosen]
        files = sorted((*report.files, *skipped), key=lambda file: file.path)
        return replace(report, files=tuple(files), notes=(*report.notes, *notes))
    names = "\n".join(f"{path}: {why}" for path, why in given_up.items())
    raise UserError(
        f"{len(given_up)} files stopped the engine one after the other; nothing was changed. {_ADVICE}\n{names}"
    )


_ADVICE = "--exclude leaves files alone; --file-timeout and --memory-limit allow more."


def _while(path: str | None) -> str:
    return f" at {path}" if path is not None else " while it worked on the project as a whole"


# ---- the parent's side ---


@dataclass(slots=True)
class _Child:
    """A running child; ended and cleaned up at the end of the block."""

    task: Task
    whereabouts: Whereabouts = field(default_factory=Whereabouts.make)
    spent: dict[str, float] = field(default_factory=dict)  #: seconds for each file, as far as anybody looked
    _note: int = 0  #: the last one that was seen
    _process: _Process = field(init=False)
    _reader: threading.Thread = field(init=False)
    _messages: queue.Queue[tuple[Any, ...] | None] = field(default_factory=queue.Queue)

    def __enter__(self) -> _Child:
        self._process = (_forked if _may_fork() else _spawned)(self.task, self.whereabouts)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._reader.join()
        self._process.replies.close()
        self._process.messages.close()
        os.close(self._process.lifeline)
        self.whereabouts.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError, EOFError, ValueError):
            while True:
                self._messages.put(_receive(self._process.messages))
        self._messages.put(None)

    def next(self, limits: Limits) -> tuple[Any, ...]:
        """Return its next message; raises _Died where none will come."""
        while True:
            before = time.monotonic()
            try:
                message = self._messages.get(timeout=_TICK)
            except queue.Empty:
                message = ()
            seen, (self._note, path) = self._note, self.whereabouts.read()
            if path is not None:
                took = min(time.monotonic() - before, _TICK_COUNTS)
                self.spent[path] = spent = self.spent.get(path, 0.0) + took
                if not message and self._note == seen and limits.seconds and spent > limits.seconds:
                    raise _Died(f"no end after {limits.seconds:g} seconds (file-timeout)")
            if message is None:
                raise _Died(_cause(self._process.wait()))
            if message:
                return message

    def reply(self, answer: object) -> None:
        with contextlib.suppress(OSError):  # it is gone, and `next` will say so
            _send(self._process.replies, answer)


def _attend(
    child: _Child,
    limits: Limits,
    accept: Callable[[Finding], bool] | None,
    progress: Callable[[str, int, int], None] | None,
) -> Report:
    while True:
        match child.next(limits):
            case ("progress", path, done, total):
                if progress is not None:
                    progress(path, done, total)
            case ("accept", finding):
                child.reply(accept(finding) if accept is not None else False)
            case ("failed", error):
                raise error
            case ("report", report):
                assert isinstance(report, Report)
                return report


def _cause(code: int) -> str:
    if code < 0:
        try:
            return f"the engine was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"the engine was ended by signal {-code}"
    return "the engine ran out of memory" if code == _NO_MEMORY else f"the engine ended with exit code {code}"


@dataclass(slots=True)
class _Process:
    """A child process: what it says, what it is told, and how it is ended."""

    messages: IO[bytes]
    replies: IO[bytes]
    lifeline: int  #: the end of a pipe through which nothing goes: the child sees when it is closed
    kill: Callable[[], None]
    wait: Callable[[], int]


def _may_fork() -> bool:
    """A copy of this process is the fastest child, where other threads hold no locks that it would wait for."""
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1


def _forked(task: Task, whereabouts: Whereabouts) -> _Process:
    messages, to_parent = os.pipe()
    from_parent, replies = os.pipe()
    parent, lifeline = os.pipe()
    held = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    pid = os.fork()
    if pid == 0:
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            os.setpgid(0, 0)
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
            os.close(messages)
            os.close(replies)
            os.close(lifeline)
            _work(task, whereabouts, parent, os.fdopen(from_parent, "rb"), os.fdopen(to_parent, "wb"))
        finally:
            os._exit(_BROKEN)  # `_work` has ended the process, unless something is wrong with it
    with contextlib.suppress(OSError):  # the child does it too: whoever comes first
        os.setpgid(pid, pid)
    signal.pthread_sigmask(signal.SIG_SETMASK, held)
    os.close(to_parent)
    os.close(from_parent)
    os.close(parent)
    ended: list[int] = []

    def wait() -> int:
        if not ended:
            ended.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        return ended[0]

    def kill() -> None:
        if not ended:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # and what it started: a type checker
            wait()

    return _Process(os.fdopen(messages, "rb"), os.fdopen(replies, "wb"), lifeline, kill, wait)


def _spawned(task: Task, whereabouts: Whereabouts) -> _Process:
    parent, lifeline = os.pipe()
    code = _SPAWNED.format(
        path=[one for one in sys.path if Path(one).is_absolute()], page=whereabouts.page, lifeline=parent
    )
    command = [sys.executable, "-I", "-c", code]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        pass_fds=(parent, whereabouts.page),
    )
    os.close(parent)
    assert child.stdin is not None
    assert child.stdout is not None
    with contextlib.suppress(OSError):  # it did not come up, and the first message will be missed
        _send(child.stdin, task)

    def kill() -> None:
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg") and child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.kill()
        child.wait()

    return _Process(child.stdout, child.stdin, lifeline, kill, child.wait)


# ---- the child's side ---

_BROKEN, _NO_MEMORY = 70, 71  #: exit codes


def spawned(page: int, parent: int) -> None:
    """Do the task that comes over stdin, in a process that was made for it; it inherits two descriptors."""
    replies, messages = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anybody prints is no message
    _work(_receive_task(replies), Whereabouts(page), parent, replies, messages)


def _receive_task(stream: IO[bytes]) -> Task:
    task = _receive(stream)
    assert isinstance(task, Task)
    return task


def _work(task: Task, whereabouts: Whereabouts, parent: int, replies: IO[bytes], messages: IO[bytes]) -> None:
    """Do a task, say how it went, and end the process; ``parent`` is the child's end of the lifeline."""
    _die_with(parent)
    limit_memory(task.workspace.limits.megabytes)
    sys.stdout = sys.stderr  # what a rule prints is no part of the report

    def say(*message: object) -> None:
        _send(messages, message)

    def accept(finding: Finding) -> bool:
        say("accept", finding)
        return bool(_receive(replies))

    code = 0
    try:
        try:
            if task.scratch is not None:
                import tempfile

                tempfile.tempdir = task.scratch
            report = task.workspace.work(
                task,
                accept if task.asks else None,
                (lambda path, done, total: say("progress", path, done, total)) if task.tells else None,
                whereabouts.note,
            )
            say("report", report)
        except MemoryError:
            code = _NO_MEMORY
        except BaseException as error:
            say("failed", _portable(error))
    except (OSError, EOFError):
        code = _BROKEN  # nobody listens any more
    finally:
        os._exit(code)


def _portable(error: BaseException) -> BaseException:
    """Return an error that survives the way to the parent, with its traceback in a note."""
    import traceback

    note = "".join(traceback.format_exception(error)).rstrip()
    try:
        known = pickle.loads(pickle.dumps(error))
    except Exception:
        known = RuntimeError(f"{type(error).__name__}: {error}")
    if isinstance(error, Exception):
        known.add_note(f"in the engine's process:\n{note}")
    assert isinstance(known, BaseException)
    return known


def _die_with(parent: int) -> None:
    """Let the kernel end this process when the other end of the pipe is closed, which is when the parent is gone.

    A hanging child would not find out. Elsewhere than on Linux it does so with its next message.
    """
    if sys.platform != "linux":
        return
    import fcntl

    fcntl.fcntl(parent, fcntl.F_SETOWN, -os.getpgrp())  # with all that it started
    fcntl.fcntl(parent, fcntl.F_SETSIG, signal.SIGTERM)
    fcntl.fcntl(parent, fcntl.F_SETFL, fcntl.fcntl(parent, fcntl.F_GETFL) | os.O_ASYNC)


# ---- messages ---


def _send(stream: IO[bytes], message: object) -> None:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(_HEADER.pack(len(data)) + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> Any:
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise EOFError
    [size] = _HEADER.unpack(header)
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)
