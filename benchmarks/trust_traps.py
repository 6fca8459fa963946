"""The traps that are planted in composed programs, each with the complaint that Python or the test bench makes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trap:
    """What is written into a program, and what is heard of it."""

    name: str
    code: str  #: the rule that mends it
    complaint: str  #: one of those of `trust_bench`
    statements: tuple[str, ...]  #: one of them is planted in a coroutine
    definitions: str = ""
    ending: str | None = None  #: how the program is run, where that is part of the trap


_FORGOTTEN = "async def forgotten(word='forgotten'):\n    trace(word)\n    await asyncio.sleep(0)\n    return 7\n"

TRAPS = (
    Trap(
        "blocking_sleep",
        "AIO401",
        "blocking call",
        (
            "time.sleep(0.001)",
            "trace(time.sleep(0.001))  # a nap",
            "if x or True: time.sleep(\n    0.001  # short\n)",
            "trace([time.sleep(0) for _ in range(2)])",
            "trace('before'); time.sleep(0); trace('behind')",
        ),
    ),
    Trap(
        "blocking_call",
        "AIO402",
        "blocking call",
        (
            "trace(subprocess.check_output(['true']))",
            "out = subprocess.check_output(\n    ['true'],  # does nothing\n)\ntrace(out)",
            "trace(socket.gethostbyname('localhost'), x)",
            "trace(f'{subprocess.call(args=[1])}')",
        ),
    ),
    Trap(
        "blocking_helper",
        "AIO403",
        "blocking call",
        ("settle()", "trace(settle(2))", "trace(settle(again=1) or x)", "y = (settle())  # waits"),
        "def settle(again=0):\n    time.sleep(0.001)\n    trace('settled', again)\n    return again\n",
    ),
    Trap(
        "forgotten_coroutine",
        "AIO601",
        "never awaited",
        ("forgotten()", "forgotten('a')  # b", "(forgotten())", "trace('c'); forgotten(word='d')"),
        _FORGOTTEN,
    ),
    Trap(
        "coroutine_as_value",
        "AIO602",
        "never awaited",
        ("if forgotten(): trace('true')", "trace('yes' if forgotten() else 'no')", "trace(not forgotten())"),
        _FORGOTTEN,
    ),
    Trap(
        "coroutine_not_called",
        "AIO603",
        "TypeError",
        (
            "await asyncio.wait_for(forgotten, 60)",
            "await asyncio.gather(forgotten)",
            "await asyncio.create_task(forgotten)",
        ),
        _FORGOTTEN,
    ),
    Trap(
        "exception_in_a_task",
        "AIO701",
        "exception never retrieved",
        (
            "asyncio.ensure_future(failing())\nawait asyncio.sleep(0)\nawait asyncio.sleep(0)",
            "asyncio.create_task(failing())  # it fails\nawait asyncio.sleep(0)\nawait asyncio.sleep(0)",
        ),
        "async def failing():\n    raise KeyError('key')\n",
    ),
    Trap(
        "result_of_a_cancelled_future",
        "AIO201",
        "InvalidStateError",
        (
            "lost = asyncio.get_running_loop().create_future()\nlost.cancel()\ndeliver(lost)",
            "lost = asyncio.Future(); lost.cancel(); deliver(lost)",
        ),
        "def deliver(future: asyncio.Future):\n    trace('deliver')\n    future.set_result(1)  # late\n",
    ),
    Trap(
        "scheduled_result",
        "AIO202",
        "InvalidStateError",
        (
            "lost = asyncio.get_running_loop().create_future()\n"
            "asyncio.get_running_loop().call_soon(lost.set_result, x)\nlost.cancel()\n"
            "await asyncio.sleep(0)\nawait asyncio.sleep(0)",
        ),
    ),
    Trap(
        "call_soon_from_a_thread",
        "AIO301",
        "non-thread-safe operation",
        (
            "bell = threading.Thread(target=ring, args=(asyncio.get_running_loop(),))\nbell.start()\n"
            "await asyncio.to_thread(bell.join)\nawait asyncio.sleep(0)",
        ),
        "def ring(loop: asyncio.AbstractEventLoop):\n    loop.call_soon(trace, 'ring')\n",
    ),
    Trap(
        "loop_in_a_loop",
        "AIO405",
        "RuntimeError",
        (
            "trace(asyncio.get_event_loop().run_until_complete(forgotten()))",
            "y = asyncio.get_running_loop().run_until_complete(\n    forgotten()\n)",
        ),
        _FORGOTTEN,
    ),
    Trap(
        "wait_for_coroutines",
        "AIO008",
        "TypeError",
        (
            "await asyncio.wait([forgotten()])",
            "done, _ = await asyncio.wait({forgotten('a'), forgotten('b')}, timeout=60)\ntrace(len(done))",
            "await asyncio.wait([forgotten() for _ in range(2)])",
        ),
        _FORGOTTEN,
    ),
    Trap(
        "loop_left_open",
        "AIO1001",
        "unclosed event loop",
        ("pass",),
        ending="loop = asyncio.new_event_loop()\nloop.run_until_complete(main())\n",
    ),
)
