"""What the user decided: target range, selection, levels and the options of single rules. Data only; no files are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiomend.codes import prefix_of, section_term

Version = tuple[int, int]

OLDEST: Version = (3, 6)
NEWEST: Version = (3, 15)


class SettingsError(ValueError):
    """A value that the user gave makes no sense; the text says what, and what would."""


@dataclass(frozen=True, slots=True)
class TargetRange:
    """Every version that the written code must run on, both ends included."""

    low: Version = (3, 8)
    high: Version = NEWEST
    origin: str = "the default"  #: where it came from, for the first line of a report

    def __str__(self) -> str:
        low, high = (".".join(map(str, v)) for v in (self.low, self.high))
        return low if low == high else f"{low}-{high}"

    @classmethod
    def parse(cls, text: str, origin: str = "--target-version") -> TargetRange:
        """Return the range for ``3.8`` (that version only) or ``3.6-3.13``; raises SettingsError."""
        match = re.fullmatch(r"\s*3\.(\d{1,2})\s*(?:-\s*3\.(\d{1,2})\s*)?", text)
        if not match:
            raise SettingsError(f"{origin}: {text!r} is no version range; write 3.8 or 3.6-3.13")
        low = (3, int(match[1]))
        high = (3, int(match[2])) if match[2] else low
        if not OLDEST <= low <= high <= NEWEST:
            raise SettingsError(f"{origin}: {text!r} must lie in 3.6-3.15, lower end first")
        return cls(low, high, origin)

    def all_at_least(self, version: Version) -> bool:
        """True where a feature that came with ``version`` exists on the whole range."""
        return self.low >= version

    def reaches(self, version: Version) -> bool:
        """True where the range ends at ``version`` or later."""
        return self.high >= version


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rules: full codes, sections (``AIO0`` to ``AIO10``: numbers, never string prefixes), prefixes or names."""

    terms: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, terms: tuple[str, ...] | list[str], known: Mapping[str, str], origin: str) -> Selection:
        """Return the selection; ``known`` maps every code to its rule's name. Raises SettingsError on an unknown term."""
        if not terms:
            return cls()
        from aiomend.guide import SECTIONS

        kept: set[str] = set()
        names = {name: code for code, name in known.items()}
        prefixes = {prefix_of(code) for code in known}
        groups = prefixes | {f"{prefix}{number}" for prefix in prefixes for number in SECTIONS}
        for term in (part.strip() for given in terms for part in given.split(",")):
            if not term:
                continue
            upper = term.upper()
            if upper in known or upper in groups or upper == "ALL":
                kept.add(upper)
            elif term in names:
                kept.add(names[term])
            else:
                from difflib import get_close_matches

                close = get_close_matches(term, [*names, *known], n=1) or get_close_matches(upper, list(known), n=1)
                hint = f"did you mean {close[0]}?" if close else "`aiomend rules` lists them"
                if re.fullmatch(r"[A-Z]{2,10}\d{0,4}", term) and prefix_of(term) not in prefixes:
                    hint += f"; no rule package with the prefix {prefix_of(term)} is loaded"
                raise SettingsError(f"{origin}: no rule, section or name {term!r}; {hint}")
        return cls(frozenset(kept))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def names_in_full(self, code: str) -> bool:
        """True where the rule's own code (or name) was given, as opt-in rules demand."""
        return code in self.terms

    def names(self, code: str) -> bool:
        """True where the rule's code (or name) or its section was given, not only everything."""
        return not self.terms.isdisjoint({code, section_term(code)})

    def __contains__(self, code: object) -> bool:
        if not isinstance(code, str):
            return False
        return not self.terms.isdisjoint({"ALL", code, section_term(code), prefix_of(code)})


EVERYTHING = Selection(frozenset({"ALL"}))
NOTHING = Selection()


@dataclass(frozen=True, slots=True)
class Style:
    """How the project writes, so that new code looks like its surroundings."""

    line_length: int = 88
    preserve_quotes: bool = False  #: the formatter leaves quotes alone
    single_quotes: bool = False
    magic_trailing_comma: bool = True
    follows_file: bool = False  #: nobody says how long a line may be: what a file keeps to counts instead


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides what happens to one file. Hashable, so that equal settings are shared."""

    target: TargetRange = field(default_factory=TargetRange)
    select: Selection = EVERYTHING
    ignore: Selection = NOTHING
    unsafe: Selection = NOTHING  #: the rules whose unsafe fixes are applied
    offload: str = "run_in_executor"  #: or "to_thread"
    future_guard: str = "cancelled"  #: or "done"
    chain: str = "await"  #: or "task"
    consume: str = "callback"  #: or "chain", or "run" at a program's entry
    chain_without_evidence: bool = False
    asyncio_log_level: str = "WARNING"  #: what AIO501 gives asyncio's logger: also "DEBUG", "INFO" or "ERROR"
    brief_calls: bool = False
    blocking_calls: tuple[tuple[str, str], ...] = ()  #: (qualified name, kind) pairs that extend the catalogue
    helpers: str = "auto"  #: where helper functions go: also "module", or "pkg.mod"
    executor: str | None = None  #: "pkg.mod:name", replaces None in run_in_executor
    style: Style = field(default_factory=Style)
