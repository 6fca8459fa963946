"""Words that count in some places only, as the screen reads them."""

from __future__ import annotations

import pytest

from aiomend.listing import Spot

SPOT = Spot(b"await", before=rb"\bdef\s+|\.\s*", behind=rb"\s*=")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"await bell()",
        b"awaits = 1",
        b"not_await = 1",
        b"def awaited(): pass",
        b"undef await()",
        b"bell.\nx await y",
        b"def " + b" " * 100 + b"awake()",
        b"await",
    ],
)
def test_a_word_that_stands_elsewhere_does_not_count(data: bytes) -> None:
    assert not SPOT.is_in(data)


@pytest.mark.parametrize(
    "data",
    [
        b"await = 1",
        b"await\n = 1",
        b"await x; await = 1",
        b"def await(): pass",
        b"def\n  await(): pass",
        b"bell.await()",
        b"await x\nbell . await()",
    ],
)
def test_a_word_in_such_a_place_counts(data: bytes) -> None:
    assert SPOT.is_in(data)


def test_a_spot_tells_what_it_is_made_of() -> None:
    assert repr(SPOT) == "Spot(b'await', before=b'\\\\bdef\\\\s+|\\\\.\\\\s*', behind=b'\\\\s*=')"
