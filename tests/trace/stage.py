"""Runs programs, each in a child process of its own: an interpreter starts once for all of them. Of Python 3.6.

usage: python stage.py FOLDER    (runs each .py file in it; leaves its output, and its end, beside it)
"""

import asyncio  # noqa: F401  once for all of them, and so is watched where the recorder is in front
import os
import signal
import sys
import types

LIMIT = 30  # seconds for one program


def play(path):
    with open(path[:-3] + ".out", "wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    signal.alarm(LIMIT)
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    with open(path) as file:
        code = compile(file.read(), path, "exec")
    exec(code, module.__dict__)


def main(folder, at_once=4):
    running = {}
    for name in sorted(name for name in os.listdir(folder) if name.endswith(".py")):
        if len(running) >= at_once:
            reap(running)
        path = os.path.join(folder, name)
        child = os.fork()
        if not child:
            return play(path)
        running[child] = path
    while running:
        reap(running)


def reap(running):
    child, status = os.wait()
    path = running.pop(child)
    with open(path[:-3] + ".end", "w") as file:
        file.write("%d %d" % (child, status))


if __name__ == "__main__":
    main(sys.argv[1])
