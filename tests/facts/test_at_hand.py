"""Whether a call that may block finds what it waits for, each test that says so by itself."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.at_hand import is_at_hand
from aiomend.facts.view import Module

See = Callable[..., Module]

_WAIT = "subprocess.Popen.wait"
_KEY = "msvcrt.getwch"
_READ = "io.TextIOWrapper.readline"


def _is_at_hand(see: See, name: str, body: str) -> bool:
    """Ask for the last call of `wait`, `getwch` or `readline` in a coroutine."""
    text = f"import msvcrt, select, sys\nasync def f(self, p, q):\n{textwrap.indent(body, '    ')}\n"
    module = see(text)
    (*_, call) = (one for one in module.facts.calls if module.text(one.func).endswith(name.rpartition(".")[2]))
    return is_at_hand(module, call, name)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (_WAIT, "while p.poll() is None: await x()\np.wait()"),
        (_WAIT, "while not p.poll() is not None: await x()\np.wait()"),
        (_WAIT, "if p.poll() is not None:\n    await x()\n    p.wait()"),
        (_WAIT, "if p.poll(): p.wait()"),
        (_WAIT, "if p.poll() == None: return\np.wait()"),
        (_WAIT, "if (code := p.poll()) is not None: p.wait()"),
        (_WAIT, "if p.returncode is not None: p.wait()"),
        (_WAIT, "while await self.poll() is None: pass\nself.inner.p.wait()"),
        (_KEY, "if msvcrt.kbhit(): msvcrt.getwch()"),
        (_KEY, "while not msvcrt.kbhit(): await x()\nmsvcrt.getwch()"),
        (_READ, "r, _, _ = select.select([q], [], [], 0)\nif r: q.readline()"),
        (_READ, "r, _, _ = select.select([q], [], [], 0)\nif q in r: q.readline()"),
        (_READ, "r = select.select([q], [], [], 0)[0]\nif r: q.readline()"),
        (_READ, "if select.select([q], [], [], 0)[0]: q.readline()"),
    ],
)
def test_it_is_there(see: See, name: str, body: str) -> None:
    assert _is_at_hand(see, name, body)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param(_WAIT, "p.wait()", id="nobody asked"),
        pytest.param(_WAIT, "p.poll()\np.wait()", id="nobody heard"),
        pytest.param(_WAIT, "if p.poll() is None: p.wait()", id="it runs"),
        pytest.param(_WAIT, "if p.poll() is not None: return\np.wait()", id="or it would have left"),
        pytest.param(_WAIT, "if not p.poll(): p.wait()", id="it runs, or went well"),
        pytest.param(_WAIT, "while p.poll() is None:\n    if y: break\np.wait()", id="it gave up"),
        pytest.param(_WAIT, "if q.poll() is not None: p.wait()", id="another one"),
        pytest.param(_WAIT, "if self.q.poll() is not None: self.p.wait()", id="another attribute"),
        pytest.param(_WAIT, "if p.poll() is not None:\n    p = start()\n    p.wait()", id="a new one"),
        pytest.param(_KEY, "msvcrt.getwch()", id="no key"),
        pytest.param(_KEY, "if kbhit(): msvcrt.getwch()", id="another function"),
        pytest.param(_KEY, "if msvcrt.kbhit():\n    await x()\n    msvcrt.getwch()", id="somebody else took it"),
        pytest.param(_READ, "q.readline()", id="nothing selected"),
        pytest.param(_READ, "r, _, _ = self.select([q])\nif r: q.readline()", id="by another function"),
        pytest.param(_READ, "r, _, _ = select.select([q], [], [], 0)\nif not r: q.readline()", id="nothing there"),
        pytest.param(_READ, "r = select.select([q], [], [], 0)[0]\nr = [q]\nif r: q.readline()", id="bound again"),
    ],
)
def test_it_may_have_to_be_waited_for(see: See, name: str, body: str) -> None:
    assert not _is_at_hand(see, name, body)
