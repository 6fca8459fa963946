"""A courier of 2015: its coroutines are generators, and its objects carry the loop."""

import asyncio


class Courier:
    def __init__(self, loop=None):
        self.loop = loop or asyncio.get_event_loop()
        self.bag = asyncio.Lock(loop=self.loop)
        self.delivered = []

    @asyncio.coroutine
    def deliver(self, parcel):
        with (yield from self.bag):
            yield from asyncio.sleep(0.01, loop=self.loop)
            self.delivered.append(parcel)

    @asyncio.coroutine
    def round(self, parcels):
        yield from asyncio.wait([self.deliver(parcel) for parcel in parcels])
        return sorted(self.delivered)
