"""AIO304: what only the main thread can do."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.child_processes import begun_by, is_cared_for
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module, Threaded
from aiomend.model import Evidence, Impact, Safety
from aiomend.rules.rule import Fix, Rule

_SIGNALS = ("add_signal_handler", "remove_signal_handler")
_RUNS = frozenset({"asyncio.run", "asyncio.AbstractEventLoop.run_until_complete"})


class MainThreadOnly(Rule):
    """Set signal handlers in the main thread, and up to Python 3.7 begin child processes there.

    Python delivers signals to the main thread only. `loop.add_signal_handler()` in any other one raises RuntimeError, even where
    that thread runs an event loop of its own. Up to Python 3.7 asyncio learns by a signal that a child process has ended: the
    event loop of another thread can begin one only when the main thread has a child watcher, attached to a loop of its own.

    Before:

    ```python
    import asyncio
    import signal
    import threading

    def serve():
        loop = asyncio.new_event_loop()
        loop.add_signal_handler(signal.SIGTERM, loop.stop)
        try:
            loop.run_forever()
        finally:
            loop.close()

    threading.Thread(target=serve).start()
    ```

    After:

    ```python
    import asyncio
    import signal
    import threading

    def serve():
        loop = asyncio.new_event_loop()
        loop.add_signal_handler(signal.SIGTERM, loop.stop)
        try:
            loop.run_forever()
        finally:
            loop.close()

    threading.Thread(target=serve).start()
    ```

    Fix safety: there is none. Where the main thread should set the handler, and which loop it should tell, is for a person; so
    is where it should call `asyncio.get_child_watcher()`.

    Silent when nobody can say who runs the function, and where it runs in the main thread as well; about child processes also
    when the target range begins at Python 3.8, when it is not known which coroutine the thread's loop runs, and when the
    project begins children in other places too or mentions child watchers or loops that need none.
    """

    code = "AIO304"
    name = "main-thread-only"
    safety = Safety.MANUAL
    impact = Impact.BUG
    triggers = frozenset({*_SIGNALS, *(name.rpartition(".")[2] for name in _RUNS)})
    whole_words = True
    is_common = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of a file that only the main thread can make."""
        yield from self._signals(module)
        if not module.settings.target.all_at_least((3, 8)):
            yield from self._children(module)

    def _signals(self, module: Module) -> Iterator[Fix]:
        for call, attribute in module.method_calls(*_SIGNALS):
            thread = _thread(module, call)
            if thread is None:
                continue  # the main thread may run it
            if not module.is_loop(attribute.value):
                continue  # something else's method
            message = (
                f"`{module.text(attribute)}()` runs in another thread than the main one, where it raises RuntimeError"
            )
            reason = "the main thread has to set the handler"
            yield self.manual(module, call, message, reason, thread.evidence)

    def _children(self, module: Module) -> Iterator[Fix]:
        for call in module.facts.calls:
            if not call.args or not _runs_loop(module, call):
                continue  # runs no event loop
            thread = _thread(module, call)
            if thread is None:
                continue  # the main thread may run it
            way = begun_by(module, call.args[0])
            if not way or is_cared_for(module, way[-1]):
                continue  # no child process, or the main thread may have a child watcher
            child = way[-1]
            begun = child.facts.source.segment(child.node.func if isinstance(child.node, ast.Call) else child.node)
            message = (
                f"`{module.call_phrase(call)}` runs a loop in another thread than the main one, and `{begun}()` raises "
                "RuntimeError there up to Python 3.7"
            )
            reason = "the main thread has to call `asyncio.get_child_watcher()`, with a loop that goes on running"
            steps = [Evidence(one.facts.path, one.node.lineno, "which comes here") for one in way[:-1]]
            last = Evidence(child.facts.path, child.node.lineno, "here the child process begins")
            yield self.manual(module, call, message, reason, (*thread.evidence, *steps, last))


def _runs_loop(module: Module, call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=loop, attr="run_until_complete"):
            return module.is_loop(loop)
        case ast.Attribute(attr="run") | ast.Name():
            return module.name_of(call.func) in _RUNS
        case _:
            return False


def _thread(module: Module, call: ast.Call) -> Threaded | None:
    """The thread that surely runs a call, and which is never the main one."""
    account = module.threads.account(module.facts, module.function_at(call))
    is_other = account.where is Where.THREAD and account.is_sure and not account.is_open
    return Threaded(account) if is_other else None
