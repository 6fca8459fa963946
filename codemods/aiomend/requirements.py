"""Which fixes a fix builds on: those without which nobody would have found it, or not in these words."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module
from aiomend.model import Evidence, Finding, TextEdit
from aiomend.rules import Fix

if TYPE_CHECKING:
    from aiomend.deciding import File

    Node = ast.expr | ast.stmt | ast.ExceptHandler


@dataclass(slots=True)
class Applied:
    """What went into the files so far: the places that each fix wrote anew, by path, and the last round of them."""

    edits: dict[str, list[tuple[TextEdit, str]]] = field(default_factory=lambda: defaultdict(list))
    last: dict[str, set[str]] = field(default_factory=dict)  #: ids by path

    def add(self, findings: Collection[Finding]) -> None:
        """Record the fixes of one round; a round without any leaves the last one what it is."""
        if findings:
            self.last = {}
        for finding in findings:
            for path in finding.paths:
                self.last.setdefault(path, set()).add(finding.id)
            for edit in finding.fix.edits if finding.fix is not None else ():
                self.edits[edit.path].append((edit, finding.id))

    def needed(
        self, files: Mapping[str, File], module: Module, fix: Fix, finding: Finding, earlier: Finding, seen: bool
    ) -> set[str]:
        """Return the ids of the fixes that ``fix`` builds on, which ``finding`` reports.

        They wrote its statement, the header of a function around it, or a line that its evidence names, also that of the
        ``earlier`` finding, which may have said what stood in its way. Where the rules looked at the file before (it was ``seen``) and found nothing, the last round brought it about: if none of those
        is from there, by anything that it did to the file, or else to others.
        """
        if not self.last:
            return set()
        original = files[module.path].places.original
        places = [(module.path, original(start), original(end)) for start, end in _spans(module, fix.node)]
        places += [line for item in (*finding.evidence, *earlier.evidence) if (line := _line(files, item)) is not None]
        found = {
            writer
            for path, start, end in places
            for edit, writer in self.edits.get(path, ())
            if edit.start <= end and start <= edit.end
        }
        if seen:
            found |= self._freeing(files, module)
        lately = {one for ids in self.last.values() for one in ids}
        if seen and not found & lately:
            found |= self.last.get(module.path) or lately
        return found - {finding.id}

    def _freeing(self, files: Mapping[str, File], module: Module) -> set[str]:
        """Return the fixes that took `async` as a name out of a file: only without it is the file for newer Pythons."""
        original = files[module.path].original
        if not original.placeholders or module.source.placeholders:
            return set()
        return {
            writer
            for edit, writer in self.edits.get(module.path, ())
            if original.code[edit.start : edit.end] != original.text[edit.start : edit.end]
        }


def _line(files: Mapping[str, File], item: Evidence) -> tuple[str, int, int] | None:
    """Return the place of a line that evidence names; None for one in a file that no rule looked at."""
    source = files[item.path].original if item.path in files else None
    if source is None or item.line > len(source.starts):
        return None
    end = source.starts[item.line] - 1 if item.line < len(source.starts) else len(source.text)
    return item.path, source.starts[item.line - 1], end


def _spans(module: Module, node: Node) -> Iterator[tuple[int, int]]:
    """Yield the places of the current text that make a finding at ``node`` what it is: first and last offset."""
    yield module.source.span(node)
    yield _header(module, module.facts.statement(node))
    around: ast.AST | None = node
    while around is not None:
        if isinstance(around, FUNCTIONS):
            yield _header(module, around)
        around = module.facts.parents.get(around)


def _header(module: Module, statement: ast.stmt) -> tuple[int, int]:
    """Return a statement without its blocks, with its decorators."""
    start, end = module.source.span(statement)
    first = min([start, *(module.source.span(one)[0] for one in getattr(statement, "decorator_list", ()))])
    body = getattr(statement, "body", None)
    if isinstance(body, list) and body:
        end = module.source.span(body[0])[0] - 1
    return first, max(first, end)
