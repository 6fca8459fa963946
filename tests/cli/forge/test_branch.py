"""The commits of a branch: always the same ones, with nothing in them but fixes, and what a person changes shows."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_helpers import commit_all, git

from aiomend_cli.commit import Step
from aiomend_cli.errors import UserError
from aiomend_cli.forge.branch import Commit, Manner, commits, is_sealed, manner, with_ignored_revisions
from aiomend_cli.forge.scratch import check_out, scratch
from aiomend_cli.git import Repository, repository

pytestmark = pytest.mark.trust

STEP = Step("AIO201", "guard-future-result", 1, {"a.py": (b"old\n", b"new\n")})
LATER = Step("AIO401", "blocking-sleep", 1, {"a.py": (b"new\n", b"newer\n"), "helpers.py": (None, b"made\n")})


@pytest.fixture
def origin(repo: Path) -> Repository:
    """A repository with one commit, whose only file can be executed."""
    Path("a.py").write_text("old\n")
    Path("a.py").chmod(0o755)
    commit_all()
    found = repository(repo)
    assert found is not None
    return found


@pytest.fixture
def work(origin: Repository) -> Iterator[Repository]:
    with scratch(origin) as found:
        yield found


def head() -> str:
    return git("rev-parse", "HEAD").strip()


def made(origin: Repository, work: Repository, *steps: Step, how: Manner | None = None) -> list[Commit]:
    how = how or manner(origin, origin, head(), None, (), False)
    return commits(work, head(), [(step, f"{step.subject}\n\nWhy.\n") for step in steps], how)


def shown(work: Repository, *arguments: str) -> str:
    return work.git(*arguments).decode()


def test_what_was_committed_before_and_how_it_may_be_run_stays(origin: Repository, work: Repository) -> None:
    one, two = made(origin, work, STEP, LATER)
    assert shown(work, "show", f"{one.sha}:a.py") == "new\n"
    assert shown(work, "diff", "--summary", head(), two.sha) == " create mode 100644 helpers.py\n"
    assert shown(work, "rev-parse", f"{two.sha}~2").strip() == head()


def test_the_same_commits_whenever_and_wherever_they_are_made(
    origin: Repository, work: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(origin, work, STEP, LATER)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    git("config", "i18n.commitEncoding", "latin-1")
    with scratch(origin) as other:
        assert made(origin, other, STEP, LATER) == first


def test_they_are_dated_as_the_base_and_in_the_name_of_gits_user(origin: Repository, work: Repository) -> None:
    [one] = made(origin, work, STEP)
    asked = "--format=%an <%ae> %ad|%cn %cd"
    date = git("log", "-1", "--format=%cd").strip()
    assert (
        shown(work, "log", "-1", asked, one.sha).strip()
        == f"A. U. Thor <author@example.com> {date}|C. O. Mitter {date}"
    )


def test_another_author_and_trailers(origin: Repository, work: Repository) -> None:
    how = manner(origin, origin, head(), "A Bot <bot@example.com>", ("Signed-off-by: A Bot <bot@example.com>",), False)
    [one] = made(origin, work, STEP, how=how)
    assert shown(work, "log", "-1", "--format=%an %cn", one.sha) == "A Bot A Bot\n"
    trailers = shown(work, "log", "-1", "--format=%(trailers)", one.sha)
    assert trailers.startswith("Signed-off-by: A Bot <bot@example.com>\nAiomend-Seal: ")


def test_without_a_name_to_commit_with(origin: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "")
    with pytest.raises(UserError, match="git var failed"):
        manner(origin, origin, head(), None, (), False)


def test_any_file_name(repo: Path, origin: Repository, work: Repository) -> None:
    names = ["with space.py", "new\nline.py", "*.py", "\udcff.py", '"quoted".py', "-x.py"]
    [one] = made(origin, work, Step("AIO201", "x", 1, dict.fromkeys(names, (None, b"new\n"))))
    listed = work.git("ls-tree", "-z", "--name-only", one.sha).split(b"\0")
    assert set(map(os.fsencode, names)) <= set(listed)


class TestSeal:
    def amended(self, work: Repository, sha: str, *arguments: str) -> str:
        """Return the commit that a person makes of ``sha``."""
        check_out(work, sha)
        subprocess.run(["git", "reset", "-q", "--soft", sha], cwd=work.root, check=True)
        subprocess.run(["git", "commit", "-q", *arguments], cwd=work.root, check=True)
        return shown(work, "rev-parse", "HEAD").strip()

    def test_of_an_untouched_commit(self, origin: Repository, work: Repository) -> None:
        one, two = made(origin, work, STEP, LATER)
        assert (is_sealed(work, one.sha), is_sealed(work, two.sha)) == (one.seal, two.seal)

    def test_not_of_a_commit_of_somebody_else(self, origin: Repository, work: Repository) -> None:
        assert is_sealed(work, head()) is None

    def test_not_of_one_on_top(self, origin: Repository, work: Repository) -> None:
        [one] = made(origin, work, STEP)
        assert is_sealed(work, self.amended(work, one.sha, "--allow-empty", "-m", "mine")) is None

    def test_not_of_one_with_another_message(self, origin: Repository, work: Repository) -> None:
        [one] = made(origin, work, STEP)
        assert (
            is_sealed(work, self.amended(work, one.sha, "--amend", "-m", f"Other\n\nAiomend-Seal: {one.seal}")) is None
        )

    def test_not_of_one_that_was_moved_onto_another_base(self, origin: Repository, work: Repository) -> None:
        [one] = made(origin, work, STEP)
        raw = work.git("cat-file", "commit", one.sha)
        other = work.git("commit-tree", f"{head()}^{{tree}}", "-m", "base").decode().strip()
        moved = work.git(
            "hash-object", "-t", "commit", "-w", "--stdin", stdin=raw.replace(head().encode(), other.encode())
        )
        assert is_sealed(work, moved.decode().strip()) is None

    def test_a_signature_is_no_change(self, origin: Repository, work: Repository) -> None:
        [one] = made(origin, work, STEP)
        raw = work.git("cat-file", "commit", one.sha)
        signature = b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n\n"
        signed = work.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw.replace(b"\n\n", signature, 1))
        assert is_sealed(work, signed.decode().strip()) == one.seal


def test_a_program_that_signs_is_asked_and_its_failure_is_said(origin: Repository, work: Repository) -> None:
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text("[gpg]\n\tprogram = false\n")
    with pytest.raises(UserError, match="commit-tree failed"):
        made(origin, work, STEP, how=manner(origin, origin, head(), None, (), True))


def test_the_last_commit_names_the_others_for_git_blame(repo: Path, origin: Repository, work: Repository) -> None:
    Path(".git-blame-ignore-revs").write_text("# black\n" + "1" * 40)
    commit_all()
    how = manner(origin, origin, head(), None, (), False)
    one, last = with_ignored_revisions(work, head(), made(origin, work, STEP), how)
    assert shown(work, "show", f"{last.sha}:.git-blame-ignore-revs").splitlines() == [
        "# black", "1" * 40, "# AIO201 guard-future-result: 1 fix in 1 file", one.sha,
    ]  # fmt: skip


class TestScratch:
    def test_nothing_of_the_users_repository_changes(self, repo: Path, origin: Repository) -> None:
        Path("b.py").write_text("staged\n")
        git("add", "b.py")
        Path("a.py").write_text("mine\n")
        before = _snapshot(repo)
        with scratch(origin) as work:
            check_out(work, head())
            made(origin, work, STEP, LATER)
        assert _snapshot(repo) == before

    def test_files_come_out_as_they_are_stored_and_no_program_runs(self, repo: Path, origin: Repository) -> None:
        git("config", "filter.evil.smudge", f"touch {repo}/ran; cat")
        git("config", "filter.evil.clean", f"touch {repo}/ran; cat")
        Path(".gitattributes").write_text("*.py filter=evil text eol=crlf ident\n")
        commit_all("attributes")
        Path("ran").unlink(missing_ok=True)
        with scratch(origin) as work:
            Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text(f'[filter "evil"]\nsmudge = touch {repo}/ran; cat\n')
            check_out(work, head())
            assert (work.root / "a.py").read_bytes() == b"old\n"
            [one] = made(origin, work, Step("AIO201", "x", 1, {"a.py": (b"old\n", b"$Id$\r\n")}))
            assert work.git("cat-file", "blob", f"{one.sha}:a.py") == b"$Id$\r\n"
        assert not (repo / "ran").exists()

    def test_the_folder_goes_whatever_happens(self, origin: Repository) -> None:
        with pytest.raises(KeyboardInterrupt), scratch(origin) as work:
            raise KeyboardInterrupt
        assert not work.root.exists()

    def test_of_a_shallow_clone(self, repo: Path, origin: Repository, tmp_path: Path) -> None:
        Path("b.py").write_text("second\n")
        commit_all()
        git("clone", "-q", "--depth=1", f"file://{repo}", str(tmp_path / "shallow"))
        shallow = repository(tmp_path / "shallow")
        assert shallow is not None
        with scratch(shallow) as work:
            check_out(work, head())
            [one] = made(origin, work, STEP)
            assert shown(work, "log", "--format=%s", one.sha).splitlines() == [STEP.subject, "start"]

    @pytest.mark.parametrize("name", ["two words", "line\nend", '"quoted"', "back\\slash"])
    def test_of_a_repository_in_any_folder(self, tmp_path: Path, name: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        git("init", "-q", cwd=folder)
        (folder / "a.py").write_text("old\n")
        git("add", "-A", cwd=folder)
        git("commit", "-q", "-m", "start", cwd=folder)
        with scratch(Repository(folder, folder / ".git")) as work:
            check_out(work, git("rev-parse", "HEAD", cwd=folder).strip())
            assert (work.root / "a.py").read_text() == "old\n"


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
