"""Small programs with one trap each, and their repaired twins.

A comment `#! kind` stands on the line that a record has to name; two kinds are divided by a blank. Programs are of Python 3.6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SLOW = 0.4  #: seconds: what a stall is for these programs, so that a busy machine makes none

PRELUDE = """\
import asyncio, concurrent.futures, functools, gc, os, signal, socket, subprocess, sys, threading, time

def run(main):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main)
    finally:
        asyncio.set_event_loop(None)
        loop.close()

def in_thread(function, *args):
    thread = threading.Thread(target=function, args=args)
    thread.start()
    return thread

async def ring():
    await asyncio.sleep(0)

"""

_MARK = re.compile(r"#! ([\w -]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Trap:
    name: str
    since: tuple[int, int]
    bad: str
    good: str

    @property
    def expected(self) -> set[tuple[str, int]]:
        """The kinds that have to be recorded, each with its line."""
        lines = (PRELUDE + self.bad).splitlines()
        return {
            (kind, number)
            for number, line in enumerate(lines, 1)
            for marks in _MARK.findall(line)
            for kind in marks.split()
        }


def _trap(head: str, text: str) -> Trap:
    name, _, since = head.partition(" ")
    bad, good = text.strip("\n").split("\n----\n")
    return Trap(name, (3, 7) if since == "(3.7)" else (3, 6), bad + "\n", good + "\n")


TRAPS = tuple(
    _trap(*part.split("\n", 1))
    for part in re.split(
        r"^== ",
        r"""
== dropped_as_a_statement
async def main():
    ring()  #! never-awaited
run(main())
----
async def main():
    await ring()
run(main())
== dropped_in_a_variable
async def main():
    rung = ring()  #! never-awaited
    del rung
    await asyncio.sleep(0)
run(main())
----
async def main():
    rung = ring()
    await rung
run(main())
== dropped_in_a_list
async def main():
    all_of_them = [ring() for _ in range(3)]  #! never-awaited
run(main())
----
async def main():
    all_of_them = [ring() for _ in range(3)]
    await asyncio.gather(*all_of_them)
run(main())
== dropped_sleep (3.7)
async def main():
    asyncio.sleep(1)  #! never-awaited
run(main())
----
async def main():
    await asyncio.sleep(0.001)
run(main())
== dropped_method
class Bell:
    async def ring(self):
        pass
async def main():
    Bell().ring()  #! never-awaited
run(main())
----
class Bell:
    async def ring(self):
        pass
async def main():
    await Bell().ring()
run(main())
== dropped_by_name
class Bell:
    async def ring(self):
        pass
async def main():
    getattr(Bell(), "ri" + "ng")()  #! never-awaited
run(main())
----
class Bell:
    async def ring(self):
        pass
async def main():
    await getattr(Bell(), "ri" + "ng")()
run(main())
== dropped_by_a_lambda_of_the_loop
async def main():
    asyncio.get_event_loop().call_soon(lambda: ring())  #! never-awaited
    await asyncio.sleep(0.01)
run(main())
----
async def main():
    asyncio.get_event_loop().call_soon(lambda: asyncio.ensure_future(ring()))
    await asyncio.sleep(0.01)
run(main())
== dropped_without_a_loop
ring()  #! never-awaited
----
run(ring())
== dropped_in_a_thread
def work():
    ring()  #! never-awaited
in_thread(work).join()
----
def work():
    run(ring())
in_thread(work).join()
== dropped_by_a_plain_function
def helper():
    ring()  #! never-awaited
async def main():
    helper()
run(main())
----
async def helper():
    await ring()
async def main():
    await helper()
run(main())
== dropped_by_a_partial
async def main():
    functools.partial(ring)()  #! never-awaited
run(main())
----
async def main():
    await functools.partial(ring)()
run(main())
== dropped_by_an_and
async def main():
    ready = True
    ready and ring()  #! never-awaited
run(main())
----
async def main():
    ready = True
    ready and await ring()
run(main())
== dropped_in_a_pool
async def main():
    await asyncio.get_event_loop().run_in_executor(None, lambda: ring())  #! never-awaited
run(main())
----
async def main():
    coroutine = await asyncio.get_event_loop().run_in_executor(None, ring)
    await coroutine
run(main())
== result_of_a_cancelled_future
async def main():
    future = asyncio.get_event_loop().create_future()
    future.cancel()
    try:
        future.set_result(1)  #! set-on-finished-future
    except asyncio.InvalidStateError:
        pass
run(main())
----
async def main():
    future = asyncio.get_event_loop().create_future()
    future.cancel()
    if not future.cancelled():
        future.set_result(1)
run(main())
== result_in_a_callback
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    def answer():
        future.set_result(1)  #! set-on-finished-future
    loop.call_soon(answer)
    future.cancel()
    await asyncio.sleep(0.01)
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    def answer():
        if not future.cancelled():
            future.set_result(1)
    loop.call_soon(answer)
    future.cancel()
    await asyncio.sleep(0.01)
run(main())
== exception_after_a_result
async def main():
    future = asyncio.get_event_loop().create_future()
    future.set_result(1)
    try:
        future.set_exception(ValueError())  #! set-on-finished-future
    except asyncio.InvalidStateError:
        pass
run(main())
----
async def main():
    future = asyncio.get_event_loop().create_future()
    future.set_result(1)
    if not future.done():
        future.set_exception(ValueError())
run(main())
== a_guard_that_is_too_weak
async def main():
    future = asyncio.get_event_loop().create_future()
    future.set_result(1)
    def answer():
        if not future.cancelled():
            future.set_result(2)  #! set-on-finished-future
    asyncio.get_event_loop().call_soon(answer)
    await asyncio.sleep(0.01)
run(main())
----
async def main():
    future = asyncio.get_event_loop().create_future()
    future.set_result(1)
    def answer():
        if not future.done():
            future.set_result(2)
    asyncio.get_event_loop().call_soon(answer)
    await asyncio.sleep(0.01)
run(main())
== a_setter_that_is_scheduled
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, 1)  #! scheduled-setter
    await future
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    loop.call_soon(lambda: future.done() or future.set_result(1))
    await future
run(main())
== a_scheduled_setter_that_comes_too_late
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, 1)  #! scheduled-setter set-on-finished-future
    future.cancel()
    await asyncio.sleep(0.01)
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    loop.call_soon(lambda: future.done() or future.set_result(1))
    future.cancel()
    await asyncio.sleep(0.01)
run(main())
== a_setter_for_later
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    loop.call_later(0.001, future.set_exception, ValueError())  #! scheduled-setter
    try:
        await future
    except ValueError:
        pass
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    loop.call_later(0.001, lambda: future.done() or future.set_exception(ValueError()))
    try:
        await future
    except ValueError:
        pass
run(main())
== a_setter_at_a_time
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    loop.call_at(loop.time(), future.set_result, 1)  #! scheduled-setter
    await future
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    loop.call_at(loop.time(), lambda: future.done() or future.set_result(1))
    await future
run(main())
== a_setter_from_a_thread
def work(loop, future):
    loop.call_soon_threadsafe(future.set_result, 1)  #! scheduled-setter
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    in_thread(work, loop, future)
    await future
run(main())
----
def work(loop, future):
    loop.call_soon_threadsafe(lambda: future.done() or future.set_result(1))
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    in_thread(work, loop, future)
    await future
run(main())
== a_setter_in_a_partial
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    loop.call_soon(functools.partial(future.set_result, 1))  #! scheduled-setter
    await future
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    loop.call_soon(lambda: future.done() or future.set_result(1))
    await future
run(main())
== call_soon_from_a_thread
async def main():
    loop = asyncio.get_event_loop()
    def work():
        loop.call_soon(print)  #! wrong-thread
    await loop.run_in_executor(None, work)
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    def work():
        loop.call_soon_threadsafe(print)
    await loop.run_in_executor(None, work)
run(main())
== call_later_from_a_thread
async def main():
    loop = asyncio.get_event_loop()
    def work():
        loop.call_later(0, print)  #! wrong-thread
    await loop.run_in_executor(None, work)
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    def work():
        loop.call_soon_threadsafe(loop.call_later, 0, print)
    await loop.run_in_executor(None, work)
run(main())
== cancel_from_a_thread
async def main():
    loop = asyncio.get_event_loop()
    task = asyncio.ensure_future(asyncio.sleep(9))
    await asyncio.sleep(0.001)
    def work():
        task.cancel()  #! wrong-thread
    await loop.run_in_executor(None, work)
    await asyncio.wait([task])
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    task = asyncio.ensure_future(asyncio.sleep(9))
    await asyncio.sleep(0.001)
    def work():
        loop.call_soon_threadsafe(task.cancel)
    await loop.run_in_executor(None, work)
    await asyncio.wait([task])
run(main())
== result_from_a_thread
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    waiter = asyncio.ensure_future(asyncio.wait([future]))
    await asyncio.sleep(0.001)
    def work():
        future.set_result(1)  #! wrong-thread
    await loop.run_in_executor(None, work)
    await waiter
run(main())
----
def work(loop, future):
    loop.call_soon_threadsafe(answer, future)
def answer(future):
    if not future.done():
        future.set_result(1)
async def main():
    loop = asyncio.get_event_loop()
    future = loop.create_future()
    in_thread(work, loop, future)
    await future
run(main())
== create_task_in_a_thread
async def main():
    loop = asyncio.get_event_loop()
    def work():
        return loop.create_task(ring())  #! wrong-thread
    task = await loop.run_in_executor(None, work)
    await task
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    def work():
        return asyncio.run_coroutine_threadsafe(ring(), loop)
    future = await loop.run_in_executor(None, work)
    await asyncio.wrap_future(future)
run(main())
== event_from_a_thread
async def main():
    loop = asyncio.get_event_loop()
    event = asyncio.Event()
    waiter = asyncio.ensure_future(event.wait())
    await asyncio.sleep(0.001)
    def work():
        event.set()  #! wrong-thread
    await loop.run_in_executor(None, work)
    await waiter
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    event = asyncio.Event()
    def work():
        loop.call_soon_threadsafe(event.set)
    await asyncio.gather(event.wait(), loop.run_in_executor(None, work))
run(main())
== event_whose_loop_is_no_mock
async def main():
    loop = asyncio.get_event_loop()
    event = asyncio.Event()
    event._loop = loop
    def work():
        event.set()  #! wrong-thread
    await loop.run_in_executor(None, work)
run(main())
----
from unittest import mock
async def main():
    event = asyncio.Event()
    event._loop = mock.Mock()
    event.set()
run(main())
== queue_from_a_thread
async def main():
    loop = asyncio.get_event_loop()
    queue = asyncio.Queue()
    waiter = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0.001)
    def work():
        queue.put_nowait(1)  #! wrong-thread
    await loop.run_in_executor(None, work)
    await waiter
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    queue = asyncio.Queue()
    def work():
        loop.call_soon_threadsafe(queue.put_nowait, 1)
    await asyncio.gather(queue.get(), loop.run_in_executor(None, work))
run(main())
== lock_from_a_thread
async def main():
    loop = asyncio.get_event_loop()
    lock = asyncio.Lock()
    await lock.acquire()
    waiter = asyncio.ensure_future(lock.acquire())
    await asyncio.sleep(0.001)
    def work():
        lock.release()  #! wrong-thread
    await loop.run_in_executor(None, work)
    await waiter
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    lock = asyncio.Lock()
    await lock.acquire()
    waiter = asyncio.ensure_future(lock.acquire())
    await asyncio.sleep(0.001)
    def work():
        loop.call_soon_threadsafe(lock.release)
    await loop.run_in_executor(None, work)
    await waiter
run(main())
== stop_from_a_thread
loop = asyncio.new_event_loop()
def work():
    loop.stop()  #! wrong-thread
loop.call_soon(in_thread, work)
loop.call_later(0.2, bool)
loop.run_forever()
loop.close()
----
loop = asyncio.new_event_loop()
def work():
    loop.call_soon_threadsafe(loop.stop)
loop.call_soon(in_thread, work)
loop.run_forever()
loop.close()
== reader_from_a_thread
async def main():
    loop = asyncio.get_event_loop()
    ours, theirs = socket.socketpair()
    def work():
        loop.add_reader(ours.fileno(), bool)  #! wrong-thread
    await loop.run_in_executor(None, work)
    loop.remove_reader(ours.fileno())
    ours.close(), theirs.close()
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    ours, theirs = socket.socketpair()
    def work():
        loop.call_soon_threadsafe(loop.add_reader, ours.fileno(), bool)
    await loop.run_in_executor(None, work)
    await asyncio.sleep(0.001)
    loop.remove_reader(ours.fileno())
    ours.close(), theirs.close()
run(main())
== signal_handler_in_a_thread
async def main():
    try:
        asyncio.get_event_loop().add_signal_handler(signal.SIGUSR1, bool)  #! not-main-thread
    except (ValueError, RuntimeError):
        pass
in_thread(lambda: run(main())).join()
----
async def main():
    asyncio.get_event_loop().add_signal_handler(signal.SIGUSR1, bool)
run(main())
== sleep_in_a_coroutine
async def main():  #! slow-callback
    time.sleep(0.6)  #! blocking-call
run(main())
----
async def main():
    await asyncio.sleep(0.6)
run(main())
== sleep_deep_below
def outer():
    inner()
def inner():
    time.sleep(0.6)  #! blocking-call
async def main():  #! slow-callback
    outer()
run(main())
----
def inner():
    time.sleep(0.6)
async def main():
    await asyncio.get_event_loop().run_in_executor(None, inner)
run(main())
== sleep_in_a_comprehension
async def main():  #! slow-callback
    return [time.sleep(0.2) for _ in range(3)]  #! blocking-call
run(main())
----
async def main():
    return [await asyncio.sleep(0.2) for _ in range(3)]
run(main())
== sleep_in_a_callback
def work():  #! slow-callback
    time.sleep(0.6)  #! blocking-call
async def main():
    asyncio.get_event_loop().call_soon(work)
    await asyncio.sleep(0.01)
run(main())
----
async def work():
    await asyncio.sleep(0.6)
async def main():
    await asyncio.ensure_future(work())
run(main())
== sleep_when_a_task_is_done
def work(task):  #! slow-callback
    time.sleep(0.6)  #! blocking-call
async def main():
    task = asyncio.ensure_future(ring())
    task.add_done_callback(work)
    await task
    await asyncio.sleep(0.01)
run(main())
----
async def work(task):
    await asyncio.sleep(0.6)
async def main():
    task = asyncio.ensure_future(ring())
    await task
    await work(task)
run(main())
== sleep_in_an_async_generator
async def steps():
    time.sleep(0.6)  #! blocking-call
    yield 1
async def main():  #! slow-callback
    async for step in steps():
        pass
run(main())
----
async def steps():
    await asyncio.sleep(0.6)
    yield 1
async def main():
    async for step in steps():
        pass
run(main())
== work_of_the_processor
async def main():  #! slow-callback
    end = time.time() + 0.6
    while time.time() < end: sum(range(2000))  #! blocking-call
run(main())
----
def work():
    end = time.time() + 0.6
    while time.time() < end: sum(range(2000))
async def main():
    await asyncio.get_event_loop().run_in_executor(None, work)
run(main())
== work_that_lets_no_thread_run
async def main():  #! slow-callback
    until = time.perf_counter() + 0.6
    any(time.perf_counter() > until for _ in iter(int, 1))  #! blocking-call
run(main())
----
def work():
    until = time.perf_counter() + 0.6
    any(time.perf_counter() > until for _ in iter(int, 1))
async def main():
    await asyncio.get_event_loop().run_in_executor(None, work)
run(main())
== socket_that_blocks
def answer(theirs):
    time.sleep(0.6)
    theirs.sendall(b"x")
async def main():  #! slow-callback
    ours, theirs = socket.socketpair()
    thread = in_thread(answer, theirs)
    ours.recv(1)  #! blocking-call
    thread.join()
    ours.close(), theirs.close()
run(main())
----
def answer(theirs):
    time.sleep(0.6)
    theirs.sendall(b"x")
async def main():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    thread = in_thread(answer, theirs)
    await asyncio.get_event_loop().sock_recv(ours, 1)
    thread.join()
    ours.close(), theirs.close()
run(main())
== child_process_that_blocks
async def main():  #! slow-callback
    subprocess.call(["sleep", "0.6"])  #! blocking-call
run(main())
----
async def main():
    await asyncio.get_event_loop().run_in_executor(None, subprocess.call, ["sleep", "0.6"])
run(main())
== lock_of_a_thread
lock = threading.Lock()
lock.acquire()
def let_go():
    time.sleep(0.6)
    lock.release()
async def main():  #! slow-callback
    thread = in_thread(let_go)
    lock.acquire()  #! blocking-call
    thread.join()
run(main())
----
async def hold(lock):
    async with lock:
        await asyncio.sleep(0.7)
async def main():
    lock = asyncio.Lock()
    task = asyncio.ensure_future(hold(lock))
    await asyncio.sleep(0.05)
    async with lock:
        pass
    await task
run(main())
== coroutine_function_as_a_callback
async def main():
    asyncio.get_event_loop().call_soon(ring)  #! coroutine-function-as-callback
    await asyncio.sleep(0.01)
run(main())
----
async def main():
    asyncio.get_event_loop().call_soon(lambda: asyncio.ensure_future(ring()))
    await asyncio.sleep(0.01)
run(main())
== coroutine_function_for_later
async def main():
    asyncio.get_event_loop().call_later(0, ring)  #! coroutine-function-as-callback
    await asyncio.sleep(0.01)
run(main())
----
async def main():
    asyncio.get_event_loop().call_later(0, lambda: asyncio.ensure_future(ring()))
    await asyncio.sleep(0.01)
run(main())
== coroutine_function_when_a_task_is_done
async def listen(task):  #! coroutine-function-as-callback
    pass
async def main():
    task = asyncio.ensure_future(ring())
    task.add_done_callback(listen)
    await task
    await asyncio.sleep(0.01)
run(main())
----
async def listen(task):
    pass
async def main():
    task = asyncio.ensure_future(ring())
    await task
    await listen(task)
run(main())
== coroutine_function_for_a_reader
async def read():  #! coroutine-function-as-callback
    pass
async def main():
    loop = asyncio.get_event_loop()
    ours, theirs = socket.socketpair()
    theirs.sendall(b"x")
    loop.add_reader(ours.fileno(), read)
    await asyncio.sleep(0.01)
    loop.remove_reader(ours.fileno())
    ours.close(), theirs.close()
run(main())
----
def read():
    pass
async def main():
    loop = asyncio.get_event_loop()
    ours, theirs = socket.socketpair()
    theirs.sendall(b"x")
    loop.add_reader(ours.fileno(), read)
    await asyncio.sleep(0.01)
    loop.remove_reader(ours.fileno())
    ours.close(), theirs.close()
run(main())
== exception_of_a_task
async def fail():
    raise ValueError
async def main():
    asyncio.ensure_future(fail())  #! exception-never-retrieved
    await asyncio.sleep(0.01)
run(main())
----
async def fail():
    raise ValueError
async def main():
    try:
        await asyncio.ensure_future(fail())
    except ValueError:
        pass
run(main())
== exception_of_a_future
async def main():
    future = asyncio.get_event_loop().create_future()  #! exception-never-retrieved
    future.set_exception(ValueError())
run(main())
----
async def main():
    future = asyncio.get_event_loop().create_future()
    future.set_exception(ValueError())
    future.exception()
run(main())
== exception_of_a_task_that_is_kept
async def fail():
    raise ValueError
async def main():
    kept = [asyncio.ensure_future(fail())]  #! exception-never-retrieved
    await asyncio.wait(kept)
run(main())
----
async def fail():
    raise ValueError
async def main():
    kept = [asyncio.ensure_future(fail())]
    await asyncio.wait(kept)
    print([type(task.exception()) for task in kept])
run(main())
== exception_for_another_thread
async def fail():
    raise ValueError
async def main():
    loop = asyncio.get_event_loop()
    def work():
        asyncio.run_coroutine_threadsafe(fail(), loop)  #! threadsafe-exception-dropped
    await loop.run_in_executor(None, work)
    await asyncio.sleep(0.01)
run(main())
----
async def fail():
    raise ValueError
async def main():
    loop = asyncio.get_event_loop()
    def work():
        try:
            asyncio.run_coroutine_threadsafe(fail(), loop).result()
        except ValueError:
            pass
    await loop.run_in_executor(None, work)
run(main())
== exception_of_a_callback
def fail():
    raise ValueError  #! callback-exception
async def main():
    asyncio.get_event_loop().call_soon(fail)
    await asyncio.sleep(0.01)
run(main())
----
def fail():
    pass
async def main():
    asyncio.get_event_loop().call_soon(fail)
    await asyncio.sleep(0.01)
run(main())
== task_left_when_the_loop_is_closed
async def main():
    asyncio.ensure_future(asyncio.sleep(9))  #! pending-at-close task-destroyed-pending
    await asyncio.sleep(0.001)
run(main())
----
async def main():
    task = asyncio.ensure_future(asyncio.sleep(9))
    await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.wait([task])
run(main())
== task_that_nobody_holds
async def wait():
    await asyncio.get_event_loop().create_future()
async def main():
    asyncio.ensure_future(wait())  #! task-destroyed-pending
    await asyncio.sleep(0.001)
    gc.collect()
run(main())
----
async def wait(future):
    await future
async def main():
    future = asyncio.get_event_loop().create_future()
    task = asyncio.ensure_future(wait(future))
    await asyncio.sleep(0.001)
    gc.collect()
    future.set_result(1)
    await task
run(main())
== steps_that_are_not_chained
async def step(name):
    await asyncio.sleep(0.2)
async def main():
    asyncio.ensure_future(step("write"))  #! pending-at-close task-destroyed-pending
    asyncio.ensure_future(step("close"))  #! pending-at-close task-destroyed-pending
    await asyncio.sleep(0.001)
run(main())
----
async def step(name):
    await asyncio.sleep(0.01)
async def main():
    await step("write")
    await step("close")
run(main())
== loop_that_stays_open
async def main():
    pass
loop = asyncio.new_event_loop()  #! unclosed-loop
loop.run_until_complete(main())
----
async def main():
    pass
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
== loop_that_is_dropped
def work():
    loop = asyncio.new_event_loop()  #! unclosed-loop
    loop.run_until_complete(ring())
work()
gc.collect()
----
def work():
    loop = asyncio.new_event_loop()
    loop.run_until_complete(ring())
    loop.close()
work()
gc.collect()
== task_that_is_left_with_an_open_loop
loop = asyncio.new_event_loop()  #! unclosed-loop
task = loop.create_task(asyncio.sleep(9))  #! pending-at-close task-destroyed-pending
loop.run_until_complete(ring())
del task, loop
----
loop = asyncio.new_event_loop()
task = loop.create_task(asyncio.sleep(0.01))
loop.run_until_complete(task)
loop.close()
== writer_of_a_client
async def serve(reader, writer):
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)  #! unclosed-writer
    server.close()
    await server.wait_closed()
run(main())
----
async def serve(reader, writer):
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0.01)
run(main())
== writer_of_a_server
async def serve(reader, writer):  #! unclosed-writer
    await reader.read(1)
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"x")
    await asyncio.sleep(0.01)
    writer.close()
    server.close()
run(main())
----
async def serve(reader, writer):
    await reader.read(1)
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"x")
    await asyncio.sleep(0.01)
    writer.close()
    server.close()
    await asyncio.sleep(0.01)
run(main())
== server
async def main():
    await asyncio.start_server(print, "127.0.0.1", 0)  #! unclosed-server
run(main())
----
async def main():
    server = await asyncio.start_server(print, "127.0.0.1", 0)
    server.close()
    await server.wait_closed()
run(main())
== transport_of_a_protocol
async def main():
    loop = asyncio.get_event_loop()
    server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)  #! unclosed-transport
    port = server.sockets[0].getsockname()[1]
    transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", port)  #! unclosed-transport
    server.close()
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", port)
    transport.close()
    server.close()
    await asyncio.sleep(0.01)
run(main())
== transport_of_datagrams
async def main():
    loop = asyncio.get_event_loop()
    await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))  #! unclosed-transport
run(main())
----
async def main():
    loop = asyncio.get_event_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    transport.close()
run(main())
== transport_of_a_pipe
async def main():
    loop = asyncio.get_event_loop()
    await loop.connect_read_pipe(asyncio.Protocol, os.fdopen(reading, "rb"))  #! unclosed-transport
reading, writing = os.pipe()
run(main())
os.close(writing)
----
async def main():
    loop = asyncio.get_event_loop()
    reading, writing = os.pipe()
    transport, _ = await loop.connect_read_pipe(asyncio.Protocol, os.fdopen(reading, "rb"))
    transport.close()
    os.close(writing)
    await asyncio.sleep(0.01)
run(main())
== child_process
async def main():
    process = await asyncio.create_subprocess_exec("sleep", "9")  #! unclosed-subprocess
    os.kill(process.pid, signal.SIGKILL)
async def in_main():
    watch = getattr(asyncio, "get_child_watcher", None)
    if watch is not None and sys.version_info < (3, 12):
        watch().attach_loop(asyncio.get_event_loop()) if hasattr(watch(), "attach_loop") else None
    await main()
run(in_main())
----
async def main():
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()
async def in_main():
    watch = getattr(asyncio, "get_child_watcher", None)
    if watch is not None and sys.version_info < (3, 12):
        watch().attach_loop(asyncio.get_event_loop()) if hasattr(watch(), "attach_loop") else None
    await main()
    await asyncio.sleep(0.01)
run(in_main())
== generator_that_is_broken_off
async def steps():
    yield 1
    yield 2
async def main():
    generator = steps()
    keep.append(generator)
    async for step in generator:  #! leaked-async-generator
        break
keep = []
run(main())
----
async def steps():
    yield 1
    yield 2
async def main():
    generator = steps()
    keep.append(generator)
    async for step in generator:
        break
    await generator.aclose()
keep = []
run(main())
== generator_that_outlives_its_run
async def steps():
    yield 1
    yield 2
async def main(generator):
    async for step in generator:  #! leaked-async-generator
        break
loop = asyncio.new_event_loop()
generator = steps()
loop.run_until_complete(main(generator))
del generator
gc.collect()
loop.close()
----
async def steps():
    yield 1
    yield 2
async def main(generator):
    async for step in generator:
        break
loop = asyncio.new_event_loop()
generator = steps()
loop.run_until_complete(main(generator))
loop.run_until_complete(loop.shutdown_asyncgens())
del generator
gc.collect()
loop.close()
== call_soon_on_a_closed_loop
loop = asyncio.new_event_loop()
loop.close()
try:
    loop.call_soon(print)  #! use-of-closed-loop
except RuntimeError:
    pass
----
loop = asyncio.new_event_loop()
loop.call_soon(print)
loop.run_until_complete(ring())
loop.close()
== run_on_a_closed_loop
loop = asyncio.new_event_loop()
loop.close()
coroutine = ring()
try:
    loop.run_until_complete(coroutine)  #! use-of-closed-loop
except RuntimeError:
    coroutine.close()
----
loop = asyncio.new_event_loop()
loop.run_until_complete(ring())
loop.close()
== closed_loop_from_a_thread
async def main():
    return asyncio.get_event_loop()
loop = run(main())
def work():
    try:
        loop.call_soon_threadsafe(print)  #! use-of-closed-loop
    except RuntimeError:
        pass
in_thread(work).join()
----
async def main():
    loop = asyncio.get_event_loop()
    await loop.run_in_executor(None, loop.call_soon_threadsafe, print)
run(main())
""",
        flags=re.MULTILINE,
    )
    if part.strip()
)
