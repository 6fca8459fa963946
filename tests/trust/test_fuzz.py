"""Programs that nobody wrote: composed of asyncio's idioms, and grown from Python's grammar."""

from __future__ import annotations

import hypothesmith
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from trust_fuzz import batch, broken_promises, compile_error, patch_errors, run
from trust_grammar import compose, planted
from trust_traps import TRAPS

pytestmark = pytest.mark.trust

_STEP = len(TRAPS)  #: seeds in a row plant each trap once

#: No shrinking, which would take minutes: what fails is small already.
_SETTINGS = settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

#: What the grammar knows nothing of: a trap of each kind that is alone on its line.
_ASYNCIO = (
    "import asyncio, time\n",
    "async def wait():\n    time.sleep(1)\n",
    "async def wait(): time.sleep(1); asyncio.sleep(1)\n",
    "async def start():\n    asyncio.ensure_future(wait())\n",
    "def deliver(fut: asyncio.Future):\n    fut.set_result(1)  # late\n",
    "async def ask():\n    loop = asyncio.get_event_loop()\n    return loop.run_until_complete(wait())\n",
    "asyncio.get_event_loop().run_until_complete(wait())\n",
)


@pytest.mark.parametrize("first", range(0, 6 * _STEP, _STEP))
def test_composed_programs_do_the_same_and_lose_their_traps(first: int) -> None:
    tally = batch(range(first, first + _STEP))

    assert tally.broken == []
    assert tally.mended.total() >= _STEP - 1  # a mended trap is what makes these programs worth running
    assert tally.changed >= tally.mended.total()


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_the_bench_hears_of_every_trap_and_of_nothing_else(trap: object) -> None:
    seed = next(seed for seed in range(_STEP) if TRAPS[seed % _STEP] is trap)

    [with_trap, without] = run([planted(seed).text, compose(seed).text])

    assert TRAPS[seed].complaint in with_trap["complaints"]
    assert without["complaints"] == []


def test_a_seed_makes_the_same_program_each_time() -> None:
    assert compose(7) == compose(7)
    assert planted(7).text != planted(7 + _STEP).text


@_SETTINGS
@given(
    pieces=st.lists(
        st.one_of(hypothesmith.from_grammar("file_input"), st.sampled_from(_ASYNCIO)), min_size=2, max_size=5
    ),
    newline=st.sampled_from(["\n", "\n", "\r\n", "\r"]),
)
def test_asyncio_among_anything_that_python_reads(pieces: list[str], newline: str) -> None:
    text = _ASYNCIO[0] + "".join(piece if piece.endswith("\n") else piece + "\n" for piece in pieces)
    data = text.replace("\n", newline).encode("utf-8", "surrogatepass")
    if compile_error(data) is not None:
        return  # such as `return` outside of a function: the next test has those

    assert broken_promises("grown", data) == []


@_SETTINGS
@given(node=hypothesmith.from_node(), at=st.integers(0, len(_ASYNCIO) - 1))
def test_asyncio_behind_nodes_of_libcst(node: str, at: int) -> None:
    assert broken_promises("grown", f"{node}\n{_ASYNCIO[0]}{_ASYNCIO[at]}".encode("utf-8", "surrogatepass")) == []


def test_the_patch_of_many_programs_applies_in_one_piece() -> None:
    from aiomend import Settings, fix_source
    from aiomend.settings import EVERYTHING

    before = {f"{seed} ä.py": planted(seed).text.encode() for seed in range(5)}
    after = {
        name: fix_source(data, settings=Settings(unsafe=EVERYTHING)).text.encode() for name, data in before.items()
    }

    assert sum(before[name] != after[name] for name in before) >= 4
    assert patch_errors(before, after) == []
