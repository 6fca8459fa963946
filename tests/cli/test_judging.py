"""How a run of the tests is read and compared with those on the untouched files."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiomend_cli.errors import UserError
from aiomend_cli.guarded import judging, junit
from aiomend_cli.guarded.command import parse
from aiomend_cli.guarded.judging import Ran, Standard
from aiomend_cli.guarded.junit import End

PASSED, SKIPPED, FAILED = End.PASSED, End.SKIPPED, End.FAILED


class TestCommand:
    @pytest.mark.parametrize("text", ["", "  ", "A=1", "pytest '", "''' "])
    def test_no_command(self, text: str) -> None:
        with pytest.raises(UserError, match="is no command"):
            parse(text)

    @pytest.mark.parametrize(
        "text", ["make && pytest", "pytest *.py", "cd a; pytest", "pytest $X", 'pytest "$X"', "pytest > log", "~/run"]
    )
    def test_what_only_a_shell_understands_goes_to_one(self, text: str) -> None:
        assert parse(text).words == ("/bin/sh", "-c", text)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("pytest -q", ("pytest", "-q")),
            ("pytest -k 'a and (b or c)'", ("pytest", "-k", "a and (b or c)")),
            ('pytest "tests/a.py::b[1-x]"', ("pytest", "tests/a.py::b[1-x]")),
        ],
    )
    def test_everything_else_is_started_as_it_is(self, text: str, words: tuple[str, ...]) -> None:
        assert parse(text).words == words

    def test_variables_in_front_of_it_are_set(self) -> None:
        command = parse("PYTHONPATH='a b' X= pytest -q")
        assert (command.words, command.variables) == (("pytest", "-q"), {"PYTHONPATH": "a b", "X": ""})

    @pytest.mark.parametrize("text", ["make pytest", "tox -e pytest", "python pytest", "ls pytest", "cd a && pytest"])
    def test_what_only_looks_like_pytest_gets_no_option(self, text: str) -> None:
        assert parse(text).reporting(Path("r.xml")) == parse(text)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("pytest -q -- a", "pytest --junitxml=r.xml -q -- a"),
            ("python -m pytest a", "python -m pytest --junitxml=r.xml a"),
            (".venv/bin/pytest", ".venv/bin/pytest --junitxml=r.xml"),
            ("uv run pytest -x", "uv run pytest --junitxml=r.xml -x"),
            ("coverage run -m pytest", "coverage run -m pytest --junitxml=r.xml"),
        ],
    )
    def test_pytest_is_asked_for_a_report(self, text: str, words: str) -> None:
        assert " ".join(parse(text).reporting(Path("r.xml")).words) == words

    @pytest.mark.parametrize("text", ["pytest --junitxml=a.xml", "pytest --junit-xml a.xml -q"])
    def test_the_report_that_it_writes_anyway_is_known(self, text: str) -> None:
        assert parse(text).report == Path("a.xml")


class TestJUnit:
    @pytest.mark.parametrize(
        "data", [b"", b"{", b"<a", b"<html/>", b"<testsuite>", b'<?xml version="1.0" encoding="nonsense"?><testsuite/>']
    )
    def test_what_is_no_report(self, data: bytes) -> None:
        with pytest.raises(ValueError, match=r"is no XML|begins with"):
            junit.read(data)

    def test_each_test_and_its_end(self) -> None:
        data = b"""<?xml version="1.0"?><testsuites><testsuite>
            <testcase classname="a" name="one"/>
            <testcase classname="a" name="two"><failure message="no"/></testcase>
            <testcase classname="a" name="three"><system-out>x</system-out><error/></testcase>
            <testcase classname="a" name="four"><skipped/></testcase>
            <testcase classname="" name="a.b"><error/></testcase></testsuite></testsuites>"""
        ends = {"a::one": PASSED, "a::two": FAILED, "a::three": FAILED, "a::four": SKIPPED, "a.b": FAILED}
        assert junit.read(data) == ends

    def test_suites_in_suites_and_files(self) -> None:
        data = b'<testsuite><testsuite><testcase file="a.py" classname="T" name="x"/></testsuite></testsuite>'
        assert junit.read(data) == {"a.py::T::x": PASSED}

    def test_a_namespace_makes_no_difference(self) -> None:
        assert junit.read(b'<testsuite xmlns="urn:x"><testcase name="x"><failure/></testcase></testsuite>') == {
            "x": FAILED
        }

    def test_of_two_with_one_name_the_worse_counts(self) -> None:
        data = b'<testsuite><testcase name="x"><error/></testcase><testcase name="x"/></testsuite>'
        assert junit.read(data) == {"x": FAILED}


def ran(code: int | None, **tests: End) -> Ran:
    return Ran(code, 1.0, tests or None)


class TestComplaints:
    GREEN = Standard(ran(0, a=PASSED, b=PASSED, c=SKIPPED))
    RED = Standard(ran(1, a=PASSED, b=FAILED))

    @pytest.mark.parametrize(
        ("standard", "other", "complaint"),
        [
            (GREEN, ran(None), "no end after 1 seconds"),
            (GREEN, ran(1, a=PASSED, b=FAILED, c=SKIPPED), "b"),
            (GREEN, ran(0, a=PASSED, c=SKIPPED), "b"),  # it is missing
            (GREEN, ran(0, a=PASSED, b=SKIPPED, c=SKIPPED), "b"),
            (GREEN, ran(1, a=PASSED, b=PASSED, c=FAILED), "c"),  # it was skipped, and is a failure now
            (GREEN, ran(2, a=PASSED, b=PASSED, module=FAILED), "module"),
            (GREEN, ran(0), "no report of the tests, exit code 0"),
            (GREEN, ran(-11), "no report of the tests, ended by signal 11"),
            (GREEN, ran(3, a=PASSED, b=PASSED), "exit code 3, and no test that fails"),
            (RED, ran(1, a=FAILED, b=FAILED), "a"),
            (RED, ran(-9, a=PASSED, b=FAILED), "ended by signal 9, and no test that fails"),
            (Standard(ran(0)), ran(1), "exit code 1"),
            (Standard(ran(0)), ran(-15), "ended by signal 15"),
        ],
    )
    def test_what_is_worse(self, standard: Standard, other: Ran, complaint: str) -> None:
        assert standard.complaint(other) == complaint

    @pytest.mark.parametrize(
        ("standard", "other"),
        [
            (GREEN, ran(0, a=PASSED, b=PASSED, c=SKIPPED)),
            (GREEN, ran(0, a=PASSED, b=PASSED, c=PASSED, d=PASSED)),
            (RED, ran(1, a=PASSED, b=FAILED)),
            (RED, ran(0, a=PASSED, b=PASSED)),
            (RED, ran(0, a=PASSED)),
            (Standard(ran(0)), ran(0)),
        ],
    )
    def test_what_is_no_worse(self, standard: Standard, other: Ran) -> None:
        assert standard.complaint(other) is None

    def test_a_test_that_flips_on_the_same_files_does_not_count(self) -> None:
        standard = judging.second(self.GREEN, ran(1, a=PASSED, b=FAILED, c=SKIPPED))
        assert standard.flaky == {"b"}
        assert standard.complaint(ran(1, a=PASSED, b=FAILED, c=SKIPPED)) is None
        assert standard.complaint(ran(1, a=FAILED, b=FAILED, c=SKIPPED)) == "a"

    def test_one_that_is_there_in_one_of_two_runs_flips_too(self) -> None:
        assert judging.second(self.GREEN, ran(0, a=PASSED, c=SKIPPED)).flaky == {"b"}

    def test_of_many_tests_two_are_named(self) -> None:
        many = dict.fromkeys("abcd", PASSED)
        complaint = Standard(ran(0, **many)).complaint(ran(1, **dict.fromkeys("abcd", FAILED)))
        assert complaint == "a, b and 2 more"


class TestStandards:
    @pytest.mark.parametrize(
        ("first", "options", "message"),
        [
            (ran(None), {}, "came to no end in 1 seconds"),
            (ran(1), {}, "fails on the untouched files, exit code 1\nWith --test-report"),
            (ran(5), {"asks_pytest": True}, "no tests were found"),
            (ran(0), {"wants_report": True}, "wrote no report"),
            (ran(1, a=FAILED, b=SKIPPED), {}, "no test passes on the untouched files, exit code 1"),
        ],
    )
    def test_a_first_run_that_proves_nothing(self, first: Ran, options: dict[str, bool], message: str) -> None:
        with pytest.raises(UserError) as raised:
            judging.first(first, **{"wants_report": False, "asks_pytest": False} | options)
        assert message in str(raised.value)

    def test_what_it_printed_last_is_shown(self) -> None:
        with pytest.raises(UserError, match="It printed last:\nboom"):
            judging.first(Ran(1, 1.0, None, "boom"), wants_report=False, asks_pytest=False)

    @pytest.mark.parametrize(
        ("first", "again", "message"),
        [
            (ran(0), ran(1), "ended with 0 and then, on the same files, exit code 1"),
            (ran(0), ran(None), "there was no end"),
            (ran(0, a=PASSED), ran(0), "wrote no report this time"),
        ],
    )
    def test_a_second_run_that_has_nothing_in_common_with_it(self, first: Ran, again: Ran, message: str) -> None:
        with pytest.raises(UserError, match=message):
            judging.second(Standard(first), again)
