"""Clean-ups at exit that may want a loop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.exit_handlers import current_is_wanted_at_exit, is_wanted_at_exit
from aiomend.facts.loops import loops
from aiomend.facts.view import Module

See = Callable[..., Module]
GET = "asyncio.get_event_loop().run_until_complete(x())"
HEAD = f"""
import asyncio, atexit, shutil, weakref, other
class Box:
    def end(self): {GET}
    def forget(self): pass
def end(): {GET}
def forget(): print(1)
box = Box()
"""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "atexit.register(forget)",
        "atexit.register(box.forget)",
        "atexit.register(shutil.rmtree, 'x')",
        "atexit.register(lambda: print(1))",
        "@atexit.register\ndef f(): pass",
        "weakref.finalize(box, shutil.rmtree, end)",
        "atexit.unregister(end)",
        "end()",
    ],
)
def test_none_wants_the_current_loop(see: See, text: str) -> None:
    assert not current_is_wanted_at_exit(see(f"{HEAD}{text}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "atexit.register(end)",
        "atexit.register(box.end)",
        "atexit.register(other.client.end)",
        f"atexit.register(lambda: {GET})",
        f"@atexit.register\ndef f(): {GET}",
        "weakref.finalize(box, end)",
    ],
)
def test_one_wants_the_current_loop(see: See, text: str) -> None:
    assert current_is_wanted_at_exit(see(f"{HEAD}{text}\n"))


def test_one_of_another_file_wants_it_unless_that_holds_tests(see: See) -> None:
    ends = f"import asyncio, atexit\n@atexit.register\ndef end(): {GET}\n"
    assert current_is_wanted_at_exit(see("import ends\n", ends=ends))
    assert not current_is_wanted_at_exit(see("import asyncio\n", test_ends=ends))


@pytest.mark.parametrize(
    ("text", "is_wanted"),
    [
        ("atexit.register(forget)", False),
        ("atexit.register(shutil.rmtree, 'x')", False),
        ("atexit.register(client.end)", True),
        ("atexit.register(forget, client)", True),
        ("atexit.register(lambda: client.end())", True),
        ("@atexit.register\ndef f(): loop.run_until_complete(x())", True),
    ],
)
def test_a_loop_of_the_files_own(see: See, text: str, is_wanted: bool) -> None:
    module = see(f"{HEAD}loop = asyncio.new_event_loop()\nclient = other.Client(loop)\nloop.run_forever()\n{text}\n")
    (loop,) = (one for one in loops(module) if one.name)
    assert is_wanted_at_exit(module, loop) is is_wanted
