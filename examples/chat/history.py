"""What was said before: kept in a file, searched by programs that take their time."""

import asyncio
import subprocess
import threading
import time
from collections.abc import Callable


class History:
    def __init__(self, path: str) -> None:
        self.path = path
        self.changed = asyncio.Event()

    async def size(self) -> int:
        return len(subprocess.check_output(["cat", self.path]).splitlines())

    async def search(self, word: str) -> list[str]:
        found = subprocess.run(["grep", "--", word, self.path], capture_output=True, text=True)
        return found.stdout.splitlines()

    async def newest(self, count: int) -> str:
        tail = await asyncio.create_subprocess_exec("tail", f"-n{count}", self.path, stdout=subprocess.PIPE)
        output, _ = await tail.communicate()
        return output.decode()


def watch(history: History, loop: asyncio.AbstractEventLoop, size: Callable[[], int]) -> threading.Thread:
    """Tell the loop, from a thread of its own, that the file grew."""

    def look() -> None:
        known = size()
        while True:
            time.sleep(1)  # a thread may sleep: it stops nobody else
            if size() != known:
                loop.call_soon_threadsafe(history.changed.set)

    return threading.Thread(target=look, daemon=True)
