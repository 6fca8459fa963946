"""Runs programs, each in a child process of its own: an interpreter starts once for all of them. Of Python 3.6.

usage: python stage.py FOLDER OUT    (runs each .py file below FOLDER; what it prints, and its end, go to a new folder in OUT)
"""

import asyncio  # noqa: F401  once for all of them, and so is watched where the recorder is in front
import os
import signal
import sys
import types

LIMIT = 30  # seconds for one program


def play(path, out):
    for descriptor, suffix in ((1, ".out"), (2, ".err")):
        with open(out + suffix, "wb") as file:
            os.dup2(file.fileno(), descriptor)
    os.mkdir(out)
    os.chdir(out)
    signal.alarm(LIMIT)
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    module.__file__ = path
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec")
    exec(code, module.__dict__)


def main(folder, out, at_once=4):
    out = os.path.join(os.path.abspath(out), str(len(os.listdir(out))))
    running = {}
    for path in sorted(programs(folder)):
        if len(running) >= at_once:
            reap(running)
        target = os.path.join(out, os.path.relpath(path, folder)[:-3])
        os.makedirs(os.path.dirname(target), exist_ok=True)
        child = os.fork()
        if not child:
            return play(path, target)
        running[child] = target
    while running:
        reap(running)


def programs(folder):
    for place, _, names in os.walk(os.path.abspath(folder)):
        for name in names:
            if name.endswith(".py"):
                yield os.path.join(place, name)


def reap(running):
    child, status = os.wait()
    with open(running.pop(child) + ".end", "w") as file:
        file.write("%d %d" % (child, status))


if __name__ == "__main__":
    main(*sys.argv[1:])
