"""AIO304: what only the main thread can do."""

from __future__ import annotations

from collections.abc import Iterator

from aiomend.facts.threads import Where
from aiomend.facts.view import Module, Threaded
from aiomend.model import Impact, Safety
from aiomend.rules.rule import Fix, Rule

_SIGNALS = ("add_signal_handler", "remove_signal_handler")


class MainThreadOnly(Rule):
    """Set signal handlers in the main thread.

    Python delivers signals to the main thread only. `loop.add_signal_handler()` in any other one raises RuntimeError, even where
    that thread runs an event loop of its own.

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

    Fix safety: there is none. Where the main thread should set the handler, and which loop it should tell, is for a person.

    Silent when nobody can say who runs the function, and where it runs in the main thread as well.
    """

    code = "AIO304"
    name = "main-thread-only"
    safety = Safety.MANUAL
    impact = Impact.BUG
    triggers = frozenset(_SIGNALS)

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of a file that only the main thread can make."""
        for call, attribute in module.method_calls(*_SIGNALS):
            function = module.function_at(call)
            account = module.threads.account(module.facts, function)
            if account.where is not Where.THREAD or not account.is_sure or account.is_open:
                continue  # the main thread may run it
            if not module.is_loop(attribute.value):
                continue  # something else's method
            message = (
                f"`{module.text(attribute)}()` runs in another thread than the main one, where it raises RuntimeError"
            )
            reason = "the main thread has to set the handler"
            yield self.manual(module, call, message, reason, Threaded(account).evidence)
