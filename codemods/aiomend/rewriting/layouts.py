"""Layouts that no run of black leaves, told by where brackets and quotes stand: a hundredth of the time that black takes."""

from __future__ import annotations

from aiomend.rewriting.lexemes import lexemes


def is_foreign(code: str, *, normalizes_quotes: bool) -> bool:
    """True where black would surely write whole lines of code in another way; False says nothing.

    It puts nothing of a bracket behind the opening one where the rest is on other lines, and nothing in front of the closing
    one where its content has lines of its own. With ``normalizes_quotes``, it leaves no single quotes around a plain text.
    """
    if "fmt:" in code or "yapf:" in code or (told := lexemes(code)) is None:
        return False  # it may be told to leave something; or nobody knows where things stand
    found = False
    wraps: list[bool] = []  #: of each open bracket, whether its line ends behind it
    for at, text in told:
        match text:
            case "(" | "[" | "{":
                wraps.append(code.startswith("\n", at + 1))
            case ")" | "]" | "}" if wraps:
                line = code.rfind("\n", 0, at) + 1
                found |= wraps.pop() and bool(code[line:at].strip())
            case "\n":
                found |= bool(wraps) and not wraps[-1]
            case ")" | "]" | "}" | "\\":
                return False  # no whole statement; or a line ends where somebody wanted it
            case _ if text.startswith("#"):
                if wraps:
                    return False  # a comment may keep the lines of a bracket apart
            case _ if normalizes_quotes and text.startswith("'") and not text.startswith("'''"):
                found |= not code[max(at - 1, 0) : at].isalpha() and '"' not in text and "\\" not in text
            case _:
                pass  # a text that may stay as it is
    return found and not wraps
