"""Pod templates as people write them, and what each is called: `templates.jsonl`, one a line, frozen.

`python corpus.py` adds templates that are not there yet, with their hashes. It changes no line that is there: a hash
that moves would deploy every workload anew when the operator is upgraded.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fabgitops_core.control.rollout.revisions.templates import hash_of

CORPUS = Path(__file__).with_name("templates.jsonl")
Made = dict[str, Any]

APPS = (
    "hmi",
    "opc-gateway",
    "mqtt-bridge",
    "historian",
    "vision",
    "recipe-api",
    "andon",
    "label-printer",
    "oee",
    "mes",
)
IMAGES = (
    "registry.example.com/{0}:1.{1}.0",
    "ghcr.example.org/plant/{0}@sha256:" + "0a1b" * 15 + "{1:04d}",
    "{0}:v{1}",
)


def frozen() -> list[tuple[str, Made]]:
    """Return hash and template of each line."""
    lines = CORPUS.read_text().splitlines() if CORPUS.exists() else []
    return [(each["hash"], each["template"]) for each in map(json.loads, lines)]


def templates() -> Iterator[Made]:
    """Give a hundred templates, each like those that plants have and like no other."""
    for number in range(100):
        app = APPS[number % len(APPS)]
        yield {"metadata": _metadata(app, number), "spec": _spec(app, number)}


def _metadata(app: str, number: int) -> Made:
    made: Made = {"labels": {"app": app, "app.kubernetes.io/part-of": f"line-{number % 4}"}}
    if number % 3 == 0:
        made["annotations"] = {"prometheus.io/scrape": "true", "prometheus.io/port": str(9000 + number)}
    if number % 7 == 1:
        made["annotations"] = {"team": "Instandhaltung Süd, Halle 3", "note": 'zeile 1\nzeile 2\t"q" \\ ☃ 産'}
    if number % 11 == 2:
        made["labels"]["canary"] = ""
    if number % 13 == 3:
        made["creationTimestamp"] = None
    return made


def _spec(app: str, number: int) -> Made:
    made: Made = {"containers": [_container(app, number)]}
    parts = (_volumes, _identity, _placing, _initial, _sidecar, _ending, _network)
    for place, part in enumerate(parts):
        if number >> place & 1:
            made |= part(app, number, made)
    return made


def _container(app: str, number: int) -> Made:
    made: Made = {"name": app, "image": IMAGES[number % 3].format(app, number)}
    if number % 2:
        made["ports"] = [{"name": "http", "containerPort": 8080}, {"containerPort": 4840 + number, "protocol": "TCP"}]
    if number % 3:
        made["resources"] = {"requests": {"cpu": f"{number}m", "memory": "64Mi"}, "limits": {"cpu": 1 + number % 2}}
    if number % 5 == 0:
        made["resources"] = {}
    if number % 4 == 1:
        made["env"] = _environment(number)
    if number % 4 == 2:
        made["command"] = ["/bin/sh", "-ec"]
        made["args"] = [f"exec {app} --poll 0.{number}s \\\n  --empty '' \\\n  --name \"$POD\"", ""]
    if number % 6 > 3:
        made["livenessProbe"] = {"httpGet": {"path": "/livez", "port": "http"}, "periodSeconds": 5 + number % 3}
        made["readinessProbe"] = {"tcpSocket": {"port": 8080}, "failureThreshold": 3}
    if number % 9 == 4:
        made["securityContext"] = {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"], "add": []}}
    return made


def _environment(number: int) -> list[Made]:
    return [
        {"name": "LINE", "value": str(number)},
        {"name": "EMPTY", "value": ""},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {
            "name": "TOKEN",
            "valueFrom": {"secretKeyRef": {"name": "plant", "key": "token", "optional": number % 8 == 1}},
        },
    ]


def _volumes(app: str, number: int, made: Made) -> Made:
    made["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": f"/var/lib/{app}", "readOnly": False}]
    kinds: tuple[Made, ...] = (
        {"emptyDir": {}},
        {"downwardAPI": {}},
        {"emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}},
        {"configMap": {"name": f"{app}-config", "defaultMode": 0o440}},
        {"persistentVolumeClaim": {"claimName": app}},
        {"projected": {"sources": [{"secret": {"name": "tls"}}, {"downwardAPI": {"items": []}}]}},
    )
    return {"volumes": [{"name": "data", **kinds[number % len(kinds)]}]}


def _identity(app: str, number: int, made: Made) -> Made:
    user = 1000 + number
    return {"serviceAccountName": app, "securityContext": {"fsGroup": user, "runAsUser": user, "sysctls": []}}


def _placing(app: str, number: int, made: Made) -> Made:
    selector: Made = {} if number % 8 == 4 else {"matchLabels": {"app": app}}
    term = {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"}
    return {
        "nodeSelector": {"node-role.kubernetes.io/edge": "", "hall": str(number % 3)},
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}},
        "tolerations": [
            {"key": "plant", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": number},
            {"operator": "Exists"},
        ],
    }


def _initial(app: str, number: int, made: Made) -> Made:
    return {"initContainers": [{"name": "migrate", "image": f"{app}-migrate:{number}", "args": ["--to", f"{number}"]}]}


def _sidecar(app: str, number: int, made: Made) -> Made:
    made["containers"].append({"name": "proxy", "image": "envoy:1.40", "envFrom": [{"configMapRef": {"name": app}}]})
    return {"shareProcessNamespace": number % 3 == 0}


def _ending(app: str, number: int, made: Made) -> Made:
    made["containers"][0]["lifecycle"] = {"preStop": {"exec": {"command": ["sleep", str(number % 20)]}}}
    return {"terminationGracePeriodSeconds": 30 + number, "priorityClassName": "plant" if number % 2 else None}


def _network(app: str, number: int, made: Made) -> Made:
    options = [{"name": "ndots", "value": "1"}]
    return {"hostAliases": [{"ip": "192.0.2.10", "hostnames": [f"plc-{number}"]}], "dnsConfig": {"options": options}}


def main() -> None:
    """Add the templates that are not there yet."""
    there = [template for _, template in frozen()]
    with CORPUS.open("a") as file:
        for template in templates():
            if template not in there:
                file.write(json.dumps({"hash": hash_of(template), "template": template}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
