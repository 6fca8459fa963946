"""Which functions have to become native coroutine functions together, and what speaks against it.

`company_of(module, function)` begins with one function, under `@asyncio.coroutine` or a plain generator, and adds

* the plain generators that it waits for: nothing awaits the generator of one;
* the plain generators that delegate to it, or to one of the others: `yield from` takes no native coroutine there;
* the `__await__` and `__iter__` methods that delegate to it: they stay generators, and ask for `.__await__()` instead.

Functions under `@asyncio.coroutine` are never drawn in: what they wait for, and who waits for them, may be either.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiomend.facts.coroutine_bodies import body_of
from aiomend.facts.coroutine_users import decorator_ends, users_of
from aiomend.facts.coroutines_by_use import waited_for
from aiomend.facts.end import Kind
from aiomend.facts.generator_coroutines import Body, Form, form_of
from aiomend.facts.generator_decorators import Effect, bound_first, effect_of
from aiomend.facts.generator_fates import Verdict
from aiomend.facts.generator_steps import Delegate, generator_steps
from aiomend.facts.generator_tests import generator_test
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FunctionNode
from aiomend.facts.values import Function
from aiomend.facts.version_branches import is_for_python2
from aiomend.facts.view import Module
from aiomend.model import Evidence

_LARGEST = 60  #: functions; nobody reads the diff of more as one change
#: Decorators that do with a native coroutine function what they do with a generator-based one.
_HARMLESS = frozenset(
    {"staticmethod", "classmethod", "property", "abc.abstractmethod", "functools.wraps"}
    | {"asyncio.coroutine", "types.coroutine", "typing.no_type_check", "typing.final", "typing.override"}
    | {"typing_extensions.final", "typing_extensions.override", "unittest.skip", "unittest.skipIf"}
    | {"unittest.skipUnless", "unittest.expectedFailure"}
)
_HARMLESS_HOMES = ("pytest.mark.",)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One function of a company."""

    module: Module
    function: FunctionNode
    form: Form
    body: Body


@dataclass(slots=True, eq=False)
class Company:
    """Functions that change together. ``reason`` says why they cannot, ``doubts`` why the change may be wrong."""

    members: list[Member] = field(default_factory=list)
    protocols: list[tuple[Module, Delegate]] = field(default_factory=list)  #: `yield from` that ask for `.__await__()`
    reason: str | None = None
    doubts: list[str] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def others(self) -> list[Member]:
        """The functions that come along."""
        return self.members[1:]

    def breaks(self, reason: str | None) -> None:
        """Note a reason; the first one stays."""
        self.reason = self.reason or reason


def _no_companies(_: Inference) -> dict[ast.AST, Company]:
    return {}


def known_company(module: Module, function: FunctionNode) -> Company:
    """Return `company_of` a function of the file that is being looked at, worked out once."""
    known = module.inference.beside(_no_companies)
    if function not in known:
        known[function] = company_of(module, function)
    return known[function]


def company_of(
    module: Module, function: FunctionNode, along: Sequence[tuple[ModuleFacts, FunctionNode]] = ()
) -> Company:
    """Return the functions that have to become native together with ``function``, which comes first, and others."""
    company = Company()
    todo: list[tuple[ModuleFacts, FunctionNode]] = [(module.facts, function), *along]
    seen: set[ast.AST] = {one for _, one in todo}
    while todo and len(company.members) < _LARGEST:
        facts, one = todo.pop(0)
        home = module.beside(facts.path)
        if home is None:
            company.breaks(f"{facts.path} cannot be changed, and `{one.name}()` in it would have to follow")
            continue  # nothing more to learn of it
        member = Member(home, one, form_of(module.inference, facts, one), body_of(home, one))
        company.members.append(member)
        _read_body(company, member)
        _read_decorators(company, member)
        for more in (*_delegated(company, member), *_read_users(company, member)):
            if more[1] not in seen:
                seen.add(more[1])
                todo.append(more)
    if (place := generator_test(module)) is not None:
        company.doubts.append(f"{place} asks whether something is a generator, which a native coroutine is not")
    if todo:
        company.breaks(f"more than {_LARGEST} functions would have to change together")
    return company


def _named(company: Company, member: Member, reason: str) -> str:
    """Return a reason, with the function that it is about where that is not the first one."""
    if member is company.members[0]:
        return reason
    return f"`{member.function.name}()` ({_at(member.module, member.function)}) would have to follow: {reason}"


def _at(module: Module, node: ast.expr | ast.stmt) -> str:
    return f"{module.path}:{node.lineno}"


def _read_body(company: Company, member: Member) -> None:
    if is_for_python2(member.module.facts):
        reason = "the file is for Python 2 as well, where it imports trollius: `async def` is a SyntaxError there"
        company.breaks(_named(company, member, reason))
    if member.body.reason is not None:
        company.breaks(_named(company, member, member.body.reason))
    company.doubts += [_named(company, member, doubt) for doubt in member.body.doubts]
    if member.form is Form.DECORATED:
        _read_unknown(company, member)


def _read_unknown(company: Company, member: Member) -> None:
    """Note the plain generators that reach a `yield from` as an argument, or by their name on an object not known."""
    known = {one.node for one in member.body.delegations}
    for node in member.body.waits:
        for other in waited_for(member.module, node) if node not in known else []:
            name, path = other.function.name, other.module.path
            place = f"`{name}()` ({_at(other.module, other.function)})"
            company.breaks(
                f"line {node.lineno}: it waits for {place}, which is a plain generator yet: AIO002 comes first"
            )
            company.evidence.append(Evidence(path, other.function.lineno, f"`{name}()` is a plain generator"))


def _delegated(company: Company, member: Member) -> list[tuple[ModuleFacts, FunctionNode]]:
    """Return the plain generators that a member waits for."""
    found: list[tuple[ModuleFacts, FunctionNode]] = []
    for delegation in member.body.delegations:
        for function in delegation.functions:
            assert isinstance(function.node, ast.FunctionDef)
            note = f"`{member.function.name}()` waits for `{function.node.name}()`, a plain generator"
            company.evidence.append(Evidence(member.module.path, delegation.node.lineno, note))
            found.append((function.facts, function.node))
    return found


def _read_users(company: Company, member: Member) -> list[tuple[ModuleFacts, FunctionNode]]:
    """Return the plain generators that delegate to a member; note who drives it by hand."""
    users = users_of(member.module, member.function)
    name = member.function.name
    if users.reason is not None:
        company.doubts.append(_named(company, member, users.reason))
    for driven in users.driven:
        text = driven.facts.source.segment(driven.node)
        place = f"{driven.facts.path}:{driven.node.lineno}"
        if driven.is_sure:
            company.breaks(
                _named(company, member, f"{place} goes through `{text}` by hand, as one does with generators")
            )
        else:
            company.doubts.append(
                _named(company, member, f"{place}: `{text}` may be `{name}()`, and is gone through by hand")
            )
    for driven in users.again:
        place, text = f"{driven.facts.path}:{driven.node.lineno}", driven.facts.source.segment(driven.node)
        if driven.is_sure:
            company.breaks(
                _named(
                    company, member, f"{place} waits for `{text}` a second time: a native coroutine raises RuntimeError"
                )
            )
        else:
            doubt = f"{place}: `{text}` may be waited for a second time, which a native coroutine does not allow"
            company.doubts.append(_named(company, member, doubt))
    for asked in users.asked:
        place, text = f"{asked.facts.path}:{asked.node.lineno}", asked.facts.source.segment(asked.node)
        doubt = f"{place}: `{text}` holds of a generator, and not of a native coroutine"
        company.doubts.append(_named(company, member, doubt))
    _read_lost(company, member, users.lost)
    found: list[tuple[ModuleFacts, FunctionNode]] = []
    for delegate in users.delegates:
        place = f"{delegate.facts.path}:{delegate.node.lineno}"
        text = delegate.facts.source.segment(delegate.node.value)
        if delegate.is_shared and delegate.is_sure and delegate.is_protocol:
            doubt = f"{place}: `{text}` is asked for `.__await__()`, and may hold others than what `{name}()` makes"
            company.doubts.append(_named(company, member, doubt))
        if not delegate.is_sure:
            company.doubts.append(_named(company, member, f"{place}: `{text}` in a plain generator may be `{name}()`"))
        elif delegate.is_protocol:
            home = member.module.beside(delegate.facts.path)
            if home is None:
                company.breaks(f"{place} delegates to `{name}()`, and the file cannot be changed")
            else:
                company.protocols.append((home, delegate))
        else:
            note = f"`{delegate.function.name}()`, a plain generator, delegates to `{name}()`"
            said = Evidence(delegate.facts.path, delegate.node.lineno, note)
            company.evidence += (
                [said] if said not in company.evidence else []
            )  # several members may be waited for there
            found.append((delegate.facts, delegate.function))
    return found


def _read_lost(company: Company, member: Member, lost: Sequence[tuple[ModuleFacts, ast.expr | ast.stmt]]) -> None:
    """Note a place that may drive what is handed on to where nobody follows it."""
    for facts, node in lost:
        if (step := generator_steps(member.module).driving(facts)) is not None:
            place = f"{facts.path}:{node.lineno}"
            company.doubts.append(_named(company, member, f"{step}, and {place} hands on what may get there"))
            return


def _read_effect(company: Company, member: Member, effect: Effect) -> None:
    """Note what stands in the way of a plain generator among its decorators: one of them may be what drives it."""
    if effect.decorator is not None:
        text = member.module.text(effect.decorator)
        company.breaks(_named(company, member, f"what `@{text}` does with a native coroutine function is not known"))
    for use in effect.uses:
        if use.verdict is Verdict.STEPPED:
            company.breaks(_named(company, member, f"{use.module.path}:{use.line}: {use.note}"))


def _read_decorators(company: Company, member: Member) -> None:
    """Note what the decorators of a member may do with what it makes."""
    module = member.module
    if member.form is Form.GENERATOR and isinstance(member.function, ast.FunctionDef):
        _read_effect(company, member, effect_of(module, member.function))
        return
    outer = module.inference.coroutine_decorator(module.facts, member.function)
    gets_plain = False  #: those below it were given the function itself, which was no coroutine function yet
    for decorator in member.function.decorator_list:
        func = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = module.name_of(func)
        if decorator is outer:
            gets_plain = not module.facts.is_generator(member.function)  # of a generator it makes one in place
        if name is not None and (name in _HARMLESS or name.startswith(_HARMLESS_HOMES)):
            continue  # it does the same with either
        text = module.text(decorator)
        if gets_plain:
            doubt = f"`@{text}` was given a plain function, and is given a coroutine function then"
            company.doubts.append(_named(company, member, doubt))
        values = module.values(decorator)
        if not values or not all(isinstance(value, Function) for value in values):
            unknown = f"what `@{text}` does with a native coroutine function is not known"
            company.doubts.append(_named(company, member, unknown))
            continue  # nothing of it can be read
        for value in values:
            assert isinstance(value, Function)
            ends = decorator_ends(module, value, bound_first(value, decorator))
            for end in ends:
                place = f"{end.facts.path}:{end.node.lineno}"
                if end.kind in (Kind.DELEGATED, Kind.STEPPED):
                    by_hand = f"`@{text}` goes through what it makes by hand ({place})"
                    if end.is_sure:
                        company.breaks(_named(company, member, by_hand))
                    else:
                        company.doubts.append(_named(company, member, f"perhaps {by_hand}"))
                elif end.kind is Kind.AGAIN:
                    again = f"what it makes under `@{text}` may be waited for a second time ({place})"
                    company.doubts.append(_named(company, member, f"{again}, which a native coroutine does not allow"))
            _read_lost(company, member, [(end.facts, end.node) for end in ends if end.kind is Kind.LOST])
