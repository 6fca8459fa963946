"""``fix --test``: the project's own tests decide which fixes stay, and nothing else of the tree changes."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from cli_helpers import commit_all, git
from typer.testing import Result

from aiomend_cli.guarded import journal

Run = Callable[..., Result]
SAFE, FIXED = "future.set_result(1)\n", "guarded(1)\n"
SLEEP, AWAITED = "time.sleep(1)\n", "await asyncio.sleep(1)\n"
TIE, TIED = "tie(1)\n", "tied(1)\n"

#: What test scripts share. They stand outside of the project.
PRELUDE = """
import os, pathlib, sys
here = pathlib.Path(__file__).parent
def text(name): return pathlib.Path(name).read_text()
def turn():
    # how often this was called
    count = here / "count"
    count.write_text(str(n := int(count.read_text() if count.exists() else 0) + 1))
    return n
def report(**ends):
    cases = "".join(f'<testcase classname="t" name="{name}">{"" if ok else "<failure/>"}</testcase>' for name, ok in ends.items())
    pathlib.Path("report.xml").write_text(f"<testsuite>{cases}</testsuite>")
    sys.exit(not all(ends.values()))
"""
RUNS = "turn()\n"
PYTEST = f"PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {shlex.quote(sys.executable)} -m pytest -q -p no:cacheprovider"


@pytest.fixture
def tests(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """Return the options that test with a script."""

    def options(script: str) -> tuple[str, ...]:
        file = tmp_path / "tests" / "script.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(PRELUDE + script)
        return "--test", shlex.join([sys.executable, str(file)])

    return options


Tests = Callable[[str], tuple[str, ...]]


@pytest.fixture(autouse=True)
def _at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts read text, so that no trial has to wait for compiled code to be out of date."""
    if "aiomend" in request.fixturenames:
        monkeypatch.setattr(journal, "wait_for_another_second", lambda _: None)


@pytest.fixture
def runs(tmp_path: Path) -> Callable[[], int]:
    """How often the script called ``turn()``."""
    count = tmp_path / "tests" / "count"
    return lambda: int(count.read_text()) if count.exists() else 0


def contents(*names: str) -> list[str]:
    return [Path(name).read_text() for name in names]


class TestUsage:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--test-report", "r.xml"], "--test-report needs --test COMMAND"),
            (["--test-budget", "3"], "--test-budget needs --test COMMAND"),
            (["--test", "true", "--test-budget", "0"], "--test-budget 0: seconds have to be more than 0"),
            (["--test", "true", "--test-timeout", "nan"], "--test-timeout nan: seconds have to be more than 0"),
            (["--test", "pytest '"], "is no command"),
            (["--test", "true", "--add-ignores", "later"], "--test cannot be used with --add-ignores"),
            (["--test", "true", "-"], "--test cannot be used with stdin"),
            (["--test", "./no-such-command"], "--test: ./no-such-command cannot be run: No such file or directory"),
        ],
    )
    def test_options_that_make_no_sense(self, project: Path, aiomend: Run, options: list[str], message: str) -> None:
        Path("a.py").write_text(SAFE)
        result = aiomend("fix", *options, input="")
        assert (result.exit_code, message in result.stderr, contents("a.py")) == (2, True, [SAFE])


class TestNothingIsFixed:
    """Where the tests tell nothing."""

    def test_nothing_is_run_where_nothing_is_found(
        self, project: Path, aiomend: Run, tests: Tests, runs: Callable[[], int]
    ) -> None:
        Path("a.py").write_text(SLEEP)  # unsafe
        assert aiomend("fix", *tests(RUNS)).exit_code == 0
        assert runs() == 0

    def test_tests_that_fail_already_and_do_not_say_which(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE)
        result = aiomend("fix", *tests("sys.exit('this is\\x1b broken')"))
        assert (result.exit_code, contents("a.py")) == (2, [SAFE])
        assert "the command fails on the untouched files, exit code 1" in result.stderr
        assert "--test-report" in result.stderr
        assert "  this is\\x1b broken" in result.stderr

    def test_a_report_that_is_not_written(self, project: Path, aiomend: Run, tests: Tests) -> None:
        """One of an earlier run is none, and keeps its time."""
        Path("a.py").write_text(SAFE)
        Path("report.xml").write_text('<testsuite><testcase name="x"/></testsuite>')
        before = Path("report.xml").stat().st_mtime_ns
        result = aiomend("fix", *tests(""), "--test-report", "report.xml")
        assert (result.exit_code, contents("a.py")) == (2, [SAFE])
        assert "wrote no report" in result.stderr
        assert Path("report.xml").stat().st_mtime_ns == before

    def test_a_report_that_is_none(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE)
        result = aiomend("fix", *tests("pathlib.Path('report.xml').write_text('{}')"), "--test-report", "report.xml")
        assert (result.exit_code, contents("a.py")) == (2, [SAFE])
        assert "report.xml is no XML" in result.stderr

    @pytest.mark.parametrize("when", [1, 2])
    def test_tests_that_change_the_very_file(self, project: Path, aiomend: Run, tests: Tests, when: int) -> None:
        """Whether on the untouched files or later: what they wrote stays, and all others are as they were."""
        Path("a.py").write_text(SAFE)
        Path("b.py").write_text(SAFE)
        script = f"if turn() == {when}: pathlib.Path('a.py').write_text('written by a test')"
        result = aiomend("fix", *tests(script))
        assert (result.exit_code, contents("a.py", "b.py")) == (2, ["written by a test", SAFE])
        assert "a.py was changed while tests ran, by them or by somebody" in result.stderr

    def test_a_command_that_passes_and_fails_on_the_same_files(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE)
        result = aiomend("fix", *tests("sys.exit(turn() > 1)"))
        assert (result.exit_code, contents("a.py")) == (2, [SAFE])
        assert "on the same files, exit code 1" in result.stderr

    def test_a_budget_that_ends_with_the_first_run(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE)
        result = aiomend("fix", *tests("import signal; signal.pause()"), "--test-budget", "0.2")
        assert (result.exit_code, contents("a.py")) == (2, [SAFE])
        assert "the first run does not end within 0.2 seconds" in result.stderr


class TestSomeAreDropped:
    def test_all_stay_where_the_tests_pass(
        self, project: Path, aiomend: Run, tests: Tests, runs: Callable[[], int]
    ) -> None:
        Path("a.py").write_text(SAFE + SLEEP)
        result = aiomend("fix", "--unsafe", *tests(RUNS))
        assert (result.exit_code, contents("a.py"), runs()) == (0, [FIXED + AWAITED], 2)
        assert "ran 2 times in " in result.stdout
        assert result.stdout.endswith("2 fixes in 1 file; nothing left.\n")

    def test_a_fix_that_breaks_is_dropped_with_its_reason(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE + SLEEP)
        Path("b.py").write_text(SAFE)
        result = aiomend("fix", "--unsafe", *tests("sys.exit('sleep' in text('a.py') and 'await' in text('a.py'))"))
        assert (result.exit_code, contents("a.py", "b.py")) == (0, [FIXED + SLEEP, FIXED])
        assert "dropped a.py:2:1: AIO401 tests failed: exit code 1" in result.stdout
        assert result.stdout.endswith("2 fixes in 2 files; 1 left: 1 dropped (reasons above).\n")

    def test_strict_takes_it_for_work_that_is_not_done(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE)
        assert aiomend("fix", "--strict", *tests("sys.exit(text('a.py')[0] == 'g')")).exit_code == 2

    def test_of_two_that_break_together_one_stays(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE)
        Path("b.py").write_text(SAFE)
        aiomend("fix", *tests("sys.exit(text('a.py')[0] == text('b.py')[0] == 'g')"))
        assert contents("a.py", "b.py") == [FIXED, SAFE]

    def test_what_a_fix_ties_together_is_dropped_in_all_files(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(TIE + SAFE)
        Path("tied.py").write_text("old\n")
        aiomend("fix", *tests("sys.exit('new' in text('tied.py'))"))
        assert contents("a.py", "tied.py") == [TIE + FIXED, "old\n"]

    def test_tools_are_told(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE)
        result = aiomend("fix", *tests("sys.exit(text('a.py')[0] == 'g')"), "--output-format", "json")
        data = json.loads(result.stdout)
        schema = Path(__file__).parents[2] / "docs" / "schema" / "report.schema.json"
        jsonschema.validate(data, json.loads(schema.read_text()))
        [finding] = data["findings"]
        assert (finding["applied"], finding["reason"]) == (False, "tests failed: exit code 1")
        assert data["tests"]["dropped"] == {finding["id"]: "tests failed: exit code 1"}
        assert (data["tests"]["runs"], data["tests"]["passed"], data["tests"]["flaky"]) == (3, None, [])

    def test_a_chosen_fix_is_tested_and_no_other_one_comes_in_for_it(
        self, project: Path, aiomend: Run, tests: Tests
    ) -> None:
        Path("a.py").write_text(SAFE + SAFE)
        found = json.loads(aiomend("check", "--output-format", "json").stdout)["findings"]
        Path("chosen.json").write_text(json.dumps({"version": 1, "fixes": [found[0]["id"]]}))
        script = "sys.exit(text('a.py')[0] == 'g')"
        result = aiomend("fix", "--only-fixes", "chosen.json", *tests(script))
        assert contents("a.py") == [SAFE + SAFE]
        assert result.stdout.endswith("0 fixes in 0 files; 2 left: 1 not chosen, 1 dropped (reasons above).\n")

    def test_what_a_person_says_yes_to_is_tested(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE)
        Path("b.py").write_text(SAFE)
        result = aiomend("fix", "-i", *tests("sys.exit(text('a.py')[0] == 'g')"), input="y\ny\n")
        assert contents("a.py", "b.py") == [SAFE, FIXED]
        assert "dropped a.py:1:1: AIO201 tests failed" in result.stdout

    def test_only_what_passed_is_committed(self, repo: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE + SLEEP)
        commit_all()
        result = aiomend("fix", "--unsafe", "--commit", *tests("sys.exit('await' in text('a.py'))"))
        assert result.exit_code == 0
        assert git("log", "--format=%s").splitlines() == ["AIO201 guard-future-result: 1 fix in 1 file", "start"]
        assert git("show", "HEAD:a.py") == FIXED + SLEEP
        assert git("status", "--porcelain") == ""
        assert "dropped a.py:2:1: AIO401" in result.stdout

    def test_when_the_budget_ends_what_is_not_proved_is_dropped(
        self, project: Path, aiomend: Run, tests: Tests, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The clock is set forward by a thousand seconds with each run."""
        from aiomend_cli.guarded.bench import Bench

        monkeypatch.setattr(Bench, "seconds", property(lambda self: self.count * 1000.0))
        for name in ("a.py", "b.py", "c.py", "d.py"):
            Path(name).write_text(SAFE)
        result = aiomend("fix", *tests("sys.exit(text('d.py')[0] == 'g')"), "--test-budget", "3500")
        assert (result.exit_code, contents("a.py", "b.py", "c.py", "d.py")) == (0, [FIXED, FIXED, SAFE, SAFE])
        assert "dropped c.py:1:1: AIO201 not tested: the 3500 seconds were over (--test-budget)" in result.stdout


class TestOneByOne:
    """With a report, tests are compared one by one."""

    def test_tests_that_fail_already_may_go_on_failing(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE + SLEEP)
        script = "report(red=False, blue='await' not in text('a.py'), green=True)"
        result = aiomend("fix", "--unsafe", *tests(script), "--test-report", "report.xml")
        assert (result.exit_code, contents("a.py")) == (0, [FIXED + SLEEP])
        assert "; 2 tests passed before, 1 failed already" in result.stdout
        assert "AIO401 tests failed: t::blue" in result.stdout

    def test_a_test_that_is_missing_has_failed(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE)
        script = "report(one=True, **({'two': True} if 'future' in text('a.py') else {}))"
        result = aiomend("fix", *tests(script), "--test-report", "report.xml")
        assert contents("a.py") == [SAFE]
        assert "tests failed: t::two" in result.stdout

    def test_a_test_that_flips_is_set_aside_and_listed(self, project: Path, aiomend: Run, tests: Tests) -> None:
        """It fails with the fixes, and then without them."""
        Path("a.py").write_text(SAFE)
        script = "report(steady=True, moody=turn() == 1)"
        result = aiomend("fix", *tests(script), "--test-report", "report.xml")
        assert (result.exit_code, contents("a.py")) == (0, [FIXED])
        assert "set aside, as they did not end alike on the same files: t::moody" in result.stdout

    def test_one_that_flips_hides_none_that_breaks(self, project: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE)
        script = "report(moody=turn() == 1, steady='future' in text('a.py'))"
        result = aiomend("fix", *tests(script), "--test-report", "report.xml")
        assert contents("a.py") == [SAFE]
        assert "tests failed: t::steady" in result.stdout

    def test_pytest_is_asked_by_itself(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE + SLEEP)
        Path("test_a.py").write_text(
            "import pytest\n"
            "def test_red(): assert 0\n"
            "@pytest.mark.parametrize('word', ['guarded', 'await'])\n"
            "def test_word(word): assert word != 'await' or word not in open('a.py').read()\n"
        )
        result = aiomend("fix", "a.py", "--unsafe", "--test", PYTEST)
        assert (result.exit_code, contents("a.py")) == (0, [FIXED + SLEEP])
        assert "AIO401 tests failed: test_a::test_word[await]" in result.stdout
        assert not list(Path().rglob("*.xml"))

    def test_a_module_that_cannot_be_imported_any_more_is_a_failure(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SLEEP.replace("time", "def f(): import time; time"))
        Path("test_a.py").write_text("import a\ndef test_a(): pass\n")
        Path("test_b.py").write_text("def test_b(): pass\n")
        result = aiomend("fix", "a.py", "--unsafe", "--test", PYTEST)  # `await` outside of a coroutine
        assert "await" not in Path("a.py").read_text()
        assert "tests failed: " in result.stdout


class TestTheTree:
    """What the tests see, and what is left of it."""

    def test_files_that_tests_write_stay_and_do_not_count(self, repo: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE + SLEEP)
        Path("snapshot.txt").write_text("old")
        commit_all()
        script = "pathlib.Path('snapshot.txt').write_text('new'); pathlib.Path('x.log').touch(); sys.exit('await' in text('a.py'))"
        result = aiomend("fix", "--unsafe", *tests(script))
        assert result.exit_code == 0
        assert contents("a.py", "snapshot.txt", "x.log") == [FIXED + SLEEP, "new", ""]

    def test_a_dirty_file_is_held_back_as_ever(self, repo: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE)
        Path("b.py").write_text(SAFE)
        commit_all()
        Path("b.py").write_text(SAFE + "# mine\n")
        result = aiomend("fix", *tests("sys.exit('guarded' in text('b.py'))"))
        assert contents("a.py", "b.py") == [FIXED, SAFE + "# mine\n"]
        assert result.stdout.endswith("1 fix in 1 file; 1 left: 1 in files left alone.\n")

    def test_what_was_tried_is_no_work_of_others_to_the_next_run(self, repo: Path, aiomend: Run, tests: Tests) -> None:
        Path("a.py").write_text(SAFE + SLEEP)
        commit_all()
        aiomend("fix", "--unsafe", *tests("sys.exit('await' in text('a.py'))"))
        aiomend("fix", "--unsafe", *tests(""))
        assert contents("a.py") == [FIXED + AWAITED]

    def test_two_projects_at_once(self, tmp_path: Path, aiomend: Run, tests: Tests) -> None:
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            git("init", "-q", cwd=folder)
            (folder / f"{name}.py").write_text(SAFE + SLEEP)
            git("add", "-A", cwd=folder)
        one, two = tmp_path / "one" / "one.py", tmp_path / "two" / "two.py"
        script = f"sys.exit('await' in text({str(two)!r}))"
        aiomend("fix", "--unsafe", str(one), str(two), *tests(script))
        assert contents(str(one), str(two)) == [FIXED + AWAITED, FIXED + SLEEP]

    def test_any_file_name_mode_and_line_end(self, project: Path, aiomend: Run, tests: Tests) -> None:
        names = ["with space.py", "new\nline.py", "\udcff.py"]
        for name in names:
            Path(name).write_bytes(b"future.set_result(1)\r\ntime.sleep(1)\r\n")
            Path(name).chmod(0o640)
        aiomend(
            "fix", "--unsafe", *tests("sys.exit(any(b'await' in p.read_bytes() for p in pathlib.Path().glob('*.py')))")
        )
        assert {Path(name).read_bytes() for name in names} == {b"guarded(1)\r\ntime.sleep(1)\r\n"}
        assert {Path(name).stat().st_mode & 0o777 for name in names} == {0o640}

    def test_tests_get_no_token(
        self, project: Path, aiomend: Run, tests: Tests, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("a.py").write_text(SAFE)
        for name in ("GITHUB_TOKEN", "GH_TOKEN", "SSH_AUTH_SOCK"):
            monkeypatch.setenv(name, "canary-0123456789")
        monkeypatch.setenv("MINE", "hello")
        aiomend("fix", *tests("(here / 'environment').write_text(repr(dict(os.environ)))"))
        seen = (project.parent / "tests" / "environment").read_text()
        assert "canary" not in seen
        assert "'MINE': 'hello'" in seen

    def test_a_shell_runs_what_only_a_shell_can(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE + SLEEP)
        assert aiomend("fix", "--unsafe", "--test", "! grep -q await *.py").exit_code == 0
        assert contents("a.py") == [FIXED + SLEEP]


def test_the_real_engine_and_code_that_is_compiled(project: Path) -> None:
    """Python takes compiled code for current by time and size alone: each trial is imported as it is."""
    Path("app.py").write_text(
        "import asyncio\nimport time\n\n\n"
        "async def one():\n    time.sleep(0)\n    return 1\n\n\n"
        "async def two():\n    time.sleep(0)\n    return 2\n"
    )
    Path("check.py").write_text(
        "import asyncio, app, time\n"
        "def refuse(_): raise SystemExit('app.one() sleeps')\n"
        "asyncio.sleep = lambda _: refuse(_) if __import__('sys')._getframe(1).f_code.co_name == 'one' else done()\n"
        "async def done(): pass\n"
        "assert asyncio.run(app.two()) == 2\nassert asyncio.run(app.one()) == 1\n"
    )
    command = f"{shlex.quote(sys.executable)} check.py"
    done = subprocess.run(
        [sys.executable, "-m", "aiomend_cli", "fix", "--unsafe", "app.py", "--test", command],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    text = Path("app.py").read_text()
    assert "    time.sleep(0)\n    return 1" in text
    assert "    await asyncio.sleep(0)\n    return 2" in text
