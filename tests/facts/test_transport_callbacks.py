"""Functions that serve clients and leave their writer open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.transport_callbacks import unclosed_callbacks
from aiomend.facts.view import Module

See = Callable[..., Module]
SERVE = "asyncio.start_server(serve, 'h', 1)"
OPEN = "async def serve(r, w): w.write(b'')\n"


def _found(see: See, text: str, **others: str) -> list[tuple[str, str]]:
    return [(one.function.name, one.writer) for one in unclosed_callbacks(see(f"import asyncio\n{text}\n", **others))]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(OPEN, id="nobody serves with it"),
        pytest.param(f"{OPEN}asyncio.start_server()", id="nothing is given"),
        pytest.param(f"{OPEN}asyncio.start_server(limit=serve)", id="given for something else"),
        pytest.param(f"{OPEN}x.start_server(serve)", id="another server"),
        pytest.param(f"{OPEN}asyncio.start_server(x, serve)", id="in another place"),
        pytest.param(f"async def serve(r, w): w.close()\n{SERVE}", id="it closes it"),
        pytest.param(f"async def serve(r, w): x(w)\n{SERVE}", id="it hands it on"),
        pytest.param(f"async def serve(r): r.write(b'')\n{SERVE}", id="it takes no writer"),
        pytest.param(f"async def serve(r, w, x): w.write(b'')\n{SERVE}", id="it takes more"),
        pytest.param(f"@x\n{OPEN}{SERVE}", id="a decorator may close it"),
        pytest.param("serve = lambda r, w: w.write(b'')\nasyncio.start_server(serve)", id="a lambda"),
        pytest.param("from other import serve\nasyncio.start_server(serve)", id="of another file"),
        pytest.param("class A:\n  async def serve(self, r): r.write(b'')\nasyncio.start_server(A().serve)", id="a method without a writer"),
    ],
)  # fmt: skip
def test_nothing_is_left_open(see: See, text: str) -> None:
    assert _found(see, text, other=OPEN) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{OPEN}{SERVE}", id="by position"),
        pytest.param(f"{OPEN}asyncio.start_server(client_connected_cb=serve)", id="by keyword"),
        pytest.param(f"{OPEN}asyncio.start_unix_server(serve)", id="another kind of server"),
        pytest.param(f"{OPEN}{SERVE}\n{SERVE}", id="two servers"),
        pytest.param(f"{OPEN}asyncio.start_server()\n{SERVE}", id="behind a server of which nothing is known"),
        pytest.param(f"{OPEN}asyncio.start_server(x)\n{SERVE}", id="behind another server"),
        pytest.param("async def serve(r, /, w): w.write(b'')\nasyncio.start_server(serve)", id="positional only"),
        pytest.param(f"@asyncio.coroutine\ndef serve(r, w):\n  w.write(b'')\n  yield\n{SERVE}", id="a coroutine of old"),
        pytest.param("class A:\n  async def serve(self, r, w): w.write(b'')\nasyncio.start_server(A().serve)", id="a method"),
        pytest.param(f"def serve(r, w): w.write(b'')\n{SERVE}", id="a plain function"),
    ],
)  # fmt: skip
def test_the_writer_is_left_open(see: See, text: str) -> None:
    assert _found(see, text) == [("serve", "w")]


def test_two_decorators_may_close_it(see: See) -> None:
    assert _found(see, f"@x\n@asyncio.coroutine\ndef serve(r, w):\n  w.write(b'')\n  yield\n{SERVE}") == []
