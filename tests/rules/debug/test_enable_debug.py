"""AIO101 beside AIO501: both may set the level of asyncio's logger, and come to an end."""

from __future__ import annotations

import pytest

from aiomend import Settings, fix_source
from aiomend.settings import EVERYTHING, Selection

BOTH = Settings(select=Selection(frozenset({"AIO101", "AIO501"})), unsafe=EVERYTHING)


@pytest.mark.parametrize("debug", ["", ", debug=True", ", debug=False"])
def test_both_rules_settle(debug: str) -> None:
    text = f"import asyncio\nasync def main(): pass\nasyncio.run(main(){debug})\n"

    once = fix_source(text, settings=BOTH).text

    assert 'getLogger("asyncio").setLevel(logging.WARNING)' in once
    assert "basicConfig(level=logging.DEBUG)" in once
    assert fix_source(once, settings=BOTH).text == once
