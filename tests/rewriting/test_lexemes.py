"""Comments, texts and brackets of code, where `tokenize` sees them."""

from __future__ import annotations

import inspect
import io
import sys
import tokenize
from types import ModuleType

import pytest

from aiomend import engine, verify
from aiomend.facts import environment
from aiomend.rewriting import lexemes as own
from aiomend.rewriting import slices
from aiomend.rewriting.lexemes import lexemes

ODD = {
    "no code": "",
    "a text without an end": "x = 'a\n",
    "quotes in comments": 'x = 1  # it\'s """\n',
    "comments in texts": "x = '# a' + \"# b\" + '''\n# c''' + r'\\# d'\n",
    "a quote behind a backslash": "x = 'a\\'# b' # c\n",
    "quotes in a text of several lines": 'x = """a""b"\\""""  # c\n',
    "empty texts": "x = '' + \"\" + '''''' # a\n",
    "a text over two lines": "x = 'a\\\n# b' # c\r\n",
    "lines that end in each way": "# a\r# b\r\n# c\n",
    "no line end": "# a",
    "a text with expressions": "x = f'{a:#x}' # b\n",
    "a text with expressions in their own quotes": "x = f'{a['# b']}' # c\n",
}


def comments(code: str) -> list[str]:
    """Return the comments as `tokenize` sees them."""
    tokens = tokenize.generate_tokens(io.StringIO(code, newline="").readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


@pytest.mark.parametrize("code", ODD.values(), ids=ODD.keys())
def test_what_is_told_is_what_the_parser_would_see(code: str) -> None:
    try:
        compile(code, "<test>", "exec")
    except SyntaxError:
        return  # nobody asks
    found = lexemes(code)
    assert found is None or [text for _, text in found if text.startswith("#")] == comments(code)
    assert found is not None or (sys.version_info >= (3, 12) and "{" in code)


@pytest.mark.parametrize("module", [engine, verify, environment, own, slices], ids=lambda module: module.__name__)
def test_code_of_every_day_is_told(module: ModuleType) -> None:
    code = inspect.getsource(module)
    found = lexemes(code)
    if found is None:
        assert sys.version_info >= (3, 12)
        return
    assert all(code.startswith(text, at) for at, text in found)
    assert [text for _, text in found if text.startswith("#")] == comments(code)
    assert sum(text in "([{" for _, text in found) == sum(text in ")]}" for _, text in found)
