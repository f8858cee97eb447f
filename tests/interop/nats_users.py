"""An operator, an account and a user of NATS, as `nsc` would make them: signed tokens (JWT, ed25519-nkey)."""

import base64
import hashlib
import json
import os
from typing import Any

import nkeys


def _pair(prefix: int) -> Any:
    return nkeys.from_seed(nkeys.encode_seed(os.urandom(32), prefix))


def _public(pair: Any) -> str:
    return pair.public_key.decode() if isinstance(pair.public_key, bytes) else str(pair.public_key)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _token(issuer: Any, subject: Any, name: str, claims: dict[str, Any]) -> str:
    body: dict[str, Any] = {"iat": 1, "iss": _public(issuer), "name": name, "sub": _public(subject)}
    body["nats"] = {**claims, "version": 2}
    digest = hashlib.sha256(json.dumps(body).encode()).digest()
    body["jti"] = base64.b32encode(digest).decode().rstrip("=")
    head = _encoded(json.dumps({"typ": "JWT", "alg": "ed25519-nkey"}).encode())
    text = f"{head}.{_encoded(json.dumps(body).encode())}"
    return f"{text}.{_encoded(issuer.sign(text.encode()))}"


def server_and_user() -> tuple[str, str]:
    """Return what a server's configuration says of an operator and its account, and the .creds file of a user."""
    operator, account = _pair(nkeys.PREFIX_BYTE_OPERATOR), _pair(nkeys.PREFIX_BYTE_ACCOUNT)
    system = _pair(nkeys.PREFIX_BYTE_ACCOUNT)
    seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
    user = nkeys.from_seed(seed)
    limits = dict.fromkeys(("subs", "conn", "leaf", "imports", "exports", "data", "payload"), -1) | {"wildcards": True}
    kept = limits | dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), -1)
    account_token = _token(operator, account, "plant", {"type": "account", "limits": kept})
    user_token = _token(account, user, "operator", {"type": "user", "subs": -1, "data": -1, "payload": -1})
    operator_token = _token(operator, operator, "site", {"type": "operator"})
    system_token = _token(operator, system, "SYS", {"type": "account", "limits": limits})
    config = (
        f"operator: {operator_token}\nresolver: MEMORY\nsystem_account: {_public(system)}\n"
        f"resolver_preload: {{ {_public(account)}: {account_token}, {_public(system)}: {system_token} }}\n"
    )
    text = seed.decode() if isinstance(seed, bytes) else str(seed)
    creds = (
        f"-----BEGIN NATS USER JWT-----\n{user_token}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{text}\n------END USER NKEY SEED------\n"
    )
    return config, creds
