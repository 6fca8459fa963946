"""Files as they lie about in old repositories: each as pieces that must keep their bytes, around one trap."""

from __future__ import annotations

import os
from dataclasses import dataclass

_IMPORTS = b"import asyncio\nimport time\n\n\n"
_CLOCK = b"def now():\n    return time.time()\n"  # without it, the fix would take the import of time, too
_TRAP = b"async def wait():\n    time.sleep(1)\n"
_MENDED = b"async def wait():\n    await asyncio.sleep(1)\n"


@dataclass(frozen=True, slots=True)
class Odd:
    """A file with one trap, and the bytes that it must have without it; alike where nothing may change."""

    name: str  #: what is odd about it
    before: bytes
    after: bytes

    @property
    def file(self) -> str:
        """A file name made of the name."""
        return self.name.replace(" ", "_").replace("+", "") + ".py"


def _odd(name: str, head: bytes = b"", inside: bytes = b"", tail: bytes = b"") -> Odd:
    """A file with bytes of its own before the imports, in the body of the trap's function and at the end."""
    start, end = head + _IMPORTS, inside + b"\n\n" + _CLOCK + tail
    return Odd(name, start + _TRAP + end, start + _MENDED + end)


def _with(odd: Odd, old: bytes, new: bytes, name: str) -> Odd:
    """The same file with other bytes throughout."""
    return Odd(name, odd.before.replace(old, new), odd.after.replace(old, new))


def _statement(name: str, old: bytes, new: bytes) -> Odd:
    """A file whose trap looks odd itself."""
    start, end = _IMPORTS + b"async def wait():\n", b"\n\n" + _CLOCK
    return Odd(name, start + old + end, start + new + end)


def _last(name: str, newline: bytes) -> Odd:
    """The trap is the last thing in the file, and nothing ends its line."""
    start = (_IMPORTS + _CLOCK + b"\n\n").replace(b"\n", newline)
    before, after = (text.rstrip(b"\n").replace(b"\n", newline) for text in (_TRAP, _MENDED))
    return Odd(name, start + before, start + after)


def _mixed() -> Odd:
    """Every second line ends as Windows lines do; each keeps its own end."""
    lines = _odd("").before.split(b"\n")
    mixed = b"".join(line + (b"\r\n" if at % 2 else b"\n") for at, line in enumerate(lines[:-1]))
    return Odd("mixed line ends", mixed, mixed.replace(b"time.sleep(1)", b"await asyncio.sleep(1)"))


_PLAIN = _odd("plain")
_TEXTS = "'one\u2028two\u2029three\x85four\x1cfive\x1dsix\x1eseven\x0beight\x0cnine'".encode()

EDITED = (
    _PLAIN,
    _with(_PLAIN, b"\n", b"\r\n", "CRLF"),
    _with(_PLAIN, b"\n", b"\r", "lone CR"),
    _mixed(),
    _odd("two line ends at the end", tail=b"\n\n"),
    _odd("blanks at the end", tail=b"   "),
    _odd("comment without a line end", tail=b"# the end"),
    _odd("CR at the end", tail=b"\r"),
    _odd("CR LF at the end", tail=b"\r\n"),
    _odd("backslash continuation", tail=b"x = 1 + \\\n    2\n"),
    _last("edited last line", b"\n"),
    _last("edited last line CRLF", b"\r\n"),
    _last("edited last line CR", b"\r"),
    _odd("BOM", head=b"\xef\xbb\xbf"),
    _with(_odd("", head=b"\xef\xbb\xbf# \xc3\xa4\n"), b"\n", b"\r\n", "BOM and CRLF"),
    _odd("BOM and cookie", head=b"\xef\xbb\xbf# coding: utf-8\n"),
    _odd("latin-1", head=b"# -*- coding: latin-1 -*-\n# caf\xe9\n", inside=b"    return '\xe9\xa0\x85\xff'\n"),
    _odd("cp1252", head=b"# vim: set fileencoding=cp1252 :\n", inside=b"    return '\x80\x9f'  # \x80\n"),
    _odd("koi8-r", head=b"#!/usr/bin/python\n# coding=koi8-r\n", tail=b"# \xf0\xf2\xe9\xf7\xe5\xf4\n"),
    _odd("shift-jis", head=b"# coding: shift_jis\n", inside="    return '表示'  # ソ\n".encode("shift_jis")),
    _odd("form feed before def", tail=b"\x0c\ndef late():\n    pass\n\x0c\n"),
    _odd("form feed on the line of a def", tail=b"\x0cdef late():\n    pass\n"),
    _odd("form feed in the function", inside=b"\x0c\n    return 1\n"),
    _odd("line ends only for Unicode", head=b"# " + _TEXTS + b"\n", inside=b"    return " + _TEXTS + b"\n"),
    _odd("vertical tab in a comment", inside=b"    # a\x0bb\x1cc\xc2\x85d\xe2\x80\xa8e\n"),
    _odd("long line", tail=b"x = '" + b"y" * 1_000_000 + b"'\n"),
    _odd("long line in the function", inside=b"    return [" + b"1, " * 20_000 + b"]\n"),
    _odd("long comment", inside=b"    # " + b"z" * 1_000_000 + b"\n"),
    _odd("blanks at line ends", head=b"x = 1   \n\t\n   \n", inside=b"    return 1 \t \n"),
    _odd("emoji", head="# 🦄\n".encode(), inside="    return '🦄' + '\U0010fffd'\n".encode()),
    _odd("bidi and zero width", inside="    return 'a\u202eb\u200bc'  # \u2066\n".encode()),
    _with(_PLAIN, b"    ", b"\t", "tabs"),
    _with(_PLAIN, b"    ", b" ", "one blank"),
    _odd("tabs elsewhere", tail=b"def late():\n\tif late:\n\t\tpass\n"),
    _odd("blanks nobody needs", tail=b"def late ( a,b = 1 ) :\n    x=late ( a , b );y = {  1:2  }\n"),
    _statement("comment behind", b"    time.sleep(1)  # nap  \n", b"    await asyncio.sleep(1)  # nap  \n"),
    _statement("comment before", b"  # dedented\n    time.sleep(1)\n", b"  # dedented\n    await asyncio.sleep(1)\n"),
    _statement(
        "comments inside",
        b"    time.sleep(  # a\n        # b\n        1  # c\n        # d\n    )  # e\n",
        b"    await asyncio.sleep(  # a\n        # b\n        1  # c\n        # d\n    )  # e\n",
    ),
    _statement(
        "semicolons",
        "    x = 'ä' ; time.sleep(1) ;y=2\n".encode(),
        "    x = 'ä' ; await asyncio.sleep(1) ;y=2\n".encode(),
    ),
    _statement("one line", b"    if 1 : time.sleep(1)\n", b"    if 1 : await asyncio.sleep(1)\n"),
    _statement(
        "continued line",
        b"    x = 1 + \\\n  2; time.sleep( \\\n 1)\n",
        b"    x = 1 + \\\n  2; await asyncio.sleep( \\\n 1)\n",
    ),
    _statement(
        "behind a text of many lines",
        b"    x = '''\n\x0c\\\n'''; time.sleep(1)\n",
        b"    x = '''\n\x0c\\\n'''; await asyncio.sleep(1)\n",
    ),
)

LEFT_ALONE = tuple(
    Odd(name, data, data)
    for name, data in (
        ("empty", b""),
        ("only a line end", b"\n"),
        ("only blanks", b"  \t"),
        ("only a BOM", b"\xef\xbb\xbf"),
        ("only a comment", b"# asyncio time.sleep"),
        ("only a form feed", b"\x0c"),
        ("NUL", _PLAIN.before + b"\x00\n"),
        ("NUL in a comment", b"# \x00\n" + _PLAIN.before),
        ("no UTF-8", b"# \xff\n" + _PLAIN.before),
        ("no such encoding", b"# coding: klingon\n" + _PLAIN.before),
        ("UTF-16", b"\xff\xfe" + _PLAIN.before.decode().encode("utf-16-le")),
        ("UTF-7", b"# coding: utf-7\n# +AOQ-\n" + _PLAIN.before),
        ("BOM and another cookie", b"\xef\xbb\xbf# coding: latin-1\n" + _PLAIN.before),
        ("two BOMs", b"\xef\xbb\xbf\xef\xbb\xbf" + _PLAIN.before),
        ("broken", _PLAIN.before + b"def f(:\n"),
        ("tabs and blanks at odds", b"if 1:\n        x = 1\n\ty = 2\n" + _PLAIN.before),
        ("half a text", _PLAIN.before + b"x = '''\n"),
        ("a merge conflict", b"<<<<<<< HEAD\n" + _PLAIN.before + b"=======\n>>>>>>> x\n"),
    )
)

FILE_NAMES = tuple(
    os.fsdecode(name)
    for name in (
        b"plain.py",
        b"with blanks .py",
        b" leading.py",
        b"-leading-dash.py",
        b"--unsafe.py",
        b"quo\"te's.py",
        b"back\\slash.py",
        b"tab\there.py",
        b"new\nline.py",
        b"carriage\rreturn.py",
        b"bell\x07escape\x1b[31m.py",
        b"sternchen*[a-z]?.py",
        b"$(touch gone)`x`;&|.py",
        b":(exclude)x.py",
        b"#hash!.py",
        "umläut.py".encode(),
        "combining-u\u0308.py".encode(),
        "right\u202eleft.py".encode(),
        b"latin-\xe9.py",
        b"\xff\xfe.py",
        b"b/a.py",
        b"dev/null.py",
        b"in a folder \xe9/--/a\nb.py",
    )
)
