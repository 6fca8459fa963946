"""A room: people wait at the door until somebody opens it, and everybody hears who comes in."""

import asyncio
import logging

logger = logging.getLogger(__name__)


class Room:
    def __init__(self) -> None:
        self.door: list[asyncio.Future[str]] = []
        self.is_open = False
        self.members: set[str] = set()
        self.news: set[asyncio.Task[None]] = set()

    async def knock(self, name: str) -> str:
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[str] = loop.create_future()
        if self.is_open:
            loop.call_soon(opened.set_result, "come in")
        else:
            self.door.append(opened)
        greeting = await opened
        self.members.add(name)
        asyncio.create_task(self.announce(name))
        return greeting

    def open(self, greeting: str) -> None:
        self.is_open = True
        for opened in self.door:
            if not opened.done():
                opened.set_result(greeting)
        self.door.clear()

    def close(self) -> None:
        for opened in self.door:
            opened.set_exception(ConnectionRefusedError("the room is closed"))
        self.door.clear()

    async def announce(self, name: str) -> None:
        for member in sorted(self.members - {name}):
            task = asyncio.ensure_future(self.tell(member, f"{name} came in"))
            self.news.add(task)
            task.add_done_callback(self.news.discard)

    async def tell(self, member: str, text: str) -> None:
        logger.info("to %s: %s", member, text)
