"""A webhook wakes the poll: signed as each Git server signs, or not at all."""

import base64
import hashlib
import hmac
from pathlib import Path

import pytest
from fabgitops_operator.standalone.source.webhook import LARGEST_BODY, SecretError, Webhook

SECRET = "It's a Secret to Everybody"  # noqa: S105
BODY = b"Hello, World!"
GITHUB = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
"""The example of GitHub's documentation, for this secret and this body."""


class Woken:
    """A webhook, and how often it woke the poll."""

    def __init__(self, folder: Path, secret: str = SECRET) -> None:
        self.file = folder / "secret"
        self.file.write_text(f"{secret}\n")
        self.times = 0
        self.webhook = Webhook(self.file, self.wake)

    def wake(self) -> None:
        """Count."""
        self.times += 1

    def ask(self, headers: dict[str, str], body: bytes = BODY) -> int:
        """Ask it."""
        return self.webhook.handle(headers, body)[0]


@pytest.fixture
def woken(tmp_path: Path) -> Woken:
    """Return one."""
    return Woken(tmp_path)


def hexed(body: bytes = BODY, secret: str = SECRET) -> str:
    """Return the signature of a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard(key: bytes, body: bytes = BODY) -> dict[str, str]:
    """Return the headers of Standard Webhooks."""
    signed = base64.b64encode(hmac.new(key, b"id-1.1764370000." + body, hashlib.sha256).digest()).decode()
    return {"webhook-id": "id-1", "webhook-timestamp": "1764370000", "webhook-signature": f"v1,AAAA v1,{signed}"}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Hub-Signature-256": GITHUB},
        {"x-gitea-signature": hexed()},
        {"X-Forgejo-Signature": hexed()},
        {"X-Gitlab-Token": SECRET},
        standard(SECRET.encode()),
    ],
)
def test_each_git_server_wakes_the_poll(woken: Woken, headers: dict[str, str]) -> None:
    """GitHub, Gitea, Forgejo, and GitLab in both its forms are believed by their signatures."""
    assert woken.ask(headers) == 202
    assert woken.times == 1


def test_a_signing_token_of_gitlab_is_a_key_in_base64(tmp_path: Path) -> None:
    """What GitLab shows as `whsec_...` is base64 of the key."""
    woken = Woken(tmp_path, "whsec_" + base64.b64encode(b"k" * 32).decode())
    assert woken.ask(standard(b"k" * 32)) == 202


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": GITHUB[:-1] + "0"},
        {"X-Hub-Signature-256": f"sha256={hexed(b'another body')}"},
        {"X-Gitea-Signature": hexed(BODY, "another secret")},
        {"X-Gitea-Signature": "ä"},
        {"X-Gitlab-Token": ""},
        {"X-Gitlab-Token": SECRET + " "},
        {**standard(SECRET.encode()), "webhook-id": "id-2"},
        {**standard(SECRET.encode()), "webhook-signature": "v1,"},
    ],
)
def test_what_is_not_signed_wakes_nobody(woken: Woken, headers: dict[str, str]) -> None:
    """A signature of another body, by another secret, or none at all is refused."""
    assert woken.ask(headers) == 403
    assert woken.times == 0


def test_a_body_beyond_all_bounds_is_not_looked_at(woken: Woken) -> None:
    """More than two mebibytes are refused before anything is computed."""
    body = b"x" * (LARGEST_BODY + 1)
    assert woken.ask({"X-Hub-Signature-256": f"sha256={hexed(body)}"}, body) == 413


def test_the_secret_may_be_exchanged_while_it_runs(woken: Woken) -> None:
    """The file is read at each request."""
    woken.file.write_text("another secret of ours")
    assert woken.ask({"X-Hub-Signature-256": GITHUB}) == 403
    assert woken.ask({"X-Gitea-Signature": hexed(BODY, "another secret of ours")}) == 202


@pytest.mark.parametrize("text", ["", "short", "\nsecret on the second line"])
def test_what_is_no_secret_is_told_at_the_start(tmp_path: Path, text: str) -> None:
    """An empty or short secret, with which anybody could wake the poll, is refused with the way out."""
    (tmp_path / "secret").write_text(text)
    with pytest.raises(SecretError, match="openssl rand -hex 32"):
        Webhook(tmp_path / "secret", lambda: None)
    with pytest.raises(SecretError, match="No such file"):
        Webhook(tmp_path / "none", lambda: None)
