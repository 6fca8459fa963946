"""``python -m aiomend_cli``; in a folder that has an ``importlib`` of its own only ``aiomend`` and ``python -P -m`` load none of it."""

import os
import sys

if not sys.flags.safe_path and sys.path[0] == os.getcwd() and not os.path.isdir("aiomend_cli"):  # noqa: PTH109, PTH112
    del sys.path[0]  # the working directory is the user's code: a typing.py in it is not to be imported

from aiomend_cli.entry import main

main()
