"""Runs a mock PLC, declares what it must hold, and waits until the operator has made it so: what `helm test` runs."""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
PORT = 5502
HELD, WANTED = 1200, 2500


def call(method: str, path: str, body: object = None) -> dict:
    """Send a request to the API server as the pod's service account and return what it answers."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    host = f"[{host}]" if ":" in host else host
    url = f"https://{host}:{port}/apis/fabgitops.io/v1/namespaces/{os.environ['PLC_NAMESPACE']}/industrialplcs{path}"
    token = (ACCOUNT / "token").read_text(encoding="utf-8")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    with urllib.request.urlopen(request, context=trust, timeout=10) as answer:  # noqa: S310 - always https
        return json.load(answer)


def declare(name: str) -> None:
    """Create the resource, in place of what an earlier test that was killed may have left."""
    spec = {"deviceAddress": os.environ["POD_IP"], "port": PORT, "pollIntervalSecs": 1}
    spec |= {"targetRegister": 4001, "targetValue": WANTED}
    delete(name)
    body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": name}, "spec": spec}
    call("POST", "", body)


def delete(name: str) -> None:
    """Delete the resource; that there is none is fine."""
    try:
        call("DELETE", f"/{name}")
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise


def wait(name: str, seconds: float) -> bool:
    """Tell each new state of the resource; return whether it came to be in sync within the time."""
    told, deadline = "", time.monotonic() + seconds
    while time.monotonic() < deadline:
        conditions = call("GET", f"/{name}").get("status", {}).get("conditions", [])
        state = ", ".join(f"{c['type']}={c['status']} ({c['reason']})" for c in conditions) or "no status yet"
        if state != told:
            told = state
            print(f"{name}: {state}", flush=True)
        if any(c["type"] == "InSync" and c["status"] == "True" for c in conditions):
            return True
        time.sleep(0.5)
    return False


def main() -> int:
    """Return 0 when the operator corrected the mock PLC in time."""
    name, seconds = os.environ["PLC_NAME"], float(os.environ["TIMEOUT_SECS"])
    arguments = ["--bind", os.environ["POD_IP"], "--port", str(PORT), "--register", f"4001={HELD}"]
    with subprocess.Popen(["mock-plc", *arguments]) as plc:  # noqa: S603, S607 - the image's program
        try:
            declare(name)
            done = wait(name, seconds)
        finally:
            plc.terminate()
            delete(name)
    print(f"corrected from {HELD} to {WANTED}" if done else f"not in sync within {seconds:g} s", flush=True)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
