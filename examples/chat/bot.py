"""A chat bot: it greets everybody who comes in, and asks a question that nobody may have time for."""

import asyncio
import time


class Bot:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.greeted: list[str] = []
        self.answer: asyncio.Future[str] = loop.create_future()

    async def greet(self, name: str) -> None:
        time.sleep(0.01)  # people type slowly
        self.greeted.append(name)

    def heard(self, text: str) -> None:
        self.answer.set_result(text)

    async def run(self) -> str:
        await asyncio.gather(self.greet("Ada"), self.greet("Grace"))
        self.loop.call_later(0.05, self.heard, "fine")
        try:
            return await asyncio.wait_for(self.answer, timeout=0.02)
        except TimeoutError:
            await asyncio.sleep(0.05)
            return f"no answer from {' and '.join(self.greeted)}"


loop = asyncio.new_event_loop()
print(loop.run_until_complete(Bot(loop).run()))
