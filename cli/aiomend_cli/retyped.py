"""The options of a run, as the user could type them again."""

from __future__ import annotations

import shlex

from aiomend_cli.options import Options


def command_line(options: Options) -> str:
    """Return the options that decide what is found, and the paths, as the user could type them again."""
    words: list[str] = []
    for name, values in (
        ("--select", options.select),
        ("--ignore", options.ignore),
        ("--rules", options.rules),
        ("--unsafe-rules", options.unsafe_rules),
        ("--exclude", options.exclude),
    ):
        for value in values:
            words += [name, value]
    single: tuple[tuple[str, object], ...] = (
        ("--offload", options.offload),
        ("--executor", options.executor),
        ("--helpers", options.helpers),
        ("--target-version", options.target_version),
        ("--config", options.config),
        ("--python", options.python),
        ("--evidence", options.evidence),
        ("--file-timeout", options.file_timeout),
        ("--memory-limit", options.memory_limit),
    )
    for name, chosen in single:
        words += [name, str(chosen)] if chosen is not None else []
    words += ["--unsafe"] if options.unsafe else []
    words += ["--only-evidence"] if options.only_evidence else []
    words += [] if options.types is None else ["--types" if options.types else "--no-types"]
    words += options.paths if options.paths != (".",) else ()
    return "".join(f" {shlex.quote(word)}" for word in words)
