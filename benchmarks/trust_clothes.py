"""What programs have in common: functions to print with, ways to be run, and how text and imports look."""

from __future__ import annotations

import random
import re

_MODULE = re.compile(r"\b(asyncio|time|subprocess|socket|threading)\.(\w+)")

PRELUDE = '''\
def trace(*values):
    print(*values)
    return values[0] if values else None


def plainly(function):
    """A decorator that hands back what it was given."""
    return function


def tagged(**tags):
    def decorate(function):
        function.tags = tags
        return function

    return decorate


def finish(future, value):
    if not future.done():
        future.set_result(value)


class Room:
    def __init__(self, name):
        self.name = name

    async def __aenter__(self):
        trace("enter", self.name)
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *what):
        await asyncio.sleep(0)
        trace("leave", self.name)


async def numbers(top=2):
    for number in range(top):
        await asyncio.sleep(0)
        yield number
'''

ENDINGS = (
    "asyncio.run(main())\n",
    'if __name__ == "__main__":\n    asyncio.run(main())\n',
    "def start():\n    asyncio.run(main())\n\n\nstart()\n",
    "loop = asyncio.new_event_loop()\nasyncio.set_event_loop(loop)\ntry:\n    loop.run_until_complete(main())\n"
    "finally:\n    loop.close()\n",
    "with asyncio.Runner() as runner: runner.run(main())\n",
)


def spelled(text: str, rng: random.Random) -> str:
    """The text with its imports: modules by their own name, by another one, or name by name."""
    imports: list[str] = []
    for module in ("asyncio", "time", "subprocess", "socket", "threading"):
        used = sorted({match[2] for match in _MODULE.finditer(text) if match[1] == module})
        if not used:
            continue
        match rng.randrange(4):
            case 0:
                alias = f"{module[:3]}_{module[-1]}"
                imports.append(f"import {module} as {alias}")
                text = re.sub(rf"\b{module}\.(?=\w)", f"{alias}.", text)
            case 1:
                aliases = {name: rng.choice([name, f"{name}_of_{module}"]) for name in used}
                names = ", ".join(n if n == a else f"{n} as {a}" for n, a in aliases.items())
                imports.append(f"from {module} import {names}")
                for name in used:
                    text = re.sub(rf"\b{module}\.{name}\b", aliases[name], text)
            case _:
                imports.append(f"import {module}")
    imports.insert(rng.randrange(len(imports) + 1), "import contextlib")
    head = rng.choice(["", '"""A program."""\n\n', "#!/usr/bin/env python3\n# coding: utf-8\n"])
    return head + "\n".join(imports) + "\n\n\n" + text


def dressed(text: str, rng: random.Random) -> str:
    """The text with tabs, form feeds, Windows line ends or without its last one, or as it is."""
    if rng.random() < 0.1:
        text = re.sub(r"^(?: {4})+", lambda match: "\t" * (len(match[0]) // 4), text, flags=re.MULTILINE)
    if rng.random() < 0.1:
        text = text.replace("\n\n\n", "\n\n\x0c\n")
    if rng.random() < 0.15:
        text = text.replace("\n", "\r\n")
    if rng.random() < 0.1:
        text = text.rstrip("\r\n")
    return text
