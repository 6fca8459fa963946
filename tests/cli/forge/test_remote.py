"""Where branches go, read from what git calls a URL; a password in it is never shown."""

from __future__ import annotations

import pytest

from aiomend_cli.errors import UserError
from aiomend_cli.forge.remote import Branches, base_of, parsed


@pytest.mark.parametrize(
    "url",
    ["../elsewhere", "/srv/git/thing.git", "file:///srv/git/thing.git", "./a:b/c"],
)
def test_a_path_is_on_no_host(url: str) -> None:
    remote = parsed("origin", url)
    assert (remote.host, remote.slug, remote.web) == (None, None, None)


@pytest.mark.parametrize(
    ("url", "host", "slug"),
    [
        ("https://github.com/acme/chat.git", "github.com", "acme/chat"),
        ("https://github.com/acme/chat/", "github.com", "acme/chat"),
        ("http://127.0.0.1:8080/acme/chat.git", "127.0.0.1:8080", "acme/chat"),
        ("git@github.com:acme/chat.git", "github.com", "acme/chat"),
        ("github.com:acme/chat", "github.com", "acme/chat"),
        ("ssh://git@ghe.example.com:2222/acme/chat.git", "ghe.example.com", "acme/chat"),
        ("https://[::1]:8443/acme/chat", "[::1]:8443", "acme/chat"),
    ],
)
def test_host_and_name(url: str, host: str, slug: str) -> None:
    remote = parsed("origin", url)
    assert (remote.host, remote.slug) == (host, slug)


def test_a_deeper_path_names_no_repository() -> None:
    assert parsed("origin", "https://gitlab.example.com/group/sub/chat.git").slug is None


def test_a_password_leaves_the_url_and_is_in_no_text() -> None:
    remote = parsed("origin", "https://someone:s3cr%2Ft@github.com/acme/chat.git")
    assert remote.url == "https://github.com/acme/chat.git"
    assert remote.password == "s3cr/t"
    assert "s3cr" not in repr(remote)


def test_the_web_address_of_a_repository_reached_by_ssh() -> None:
    assert parsed("origin", "git@github.com:acme/chat.git").web == "https://github.com/acme/chat"


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [(None, "name it with --base"), ("gone", "no such branch"), ("aiomend/safe", "a branch of aiomend's own")],
)
def test_a_base_that_is_none(wanted: str | None, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        base_of(Branches(None, {"main": "1" * 40, "aiomend/safe": "2" * 40}, "here"), wanted)
