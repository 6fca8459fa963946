"""Which rules run under some settings: asked of the rules themselves, and of what is listed of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from aiomend.settings import Settings, SettingsError, Version


class Selectable(Protocol):
    """The part of a rule that a selection looks at."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def opt_in(self) -> bool: ...
    @property
    def due(self) -> Version | None: ...
    @property
    def opposite(self) -> str: ...


S = TypeVar("S", bound=Selectable)


def is_selected(rule: Selectable, settings: Settings) -> bool:
    """True where a rule runs under some settings."""
    if rule.code in settings.ignore:
        return False
    if rule.opt_in:
        return settings.select.names_in_full(rule.code)
    is_due = rule.due is None or settings.target.reaches(rule.due) or settings.select.names(rule.code)
    return is_due and rule.code in settings.select


def selected(rules: Iterable[S], settings: Settings) -> list[S]:
    """Return the rules that run under some settings; raises SettingsError where two of them undo each other's work."""
    chosen = {rule.code: rule for rule in rules if is_selected(rule, settings)}
    for rule in chosen.values():
        if rule.opposite in chosen:
            other = chosen[rule.opposite]
            raise SettingsError(
                f"{rule.code} ({rule.name}) and {other.code} ({other.name}) undo each other's work: select one of them"
            )
    return list(chosen.values())
