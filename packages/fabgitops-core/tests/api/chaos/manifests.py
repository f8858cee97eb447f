"""Specs that are taken, and specs that are not, each with a part of what is said of it."""

from typing import Any

Spec = dict[str, Any]

PODS: Spec = {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}}
PLCS: Spec = {"kind": "plcs", "labelSelector": {"matchLabels": {"line": "4"}}}
KILL: Spec = {"podKiller": {}}
PROBE: Spec = {"name": "steady", "plc": {"labelSelector": {"matchLabels": {"line": "4"}}}}


def experiment(scenario: Spec = KILL, target: Spec | None = PODS, **more: Any) -> Spec:
    """Return the spec of an experiment."""
    return {"scenario": scenario, **({} if target is None else {"target": target}), **more}


def delayed(**network: Any) -> Spec:
    """Return the spec of an experiment with packets that are late."""
    return experiment({"networkDelay": network})


def probed(**probe: Any) -> Spec:
    """Return the spec of an experiment with a probe."""
    return experiment(probes=[{**PROBE, **probe}])


def aimed(**target: Any) -> Spec:
    """Return the spec of an experiment with some other target."""
    return experiment(target={**PODS, **target})


TAKEN: dict[str, Spec] = {
    "the least": experiment(),
    "a share": aimed(mode="fixedPercent", value=100, namespace="line-4", seed="monday"),
    "an expression": aimed(labelSelector={"matchExpressions": [{"key": "app", "operator": "Exists"}]}),
    "all": aimed(mode="all"),
    "a grace": experiment({"podKiller": {"gracePeriodSecs": 5}}),
    "cpu": experiment({"cpuStress": {"loadPercent": 50, "workers": 2, "container": "hmi"}}),
    "a delay": delayed(delayMillis=100, jitterMillis=20, lossPercent=5, to=[{"cidr": "10.0.0.0/8", "port": 502}]),
    "six": delayed(delayMillis=1, to=[{"cidr": "fd00::/8", "protocol": "UDP"}]),
    "a partition from PLCs": delayed(partition=True, to=[{"plcs": {"matchLabels": {"line": "4"}}}]),
    "a path to PLCs": experiment({"networkDelay": {"partition": True}}, PLCS),
    "a fault": experiment({"plcFault": {"fault": "exception:busy,on=write"}}, PLCS),
    "a drift": experiment({"plcDrift": {"register": "speed", "value": 12.5, "tokenSecret": "mock"}}, PLCS),
    "a late API": experiment({"apiLatency": {"delayMillis": 500}}, None),
    "an extension": experiment({"extension": {"name": "fanStop", "parameters": {"fan": 2}}}),
    "probes": probed(when=["start", "end"], withinSecs=90),
    "a query": experiment(
        probes=[{"name": "p", "prometheus": {"query": "up", "condition": "result[0] == 1.0"}, "when": ["during"]}]
    ),
}

REFUSED: dict[str, tuple[Spec, str]] = {
    "nothing to do": (experiment({}), "exactly one of podKiller"),
    "two things to do": (experiment({"podKiller": {}, "cpuStress": {}}), "exactly one of podKiller"),
    "no target": (experiment(target=None), "apiLatency is about the operator itself"),
    "a target of the operator": (experiment({"apiLatency": {"delayMillis": 5}}), "apiLatency is about the operator"),
    "everything": (aimed(labelSelector={}), "an empty selector selects nothing"),
    "no number": (aimed(mode="fixed"), "take a value"),
    "a number too much": (aimed(mode="all", value=2), "take a value"),
    "more than all": (aimed(mode="randomMaxPercent", value=101), "a percentage is at most 100"),
    "dead PLCs": (experiment(target=PLCS), "podKiller and cpuStress take pods"),
    "faulty pods": (experiment({"plcFault": {"fault": "frozen"}}), "plcFault and plcDrift take plcs"),
    "a fault with its own times": (
        experiment({"plcFault": {"fault": "frozen,for=1h"}}, PLCS),
        "the experiment says when it begins and ends",
    ),
    "a fault on two lines": (experiment({"plcFault": {"fault": "frozen\nfrozen"}}, PLCS), "fault"),
    "force and grace": (experiment({"podKiller": {"force": True, "gracePeriodSecs": 5}}), "force gives no grace"),
    "a delay of nothing": (delayed(), "say what becomes of packets"),
    "no partition": (delayed(partition=False), "say what becomes of packets"),
    "a late partition": (delayed(partition=True, delayMillis=5), "a partition lets nothing pass"),
    "jitter alone": (delayed(lossPercent=5, jitterMillis=5), "jitterMillis goes around delayMillis"),
    "more jitter than delay": (delayed(delayMillis=5, jitterMillis=6), "jitterMillis goes around delayMillis"),
    "nowhere": (delayed(delayMillis=5, to=[{}]), "exactly one of cidr and plcs"),
    "no network": (delayed(delayMillis=5, to=[{"cidr": "10.0.0.300/8"}]), "an address and a prefix length"),
    "a prefix of six": (delayed(delayMillis=5, to=[{"cidr": "10.0.0.0/33"}]), "an address and a prefix length"),
    "no prefix": (delayed(delayMillis=5, to=[{"cidr": "10.0.0.3"}]), "cidr"),
    "a port of PLCs": (
        delayed(delayMillis=5, to=[{"plcs": {"matchLabels": {"line": "4"}}, "port": 502}]),
        "a PLC has its own port",
    ),
    "a path to PLCs, and elsewhere": (
        experiment({"networkDelay": {"delayMillis": 5, "to": [{"cidr": "10.0.0.0/8"}]}}, PLCS),
        "with plcs for targets",
    ),
    "seconds for a delay": (delayed(delayMillis=60_000), "delayMillis"),
    "for ever": (experiment(durationSecs=86_401), "durationSecs"),
    "for no time": (experiment(durationSecs=0), "durationSecs"),
    "a probe of nothing": (experiment(probes=[{"name": "p"}]), "exactly one of plc, prometheus, http and pods"),
    "a probe of two things": (probed(pods={"labelSelector": {"matchLabels": {"a": "b"}}}), "exactly one of plc"),
    "an end that is not asked for": (probed(when=["start"], withinSecs=5), "withinSecs is about the end"),
    "a probe that holds up the leases": (probed(timeoutSecs=6), "timeoutSecs"),
}
