"""AIO601 of what nobody knows: another place awaits the same, so that this one leaves something to nobody."""

from __future__ import annotations

import textwrap

import pytest

from aiomend import Finding, Project, Safety, Settings, check_source
from aiomend.api import MemorySources
from aiomend.settings import EVERYTHING, Selection

ONLY = Settings(select=Selection(frozenset({"AIO601"})), unsafe=EVERYTHING)
LAMP = """
import asyncio, inspect, os

import aioredis
import lampkit

class Lamp:
    def __init__(self, lamp):
        self.lamp = lamp
        self.other = lampkit.other()
        self.kept = None

    async def read(self):
        return await self.lamp.switch("state")

"""


def check(code: str, path: str = "app.py") -> tuple[Finding, ...]:
    return check_source(LAMP + textwrap.indent(textwrap.dedent(code), "    "), path=path, settings=ONLY)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("async def on(self): self.other.switch('on')", id="another object"),
        pytest.param("async def on(self): self.lamp.off()", id="another method"),
        pytest.param("def on(self): self.lamp.switch('on')", id="a plain function cannot await"),
        pytest.param("async def on(self, switch): switch('on')", id="only the name is the same"),
        pytest.param(
            "async def on(self, bulb): bulb.dim()\nasync def off(self, bulb): await bulb.dim()",
            id="another function's parameter",
        ),
        pytest.param(
            "async def on(self): self.lamp.switch('on')\ndef start(self): self.kept = self.lamp.switch('x')",
            id="some place keeps what it gives: a task is kept like that",
        ),
        pytest.param(
            "async def on(self): self.lamp.switch('on')\ndef end(self): self.lamp.switch('x').cancel()",
            id="some place asks what it gives for more: a coroutine has no such method",
        ),
        pytest.param(
            "async def on(self): self.lamp.switch('on')\ndef is_on(self):\n  if self.lamp.switch('x'): return True",
            id="some place takes it for an answer",
        ),
        pytest.param(
            "async def on(self): self.lamp.submit_job(1)\nasync def run(self): return await self.lamp.submit_job(2)",
            id="its name says that it begins something, whose future may be dropped",
        ),
        pytest.param(
            "async def on(self):\n  if not inspect.isawaitable(1): self.lamp.switch('on')",
            id="the function is ready for both kinds",
        ),
        pytest.param(
            "def make(self): return made\nasync def on(self): self.make()\nasync def run(self): await self.make()",
            id="the project's own function, whose body says something else",
        ),
        pytest.param(
            "async def on(self, lamp):\n  x = await lamp.dim()\n  lamp = self.other\n  lamp.dim()",
            id="a name that is bound twice",
        ),
        pytest.param(
            "async def on(self): os.putenv('a', 'b')\nasync def run(self): await os.putenv('a', 'b')",
            id="Python's own, of which enough is known",
        ),
        pytest.param(
            "async def on(self, client: aioredis.Redis):\n  await client.unheard_of()\n  client.unheard_of()",
            id="a package that the bundled data have: its versions do not agree on that one",
        ),
    ],
)
def test_what_may_be_anything_stays_as_it_is(code: str) -> None:
    assert check(code) == ()


def test_stand_ins_in_tests_are_awaited_or_not() -> None:
    assert check("async def on(self): self.lamp.switch('on')", path="tests/test_lamp.py") == ()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("async def on(self): self.lamp.switch('on')", id="an attribute of the class"),
        pytest.param("async def on(self, lamp):\n  await lamp.dim()\n  lamp.dim()", id="a parameter"),
        pytest.param(
            "def start(self): asyncio.create_task(self.lamp.run(1))\nasync def on(self): self.lamp.run(1)",
            id="another place makes a task of it",
        ),
        pytest.param(
            "async def on(self, bulb: lampkit.Bulb): bulb.glow()\nasync def off(self, it: lampkit.Bulb): await it.glow()",
            id="a class of a package",
        ),
        pytest.param(
            "async def on(self): lampkit.discover()\nasync def find(self): return await lampkit.discover()",
            id="a function of a package",
        ),
    ],
)
def test_what_another_place_awaits_is_for_a_person(code: str) -> None:
    (finding,) = check(code)

    assert (finding.safety, finding.fix) == (Safety.MANUAL, None)
    assert "is awaited elsewhere" in finding.message
    assert "may give a future" in (finding.reason or "")


def test_a_place_in_another_file_tells_as_well() -> None:
    use = (
        "from lamp import Lamp\nasync def main(lamp: Lamp):\n    lamp.lamp.switch('on')\n    lamp.other.switch('x')\n"
        "    lamp.lamp.glow()\n"
    )
    report = Project(MemorySources({"lamp.py": LAMP.encode(), "use.py": use.encode()}), lambda _: ONLY).run()

    (finding,) = report.findings
    assert (finding.path, finding.line) == ("use.py", 3)
    assert [(one.path, one.line) for one in finding.evidence] == [("lamp.py", 14)]


def test_a_subclass_that_overrides_the_place_may_hold_something_else() -> None:
    heir = "\n\nclass Other(Lamp):\n    async def {name}(self):\n        self.lamp.switch('state')\n"
    found = [check_source(LAMP + heir.format(name=name), path="app.py", settings=ONLY) for name in ("read", "write")]
    assert [len(one) for one in found] == [0, 1]


KIT = """
import lampkit

class Plain:
    def light(self): ...

class Room:
    def __init__(self, is_red):
        self.lamp = lampkit.Red("x") if is_red else lampkit.Blue("x")
"""


def test_a_place_beside_it_need_not_name_the_package() -> None:
    kit = "import lampkit\ndef lamp(): return lampkit.lamp\n"
    drop = "import lampkit\nasync def on(): lampkit.lamp.light()\n"
    use = "from .kit import lamp\nasync def state(): return await lamp().light()\n"

    def lines(folder: str) -> list[tuple[str, int]]:
        files = {"a/__init__.py": "", "b/__init__.py": "", "a/kit.py": kit, "b/kit.py": kit, "a/on.py": drop}
        files[f"{folder}/use.py"] = use
        sources = MemorySources({path: text.encode() for path, text in files.items()})
        return [(one.path, one.line) for one in Project(sources, lambda _: ONLY).run().findings]

    assert lines("b") == []
    assert lines("a") == [("a/on.py", 2)]


def test_one_of_several_things_of_a_package_that_is_awaited_is_enough() -> None:
    code = (
        KIT + "    async def on(self): self.lamp.light()\n    async def is_on(self): return await self.lamp.light()\n"
    )
    found = check_source(code, path="app.py", settings=ONLY)
    assert [one.line for one in found] == [10]

    other = code.replace('lampkit.Blue("x")', "Plain()")
    assert check_source(other, path="app.py", settings=ONLY) == ()
