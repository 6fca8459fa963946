"""What runs only where somebody asked for it, and which words say so."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.options import is_choice, is_debug_flag, is_in_function_about, is_optional, name_parts
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]


@pytest.mark.parametrize(
    "text",
    [
        "mark()",
        "if mark(): pass",
        "if __name__ == '__main__': mark()",
        "if sys.platform == 'win32': mark()",
        "if sys.version_info > (3, 8): mark()",
        "if TYPE_CHECKING: mark()",
        "while mark(): pass",
        "while True: mark()",
        "while 1: mark()",
        "for y in x: mark()",
        "with x: mark()",
        "try: mark()\nexcept x: pass",
        "try: pass\nfinally: mark()",
        "x = 1 if mark() else 2",
        "mark() and x",
        "def f(): mark()",
        "if x: return_()\nmark()",
    ],
)
def test_it_runs_whenever_what_is_around_it_does(see: See, marked: Marked, text: str) -> None:
    module = see(f"{text}\n")
    assert not is_optional(module.facts, marked(module))


@pytest.mark.parametrize(
    "text",
    [
        "if x: mark()",
        "if x: pass\nelse: mark()",
        "if sys.platform == 'win32' and args.fast: mark()",
        "x = mark() if y else 2",
        "x = 2 if y else mark()",
        "x and mark()",
        "x or mark()",
        "while x: mark()",
        "while x():\n    for y in x: mark()",
        "match x:\n    case 1: mark()",
        "try: pass\nexcept x: mark()",
        "def f():\n    if not args.debug: return\n    mark()",
        "def f():\n    if os.environ.get('DEBUG') is None: return\n    mark()",
    ],
)
def test_it_runs_where_a_test_says_so(see: See, marked: Marked, text: str) -> None:
    module = see(f"{text}\n")
    assert is_optional(module.facts, marked(module))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("app_debugMode", {"app", "debug", "mode"}),
        ("HTTPServer2", {"http", "server", "2"}),
        ("DEBUG", {"debug"}),
        ("--no-color", {"no", "color"}),
        ("__x__", {"x"}),
        ("", set()),
    ],
)
def test_the_words_of_a_name(name: str, parts: set[str]) -> None:
    assert name_parts(name) == parts


@pytest.mark.parametrize(
    ("test", "is_one"),
    [
        ("args.fast", True),
        ("os.environ['X']", True),
        ("os.getenv('X') == '1'", True),
        ("x['debug']", True),
        ("not settings", True),
        ("TEST_MODE", True),
        ("x", False),
        ("__debug__", True),
        ("len(arguments) > 1", False),
        ("x == 1", False),
        ("sys.platform", False),
    ],
)
def test_a_choice(test: str, is_one: bool) -> None:
    assert is_choice(ast.parse(test, mode="eval").body) is is_one


@pytest.mark.parametrize(
    ("flag", "is_one"),
    [
        ("args.debug", True),
        ("DEBUG", True),
        ("debugMode", True),
        ("os.environ.get('APP_DEBUG')", True),
        ("x['debug']", True),
        ("x[debug]", True),
        ("get('x', 'debug')", False),
        ("debug()", False),
        ("debug.x", False),
        ("debugger", False),
        ("args.verbose", False),
        ("not debug", False),
        ("True", False),
    ],
)
def test_a_flag_for_debugging(flag: str, is_one: bool) -> None:
    assert is_debug_flag(ast.parse(flag, mode="eval").body) is is_one


@pytest.mark.parametrize(
    ("name", "is_one"), [("enable_debug", True), ("debugging", True), ("setDebug", True), ("run", False), ("undebug", False)]
)  # fmt: skip
def test_a_function_about_a_word(see: See, marked: Marked, name: str, is_one: bool) -> None:
    module = see(f"class Debug:\n  def {name}(self):\n    def g(): mark()\n")
    assert is_in_function_about(module.facts, marked(module), "debug") is is_one
