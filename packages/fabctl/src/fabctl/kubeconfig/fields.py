"""The fields of kubeconfig v1, each checked: what kubectl would obey and we cannot is refused by its name."""

import base64
import binascii
import os
import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from fabctl.kubeconfig.errors import KubeconfigError
from fabctl.kubeconfig.files import Entry

_CLUSTER = {
    *("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority", "certificate-authority-data"),
    *("proxy-url", "disable-compression", "extensions"),
}
_USER = {
    *("client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile"),
    *("as", "as-uid", "as-groups", "as-user-extra", "username", "password", "auth-provider", "exec", "extensions"),
}
_EXEC = {"apiVersion", "command", "args", "env", "installHint", "provideClusterInfo", "interactiveMode"}
_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_HOST = re.compile(r"[\w.~!$&'()*+,;=-]+", re.ASCII)
"""A name in a URL (RFC 3986, section 3.2.2) without escapes, which no name in DNS needs."""
_AMBIGUOUS = set("\N{LATIN SMALL LETTER SHARP S}\N{GREEK SMALL LETTER FINAL SIGMA}\u200c\u200d")
"""Letters of which Python, by IDNA 2003, makes another name than is asked for today (RFC 5894, section 7.2)."""
_PLUGIN_CONFIG = "client.authentication.k8s.io/exec"


@dataclass(frozen=True, slots=True)
class Pem:
    """A certificate or key: the text itself, or the file that it is in."""

    text: str = field(default="", repr=False)
    file: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.file)

    def read(self) -> str:
        """Return the text.

        Raises:
            OSError: The file cannot be read.
        """
        if not self.file:
            return self.text
        with open(self.file, encoding="utf-8") as file:
            return file.read()


@dataclass(frozen=True, slots=True)
class Cluster:
    """How an API server is reached."""

    server: str
    tls_server_name: str = ""
    insecure: bool = False
    authority: Pem = Pem()
    proxy: str = ""
    compress: bool = True
    plugin_config: Any = None


@dataclass(frozen=True, slots=True)
class Exec:
    """A program that says who we are."""

    version: str
    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cluster_info: bool = False
    interactive: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """Who we are."""

    authorization: str = field(default="", repr=False)
    token_file: str = ""
    certificate: Pem = Pem()
    key: Pem = Pem()
    plugin: Exec | None = None
    impersonation: tuple[tuple[str, str], ...] = ()


def cluster_of(entry: Entry) -> Cluster:
    """Return a cluster.

    Raises:
        KubeconfigError: A field cannot be used.
    """
    _known("cluster", entry, _CLUSTER)
    server = _text(entry, "server")
    _url("server", server)
    insecure, authority = _flag(entry, "insecure-skip-tls-verify"), _pem(entry, "certificate-authority")
    if insecure and authority:
        raise KubeconfigError("insecure-skip-tls-verify beside certificate-authority: only one of them is allowed")
    return Cluster(
        server=server,
        tls_server_name=_text(entry, "tls-server-name"),
        insecure=insecure,
        authority=authority,
        proxy=_proxy(server, _text(entry, "proxy-url")),
        compress=not _flag(entry, "disable-compression"),
        plugin_config=_extension(entry),
    )


def user_of(entry: Entry) -> User:
    """Return a user.

    Raises:
        KubeconfigError: A field cannot be used.
    """
    _known("user", entry, _USER)
    if entry.get("auth-provider"):
        raise KubeconfigError("auth-provider is not supported, as by kubectl since 1.26: use exec")
    token, token_file = _text(entry, "token"), _text(entry, "tokenFile")
    name, password = _text(entry, "username"), _text(entry, "password")
    if (name or password) and (token or token_file):
        raise KubeconfigError("username beside token: only one of them is allowed")
    if password and not name:
        raise KubeconfigError("password without username")
    certificate, key = _pem(entry, "client-certificate"), _pem(entry, "client-key")
    if bool(certificate) != bool(key):
        raise KubeconfigError("client-certificate and client-key: one is there without the other")
    basic = f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}" if name else ""
    known = bool(token or token_file or name)  # what stands there goes before a plugin, as with kubectl
    return User(
        authorization=_header("token", f"Bearer {token}") if token else basic,
        token_file=token_file,
        certificate=certificate,
        key=key,
        plugin=_exec(entry["exec"]) if entry.get("exec") and not known else None,
        impersonation=tuple(_impersonation(entry)),
    )


def _exec(entry: Any) -> Exec:
    if not isinstance(entry, dict):
        raise KubeconfigError("exec is no mapping")
    _known("exec", entry, _EXEC)
    version, command = _text(entry, "apiVersion"), _text(entry, "command")
    if version not in _VERSIONS:
        raise KubeconfigError(f'exec.apiVersion "{version}" is not supported: {" or ".join(_VERSIONS)} is')
    mode = _text(entry, "interactiveMode") or ("IfAvailable" if version != _VERSIONS[0] else "")
    if mode not in {"Never", "IfAvailable", "Always"}:
        raise KubeconfigError(f'exec.interactiveMode "{mode}" is none of Never, IfAvailable, Always')
    terminal = sys.stdin is not None and sys.stdin.isatty()
    if mode == "Always" and not terminal:
        raise KubeconfigError("exec.interactiveMode is Always, and there is no terminal to ask on")
    if not _runs(command):
        hint = " ".join(_text(entry, "installHint").split())
        raise KubeconfigError(f'exec.command "{command}" cannot be found or run{f": {hint}" if hint else ""}')
    return Exec(
        version=version,
        command=command,
        args=tuple(_texts("exec.args", entry.get("args"))),
        env=dict(_variable(each) for each in _list("exec.env", entry.get("env"))),
        cluster_info=_flag(entry, "provideClusterInfo"),
        interactive=terminal and mode != "Never",
    )


def _runs(command: str) -> bool:
    from shutil import which  # noqa: PLC0415 - reads archivers

    return which(command) is not None if command else False


def _variable(entry: Any) -> tuple[str, str]:
    if not isinstance(entry, dict) or not _text(entry, "name"):
        raise KubeconfigError("exec.env holds what has no name")
    return _text(entry, "name"), _text(entry, "value")


def _impersonation(entry: Entry) -> list[tuple[str, str]]:
    """Return the headers that say as whom to act (Kubernetes: user impersonation)."""
    name, extra = _text(entry, "as"), entry.get("as-user-extra") or {}
    uid, groups = _text(entry, "as-uid"), _texts("as-groups", entry.get("as-groups"))
    if not name:
        if uid or groups or extra:
            raise KubeconfigError("as-uid, as-groups or as-user-extra without as")
        return []
    if not isinstance(extra, dict):
        raise KubeconfigError("as-user-extra is no mapping")
    headers = [("Impersonate-User", name), *(("Impersonate-Group", group) for group in groups)]
    headers += [("Impersonate-Uid", uid)] if uid else []
    for key, values in extra.items():
        words = _texts("as-user-extra", values)
        headers += [(f"Impersonate-Extra-{quote(str(key), safe='!#$&*+^`|~')}", value) for value in words]
    return [(header, _header("as", value)) for header, value in headers]


def _header(name: str, value: str) -> str:
    """Return what a header can carry (RFC 9110, section 5.5), in the bytes of UTF-8 as kubectl sends them."""
    if any(letter < " " or letter == "\x7f" for letter in value):
        raise KubeconfigError(f"{name} holds control characters")
    return value


def _known(what: str, entry: Entry, fields: Collection[str]) -> None:
    for name in entry:
        if name not in fields:
            raise KubeconfigError(f"{what} has a field that is not known: {name}")


def _text(entry: Entry, name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str | None):
        raise KubeconfigError(f"{name} is no text: write it in quotes")
    return value or ""


def _flag(entry: Entry, name: str) -> bool:
    value = entry.get(name)
    if not isinstance(value, bool | None):
        raise KubeconfigError(f"{name} is neither true nor false")
    return bool(value)


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list | None):
        raise KubeconfigError(f"{name} is no list")
    return value or []


def _texts(name: str, value: Any) -> list[str]:
    return [_text({name: each}, name) for each in _list(name, value)]


def _pem(entry: Entry, name: str) -> Pem:
    file, data = _text(entry, name), _text(entry, f"{name}-data")
    if file and data:
        raise KubeconfigError(f"{name} beside {name}-data: only one of them is allowed")
    try:
        return Pem(base64.b64decode("".join(data.split()), validate=True).decode("ascii"), file)
    except (binascii.Error, UnicodeDecodeError) as error:
        raise KubeconfigError(f"{name}-data is no PEM in base64") from error


def _url(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and host_of(parts) and parts.port != 0  # .port raises if it is none
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:  # urlsplit leaves some of them out
        raise KubeconfigError(f"{name} {url} is no http:// or https:// URL")


def host_of(url: SplitResult) -> str:
    """Return the host of a URL as DNS knows it, or the address that stands there.

    Raises:
        ValueError: It is none.
    """
    host = url.hostname or ""
    if ":" in host:
        return host
    if set(host) & _AMBIGUOUS:
        raise ValueError("IDNA 2003 and 2008 make different names of it")
    name = host if host.isascii() else host.encode("idna").decode()
    if not _HOST.fullmatch(name):
        raise ValueError("it holds what no name can")
    return name


def _proxy(server: str, given: str) -> str:
    """Return the proxy to go through: as the kubeconfig says, or else the environment."""
    named = "proxy-url"
    if not given and _is_set_around():
        scheme = urlsplit(server).scheme
        given, named = _proxy_around(server, scheme), f"{scheme}_proxy"
    if given:
        _url(named, given)
    return given


def _is_set_around() -> bool:
    """Return whether this machine may say which proxy to use: macOS and Windows have settings, all have variables."""
    return sys.platform in {"darwin", "win32"} or any(name.lower().endswith("_proxy") for name in os.environ)


def _proxy_around(server: str, scheme: str) -> str:
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - takes longer than the whole kubeconfig

    if proxy_bypass(urlsplit(server).netloc.rpartition("@")[2]):
        return ""
    proxies = getproxies()
    found = proxies.get(scheme) or proxies.get("all") or ""
    return found if not found or "://" in found else f"http://{found}"


def _extension(entry: Entry) -> Any:
    for each in _list("extensions", entry.get("extensions")):
        if isinstance(each, dict) and each.get("name") == _PLUGIN_CONFIG:
            return each.get("extension")
    return None
