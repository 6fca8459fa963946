"""What runs only where somebody asked for it: code behind an option, a flag or the environment."""

from __future__ import annotations

import ast
import re

from aiomend.facts.entries import is_main_test
from aiomend.facts.flow import guarded
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, last_name

#: Words of names and keys that say: this is somebody's choice.
_CHOICES = frozenset(
    {"args", "argv", "opts", "options", "environ", "getenv", "env", "flags", "config", "settings", "debug", "verbose",
     "quiet", "silent", "dev", "development", "test", "testing", "tests", "production", "prod", "profile"}
)  # fmt: skip
#: Names in tests of where the program runs, which nobody chooses.
_PLATFORM = frozenset({"platform", "version_info", "system", "name", "TYPE_CHECKING", "implementation"})


def is_optional(facts: ModuleFacts, node: ast.expr) -> bool:
    """True where a node runs only if some test says so; tests of the platform and `__name__ == "__main__"` do not count."""
    here: ast.AST = node
    for parent in facts.ancestors(node):
        match parent:
            case ast.If(test=test) if here is not test and not is_main_test(test) and not _is_platform(test):
                return True
            case ast.IfExp(test=test) if here is not test:
                return True
            case ast.BoolOp(values=[first, *_]) if here is not first:
                return True
            case ast.While(test=test) if here is not test and not isinstance(test, ast.Constant):
                return True
            case ast.match_case() | ast.ExceptHandler():
                return True
            case _:
                pass  # runs whenever what is around it does
        here = parent
    return guarded(facts, node, lambda test, _: is_choice(test), spoils=lambda _: False)


def name_parts(name: str) -> frozenset[str]:
    """Return the words that a name is made of, in small letters: `app_debugMode` has three."""
    return frozenset(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name))


def is_choice(test: ast.expr) -> bool:
    """True for a test that asks for an option, a flag, the environment or `__debug__`."""
    return any(_CHOICES & words for inner in ast.walk(test) if (words := _words(inner)))


def is_debug_flag(node: ast.expr) -> bool:
    """True for a name, attribute, item or call such as `args.debug`, `DEBUG`, `os.environ.get("APP_DEBUG")`."""
    match node:
        case ast.Call(args=[key, *_]) | ast.Subscript(slice=key):
            return "debug" in _words(key)
        case ast.Name() | ast.Attribute():
            return "debug" in name_parts(last_name(node))
        case _:
            return False


def _words(node: ast.AST) -> frozenset[str]:
    match node:
        case ast.Name(id=text) | ast.Attribute(attr=text) | ast.Constant(value=str(text)):
            return name_parts(text)
        case _:
            return frozenset()


def _is_platform(test: ast.expr) -> bool:
    named = {last_name(inner) for inner in ast.walk(test) if isinstance(inner, (ast.Name, ast.Attribute))}
    return bool(named & _PLATFORM) and not is_choice(test)


def is_in_function_about(facts: ModuleFacts, node: ast.AST, word: str) -> bool:
    """True in a function whose name has a word that begins with ``word``: who calls it has chosen that."""
    functions = (parent.name for parent in facts.ancestors(node) if isinstance(parent, FUNCTIONS))
    return any(part.startswith(word) for name in functions for part in name_parts(name))
