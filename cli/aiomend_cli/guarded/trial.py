"""Changed files in the place of a project's own while tests run on them, and nothing of that afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING

from aiomend_cli.errors import UserError
from aiomend_cli.folder import locked
from aiomend_cli.guarded import journal
from aiomend_cli.guarded.journal import Entry
from aiomend_cli.terminal import escape, say
from aiomend_cli.writer import Change, Outcome, interrupts_held, write_together

if TYPE_CHECKING:
    from aiomend_cli.runner import Workspace


class Trial:
    """One project whose files can be others for a while. At the end of the block all of them are as they were.

    Tests run in the project itself, not in a copy of it: what is installed in place, reads files beside the code, or has
    its settings and services there works as ever. A journal is written before the first file, for the case that the
    process is killed.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._journal: dict[str, Entry] = {}
        self._now: dict[str, bytes | None] = {}  #: what each file of the journal holds
        self._stack = ExitStack()

    @property
    def originals(self) -> Mapping[str, bytes]:
        """What the files were that are, or may be, others now; those that were not there are missing."""
        return {path: entry.old for path, entry in self._journal.items() if entry.old is not None}

    def __enter__(self) -> Trial:
        self._stack.enter_context(locked(self._workspace.root))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with self._stack, interrupts_held():
            held = [path for path, content in self._now.items() if content != self._journal[path].old]
            left = journal.take_back(self._workspace, self._journal, sorted(held)) if self._journal else []
        if left and error is None:
            raise UserError("\n".join(left))
        say(*(f"aiomend: {escape(sentence)}" for sentence in left))
        if error is None:
            journal.wait_for_another_second(
                self._workspace.root / path for path in held
            )  # somebody may write them next

    def put(self, changes: Sequence[Change]) -> None:
        """Change these files, and no others: all that were changed before are what they were.

        Raises UserError where that is not possible; what it did until then goes with the block.
        """
        for change in changes:
            self._journal.setdefault(change.path, Entry(change.old))
            self._now.setdefault(change.path, change.old)
        wanted = {path: entry.old for path, entry in self._journal.items()}
        wanted |= {change.path: change.new for change in changes}
        moves = {path: content for path, content in sorted(wanted.items()) if content != self._now[path]}
        if not moves:
            return
        root = self._workspace.root
        journal.wait_for_another_second(root / path for path in moves)
        with interrupts_held():
            self._note(moves)
            for path in [path for path, content in moves.items() if content is None]:
                self._check([path])
                journal.remove(root, path)
                self._now[path] = None
            written = write_together(
                root, [Change(path, self._now[path], content) for path, content in moves.items() if content is not None]
            )
            self._now |= {one.path: moves[one.path] for one in written if one.outcome is Outcome.WRITTEN}
        for one in written:
            match one.outcome:
                case Outcome.WRITTEN | Outcome.TIED:
                    continue
                case Outcome.CHANGED | Outcome.GONE | Outcome.THERE:
                    raise self._changed(one.path)
            raise UserError(f"--test: {self._workspace.shown(one.path)}: {one.outcome.value}: {one.detail}")

    def check(self) -> None:
        """Raise UserError where a file is not what was put there: by the tests, or by somebody."""
        self._check(sorted(self._now))

    def _check(self, paths: Sequence[str]) -> None:
        for path in paths:
            if journal.content_of(self._workspace.root, path) != self._now[path]:
                raise self._changed(path)

    def _changed(self, path: str) -> UserError:
        return UserError(
            f"--test: {self._workspace.shown(path)} was changed while tests ran, by them or by somebody, and would be fixed\n"
            "No fix is kept. Run this again when nothing changes it any more"
        )

    def _note(self, moves: Mapping[str, bytes | None]) -> None:
        self._journal |= {path: journal.note(self._journal[path], content) for path, content in moves.items()}
        try:
            journal.save(journal.place(self._workspace), self._journal)
        except OSError as error:
            raise UserError(
                f"--test: no note of the files can be made in {journal.place(self._workspace).parent}: "
                f"{error.strerror or error}\nWithout one, a run that is killed could not be taken back"
            ) from error
