"""What lies in a table under a constant key, put there in another file: `hass.data[DOMAIN][entry.entry_id]`."""

from __future__ import annotations

import ast

import pytest

from aiomend.api import MemorySources
from aiomend.facts.environment import Environment
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.values import Coroutine

HUB = """
from typing import Any
class Hub:
    def __init__(self): self.data: dict[str, Any] = {}
class Lamp:
    async def switch(self): pass
class Plain:
    def switch(self): pass
"""
CONST = "KEY = 'lamps'\nINNER = 'inner'\nOTHER = 'others'\n"
USE = "from core import Hub, Lamp, Plain\nfrom shop.const import KEY, INNER, OTHER\n"


def is_told(put: str, probe: str, *, by_callers: bool = True, home: str = "shop/setup.py", **more: str) -> bool:
    """Is the argument of the call of `probe` in one file a coroutine, by what another file puts into the table?"""
    files = {"core.py": HUB, "shop/__init__.py": "", "shop/const.py": CONST, "shop/use.py": USE + probe}
    files |= {home: USE + put} | {f"{name}.py": text for name, text in more.items()}
    inference = Inference(ProjectFacts(MemorySources({p: t.encode() for p, t in files.items()})), Environment())
    facts = inference.project.facts("shop/use.py")
    assert facts is not None
    call = next(c for c in facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")
    found = (inference.values_from_callers if by_callers else inference.values)(facts, call.args[0])
    return all(isinstance(value, Coroutine) for value in found)


ONE = "def use(hub: Hub): probe(hub.data[KEY].switch())"
TWO = "def use(hub: Hub, entry): probe(hub.data[KEY][entry.id].switch())"
THREE = "def use(hub: Hub, entry): probe(hub.data[KEY][entry.id][INNER].switch())"


@pytest.mark.parametrize(
    ("put", "probe"),
    [
        pytest.param("def put(hub: Hub): hub.data[KEY] = Plain()", ONE, id="something else is put there"),
        pytest.param(
            "def put(hub: Hub):\n  hub.data[KEY] = Lamp()\n  hub.data[KEY] = Plain()", ONE, id="two things are put there"
        ),
        pytest.param("def put(hub: Hub): hub.data[OTHER] = Lamp()", ONE, id="it is put under another key"),
        pytest.param("def put(hub: Hub): hub.more[KEY] = Lamp()", ONE, id="it is put into another table"),
        pytest.param("class Box:\n  def __init__(self): self.data = {}\ndef put(b: Box): b.data[KEY] = Lamp()", ONE, id="of another class"),
        pytest.param("def put(hub: Hub, x): hub.data[KEY] = x", ONE, id="nothing is known of what is put there"),
        pytest.param(
            "def put(hub: Hub, any):\n  hub.data[KEY] = Lamp()\n  any.data[KEY] = Plain()",
            ONE,
            id="an object of which nothing is known may be the same",
        ),
        pytest.param("def put(hub: Hub): hub.data[KEY] = {INNER: Lamp()}", TWO.replace("INNER", "OTHER").replace("entry.id", "OTHER"), id="the display has another key"),
        pytest.param(
            "def put(hub: Hub, e):\n  hub.data[KEY] = {}\n  hub.data[KEY][e.id] = Lamp()\n  fill(hub.data[KEY])",
            TWO,
            id="the table is given away",
        ),
        pytest.param(
            "def put(hub: Hub, e):\n  hub.data[KEY] = {}\n  hub.data[KEY][e.id] = Lamp()\ndef get(hub: Hub): return hub.data[KEY]",
            TWO,
            id="a function returns the table",
        ),
        pytest.param(
            "class Keeper:\n  def put(self, hub: Hub, e):\n    self.table = hub.data.setdefault(KEY, {})\n"
            "    hub.data[KEY][e.id] = Lamp()",
            TWO,
            id="an attribute keeps the table",
        ),
        pytest.param(
            "def put(hub: Hub, e):\n  table = hub.data.setdefault(KEY, {})\n  table[e.id] = Lamp()\n  table[e.name] = Plain()",
            TWO,
            id="by a name for the table something else is put there",
        ),
        pytest.param(
            "def put(hub: Hub, e, others):\n  hub.data[KEY] = {**others, e.id: Lamp()}", TWO, id="another table is put into it"
        ),
        pytest.param(
            "def put(hub: Hub, e, others):\n  hub.data[KEY] = {e.id: Lamp()}\n  hub.data[KEY].update(others)",
            TWO,
            id="it is updated with what is not known",
        ),
        pytest.param("def put(hub: Hub): pass", ONE, id="nobody puts anything there"),
        pytest.param("def put(hub: Hub): hub.data[KEY] = hub.data[KEY]", ONE, id="it comes from there itself"),
    ],
)  # fmt: skip
def test_what_may_be_something_else_is_not_told(put: str, probe: str) -> None:
    assert not is_told(put, probe)


def test_others_may_put_something_else_there() -> None:
    assert not is_told("def put(hub: Hub): hub.data[KEY] = Lamp()", ONE, by_callers=False)


def test_a_key_that_is_bound_twice_is_no_constant() -> None:
    put = "def put(hub: Hub): hub.data[MODE] = Lamp()"
    probe = "from modes import MODE\ndef use(hub: Hub): probe(hub.data[MODE].switch())"

    assert not is_told(f"from modes import MODE\n{put}", probe, modes="MODE = 'a'\nMODE = 'b'")
    assert is_told(f"from modes import MODE\n{put}", probe, modes="MODE = 'a'")


def test_a_file_outside_that_names_the_key_by_its_text_counts() -> None:
    far = "from core import Hub, Plain\ndef put(hub: Hub): hub.data['lamps'] = Plain()"

    assert not is_told("def put(hub: Hub): hub.data[KEY] = Lamp()", ONE, far=far)


@pytest.mark.parametrize(
    ("put", "probe"),
    [
        pytest.param("def put(hub: Hub): hub.data[KEY] = Lamp()", ONE, id="one key"),
        pytest.param("def put(hub: Hub): hub.data['lamps'] = Lamp()", ONE, id="the key by its text"),
        pytest.param("def put(hub: Hub): hub.data[KEY] = Lamp()", ONE.replace("[KEY]", ".pop(KEY)"), id="taken out"),
        pytest.param(
            "def put(hub: Hub, e): hub.data.setdefault(KEY, {})[e.id] = Lamp()", TWO, id="a key that is no constant"
        ),
        pytest.param(
            "def put(hub: Hub, e):\n  table = hub.data.setdefault(KEY, {})\n  lamp = Lamp()\n  table[e.id] = {INNER: lamp, OTHER: 1}",
            THREE,
            id="three keys, by a name and a display",
        ),
        pytest.param(
            "def put(hub: Hub, e):\n  made = {}\n  made[INNER] = Lamp()\n  hub.data[KEY] = {}\n  hub.data[KEY][e.id] = made",
            THREE,
            id="a table that was filled before",
        ),
        pytest.param(
            "def put(hub: Hub, e): hub.data[KEY] = {e.id: Lamp()}",
            "def use(hub: Hub, entry):\n  mine = hub.data[KEY]\n  probe(mine[entry.id].switch())",
            id="read by a name",
        ),
        pytest.param(
            "def put(hub: Hub):\n  hub.data.setdefault(KEY, [])\n  hub.data[KEY].append(Lamp())",
            "def use(hub: Hub):\n  for lamp in hub.data[KEY]: probe(lamp.switch())",
            id="a list that grows",
        ),
        pytest.param(
            "def put(hub: Hub):\n  hub.data[KEY] = Lamp()\n  if hub.data[KEY]: print(len(hub.data))\n  hub.data.pop(KEY)",
            ONE,
            id="looked at and taken away",
        ),
        pytest.param(
            "from aiohttp import web\ndef put(app: web.Application): app['lamp'] = Lamp()",
            "from aiohttp import web\ndef use(request: web.Request): probe(request.app['lamp'].switch())",
            id="objects of a package that are tables",
        ),
    ],
)  # fmt: skip
def test_what_all_places_agree_on_is_told(put: str, probe: str) -> None:
    assert is_told(put, probe)
