"""What a cluster must have: resource definitions, an admission policy, rights, and the operator itself, as YAML."""

from importlib.metadata import version
from importlib.resources import files

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.rack import KINDS as RACK_KINDS
from fabgitops_core.control.kinds import ARGO_KINDS, CHAOS_KINDS, DELIVERY_KINDS, KINDS, SETPOINT_KINDS

from fabgitops_operator.labels import labels

NAMESPACE = "fabgitops-system"
"""Where the operator is, and where limits are that PLCs may not loosen."""

RACKS_ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-racks"
"""Who the operator of racks is, as racks.yaml makes it: what guards racks lets it delete."""

ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-operator"
"""Who the operator of PLCs is, as rbac.yaml makes it: of a PLC it may change the permit and nothing else."""


CHAOS_ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-chaos"
"""Who the operator of chaos experiments is, as chaos.yaml makes it: it makes the runs of schedules."""

AGENT_ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-agent"
"""Who an agent of chaos experiments is: of Leases it writes that of its node."""


def manifests(
    *,
    with_secrets: bool = False,
    with_operator: bool = False,
    with_racks: bool = False,
    with_rack_plcs: bool = False,
    with_setpoint_rollouts: bool = False,
    with_delivery: bool = False,
    with_argo: bool = False,
    with_chaos: bool = False,
) -> str:
    """Return definitions, admission policy, rights and, if asked for, the operator as one stream of YAML documents.

    Args:
        with_secrets: The right to read Secrets, for each operator that has rights by then.
        with_operator: The operator of PLCs.
        with_racks: The definitions of racks, the rights of their operator, and what guards racks that are in use.
        with_rack_plcs: Its right to make IndustrialPLCs.
        with_setpoint_rollouts: What rollouts of set-points need: definitions, rights for the operator of PLCs, and what
            guards those.
        with_delivery: What rollouts of workloads need: definitions, and an account for their operator with its rights.
        with_argo: The same for Rollouts of Argo Rollouts, and their definitions: where Argo has none.
        with_chaos: What chaos experiments need: definitions, accounts for their operator and its agents with the rights
            of each, and what refuses experiments that must not be.
    """
    racks = with_racks or with_rack_plcs
    wanted = {
        "admission.yaml": True,
        "limits/policy.yaml": True,
        "approval/policy.yaml": True,
        "rbac.yaml": True,
        "secrets.yaml": with_secrets,
        "racks.yaml": racks,
        "racks-plcs.yaml": with_rack_plcs,
        "racks-secrets.yaml": racks and with_secrets,
        "racks/guard.yaml": racks,
        "setpoints.yaml": with_setpoint_rollouts,
        "setpoints/guard.yaml": with_setpoint_rollouts,
        "delivery.yaml": with_delivery,
        "argo.yaml": with_argo,
        "chaos.yaml": with_chaos,
        "chaos/guard.yaml": with_chaos,
        "chaos/agents.yaml": with_chaos,
        "operator.yaml": with_operator,
    }
    folder = files("fabgitops_operator") / "manifests"
    defined = [folder / f"{kind.crd_name}.yaml" for kind in KINDS]
    defined += [folder / "racks" / f"{kind.crd_name}.yaml" for kind in RACK_KINDS if racks]
    defined += [folder / "setpoints" / f"{kind.crd_name}.yaml" for kind in SETPOINT_KINDS if with_setpoint_rollouts]
    both = {kind.name for kind in SETPOINT_KINDS} if with_setpoint_rollouts else set()
    defined += [folder / place_of(kind) for kind in DELIVERY_KINDS if with_delivery and kind.name not in both]
    defined += [folder / "chaos" / f"{kind.crd_name}.yaml" for kind in CHAOS_KINDS if with_chaos]
    defined += [folder / "argo" / f"{kind.crd_name}.yaml" for kind in ARGO_KINDS if with_argo]
    definitions = [_labelled(file.read_text(encoding="utf-8")) for file in defined]
    others = [(folder / name).read_text(encoding="utf-8") for name, is_wanted in wanted.items() if is_wanted]
    text = "---\n".join([*definitions, *others])
    known = {"@VERSION@": version("fabgitops-operator"), "@OPERATOR@": RACKS_ACCOUNT, "@NAMESPACE@": NAMESPACE}
    known |= {"@PERMITTER@": ACCOUNT, "@CHAOS@": CHAOS_ACCOUNT}
    known |= {"@AGENT@": AGENT_ACCOUNT, "@AGENTS@": NAMESPACE}
    for mark, value in known.items():
        text = text.replace(mark, value)
    return text


def place_of(kind: Kind) -> str:
    """Return where the definition of a kind of `delivery` is; that of what judges changes is with set-points."""
    return f"{'setpoints' if kind in SETPOINT_KINDS else 'delivery'}/{kind.crd_name}.yaml"


def _labelled(definition: str) -> str:
    """Return a definition that says of which version it is, as the chart's do."""
    lines = "".join(f'    {name}: "{value}"\n' for name, value in labels().items())
    return definition.replace("\nmetadata:\n", f"\nmetadata:\n  labels:\n{lines}", 1)
