"""A stand-in for the library: it finds words instead of traps, so that a test says exactly what the engine reports.

``future.set_result(x)`` has a safe fix, ``time.sleep(x)`` an unsafe one, ``ensure_future(x)`` none; the safe fix of
``tie(x)`` also changes ``tied.py``, that of ``refuse(x)`` fails its proof. ``EXPLODE`` raises, ``INTERRUPT`` is Ctrl-C,
``CRASH`` fails on that file alone.
``SEGFAULT``, ``HANG`` and ``HOARD`` end the whole process, or keep it, unless the file is opaque; ``FATAL`` ends it anyway.
"""

from __future__ import annotations

import hashlib
import re
import signal
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from aiomend.guide import section_of
from aiomend.model import Finding, FixData, Impact, Refusal, Safety, TextEdit
from aiomend.report import FileResult, Report, Skip
from aiomend.settings import Settings

RULES = {
    "AIO201": "guard-future-result",
    "AIO301": "call-soon-from-thread",
    "AIO401": "blocking-sleep",
    "AIO601": "tied",
    "AIO801": "unchained-tasks",
}


@dataclass(frozen=True)
class Word:
    code: str
    pattern: str
    replacement: str
    safety: Safety
    impact: Impact


WORDS = (
    Word("AIO201", r"future\.set_result\((.*?)\)", r"guarded(\1)", Safety.SAFE, Impact.BUG),
    Word("AIO301", r"refuse\((.*?)\)", r"refused(\1)", Safety.SAFE, Impact.HANG),
    Word("AIO401", r"time\.sleep\((.*?)\)", r"await asyncio.sleep(\1)", Safety.UNSAFE, Impact.SLOW),
    Word("AIO601", r"tie\((.*?)\)", r"tied(\1)", Safety.SAFE, Impact.BUG),
    Word("AIO801", r"ensure_future\((.*?)\)", r"", Safety.MANUAL, Impact.TIDY),
)
SKIPS = {
    b"CRASH": Skip.FAILED,
    b"print 'x'": Skip.PYTHON2,
    b"@generated": Skip.GENERATED,
    b"def f[T]()": Skip.NEWER_SYNTAX,
}


class Project:
    """The part of the library's API that the application uses."""

    def __init__(
        self,
        sources: Any,
        settings: Callable[[str], Settings],
        *known: Any,
        opaque: Collection[str] = (),
        rules: object = None,
        crew: object = None,
        memory: object = None,
    ) -> None:
        self.sources, self.settings, self.opaque = sources, settings, opaque

    def run(
        self,
        paths: Collection[str] | None = None,
        *,
        accept: Callable[[Finding], bool] | None = None,
        progress: Callable[[str, int, int], None] | None = None,
        watch: Callable[[str | None], None] = lambda _: None,
    ) -> Report:
        for path in self.sources.paths():  # facts come from all files
            watch(path)
            self._parse(path)
            watch(None)
        chosen = sorted(self.sources.paths() if paths is None else paths)
        files: list[FileResult] = []
        findings: list[Finding] = []
        for number, path in enumerate(chosen):
            if progress:
                progress(path, number, len(chosen))
            try:
                old = self.sources.read(path)
            except OSError as error:
                files.append(FileResult(path, skip=Skip.UNREADABLE, detail=error.strerror))
                continue
            if b"EXPLODE" in old:
                raise RuntimeError("boom\x1b[31m")
            if b"INTERRUPT" in old:
                raise KeyboardInterrupt
            skip = next((skip for word, skip in SKIPS.items() if word in old), None)
            if skip is not None:
                files.append(FileResult(path, old, skip=skip))
                continue
            found = list(self._findings(path, old.decode("utf-8"), accept))
            findings += found
            text = old.decode("utf-8")
            for finding in sorted(found, key=lambda f: -f.fix.edits[0].start if f.fix else 0):
                if finding.applied and finding.fix:
                    edit = finding.fix.edits[0]
                    text = text[: edit.start] + edit.text + text[edit.end :]
            if text.encode() != old:
                files.append(FileResult(path, old, text.encode()))
        if any(finding.code == "AIO601" and finding.applied for finding in findings):
            old = self.sources.read("tied.py")
            files += [FileResult("tied.py", old, b"new" + old[3:])] if old.startswith(b"old") else []
        refusals = [
            Refusal(f.id, f.code, f.path, f.line, "shape", f.reason or "") for f in findings if f.code == "AIO301"
        ]
        skipped = sum(file.skip is not None for file in files)
        return Report(tuple(findings), tuple(files), tuple(refusals), len(chosen) - skipped)

    def _parse(self, path: str) -> None:
        try:
            data = self.sources.read(path)
        except OSError:
            return
        if b"FATAL" in data or (b"SEGFAULT" in data and path not in self.opaque):
            signal.raise_signal(signal.SIGSEGV)
        if b"HANG" in data and path not in self.opaque:
            time.sleep(60)
        if b"HOARD" in data and path not in self.opaque:
            bytearray(10**12)

    def _findings(self, path: str, text: str, accept: Callable[[Finding], bool] | None) -> Iterator[Finding]:
        settings = self.settings(path)
        body = text.removeprefix("\ufeff")
        for number, line in enumerate(re.split(r"\r\n|\n", body), start=1):
            for word in WORDS:
                if word.code not in settings.select or word.code in settings.ignore:
                    continue
                for match in re.finditer(word.pattern, line):
                    yield self._finding(path, text, number, match, word, accept, settings)

    def _finding(
        self,
        path: str,
        text: str,
        number: int,
        match: re.Match[str],
        word: Word,
        accept: Callable[[Finding], bool] | None,
        settings: Settings,
    ) -> Finding:
        starts = [0, *(m.end() for m in re.finditer(r"\r\n|\n", text))]
        start = starts[number - 1] + match.start() + (1 if number == 1 and text.startswith("\ufeff") else 0)
        edit = TextEdit(path, start, start + len(match[0]), match.expand(word.replacement))
        more = [TextEdit("tied.py", 0, 3, "new")] if word.code == "AIO601" else []
        finding = Finding(
            id=hashlib.sha256(f"{path}{start}".encode("utf-8", "surrogateescape")).hexdigest()[:12],
            code=word.code,
            name=RULES[word.code],
            section=section_of(word.code).number,
            impact=word.impact,
            message=f"`{match[0]}` is a trap",
            path=path,
            line=number,
            column=match.start() + 1,
            end_line=number,
            end_column=match.end() + 1,
            safety=word.safety,
            applied=False,
            reason="nothing says that order is meant" if word.safety is Safety.MANUAL else None,
            url=section_of(word.code).url,
            fix=None if word.safety is Safety.MANUAL else FixData(word.safety, (edit, *more)),
        )
        wanted = accept(finding) if accept else finding.safety is Safety.SAFE or finding.code in settings.unsafe
        if word.code == "AIO301":
            return _with(finding, fix=None, reason="the new call does not parse to what was built")
        return _with(finding, applied=bool(wanted) and finding.fixable)


def _with(finding: Finding, **changes: Any) -> Finding:
    from dataclasses import replace

    return replace(finding, **changes)


def install() -> None:
    """Put the stand-in in the place of the library, for the rest of the process."""
    from aiomend_cli import runner

    runner.engine = Project
    runner.at_a_glance = lambda workspace: None
    runner.known_rules = lambda _files=(): dict(RULES)
