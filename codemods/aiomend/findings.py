"""From the fixes of a round to findings: their names, their places in the original files, the comments that silence them."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from aiomend.codes import prefix_of
from aiomend.deciding import File, Found, Key
from aiomend.facts.view import Module
from aiomend.identity import Namer, digest
from aiomend.model import Evidence, Finding, Safety
from aiomend.rules import Fix, Rule
from aiomend.rules.suppression import UnusedSuppression
from aiomend.source import last_line
from aiomend.suppressions import Suppression, stands_for

#: Where a sentence speaks of a line: of the file itself, or of one that it names.
_IN_LINE = re.compile(r"(`[^`]*`)|(\b[Ll]ine )(\d+)\b")
_PLACE = re.compile(r"([^\s()`'\"]+\.pyi?):(\d+)\b")


def is_suppressed(file: File, module: Module, fix: Fix) -> bool:
    """True where a comment at the place of a fix silences it; one of aiomend's own has been of use then."""
    original = {file.original.line_of(offset) for offset in _places(file, module, fix.node)}
    match file.suppressions.match(fix.code, fix.rule.name, original):
        case Suppression() as comment:
            file.used.add(comment)
            return True
        case foreign:
            return bool(foreign)


def _places(file: File, module: Module, node: ast.stmt | ast.expr | ast.ExceptHandler) -> Iterator[int]:
    """Yield where the lines of a node, and the first one of its statement, were in the original file; of a statement, its first and last line."""
    statement = module.facts.statement(node)
    begin, end = module.source.span(node)
    yield file.places.original(begin)
    yield file.places.original_end(end)
    if node is not statement:
        yield file.places.original(module.source.span(statement)[0])
        for line in range(node.lineno, last_line(node)):
            yield file.places.original(module.source.starts[line])


def named(files: Mapping[str, File], module: Module, fix: Fix, namer: Namer) -> Found:
    """Return a fix with the finding that reports it: the one of an earlier round where it is the same trap."""
    rule, file = fix.rule, files[module.path]
    begin, stop = module.source.span(fix.node)
    start = file.places.original(begin)
    end = max(start, file.places.original_end(stop))
    key = _key(file, fix.code, start, end)
    is_changed = file.original.text[start:end] != module.source.text[begin:stop]
    if start == end:  # inside of what an earlier round wrote: the line that it replaced says where
        start, end = _line(file, start)
    line, end_line = file.original.line_of(start), file.original.line_of(end)
    finding = Finding(
        id=namer.id(fix),
        code=fix.code,
        name=rule.name,
        section=rule.section().number,
        impact=fix.impact,
        message=_as_in_the_original(files, module, fix.message),
        path=fix.path,
        line=line,
        column=start - file.original.starts[line - 1] + 1,
        end_line=end_line,
        end_column=end - file.original.starts[end_line - 1] + 1,
        safety=fix.safety,
        applied=False,
        reason=_as_in_the_original(files, module, fix.reason) if fix.reason is not None else None,
        url=rule.section().url,
        evidence=tuple(_original_evidence(files, one) for one in fix.evidence),
    )
    if key not in file.findings:
        key = _same_trap(file, finding) or _first_of_line(file, fix.code, start, end) or key
    if key not in file.findings and is_changed:
        key = _around(file, fix.code, start, end) or key
    known = file.findings.get(key)
    if known is not None:
        finding = dataclasses.replace(finding, id=known.id)  # seen before: other fixes changed its text
    else:
        file.findings[key] = finding
    return Found(fix, finding, key)


def _as_in_the_original(files: Mapping[str, File], module: Module, text: str) -> str:
    """Return a sentence with the names and the lines that the files have, not those that their trees have by now."""
    for stand_in, word in module.source.placeholders:
        text = re.sub(rf"\b{re.escape(stand_in)}\b", word, text)
    text = _IN_LINE.sub(
        lambda found: found[1] or f"{found[2]}{_original_line(files, module.path, int(found[3]))}", text
    )
    return _PLACE.sub(lambda found: f"{found[1]}:{_original_line(files, found[1], int(found[2]))}", text)


def _original_line(files: Mapping[str, File], path: str, line: int) -> int:
    """Return which line of a file was what is that line of it now."""
    file = files.get(path)
    if file is None or line > len(file.source.starts):
        return line
    return file.original.line_of(file.places.original(file.source.starts[line - 1]))


def _line(file: File, offset: int) -> tuple[int, int]:
    """Return the offsets of the original line that holds ``offset``, without the blanks around its code."""
    number = file.original.line_of(offset)
    text, start = file.original.line(number).rstrip(), file.original.starts[number - 1]
    return start + len(text) - len(text.lstrip()), start + len(text)


def note_unused_suppressions(path: str, file: File, rules: Collection[type[Rule]]) -> None:
    """Put a finding into the file for each comment that silenced nothing, as far as its rules ran; ``rules`` are all."""
    ran = {
        rule.code for rule in file.screen.rules
    }  # of those that its words rule out, too, there is nothing to silence
    if UnusedSuppression.code not in ran:
        return  # not selected
    seen: Counter[str] = Counter()
    for comment in file.suppressions.own:
        words = file.original.line(comment.line)[comment.column - 1 : comment.end_column - 1]
        seen[words] += 1
        meant = {rule.code for rule in rules if comment.means(rule.code, rule.name)}
        unknown = [term for term in sorted(comment.terms) if _names_nothing(term, rules)]
        optional = {rule.code for rule in rules if rule.opt_in and rule.code not in comment.terms}
        if not unknown and (comment in file.used or not meant or not meant - optional <= ran):
            continue  # needed, or some of its rules did not run
        offset = file.original.starts[comment.line - 1] + comment.column - 1
        file.findings[(UnusedSuppression.code, offset, offset)] = _unused(
            path, comment, unknown, digest(f"{UnusedSuppression.code}\0{path}\0{words}", seen[words])
        )


def _names_nothing(term: str, rules: Collection[type[Rule]]) -> bool:
    """True for a term by which no rule goes; a code with another prefix may be one of a package that this run does without."""
    if any(stands_for(term, rule.code, rule.name) for rule in rules):
        return False
    is_code = re.fullmatch(r"[A-Z]{2,10}\d{0,4}", term) is not None
    return not is_code or prefix_of(term.upper()) in {prefix_of(rule.code) for rule in rules}


def _original_evidence(files: Mapping[str, File], evidence: Evidence) -> Evidence:
    return dataclasses.replace(evidence, line=_original_line(files, evidence.path, evidence.line))


def _same_trap(file: File, finding: Finding) -> Key | None:
    """Return where a trap was first seen that waits for its turn, and that another fix has written anew since then."""
    return next((key for key, seen in file.findings.items() if seen.id == finding.id and not seen.applied), None)


def _first_of_line(file: File, code: str, start: int, end: int) -> Key | None:
    """Return where a trap was first seen that waits for its turn, and whose code begins a line that was written anew."""
    key = _key(file, code, start, end)
    return key if key in file.findings and not file.findings[key].applied else None


def _around(file: File, code: str, start: int, end: int) -> Key | None:
    """Return where a trap was first seen that waits for its turn, and whose code holds what a place was written anew from."""
    return next(
        (
            key
            for key, seen in file.findings.items()
            if key[0] == code and key[1] <= start and end <= key[2] and not seen.applied
        ),
        None,
    )


def _key(file: File, code: str, start: int, end: int) -> Key:
    """Where a finding is kept. After a round of edits its end may have moved: the place of its start says which it is."""
    if (code, start, end) in file.findings or not file.places:
        return code, start, end
    return next((key for key in file.findings if key[:2] == (code, start)), (code, start, end))


def _unused(path: str, comment: Suppression, unknown: Sequence[str], name: str) -> Finding:
    rule = UnusedSuppression
    codes = ", ".join(sorted(comment.terms)) or "any rule"
    message = f"this comment silences nothing: no finding of {codes} here"
    if unknown:
        message = f"this comment names no rule by {' and '.join(f'`{term}`' for term in unknown)}"
    return Finding(
        id=name,
        code=rule.code,
        name=rule.name,
        section=0,
        impact=rule.impact,
        message=message,
        path=path,
        line=comment.line,
        column=comment.column,
        end_line=comment.line,
        end_column=comment.end_column,
        safety=Safety.MANUAL,
        applied=False,
        reason="take the comment out, or correct its codes",
        url=rule.section().url,
    )
