"""What an experiment would hit, shown before it is made."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.commands.chaos.run import run

from .plant import CHAOS, POLICY, PROBE, Play, agent, experiment, manifest, pod, policy, target


async def test_a_dry_run_shows_what_it_would_hit(play: Play, file: Any, capsys: Any) -> None:
    """What the selector matches, why some are none, who would inject, what the policy says; nothing is made."""
    bodies = [
        pod("hmi-1"),
        pod("hmi-2", "n2"),
        pod("hmi-3", labels={"fabgitops.io/chaos": "protected"}),
        pod("hmi-4", "n3"),
    ]
    other = experiment("Running", "other", targets=[target("hmi-2")])
    leases = [("leases", agent("n1", datetime.now(UTC).isoformat(), networkDelay="nfqueue"))]
    allowed = policy(
        scenarios=["networkDelay"], windows=[{"type": "allow", "schedule": "0 22 * * *", "duration": "2h"}]
    )
    world, here = play(("chaospolicies", allowed), (CHAOS, other), *(("pods", each) for each in bodies), *leases)
    body = manifest(scenario={"networkDelay": {"delayMillis": 200}}, probes=[PROBE])
    assert await run(file(body), dry_run=True, connection=here) == 0
    out = capsys.readouterr().out
    assert "1 of 3 that could be chosen; and 1 protected: which is chosen when it begins, by its uid" in out
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in out.splitlines() if line.strip().startswith("hmi-")}
    assert rows == {
        "hmi-1": "n1 may be chosen ready",
        "hmi-2": "n2 a target of plant/other none on node n2",
        "hmi-3": "n1 protected ready",
        "hmi-4": "n3 may be chosen none on node n3",
    }
    assert "ChaosPolicy:  allows it" in out
    assert "allow 0 22 * * * for 2h (UTC): whether one is open the operator looks" in out
    assert (len(world.rehearsed), (CHAOS, "kill") in world.objects) == (1, False)


async def test_a_dry_run_counts_what_others_have(play: Play, file: Any, capsys: Any) -> None:
    """Where others have so many of the same that the operator would wait it is refused, and says how many they are."""
    other = experiment("Running", "other", targets=[target("hmi-2")])
    allowed = policy(minReadyLeft=2)
    _, here = play(("chaospolicies", allowed), (CHAOS, other), *(("pods", pod(f"hmi-{at}")) for at in (1, 2, 3)))
    assert await run(file(), dry_run=True, connection=here) == 8
    said = "it would leave 1 ready while others have 1 of the same, and the ChaosPolicy wants minReadyLeft 2"
    assert said in " ".join(capsys.readouterr().out.split())


async def test_a_seed_says_beforehand_which_are_hit(play: Play, file: Any, capsys: Any) -> None:
    """As the operator will choose: by hashes of the seed and of uids."""
    _, here = play(POLICY, *(("pods", pod(f"hmi-{at}")) for at in range(4)))
    given = {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}, "seed": "a", "mode": "fixed", "value": 2}
    assert await run(file(manifest(target=given)), dry_run=True, connection=here) == 0
    out = capsys.readouterr().out
    named = re.search(r"2 of 4 that could be chosen: (hmi-\d), (hmi-\d)\n", out)
    assert named
    chosen = {
        line.split()[0] for line in out.splitlines() if re.match(r" +hmi-\d .* chosen$", line) and " not " not in line
    }
    assert chosen == {named[1], named[2]}


async def test_a_dry_run_knows_no_mock_from_a_real_plc(play: Play, file: Any, capsys: Any) -> None:
    """What is only for mocks is said; packets to a real one are held where policy and PLC allow it."""
    plcs = [pod(name) for name in ("mixer", "oven")]
    plcs[0]["metadata"]["labels"] = {"line": "3", "fabgitops.io/chaos": "allowed"}
    plcs[1]["metadata"]["labels"] = {"line": "3"}
    allowed = policy(scenarios=["networkDelay", "plcFault"], realPlcs=True)
    _, here = play(("chaospolicies", allowed), *(("industrialplcs", each) for each in plcs))
    aim = {"kind": "plcs", "labelSelector": {"matchLabels": {"line": "3"}}}
    for scenario, mixer in (
        ({"networkDelay": {"delayMillis": 9}}, ""),
        ({"plcFault": {"fault": "frozen"}}, ", if it is a mock"),
    ):
        assert await run(file(manifest(scenario=scenario, target=aim)), dry_run=True, connection=here) == 0
        out = capsys.readouterr().out
        assert f"  mixer   may be chosen{mixer}\n  oven    may be chosen, if it is a mock\n" in out


async def test_a_box_without_a_cluster_has_no_namespaces_to_let_in(play: Play, file: Any, capsys: Any) -> None:
    """Where the operator is its own API server the policy alone says what is allowed."""
    world, here = play(("chaospolicies", policy(minReadyLeft=0)), ("pods", pod("hmi-1")))
    world.objects["namespaces", "plant"]["metadata"].pop("labels")
    world.version = "v1.34.0+fabgitops.0.1.0"
    assert await run(file(), dry_run=True, connection=here) == 0
    assert "ChaosPolicy:  allows it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda world: world.objects.pop(("chaospolicies", "default")), 8, "there is no ChaosPolicy"),
        (
            lambda world: world.objects["namespaces", "plant"]["metadata"].pop("labels"),
            8,
            "has no label fabgitops.io/chaos",
        ),
        (lambda world: setattr(world, "refusal", "not by you"), 8, "not by you"),
        (lambda world: world.objects.pop(("pods", "hmi-1")), 7, "no target: 0 that could be chosen"),
        (lambda world: world.denied.add("pods"), 0, "Targets:      not known: me may not list pods"),
        (lambda world: world.denied.add("chaospolicies"), 0, "ChaosPolicy:  not known: me may not get"),
        (lambda world: world.denied.add("namespaces"), 0, "not known whether the namespace lets it in: me may not get"),
        (lambda world: world.denied.add("leases"), 0, "n1     chosen"),
        (lambda world: world.objects.update({(CHAOS, "kill"): experiment("Running")}), 8, "kill is there already"),
    ],
)
async def test_a_dry_run_says_what_is_in_the_way(
    play: Play, file: Any, capsys: Any, change: Any, code: int, said: str
) -> None:
    """With the exit code that running it would end with; what may not be seen is said, and is no obstacle."""
    world, here = play(("chaospolicies", policy(minReadyLeft=0)), ("pods", pod("hmi-1")))
    change(world)
    assert await run(file(), dry_run=True, connection=here) == code
    assert said in capsys.readouterr().out
