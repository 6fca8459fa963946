"""AIO1002: what is said, what is written when, and what is left to a person."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import Finding, Safety
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

ONLY = Settings(select=Selection(frozenset({"AIO1002"})), unsafe=EVERYTHING)
OPEN = "    reader, writer = await asyncio.open_connection('localhost', 7001{more})\n"
ASK = "async def ask():\n" + OPEN + "    return await reader.readline()\n"
PROTOCOL = (
    "class Line(asyncio.Protocol):\n"
    "    def connection_made(self, transport):\n        self.line = transport\n\n"
    "    def send(self, text):\n        self.line.write(text)\n\n\n"
)
CONNECT = "async def connect(loop):\n    await loop.create_connection({factory}, 'localhost', 7001)\n"


def findings(code: str, path: str = "client.py", **others: str) -> list[Finding]:
    """Return the findings of one file; ``others`` are further files, by their module's name."""
    files = {
        path: f"import asyncio\n\n\n{code}".encode(),
        **{f"{name}.py": text.encode() for name, text in others.items()},
    }
    report = Project(MemorySources(files), lambda _: ONLY).run(accept=lambda _: False)
    assert [file.detail for file in report.files if file.detail] == []
    return [finding for finding in report.findings if finding.path == path]


def fixed(code: str, target: str = "3.11") -> str:
    settings = Settings(select=ONLY.select, unsafe=EVERYTHING, target=TargetRange.parse(target))
    return aiomend.fix_source(f"import asyncio\n\n\n{code}", settings=settings).text


def ask(more: str = "") -> str:
    return ASK.replace("{more}", more)


# ---- silent ---


def test_silent_in_a_test_that_closes_when_nothing_goes_wrong() -> None:
    code = "async def test_it():\n" + OPEN.replace("{more}", "") + "    await reader.read()\n    writer.close()\n"

    assert findings(code, "tests/test_client.py") == []
    assert [finding.safety for finding in findings(code)] == [Safety.UNSAFE]


def test_silent_for_a_server_whose_start_another_file_awaits_first_of_all() -> None:
    code = "async def start():\n    server = await asyncio.start_server(print)\n    await asyncio.sleep(0)\n"
    main = "import asyncio\nimport client\n\n\nasync def main():\n    await client.start()\n    {more}\n\n\nasyncio.run(main())\n"

    assert findings(code) == []
    assert findings(code, main=main.format(more="await asyncio.sleep(60)")) == []
    assert len(findings(code, main=main.format(more="print()"))) == 1


def test_silent_for_a_helper_of_another_file_that_keeps_the_writer() -> None:
    code = (
        "from helpers import send\n\n\nasync def ask():\n"
        + OPEN.replace("{more}", "")
        + "    await send(writer, b'x')\n    await reader.read()\n"
    )

    assert findings(code, helpers="peers = []\n\n\nasync def send(writer, data):\n    peers.append(writer)\n") == []
    assert len(findings(code, helpers="async def send(writer, data):\n    writer.write(data)\n")) == 1


@pytest.mark.parametrize(
    "body",
    [
        "    loop.call_later(9, writer.close)\n    await reader.read()\n",
        "    tasks = [asyncio.create_task(reader.read())]\n    await asyncio.wait(tasks)\n",
        "    async with Session(writer):\n        await reader.read()\n",
        "    return [writer, await reader.read()]\n",
        "    peers['me'] = writer\n    await reader.read()\n",
        "    close = writer.close\n    await reader.read()\n    close()\n",
        "    await shut_down(writer)\n    await reader.read()\n",
        "    await unknown(writer)\n",
        "    reader, writer = await upgrade(reader, writer)\n    await reader.read()\n",
    ],
)
def test_silent_where_something_else_may_use_or_close_it(body: str) -> None:
    assert findings("async def ask(loop, peers):\n" + OPEN.replace("{more}", "") + body) == []


def test_silent_for_a_protocol_whose_peers_close_it_or_whose_owner_may() -> None:
    server = "async def serve(loop):\n    await loop.create_server(Line, 'localhost', 7001)\n"
    owned = CONNECT.replace("    await", "    transport, _ = await").format(factory="Line") + "    return transport\n"

    assert findings(PROTOCOL + server) == []
    assert findings(PROTOCOL + owned) == []
    assert findings(PROTOCOL + CONNECT.format(factory="Line") + "\n\ndef end(line):\n    line.line.close()\n") == []


def test_silent_for_a_callback_that_closes_or_hands_on_its_writer() -> None:
    start = "async def serve():\n    return await asyncio.start_server(greet, 'localhost', 7001)\n"

    assert findings("async def greet(reader, writer):\n    writer.close()\n\n\n" + start) == []
    assert findings("async def greet(reader, writer):\n    peers.append(writer)\n\n\n" + start) == []
    assert findings("async def greet(reader, writer):\n    await finish(writer)\n\n\n" + start) == []


# ---- for a person ---


def test_a_protocol_that_nobody_closes_is_named() -> None:
    (finding,) = findings(PROTOCOL + CONNECT.format(factory="lambda: Line()"))

    assert finding.safety is Safety.MANUAL
    assert finding.message == "`Line` keeps its transport in `self.line`, and nothing ever closes it"


def test_a_callback_that_never_closes_its_writer_is_named() -> None:
    (finding,) = findings(
        "class Greeter:\n"
        "    async def greet(self, reader, writer):\n        writer.write(await reader.readline())\n\n"
        "    async def serve(self):\n        return await asyncio.start_server(self.greet, 'localhost', 7001)\n"
    )

    assert finding.safety is Safety.MANUAL
    assert finding.message == "`greet()` serves the clients of a server and never closes `writer`"


def test_a_connection_without_a_name_is_for_a_person() -> None:
    (finding,) = findings(
        "async def ping():\n    await asyncio.wait_for(asyncio.open_connection('localhost', 7001), 1)\n"
    )

    assert finding.safety is Safety.MANUAL
    assert finding.message == "the connection is opened and dropped: nobody can close it"


def test_a_close_in_one_of_two_branches_is_for_a_person() -> None:
    code = (
        "async def ask():\n" + OPEN.replace("{more}", "") + "    if await reader.read():\n        writer.close()\n"
        "    else:\n        await asyncio.sleep(1)\n"
    )

    (finding,) = findings(code)

    assert (finding.safety, finding.message) == (
        Safety.MANUAL,
        "`writer` stays open on some paths: `writer.close()` belongs into a `finally`",
    )
    assert finding.reason == "its `close()` stands in one branch; a `finally` around all of them can hold it"
    assert [one.line for one in finding.evidence] == [7]


def test_a_handler_that_leaves_in_front_of_the_close_is_for_a_person() -> None:
    opening = OPEN.replace("{more}", "").replace("    ", "        ")
    handler = "    except OSError:\n        return\n    writer.close()\n"

    (finding,) = findings(f"async def ask():\n    try:\n{opening}        print(await reader.read())\n{handler}")

    assert finding.safety is Safety.MANUAL
    assert (
        finding.reason == "a handler that leaves goes round its `close()`; a `try` inside can close it in its `finally`"
    )
    assert findings(f"async def ask():\n    try:\n{opening}{handler}") == []


# ---- what is written ---


def test_the_message_names_the_writer_and_what_is_done() -> None:
    (finding,) = findings(ask())

    assert finding.safety is Safety.UNSAFE
    assert finding.message == "`writer` is closed nowhere: `writer.close()` in a `finally` does it whatever happens"


def test_it_waits_for_the_end_of_a_stream_where_all_targets_can() -> None:
    assert "await writer.wait_closed()" in fixed(ask(), "3.7-3.13")
    assert "wait_closed" not in fixed(ask(), "3.6-3.13")


def test_it_does_not_wait_with_tls_or_with_options_that_nobody_knows() -> None:
    assert "wait_closed" not in fixed(ask(", ssl=True"))
    assert "wait_closed" not in fixed(ask(", **options"))
    assert "wait_closed" in fixed(ask(", limit=9"))


@pytest.mark.parametrize(
    "caught", ["OSError", "ConnectionError", "(ValueError, BrokenPipeError)", "Exception", "Broken"]
)
def test_it_does_not_raise_again_what_was_caught(caught: str) -> None:
    code = (
        "async def ask():\n" + OPEN.replace("{more}", "") + "    try:\n        return await reader.read()\n"
        f"    except {caught}:\n        return None\n"
    )

    assert "finally:\n        writer.close()\n" in fixed(code)
    assert "wait_closed" not in fixed(code)


@pytest.mark.parametrize("caught", ["ValueError", "asyncio.TimeoutError", "(asyncio.IncompleteReadError, KeyError)"])
def test_it_waits_where_no_handler_catches_what_broke_the_connection(caught: str) -> None:
    code = (
        "async def ask():\n" + OPEN.replace("{more}", "") + "    try:\n        return await reader.read()\n"
        f"    except {caught}:\n        return None\n"
    )

    assert "finally:\n        writer.close()\n        await writer.wait_closed()\n" in fixed(code)


def test_a_server_is_not_waited_for() -> None:
    code = (
        "async def main():\n    server = await asyncio.start_server(print, 'localhost', 7001)\n"
        "    await asyncio.sleep(1)\n\n\nasyncio.run(main())\n"
    )

    assert "    finally:\n        server.close()\n" in fixed(code)
    assert "wait_closed" not in fixed(code)


def test_one_inside_the_other_is_written_in_two_rounds() -> None:
    code = (
        "async def main(port):\n    server = await asyncio.start_server(print, 'localhost', port)\n"
        "    reader, writer = await asyncio.open_connection('localhost', port)\n    print(await reader.read())\n"
        "    server.close()\n    writer.close()\n"
    )

    assert len(findings(code)) == 2
    assert fixed(code).endswith(
        "    try:\n"
        "        reader, writer = await asyncio.open_connection('localhost', port)\n"
        "        try:\n"
        "            print(await reader.read())\n"
        "        finally:\n"
        "            writer.close()\n"
        "    finally:\n"
        "        server.close()\n"
    )


def test_it_does_not_raise_again_what_is_suppressed() -> None:
    code = (
        "from contextlib import suppress\n\n\nasync def ask():\n"
        + OPEN.replace("{more}", "")
        + "    with suppress(OSError):\n        return await reader.read()\n"
    )

    assert "finally:\n        writer.close()\n" in fixed(code)
    assert "wait_closed" not in fixed(code)


@pytest.mark.parametrize("name", ["close_it", "finish", "shutdown"])
def test_a_function_that_only_closes_moves_as_a_close(name: str) -> None:
    code = (
        f"async def {name}(it):\n    it.close()\n\n\nasync def ask():\n"
        + OPEN.replace("{more}", "")
        + f"    await reader.read()\n    await {name}(writer)\n"
    )

    assert f"    finally:\n        await {name}(writer)\n" in fixed(code)
    assert fixed(code.replace(name, "exchange")) == f"import asyncio\n\n\n{code.replace(name, 'exchange')}"
