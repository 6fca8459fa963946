"""Comments that silence rules."""

from __future__ import annotations

import pytest

from aiomend import check_source
from aiomend.suppressions import Suppressions


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 1\n", id="no comment"),
        pytest.param("x = '# aiomend: ignore'\n", id="inside a string"),
        pytest.param("x = 1  # aiomend: ignore[AIO402] other rule\n", id="another rule"),
        pytest.param("x = 1  # aiomend: ignore[AIO2, AIO40, blocking] no\n", id="another section, and no whole names"),
        pytest.param("y = 2  # aiomend: ignore\nx = 1\n\n", id="another line"),
        pytest.param("x = 1  # noqa\n", id="a noqa without a code says nothing of this trap"),
        pytest.param("x = 1  # noqa: E501\n", id="a noqa of another trap"),
    ],
)
def test_not_silenced(text: str) -> None:
    line = text.splitlines().index(next(line for line in text.splitlines() if line.startswith("x"))) + 1
    assert not Suppressions(text).match("AIO401", "blocking-sleep", {line})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 1  # aiomend: ignore\n", id="every rule"),
        pytest.param("x = 1  # aiomend: ignore[AIO401] because\n", id="this rule"),
        pytest.param("x = 1  # aiomend:ignore[ aio402 , aio401 ]\n", id="spaces and case"),
        pytest.param("x = 1  # aiomend: ignore[AIO402, blocking-sleep]\n", id="by its name"),
        pytest.param("x = 1  # aiomend: ignore[AIO4]\n", id="its section"),
        pytest.param("x = 1  # aiomend: ignore[all]\n", id="all"),
        pytest.param("# aiomend: ignore[AIO401]\nx = 1\n", id="alone on the line above"),
        pytest.param("# aiomend: ignore[AIO401]\n# and why\n\nx = 1\n", id="above other comments"),
        pytest.param("x = 1  # noqa: ASYNC251\n", id="ruff's code of the same trap"),
        pytest.param("x = 1  # noqa: E501, ASYNC251\n", id="among others"),
        pytest.param("x = 1  # noqa: AIO401\n", id="our code in a noqa"),
    ],
)
def test_silenced(text: str) -> None:
    line = text.splitlines().index("x = 1") + 1 if "x = 1" in text.splitlines() else 1
    assert Suppressions(text).match("AIO401", "blocking-sleep", {line})


def test_a_comment_in_vain_keeps_its_id_when_it_moves() -> None:
    line = "time.sleep(1)  # aiomend: ignore[AIO401]\n"
    (one,) = check_source(f"import asyncio, time\n{line}")
    (moved,) = check_source(f"import asyncio, time\n\n\n{line}")
    assert (one.id, one.line + 2) == (moved.id, moved.line)
    assert len({finding.id for finding in check_source(f"import asyncio, time\n{line}{line}")}) == 2


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        pytest.param("ignore[AIO9O1]", "names no rule by `AIO9O1`", id="a letter for a digit"),
        pytest.param("ignore[AIO499, AIO401]", "names no rule by `AIO499`", id="beside one that is needed"),
        pytest.param("ignore[blocking]", "names no rule by `blocking`", id="a part of names"),
        pytest.param("ignore[AIO9]", "silences nothing: no finding of AIO9 here", id="a section without a finding"),
        pytest.param(
            "ignore[dangling-task]", "silences nothing: no finding of dangling-task here", id="another's name"
        ),
    ],
)
def test_a_term_that_is_no_rule_s_is_reported(comment: str, said: str) -> None:
    findings = check_source(f"import time\nasync def f():\n    time.sleep(1)  # aiomend: {comment}\n")
    (one,) = (finding for finding in findings if finding.code == "AIO000")
    assert one.message.endswith(said)


def test_a_code_of_a_package_that_is_not_there_is_left_alone() -> None:
    code = "import time\nasync def f():\n    print(1)  # aiomend: ignore[SHOP401, ASYNC251]\n"
    assert not check_source(code)
