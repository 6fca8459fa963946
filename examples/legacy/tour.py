"""The courier's day."""

import asyncio

from courier import Courier


@asyncio.coroutine
def tour():
    done = yield from Courier().round(["books", "flowers", "tea"])
    print("delivered:", ", ".join(done))


if __name__ == "__main__":
    loop = asyncio.get_event_loop()
    loop.run_until_complete(tour())
    loop.close()
