"""What a rule's code such as ``AIO402`` is made of: the prefix, the section, and two digits for the rule."""


def prefix_of(code: str) -> str:
    """Return the letters that a code begins with: ``AIO``, or those of a rule package."""
    return code.rstrip("0123456789")


def section_term(code: str) -> str:
    """Return what selects all rules of the section and prefix of a code: ``AIO4`` for ``AIO402``."""
    return code[:-2]
