"""Ways out of what git says, which knows none of our flags."""

_HINTS = (
    ("could not read Username", "the repository wants a token: give it by --git-token-file FILE"),
    ("Authentication failed", "the token of --git-token-file is not taken, or may not read this repository"),
    ("returned error: 403", "the token of --git-token-file may not read this repository"),
    ("returned error: 401", "the token of --git-token-file is not taken"),
    ("returned error: 30", "the repository has moved: take the address that a browser ends at"),
    (
        "Host key verification failed",
        "write the server's key into the file of --git-known-hosts: ssh-keyscan HOST shows it",
    ),
    ("Permission denied", "the server does not take the key of --git-ssh-key"),
    ("certificate", "name the authority that signed the server's certificate with --git-ca-file FILE"),
    ("SSL", "name the authority that signed the server's certificate with --git-ca-file FILE"),
    ("died of signal 25", "the repository is too large: keep manifests in one of their own"),
    ("File size limit exceeded", "the repository is too large: keep manifests in one of their own"),
    ("dubious ownership", "let the user of the operator own the repository"),
)


def hint(said: str) -> str:
    """Return the way out of what git said, to be put behind it, or nothing."""
    return next((f" ({way})" for words, way in _HINTS if words in said), "")
