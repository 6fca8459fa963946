"""Whether a program ends with a coroutine function: each thing that lets it go on, by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.program_ends import ends_with
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module


def _ends(module: Module, name: str = "main") -> bool:
    (function,) = (node for node in module.tree.body if isinstance(node, FUNCTIONS) and node.name == name)
    return ends_with(module, function)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nobody calls it"),
        pytest.param("main()", id="nobody runs it"),
        pytest.param("asyncio.run(other(main()))", id="it is handed to another one"),
        pytest.param("asyncio.run(main())\nhandlers.append(main)", id="it is handed on"),
        pytest.param("asyncio.run(main())\nother = main\nother()", id="it has another name"),
        pytest.param("loop.run_until_complete(main())\nloop.run_until_complete(more())", id="another run follows"),
        pytest.param("loop.run_until_complete(main())\nloop.run_until_complete(x)", id="a run of anything follows"),
        pytest.param("loop.run_until_complete(main())\nloop.run_forever()", id="the loop goes on for ever"),
        pytest.param("def f(): loop.run_forever()\nloop.run_until_complete(main())", id="for ever, elsewhere"),
        pytest.param("for _ in x:\n    loop.run_until_complete(main())", id="one run of several"),
        pytest.param("async def first():\n    task = main()\n    await task\nasyncio.run(first())", id="awaited later"),
        pytest.param("async def first():\n    create_task(main())\nasyncio.run(first())", id="a task"),
        pytest.param(
            "async def first():\n    await main()\n    await more()\nasyncio.run(first())", id="more is awaited"
        ),
        pytest.param("async def first():\n    for _ in x: await main()\nasyncio.run(first())", id="awaited in a loop"),
        pytest.param(
            "async def first():\n    while True:\n        try:\n            await main()\n"
            "        except OSError: pass\nasyncio.run(first())",
            id="awaited again after an error",
        ),
        pytest.param("async def first(): await main()", id="nobody runs who awaits it"),
        pytest.param("async def first(): await main()\nfirst()", id="who awaits it is called only"),
        pytest.param("asyncio.run(main())\nasync def first(): await main()", id="one of two callers goes on"),
    ],
)
def test_it_goes_on(see: Callable[[str], Module], text: str) -> None:
    assert not _ends(see(f"import asyncio\nasync def main(): pass\n{text}"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("asyncio.run(main())", id="run"),
        pytest.param("loop.run_until_complete(main())", id="the last run of a loop"),
        pytest.param("loop.run_until_complete(x)\nloop.run_until_complete(main())", id="a run before it"),
        pytest.param(
            "loop.run_until_complete(main())\ndef f(): loop.run_until_complete(x)", id="a run in another scope"
        ),
        pytest.param(
            "loop.run_until_complete(main())\nloop.run_until_complete(loop.shutdown_asyncgens())", id="the shutdown"
        ),
        pytest.param(
            "loop.run_until_complete(main())\nloop.run_until_complete(server.wait_closed())", id="a server closes"
        ),
        pytest.param("async def first(): await main()\nasyncio.run(first())", id="awaited last"),
        pytest.param(
            "async def first():\n    await more()\n    await main()\n    print()\nasyncio.run(first())", id="no more"
        ),
        pytest.param(
            "@asyncio.coroutine\ndef first():\n    yield from main()\nasyncio.run(first())", id="a generator delegates"
        ),
        pytest.param(
            "async def first():\n    for _ in x:\n        await more()\n    await main()\nasyncio.run(first())",
            id="a loop before it",
        ),
    ],
)
def test_it_ends(see: Callable[[str], Module], text: str) -> None:
    assert _ends(see(f"import asyncio\nasync def main(): pass\n{text}"))


def test_under_a_decorator_that_runs_it_nobody_knows(see: Callable[[str], Module]) -> None:
    assert not _ends(see("import asyncio\n@again\nasync def main(): pass\nasyncio.run(main())"))


def test_the_decorator_of_coroutines_is_none_of_those(see: Callable[[str], Module]) -> None:
    text = "import asyncio\n{}@asyncio.coroutine\ndef main(): yield\nasyncio.run(main())"
    assert _ends(see(text.format("")))
    assert not _ends(see(text.format("@again\n")))


def test_what_tests_run_does_not_count(see: Callable[..., Module]) -> None:
    text = "import asyncio\nasync def main(): pass\n"
    tests = {"test_main": "import asyncio\nfrom main import main\nasync def test(): await main(); await more()"}
    assert not _ends(see(text, **tests))
    assert _ends(see(f"{text}asyncio.run(main())", **tests))


@pytest.mark.parametrize(("callers", "expected"), [(3, True), (4, False)])
def test_a_few_callers_are_followed(see: Callable[[str], Module], callers: int, expected: bool) -> None:
    chain = "".join(f"async def f{at}(): await {f'f{at - 1}' if at else 'main'}()\n" for at in range(callers))
    assert _ends(see(f"import asyncio\nasync def main(): pass\n{chain}asyncio.run(f{callers - 1}())")) is expected
