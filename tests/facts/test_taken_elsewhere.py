"""Whether other files may take a name from a module."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.view import Module

See = Callable[..., Module]
MAIN = "import time\nfrom asyncio import sleep\n"


@pytest.mark.parametrize(
    ("name", "user"),
    [
        pytest.param("sleep", "", id="nobody"),
        pytest.param("sleep", "from main import other", id="another name"),
        pytest.param("sleep", "import main\nmain.other", id="another attribute"),
        pytest.param("sleep", "def f(x): x.sleep()", id="something unknown, and nobody has the module"),
        pytest.param("sleep", "import main\nprint(main.other)\ndef f(x): x.sleep()", id="something unknown, and the module is only asked"),
        pytest.param("sleep", "import main\nprint(main)", id="nobody asks for it"),
        pytest.param("sleep", "import main, time\nprint(main)\ntime.sleep(1)", id="of another module"),
        pytest.param("sleep", "import main\nclass A:\n  def sleep(self): pass\nA().sleep()\nprint(main)", id="of an object of the project"),
        pytest.param("time", "import main\nprint(main)\ndef f(loop): loop.time()", id="a module is not called"),
        pytest.param("sleep", "def f(main, x): print(main, x.sleep)", id="a variable that is called so"),
        pytest.param("sleep", "print(x.main, x.sleep)\nx = 1", id="an attribute that is called so"),
        pytest.param("sleep", "import m\nprint('main')\ndef f(x): x.sleep()", id="a text that is called so"),
    ],
)  # fmt: skip
def test_it_is_not(see: See, name: str, user: str) -> None:
    assert not see(MAIN, user=user).is_shared(name)


@pytest.mark.parametrize(
    "user",
    [
        pytest.param("from main import sleep", id="imported"),
        pytest.param("from main import *", id="with all others"),
        pytest.param("import main\nmain.sleep", id="of the module"),
        pytest.param("import main as m\nm.sleep", id="by another name"),
        pytest.param("import main\nmock.patch.object(main, 'sleep')", id="by a text"),
        pytest.param("import main\nm = main\nm.sleep", id="kept in a variable"),
        pytest.param("import main\ndef f(m): return m.sleep\nf(main)", id="passed"),
        pytest.param("import main\nclass C: mod = main\nC.mod.sleep", id="kept in a class"),
        pytest.param("import importlib\nimportlib.import_module('main').sleep", id="got by its name"),
        pytest.param("import sys\nsys.modules['main'].sleep", id="out of the table of modules"),
        pytest.param("import main\nm = [main]\ngetattr(m[0], 'sleep')", id="by a text, of what keeps it"),
    ],
)
def test_it_may_be(see: See, user: str) -> None:
    assert see(MAIN, user=user).is_shared("sleep")


def test_another_file_has_the_module_by_the_name_that_a_third_one_gives_it(see: See) -> None:
    assert see(MAIN, home="import main as loops\n", user="from home import loops\nloops.sleep").is_shared("sleep")
    assert see(MAIN, home="import main\nloops = main\n", user="from home import loops\nloops.sleep").is_shared("sleep")
    assert not see(MAIN, home="import main as loops\n", user="from home import loops\nloops.other").is_shared("sleep")
