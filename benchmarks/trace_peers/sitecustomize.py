"""Has one of the other tools watch a program, as its documentation says; AIOMEND_PEER and AIOMEND_PEER_SLOW say which, and when."""

import asyncio
import os
import sys

SLOW = float(os.environ.get("AIOMEND_PEER_SLOW", "0.1"))


def blockbuster():
    from blockbuster import BlockBuster

    BlockBuster().activate()


def pyleak():
    from pyleak import no_event_loop_blocking, no_task_leaks, no_thread_leaks

    async def watched(main):
        tasks = no_task_leaks(action="log", enable_creation_tracking=True)
        with no_thread_leaks(action="log"):
            async with tasks, no_event_loop_blocking(action="log", threshold=SLOW):
                return await main

    _around(watched)


def aiocop():
    import aiocop

    def tell(event):
        if event.exceeded_threshold:
            print("aiocop: slow task", event, file=sys.stderr)

    async def watched(main):
        aiocop.detect_slow_tasks(threshold_ms=int(SLOW * 1000), on_slow_task=tell)
        aiocop.activate()
        return await asyncio.ensure_future(main)  # only what is scheduled from now on is watched

    aiocop.patch_audit_functions()
    aiocop.start_blocking_io_detection()
    _around(watched)


def _around(watched):
    """Have each coroutine that a loop is run for go through ``watched``."""
    run = asyncio.BaseEventLoop.run_until_complete

    def run_until_complete(self, main):
        return run(self, watched(main) if asyncio.iscoroutine(main) else main)

    asyncio.BaseEventLoop.run_until_complete = run_until_complete


if "stage.py" in " ".join(sys.orig_argv):
    {"blockbuster": blockbuster, "pyleak": pyleak, "aiocop": aiocop}[os.environ["AIOMEND_PEER"]]()
