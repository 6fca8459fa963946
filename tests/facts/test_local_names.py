"""What a person would call the function that a block becomes."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.local_names import name_for
from aiomend.facts.thread_blocks import block_of
from aiomend.facts.view import Module

See = Callable[..., Module]


def _name(see: See, block: str, after: str = "", taken: tuple[str, ...] = (), top: str = "") -> str:
    body = textwrap.indent(f"{block}\n{after}", "  ")
    module = see(
        f"import contextlib, pathlib, sqlite3, subprocess, zipfile, socket, tarfile\n{top}\nasync def f(x):\n{body}\n"
    )
    found = next(one for call in module.facts.calls if (one := block_of(module, call)) is not None)
    return name_for(module, found, set(taken))


ZIP = "with zipfile.ZipFile(x) as z:"


@pytest.mark.parametrize(
    ("block", "after", "name"),
    [
        (f"{ZIP}\n  z.extractall(x)", "", "extract"),
        (f"{ZIP}\n  z.extract(x)", "", "extract"),
        (f"{ZIP}\n  z.namelist()", "", "read"),
        (f"{ZIP}\n  z.other()", "", "read"),
        (f"{ZIP}\n  z.write(x)\n  z.read(x)", "", "write"),
        (f"{ZIP}\n  z.read(x)\n  z.writestr(x)", "", "write"),
        (f"{ZIP}\n  z.writestring(x)", "", "read"),
        (f"{ZIP}\n  data = z.read(x)", "data", "read_data"),
        (f"{ZIP}\n  z.extractall(x)\n  data = z.read(x)", "data", "read_data"),
        (f"{ZIP}\n  _data = z.read(x)", "_data", "read"),
        (f"{ZIP}\n  read = z.read(x)", "read", "read_2"),
        (f"{ZIP}\n  a = z.read(x)\n  b = z.read(x)", "a, b", "read"),
        ("with sqlite3.connect(x) as c:\n  c.execute(x)", "", "query"),
        ("with sqlite3.connect(x) as c:\n  c.executemany(x)", "", "query"),
        ("with sqlite3.connect(x) as c:\n  c.commit()", "", "query"),
        ("with tarfile.open(x) as t:\n  t.extractall()", "", "extract"),
        ("with tarfile.open(x, 'w') as t:\n  t.add(x)", "", "write"),
        ("with tarfile.open(x, mode='x') as t:\n  t.add(x)", "", "write"),
        ("with tarfile.open(x, 'r') as t:\n  t.add(x)", "", "pack"),
        ("with tarfile.open(x, y) as t:\n  t.add(x)", "", "pack"),
        ("with tarfile.open(x, 'w:gz') as t:\n  t.add(x)", "", "pack"),
        ("with tarfile.open('w') as t:\n  t.add(x)", "", "pack"),
        ("with tarfile.open(x, name='w') as t:\n  t.add(x)", "", "pack"),
        ("with socket.create_connection(x) as s:\n  s.sendall(x)", "", "send"),
        ("with socket.create_connection(x) as s:\n  s.recv(x)", "", "receive"),
    ],
)
def test_what_it_is_called(see: See, block: str, after: str, name: str) -> None:
    assert _name(see, block, after) == name


@pytest.mark.parametrize(
    ("taken", "top", "after", "name"),
    [
        ((), "", "", "extract"),
        (("other",), "", "", "extract"),
        (("extract",), "", "", "extract_2"),
        (("extract", "extract_2"), "", "", "extract_3"),
        ((), "extract = 1", "", "extract_2"),
        ((), "def extract(): pass", "", "extract_2"),
        ((), "", "extract()", "extract_2"),
        ((), "def g(): extract = 1", "", "extract"),
    ],
)
def test_a_name_that_is_free(see: See, taken: tuple[str, ...], top: str, after: str, name: str) -> None:
    assert _name(see, f"{ZIP}\n  z.extractall(x)", after, taken, top) == name
