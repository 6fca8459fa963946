"""A place where a coroutine ends up, and what is done with it there."""

from __future__ import annotations

import ast
import enum
from dataclasses import dataclass

from aiomend.facts.module import ModuleFacts

DEPTH = 4  #: functions through which a coroutine is handed on


class Kind(enum.Enum):
    """What is done with a coroutine at an end."""

    DELEGATED = "a plain generator delegates to it"
    RETURNED = "a plain function returns it"
    STEPPED = "somebody goes through it by hand"
    AGAIN = "it is waited for a second time"
    ASKED = "somebody asks whether it is an iterator"
    LOST = "it goes where nobody follows it"


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """A place where a coroutine ends up. ``is_sure``: it surely gets there. ``is_shared``: other things may, too."""

    kind: Kind
    facts: ModuleFacts
    node: ast.expr | ast.Return
    is_sure: bool = True
    is_shared: bool = False
