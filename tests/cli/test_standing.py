"""What is said of a fix that was accepted and did not go in."""

import dataclasses

from aiomend.model import Finding, FixData, Impact, Safety
from aiomend_cli.standing import why_refused

FINDING = Finding(
    id="1",
    code="AIO902",
    name="pending-at-close",
    section=9,
    impact=Impact.BUG,
    message="",
    path="a.py",
    line=1,
    column=1,
    end_line=1,
    end_column=2,
    safety=Safety.UNSAFE,
    applied=False,
    reason=None,
    url="",
    evidence=(),
)


def test_a_proof_that_failed_says_what_it_was() -> None:
    assert (
        why_refused(dataclasses.replace(FINDING, reason="refused: it would not parse")) == "refused: it would not parse"
    )


def test_a_fix_that_others_have_made_needless_failed_no_proof() -> None:
    finding = dataclasses.replace(FINDING, reason="the program may wait", fix=FixData(Safety.UNSAFE, ()))

    assert why_refused(finding) == "other fixes changed the code that it is about, where it is not found any more"
