"""The environment of commands that the repository brings, such as its tests: what they need, and no way to a forge."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from aiomend_cli.git import OF_A_HOOK

#: Agents that sign or log in, and programs that git asks for passwords.
_AGENTS = frozenset(
    {
        "SSH_AUTH_SOCK",
        "SSH_AGENT_PID",
        "SSH_ASKPASS",
        "SSH_ASKPASS_REQUIRE",
        "GPG_AGENT_INFO",
        "GIT_ASKPASS",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_CONFIG_PARAMETERS",
    }
)

#: Files by which a step of a workflow commands the next ones, which may hold a token; and where new tokens are had.
_OF_A_WORKFLOW = frozenset(
    {
        "GITHUB_ENV",
        "GITHUB_PATH",
        "GITHUB_OUTPUT",
        "GITHUB_STATE",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "ACTIONS_RUNTIME_URL",
        "ACTIONS_RESULTS_URL",
        "ACTIONS_CACHE_URL",
    }
)

_FORGE = re.compile(
    r"(^|_)(GH|GHE|GITHUB|GITLAB|GL|CI|ACTIONS|INPUT|GITEA|FORGEJO|CODEBERG|BITBUCKET|BB|AZURE_DEVOPS|SYSTEM|AIOMEND)_"
)
_SECRET = re.compile(r"TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|JWT|PRIVATE_?KEY|(^|_)PAT($|_)|DEPLOY_KEY")
#: How the tokens of GitHub and GitLab begin, whatever the variable is called that holds one.
_TOKEN = re.compile(r"\b(gh[opusr]_\w{16,}|github_pat_\w{16,}|gl(pat|ptt|dt|rt|cbt|soat|agent)-[\w.-]{16,})")
_TELLING = 8  #: a secret of fewer characters may be part of another value by accident

_SETTING = re.compile(r"GIT_CONFIG_(COUNT|(KEY|VALUE)_\d+)")
_LOGS_IN = re.compile(
    r"credential\..*|core\.(askpass|sshcommand)|http\..*(extraheader|cookiefile|sslkey|sslcert|proxy).*", re.IGNORECASE
)


def without_forge(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of ``environ`` that a command of the repository may see.

    It gets no token of a forge under whatever name, no agent, no credential helper of git, and nothing of a hook or a
    workflow step that it was started in. All others stay: tests may need them. Files in the home folder are not hidden.
    """
    hidden = {name for name, value in environ.items() if _is_hidden(name.upper(), value)}
    secrets = {environ[name] for name in hidden if _SECRET.search(name.upper()) and len(environ[name]) >= _TELLING}
    hidden |= {name for name, value in environ.items() if any(secret in value for secret in secrets)}
    kept = {name: value for name, value in environ.items() if name not in hidden and not _SETTING.fullmatch(name)}
    return kept | _as_variables(_kept_settings(environ, secrets)) | {"GIT_TERMINAL_PROMPT": "0"}


def _is_hidden(name: str, value: str) -> bool:
    if name in OF_A_HOOK or name in _AGENTS or name in _OF_A_WORKFLOW:
        return True
    return bool((_FORGE.search(name) and _SECRET.search(name)) or _TOKEN.search(value))


def _kept_settings(environ: Mapping[str, str], secrets: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield git's settings in ``environ`` that do not log in anywhere, and last the one that no helper is asked."""
    count = environ.get("GIT_CONFIG_COUNT", "")
    for number in range(int(count) if count.isdecimal() else 0):
        key, value = (environ.get(f"GIT_CONFIG_{word}_{number}") for word in ("KEY", "VALUE"))
        if key is None or value is None or _LOGS_IN.fullmatch(key):
            continue  # git would complain of a hole, and the others may be needed
        if not _TOKEN.search(key + value) and not any(secret in key + value for secret in secrets):
            yield key, value
    yield "credential.helper", ""  # empty: forgets the helpers of all files


def _as_variables(settings: Iterable[tuple[str, str]]) -> dict[str, str]:
    result: dict[str, str] = {}
    for number, (key, value) in enumerate(settings):
        result |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return result | {"GIT_CONFIG_COUNT": str(len(result) // 2)}
