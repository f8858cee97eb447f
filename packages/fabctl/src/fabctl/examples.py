"""Examples of each command: what `--help` shows below its options, and docs/fabctl.md and `man fabctl` as well.

A test runs each of them in a plant. Pure, and read for help alone.
"""

from collections.abc import Mapping, Sequence

WIDTH = 78
"""Characters that a line of it may have: with the two before it, it is not wrapped on 80 columns."""

EXAMPLES: Mapping[str, Sequence[tuple[str, str]]] = {
    "": (
        ("all PLCs of the namespace: what they must hold, and what they do hold", "fabctl get-status"),
        ("look at one now instead of soon, and correct what differs", "fabctl sync mixer"),
        ("what is in the way between here and the PLCs", "fabctl doctor"),
    ),
    "get-status": (
        ("all PLCs of the namespace", "fabctl get-status"),
        ("what somebody has to look at, the gravest first", "fabctl get-status --not-ready --sort-by status"),
        ("two clusters in one table, for a spreadsheet", "fabctl get-status --context line-1,line-2 -o csv"),
    ),
    "list": (
        ("where each device of line 3 is", "fabctl list -l line=3"),
        ("their addresses alone", "fabctl list -o jsonpath='{.items[*].spec.deviceAddress}'"),
    ),
    "describe": (
        ("all that is known of one", "fabctl describe mixer"),
        ("of two, only the registers that are not as Git wants", "fabctl describe mixer oven --drifted -o wide"),
    ),
    "events": (
        ("what happened to one", "fabctl events mixer"),
        ("the warnings of all namespaces, as they come", "fabctl events -A --warnings -w"),
    ),
    "sync": (
        ("look at two PLCs now", "fabctl sync mixer press-1"),
        ("correct one once although autoCorrect is false", "fabctl sync oven --force"),
        ("all of line 3, without waiting", "fabctl sync --all -l line=3 --no-wait"),
    ),
    "approve": (
        ("which writes a PLC waits with", "fabctl approve boiler --dry-run"),
        ("approve what it waits with now, where nobody can be asked", "fabctl approve boiler --yes"),
    ),
    "history": (
        ("the last corrections of all PLCs", "fabctl history"),
        ("of one, for a program", "fabctl history mixer -o json"),
    ),
    "suspend": (
        ("leave one alone while its belt is changed", 'fabctl suspend mixer --reason "new belt" --yes'),
        ("what that would be for line 3", 'fabctl suspend --all -l line=3 --reason "rebuilt" --dry-run'),
    ),
    "resume": (
        ("what becomes of one that is left alone", "fabctl resume mixer --dry-run"),
        ("look after all again", "fabctl resume --all --yes"),
    ),
    "templates": (
        ("which there are, and how many PLCs use each", "fabctl templates"),
        ("who uses one, and with which parameters", "fabctl templates ovens"),
    ),
    "wait": (
        ("until all of line 3 hold what Git wants", "fabctl wait --all -l line=3 --timeout 120"),
        ("until nothing keeps the operator from going on", "fabctl wait mixer --for condition=Stalled=False"),
    ),
    "watch": (
        ("a dashboard of all, until q", "fabctl watch"),
        ("of line 3 in all namespaces, every five seconds", "fabctl watch -A -l line=3 --interval 5"),
    ),
    "top": (
        ("who fails most, then who drifts most", "fabctl top"),
        ("the three slowest of all namespaces", "fabctl top -A --sort-by seconds --limit 3"),
    ),
    "tree": (
        ("the house of a rack, and how each part stands", "fabctl tree rack-01"),
        ("with models, serial numbers and firmware", "fabctl tree rack-01 -o wide"),
        ("who uses a template, register by register", "fabctl tree plct/ovens"),
    ),
    "diff": (
        ("what a branch would change, and write to which device", "fabctl diff -f lines"),
        ("as a comment on a pull request", "fabctl diff -f lines -o markdown"),
        ("what another program makes", "kubectl kustomize lines/line-1 | fabctl diff -f -"),
    ),
    "validate": (
        ("all that is wrong with what stands below here", "fabctl validate -f ."),
        ("in CI, where warnings count as well", "fabctl validate -f lines --strict -o github"),
    ),
    "init": (
        ("a repository for a plant with one line", "fabctl init plant"),
        ("with two, each with a namespace of its name", "fabctl init works --line line-1 --line line-2"),
    ),
    "export": (
        ("one PLC as a file for Git", "fabctl export mixer > mixer.yaml"),
        ("all, with the templates that they use", "fabctl export --templates > plant.yaml"),
    ),
    "import": (
        ("what an observed device holds becomes its manifest", "fabctl import scale > scale.yaml"),
        ("of what Telegraf reads already", "fabctl import --from telegraf -f telegraf.conf > read.yaml"),
        ("of a tag list", "fabctl import dryer --csv tags.csv --device 10.20.3.9 --column name=Tag"),
    ),
    "doctor": (
        ("what is wrong between here and the PLCs, and how to mend it", "fabctl doctor"),
        ("in one namespace of another cluster, for a program", "fabctl doctor --context line-1 -n plant -o json"),
    ),
    "completion": (
        ("in ~/.bashrc", "source <(fabctl completion bash)"),
        ("once, for fish", "fabctl completion fish > ~/.config/fish/completions/fabctl.fish"),
    ),
    "version": (
        ("of fabctl, the operators and the definitions", "fabctl version"),
        ("of fabctl alone, for a program", "fabctl version --client -o json"),
    ),
    "rack": (
        ("all racks", "fabctl rack list"),
        ("what waits for a yes", "fabctl rack describe rack-01"),
    ),
    "rack list": (
        ("the racks of all namespaces", "fabctl rack list -A"),
        ("their names, for a script", "fabctl rack list -o name"),
    ),
    "rack describe": (
        ("all that is known of one", "fabctl rack describe rack-01"),
        ("with the addresses of single places", "fabctl rack describe rack-01 -o wide"),
    ),
    "rack approve": (
        ("what the changed template would take away", "fabctl rack approve rack-01 --dry-run"),
        ("agree to just that, where nobody can be asked", "fabctl rack approve rack-01 --yes"),
    ),
    "rack locate": (
        ("find a machine", "fabctl rack locate rack-01-c0s0b0 --on"),
        ("it is found", "fabctl rack locate rack-01-c0s0b0 --off --no-wait"),
    ),
    "brake": (
        ("whether corrections are held, and why", "fabctl brake status"),
        ("let them go", 'fabctl brake release --reason "the switch is back" --yes'),
    ),
    "brake status": (
        ("the brake of each operator", "fabctl brake status"),
        ("of the one that runs in this namespace", "fabctl brake status -n fabgitops-system -o json"),
    ),
    "brake release": (
        ("which PLCs it holds", 'fabctl brake release --reason "the switch is back" --dry-run'),
        ("let it go, where nobody can be asked", 'fabctl brake release --reason "the switch is back" --yes'),
    ),
    "rollout": (
        ("how far changes have got", "fabctl rollout list"),
        ("why one has stopped, and what can be done", "fabctl rollout status recipe"),
        ("stop all of them, everywhere", 'fabctl rollout pause --all -A --reason "shift change"'),
    ),
    "rollout list": (
        ("the rollouts of all namespaces", "fabctl rollout list -A"),
        ("with revision and last decision", "fabctl rollout list -o wide"),
    ),
    "rollout get": (
        ("waves, PLCs, analyses and decisions", "fabctl rollout get recipe"),
        ("as it goes on, until Ctrl-C", "fabctl rollout get recipe -w"),
        ("revisions, pods and steps of a workload", "fabctl rollout get rollout/hmi"),
    ),
    "rollout status": (
        ("why it has stopped, and what can be done", "fabctl rollout status recipe"),
        ("which wave it is in", "fabctl rollout status recipe -o jsonpath={.status.wave}"),
    ),
    "rollout plan": (
        ("who comes when, and what changes in each", "fabctl rollout plan recipe"),
        ("with more names of each wave", "fabctl rollout plan recipe -o wide"),
    ),
    "rollout approve": (
        ("the plan that waits for a yes", "fabctl rollout approve recipe --dry-run"),
        ("agree to it, where nobody can be asked", "fabctl rollout approve recipe --yes"),
    ),
    "rollout promote": (
        ("go on behind the wave that it waits behind", "fabctl rollout promote recipe --yes"),
        ("in an emergency: release all that are left", "fabctl rollout promote recipe --full --yes"),
    ),
    "rollout pause": (
        ("stop one", "fabctl rollout pause recipe"),
        ("stop all of them, everywhere", 'fabctl rollout pause --all -A --reason "shift change"'),
    ),
    "rollout resume": (
        ("what would go on", "fabctl rollout resume --all -A --dry-run"),
        ("let one go on", "fabctl rollout resume recipe --yes"),
    ),
    "rollout abort": (
        ("what would be put back", "fabctl rollout abort recipe --dry-run"),
        ("put back what was released, where nobody can be asked", "fabctl rollout abort recipe --yes"),
    ),
    "rollout retry": (
        ("what would be begun again", "fabctl rollout retry recipe --dry-run"),
        ("begin it again, where nobody can be asked", "fabctl rollout retry recipe --yes"),
    ),
    "rollout undo": (
        ("what would go back, or what to revert in Git", "fabctl rollout undo hmi --dry-run"),
        ("go back to a certain revision", "fabctl rollout undo hmi --to-revision 1 --yes"),
    ),
    "rollout release": (
        ("what one PLC would be written", "fabctl rollout release press-3 --dry-run"),
        ("let it go over now, beside all waves", "fabctl rollout release press-3 --yes"),
    ),
    "rollout history": (
        ("the last decisions, the newest first", "fabctl rollout history recipe"),
        ("for a spreadsheet", "fabctl rollout history recipe -o csv"),
    ),
    "rollout analyze": (
        (
            "a template over the last week",
            "fabctl rollout analyze scrap --arg line=3 --prometheus http://prometheus:9090",
        ),
        (
            "one in a file, for changes of ten minutes",
            "fabctl rollout analyze -f scrap.yaml --arg line=3 --lasting 10m \\\n    --prometheus http://prometheus:9090",
        ),
    ),
    "chaos": (
        ("a manifest to begin with", "fabctl chaos scenarios plcFault > freeze.yaml"),
        ("what it would hit", "fabctl chaos run freeze.yaml --dry-run"),
        ("run it, and end as it ends", "fabctl chaos run freeze.yaml --wait --timeout 600"),
    ),
    "chaos run": (
        ("what it would hit, and what speaks against it", "fabctl chaos run freeze.yaml --dry-run"),
        ("in CI, where the exit code is the verdict", "fabctl chaos run freeze.yaml --wait --timeout 600"),
        ("once more, and not waited for", "fabctl chaos run freeze.yaml --name freeze-2"),
    ),
    "chaos list": (
        ("the experiments of all namespaces", "fabctl chaos list -A"),
        ("with what each does to what", "fabctl chaos list -o wide"),
    ),
    "chaos get": (
        ("phases, targets, probes, verdict", "fabctl chaos get plc-fault"),
        ("as it goes on, until it is over", "fabctl chaos get plc-fault -w"),
    ),
    "chaos abort": (
        ("end one now", "fabctl chaos abort freeze-2"),
        ("what ending all would end", "fabctl chaos abort --all -A --dry-run"),
    ),
    "chaos stop": (
        ("what would be stopped", "fabctl chaos stop --dry-run"),
        ("stop all chaos, where nobody can be asked", "fabctl chaos stop --yes"),
    ),
    "chaos agents": (
        ("which live, and what each can do on its node", "fabctl chaos agents"),
        ("with their addresses and Leases", "fabctl chaos agents -o wide"),
    ),
    "chaos scenarios": (
        ("what there is, and what each needs", "fabctl chaos scenarios -o wide"),
        ("a manifest to begin with", "fabctl chaos scenarios plcFault > freeze.yaml"),
    ),
}
"""By command (a group, or nothing, as well): what each is for, and the line to type."""


def shown(command: str) -> str:
    """Return the examples of a command as they stand in its help; nothing where there are none."""
    told = [f"  # {what}\n  {line}" for what, line in EXAMPLES.get(command, ())]
    return "\n".join(["Examples:", *told]) + "\n\n" if told else ""
