"""The class that a test gets whose mock stands where something is awaited."""

from __future__ import annotations

from aiomend.facts.imported_names import Spelling
from aiomend.facts.view import Module
from aiomend.rewriting.edits import Helper
from aiomend.rewriting.helper_places import has_helper
from aiomend.rewriting.helpers import needed, taken_names

_NAME = "_AwaitableMock"
_CODE = '''class {name}({base}):
    """A mock that can be awaited as well as gone through with `yield from`."""

    def __await__(self):
        return iter(self)
'''


def awaitable_mock(module: Module) -> Helper | None:
    """Return the class of a mock that `await` takes for what `yield from` took it for; None where its name is taken."""
    taken = taken_names(module.facts)
    base = module.spell("unittest.mock", "MagicMock", module.tree)
    if base.module is not None and "MagicMock" not in taken:
        base = Spelling("MagicMock", "unittest.mock", "MagicMock")  # as people import it
    helper = Helper(_NAME, _CODE.format(name=_NAME, base=base.text), needed(base))
    return None if _NAME in taken and not has_helper(module.facts, helper) else helper
