"""The exceptions that end a run with a message for a person."""


class UserError(Exception):
    """Something the user can put right.

    The text says what, where, and what to do next. Ends with exit code 2.
    """


class OutputError(Exception):
    """What was to be said cannot be written to stdout: a full disk, most likely. Ends with exit code 2."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
