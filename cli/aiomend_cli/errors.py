"""The one exception that ends a run with a message for a person."""


class UserError(Exception):
    """Something the user can put right.

    The text says what, where, and what to do next. Ends with exit code 2.
    """
