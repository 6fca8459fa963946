"""AIO1002: a transport, a stream writer or a server that a coroutine opens and does not close on every path."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set

from aiomend.facts.handling import connection_errors_are_caught, may_catch_connection_errors
from aiomend.facts.module import Colour
from aiomend.facts.protocols import left_open
from aiomend.facts.transport_callbacks import unclosed_callbacks
from aiomend.facts.transport_fates import is_kept
from aiomend.facts.transports import OPENERS, Kind, Opening, dropped, opened, openings
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting.edits import Edit
from aiomend.rules.closing import transport_writing
from aiomend.rules.closing.transport_places import Ending, Form, Unclear, endings
from aiomend.rules.rule import Fix, Rule


class TransportNotClosed(Rule):
    """Close transports, stream writers and servers whatever happens.

    A transport that is dropped without `close()` keeps its socket until the garbage collector finds it, and what it has
    not sent yet is lost; Python complains with a `ResourceWarning: unclosed transport`. A `close()` that stands behind an
    `await` is skipped as soon as that raises or the task is cancelled.

    Before:

    ```python
    import asyncio

    async def ask(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"time\\n")
        answer = await reader.readline()
        return answer
    ```

    After:

    ```python
    import asyncio

    async def ask(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"time\\n")
            answer = await reader.readline()
        finally:
            writer.close()
            await writer.wait_closed()
        return answer
    ```

    The `try` ends with the last statement that uses the connection; a `try` that is there already gets the `finally`, and a
    `close()` behind it moves into it. Where nothing can go round it, the `close()` is one more line and no `try`. A server
    and a transport with a protocol stay open as long as something waits behind them.

    `wait_closed()` raises what broke the connection, once more. So it is left out where a handler in that code, or around
    it, catches errors of the connection, with TLS, where it may hang, and for targets below Python 3.7. It is left out for servers,
    too: since Python 3.12 it waits for every client.

    A protocol that stores the transport of a connection, and closes it in no method, is named, and so is a callback of
    `asyncio.start_server()` that never closes its writer; where they end is for a person to say.

    Fix safety: unsafe. What is open is closed sooner than today, when an exception or a `return` leaves the function.

    Silent when others may use it later or close it: it is stored on an object, returned, yielded, a parameter, captured by
    a function inside, given to something that is not known to forget it, entered as a context, or handed to an
    `AsyncExitStack`. Silent, too, for a server or a transport that is closed nowhere, unless the program ends with the
    function: the loop keeps it going; for a protocol that closes its transport itself; for `create_subprocess_exec()`,
    whose transport is closed when the process ends; in tests that close it when nothing goes wrong.
    """

    code = "AIO1002"
    name = "transport-not-closed"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = OPENERS | {"connection_made"}
    context = frozenset({"async", "coroutine", "yield from", "connection_made"})
    wants_coroutines = True
    suspends = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield what coroutine functions of a file open and leave open on some path."""
        if module.other_framework:
            return  # another event loop
        closed: set[ast.Call] = set()
        found = list(openings(module))
        for one in opened(module, found):
            if is_kept(module, one):
                continue  # something else may use it later, or close it
            for ending in endings(module, one):
                closed.add(ending.opening.call)
                yield self._fix(module, ending)
        yield from self._dropped(module, found)
        yield from self._protocols(module, closed)
        yield from self._callbacks(module)

    def _fix(self, module: Module, found: Ending | Unclear) -> Fix:
        node = found.opening.call if found.opening.awaited.value is found.opening.call else found.opening.awaited
        text = found.one.text
        match found:
            case Unclear(reason=reason, closes=closes):
                evidence = tuple(Evidence(module.path, close.lineno, "it is closed here") for close in closes)
                message = f"`{text}` stays open on some paths: `{text}.close()` belongs into a `finally`"
                return self.manual(module, node, message, reason, evidence)
            case Ending() if text == "_":
                reason = "give its writer a name, and `close()` it"
                return self.manual(module, node, "the connection is opened, and nothing closes it", reason)
            case Ending():
                lines = _lines(module, found)
                edits: tuple[Edit, ...] = (transport_writing.wrap(module, found, lines),)
                return self.fix(module, node, _message(found), *edits)

    def _dropped(self, module: Module, found: Sequence[Opening]) -> Iterator[Fix]:
        for opening in dropped(found):
            if opening.kind is not Kind.STREAM or module.is_test:
                continue  # the loop keeps it: it is meant to go on
            message = "the connection is opened and dropped: nobody can close it"
            reason = "give its writer a name, and `close()` it"
            yield self.manual(module, opening.awaited, message, reason)

    def _protocols(self, module: Module, closed: Set[ast.Call]) -> Iterator[Fix]:
        if module.is_test:
            return  # they end with the test
        for keeping in left_open(module):
            if not closed.isdisjoint(keeping.calls):
                continue  # whoever opens it is going to close it
            name = keeping.cls.node.name
            message = f"`{name}` keeps its transport in `self.{keeping.attribute}`, and nothing ever closes it"
            yield self.manual(module, keeping.statement, message, "where the connection ends is for a person to say")

    def _callbacks(self, module: Module) -> Iterator[Fix]:
        if module.is_test:
            return  # they end with the test
        for callback in unclosed_callbacks(module):
            function, writer = callback.function, callback.writer
            message = f"`{function.name}()` serves the clients of a server and never closes `{writer}`"
            evidence = (Evidence(module.path, callback.call.lineno, "the server that calls it"),)
            reason = (
                f"where it is done with a client is for a person to say: `{writer}.close()` belongs into a `finally`"
            )
            yield self.manual(module, function, message, reason, evidence)


def _lines(module: Module, found: Ending) -> str:
    """Return the lines that close what is closed nowhere."""
    one = found.one
    lines = f"{one.text}.close()\n"
    if one.kind is not Kind.STREAM or not module.settings.target.all_at_least((3, 7)):
        return lines
    if found.inner and not any("wait_closed" in module.text(each) for each in found.inner):
        return lines  # as it is closed today
    tls = next((word.value for word in found.opening.call.keywords if word.arg == "ssl"), None)
    if tls is not None or any(word.arg is None for word in found.opening.call.keywords):
        return lines  # with TLS it may hang
    if found.form is not Form.INSERTED and may_catch_connection_errors(module, found.statements):
        return lines  # it would raise what they have caught
    if connection_errors_are_caught(module, found.statements[0]):
        return lines  # what it raised would be taken for a failure of what has worked
    word = "await" if module.colour_at(found.opening.statement) is Colour.AWAIT else "yield from"
    return f"{lines}{word} {one.text}.wait_closed()\n"


def _message(found: Ending) -> str:
    text = found.one.text
    close = f"`{text}.close()`"
    if found.is_closed:
        return f"`{text}` stays open when an exception goes round its `close()`: it belongs into a `finally`"
    match found.form:
        case Form.INSERTED:
            return f"`{text}` is closed nowhere: {close} behind its last use does it"
        case Form.REUSED:
            return f"`{text}` is closed nowhere: {close} in the `finally` of the `try` does it whatever happens"
        case _:
            return f"`{text}` is closed nowhere: {close} in a `finally` does it whatever happens"
