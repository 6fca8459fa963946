"""What the annotation of a function says that it returns."""

from __future__ import annotations

import ast
import re


def may_return_none(promised: ast.expr | None) -> bool:
    """True where None may be what an annotation promises, and where there is none."""
    if promised is None or (isinstance(promised, ast.Constant) and promised.value is None):
        return True
    return re.search(r"\b(?:Any|None|Optional|object)\b", ast.unparse(promised)) is not None
