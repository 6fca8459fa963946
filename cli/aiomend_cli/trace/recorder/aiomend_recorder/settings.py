"""What the environment says: it reaches child processes by itself."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping

FILE = "AIOMEND_TRACE"
SLOW = "AIOMEND_TRACE_SLOW"
FACTS = "AIOMEND_TRACE_FACTS"
LINES = "AIOMEND_TRACE_LINES"


class Settings:
    """Where records go, how many seconds are slow, and what else is wanted."""

    def __init__(self, environ: "Mapping[str, str]") -> None:
        self.file = environ[FILE]
        self.slow = float(environ.get(SLOW) or 0.1)
        self.facts = environ.get(FACTS) == "1"
        self.lines = environ.get(LINES)  # a file that names the lines whose execution is to be noted
