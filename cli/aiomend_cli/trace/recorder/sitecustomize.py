"""Starts the recorder in a Python that finds this folder first on PYTHONPATH, then steps aside."""

import os
import sys


def _step_aside() -> None:
    """Leave the path, and run the program's own `sitecustomize`, which this file hides."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    hidden = sys.modules.pop(__name__)
    try:
        import sitecustomize  # noqa: F401
    except ImportError as error:
        if error.name != __name__:
            raise
    finally:
        sys.modules.setdefault(__name__, hidden)  # the import that runs this file asks for it once more


if os.environ.get("AIOMEND_TRACE"):
    try:
        import aiomend_recorder

        aiomend_recorder.start()
    except Exception as error:
        sys.stderr.write("aiomend: this process is not watched: %r\n" % (error,))
_step_aside()
