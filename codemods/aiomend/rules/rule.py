"""What a rule is: metadata, documentation, executed examples, what it finds and how that is rewritten."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from aiomend.codes import section_term
from aiomend.guide import Section, section_of
from aiomend.listing import Spot
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting.edits import Edit, Helper, Import, Need
from aiomend.selecting import is_selected
from aiomend.settings import Settings, Version

if TYPE_CHECKING:
    from aiomend.facts.imported_names import Spelling
    from aiomend.facts.module import ModuleFacts
    from aiomend.facts.scopes import FunctionNode
    from aiomend.facts.view import Module


Place = ast.expr | ast.stmt | ast.ExceptHandler  #: what a finding can be at


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What a fix changes in one file; ``edits`` name nodes of its ``facts``."""

    facts: ModuleFacts
    edits: tuple[Edit, ...]
    needs: tuple[Need, ...] = ()
    #: functions that the edits make coroutine functions; no other one may change its colour
    recoloured: tuple[FunctionNode, ...] = ()
    #: dotted names of the plain functions without parameters that the edits define inside of functions
    local_functions: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return self.facts.path


def parts_of(
    facts: ModuleFacts,
    edits: tuple[Edit, ...],
    needs: tuple[Need, ...],
    recoloured: tuple[FunctionNode, ...] = (),
    local_functions: tuple[str, ...] = (),
) -> tuple[Part, ...]:
    """Return the part of a fix in one file, and one for each other module that gets a helper for it."""
    shared: dict[ModuleFacts, list[Need]] = {}
    own: list[Need] = []
    for need in needs:
        if isinstance(need, Helper) and need.home is not None:
            shared.setdefault(need.home, []).append(replace(need, home=None))
        else:
            own.append(need)
    homes = (Part(home, (), tuple(helpers)) for home, helpers in shared.items())
    return Part(facts, edits, tuple(own), recoloured, local_functions), *homes


@dataclass(frozen=True, slots=True, eq=False)
class Fix:
    """One trap, and the edits that take it away as a whole, in one or more files.

    Without parts it is for a person, and ``reason`` says why.
    """

    rule: type[Rule]
    path: str
    node: Place
    message: str
    safety: Safety
    impact: Impact
    parts: tuple[Part, ...] = ()  #: at most one a file
    reason: str | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def code(self) -> str:
        return self.rule.code

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it changes."""
        return tuple(part.path for part in self.parts)


class Rule:
    """The family of rules. A subclass is one file; everything else derives from the class.

    The docstring is the documentation: one sentence; why; blocks "Before:" and "After:" that a test executes; a paragraph
    that starts with "Fix safety:"; a paragraph that starts with "Silent when".
    """

    code: ClassVar[str]
    name: ClassVar[str]
    safety: ClassVar[Safety]  #: the best level that a fix of this rule can have
    impact: ClassVar[Impact]
    triggers: ClassVar[frozenset[str]]  #: a file without any of these words cannot hold a finding
    whole_words: ClassVar[bool] = False  #: … and parts of longer words do not count
    context: ClassVar[frozenset[str]] = frozenset()  #: … nor one without any of these, where there are some
    spots: ClassVar[tuple[Spot, ...]] = ()  #: … nor one with none of these, where there are some
    is_common: ClassVar[bool] = False  #: these words are everybody's: the file has to have to do with asyncio as well
    wants_coroutines: ClassVar[bool] = False  #: a file that calls what may be a coroutine function can hold one, too
    opt_in: ClassVar[bool] = False  #: runs only when its code is selected in full
    due: ClassVar[Version | None] = (
        None  #: not selected by code or section, it runs where the target reaches this version
    )
    opposite: ClassVar[str] = ""  #: the code of a rule that undoes its work: nobody can select both
    suspends: ClassVar[bool] = False  #: its fixes add suspension points or thread hops: they are never safe
    recolours: ClassVar[bool] = False  #: its fixes may make a plain function a coroutine function

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the traps of one file, with how to take them away."""
        raise NotImplementedError

    def fix(
        self,
        module: Module,
        node: Place,
        message: str,
        *edits: Edit,
        safety: Safety | None = None,
        needs: tuple[Need, ...] = (),
        evidence: tuple[Evidence, ...] = (),
        reason: str | None = None,
        local_functions: tuple[str, ...] = (),
    ) -> Fix:
        """Return a fix at ``node``; ``safety`` defaults to the rule's best level, ``reason`` says why it is lower.

        It is for a person where a name that an import brings means something else at ``node``.
        """
        if (hidden := _hidden(module, node, needs)) is not None:
            return self.manual(module, node, message, hidden, evidence)
        level = self.safety if safety is None else safety
        parts = parts_of(module.facts, edits, needs, local_functions=local_functions)
        return Fix(type(self), module.path, node, message, level, self.impact, parts, reason, evidence)

    def joint(
        self,
        module: Module,
        node: Place,
        message: str,
        parts: tuple[Part, ...],
        evidence: tuple[Evidence, ...] = (),
    ) -> Fix:
        """Return a fix at ``node`` that changes several files, all of them or none."""
        return Fix(type(self), module.path, node, message, self.safety, self.impact, parts, None, evidence)

    def manual(
        self,
        module: Module,
        node: Place,
        message: str,
        reason: str,
        evidence: tuple[Evidence, ...] = (),
    ) -> Fix:
        """Return a finding that a person has to mend, with the reason why no fix is offered."""
        return Fix(type(self), module.path, node, message, Safety.MANUAL, self.impact, (), reason, evidence)

    @classmethod
    def is_selected(cls, settings: Settings) -> bool:
        """True where the rule runs under some settings."""
        return is_selected(cls, settings)

    # ---- documentation ---

    @classmethod
    def runs(cls) -> str:
        """Return when the rule runs, as a phrase for people."""
        if cls.opt_in:
            return f"only when selected as `{cls.code}` or `{cls.name}`"
        if cls.due is None:
            return "by default"
        version, section = ".".join(map(str, cls.due)), section_term(cls.code)
        return (
            f"where the target range reaches {version}, or when selected as `{cls.code}`, `{cls.name}` or `{section}`"
        )

    @classmethod
    def section(cls) -> Section:
        """Return the guide's section that the rule belongs to."""
        return section_of(cls.code)

    @classmethod
    def documentation(cls) -> str:
        """Return the docstring as Markdown."""
        return inspect.cleandoc(cls.__doc__ or "")

    @classmethod
    def summary(cls) -> str:
        """Return the first sentence of the documentation."""
        return cls.documentation().partition("\n\n")[0].replace("\n", " ")

    @classmethod
    def examples(cls) -> list[tuple[str, str]]:
        """Return the (before, after) programs of the documentation."""
        pattern = r"^Before:\n+```python\n(.*?)^```\n+After:\n+```python\n(.*?)^```"
        return re.findall(pattern, cls.documentation(), re.MULTILINE | re.DOTALL)


def _hidden(module: Module, node: Place, needs: tuple[Need, ...]) -> str | None:
    for need in needs:
        if isinstance(need, Import):
            name = module.hidden_name(need.module, need.member, node, need.alias)
            if name is not None:
                return f"`{name}`, which the new code needs, means something else here"
    return None


def imports_of(*spellings: Spelling) -> tuple[Import, ...]:
    """Return the imports that spellings need."""
    return tuple(Import(one.module, one.member) for one in spellings if one.module is not None)
