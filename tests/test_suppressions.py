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
        pytest.param("y = 2  # aiomend: ignore\nx = 1\n\n", id="another line"),
        pytest.param("x = 1  # noqa\n", id="a noqa without a code says nothing of this trap"),
        pytest.param("x = 1  # noqa: E501\n", id="a noqa of another trap"),
    ],
)
def test_not_silenced(text: str) -> None:
    line = text.splitlines().index(next(line for line in text.splitlines() if line.startswith("x"))) + 1
    assert not Suppressions(text).match("AIO401", {line})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 1  # aiomend: ignore\n", id="every rule"),
        pytest.param("x = 1  # aiomend: ignore[AIO401] because\n", id="this rule"),
        pytest.param("x = 1  # aiomend:ignore[ aio402 , aio401 ]\n", id="spaces and case"),
        pytest.param("# aiomend: ignore[AIO401]\nx = 1\n", id="alone on the line above"),
        pytest.param("# aiomend: ignore[AIO401]\n# and why\n\nx = 1\n", id="above other comments"),
        pytest.param("x = 1  # noqa: ASYNC251\n", id="ruff's code of the same trap"),
        pytest.param("x = 1  # noqa: E501, ASYNC251\n", id="among others"),
        pytest.param("x = 1  # noqa: AIO401\n", id="our code in a noqa"),
    ],
)
def test_silenced(text: str) -> None:
    line = text.splitlines().index("x = 1") + 1 if "x = 1" in text.splitlines() else 1
    assert Suppressions(text).match("AIO401", {line})


def test_a_comment_in_vain_keeps_its_id_when_it_moves() -> None:
    line = "time.sleep(1)  # aiomend: ignore[AIO401]\n"
    (one,) = check_source(f"import asyncio, time\n{line}")
    (moved,) = check_source(f"import asyncio, time\n\n\n{line}")
    assert (one.id, one.line + 2) == (moved.id, moved.line)
    assert len({finding.id for finding in check_source(f"import asyncio, time\n{line}{line}")}) == 2
