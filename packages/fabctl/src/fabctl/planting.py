"""What stands in a new Git repository for a plant: files by their place in it, made from the names of lines. Pure."""

from collections.abc import Mapping, Sequence

FILE_OF_CI = ".github/workflows/plant.yaml"

_TEMPLATE = """\
# The map of a device type, once for all lines: put your own in its place. The registers are made up.
apiVersion: fabgitops.io/v1
kind: IndustrialPLCTemplate
metadata:
  name: mixer
spec:
  pollIntervalSecs: 2
  parameters:
    - name: speed
      description: Speed in rpm
  registers:
    - { name: speed, address: 4001, unit: rpm, min: 200, max: 3000, tolerance: 5, value: "${speed}" }
    - { name: torque, table: input, address: 10, type: int16, scale: 0.1, unit: Nm }
"""

_PLC = """\
# A machine that every line has. Where it is, each line says.
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata:
  name: mixer
  labels: { machine: mixer }
spec:
  deviceAddress: set-by-the-line.invalid
  correction: { mode: Observe } # only read, until you say otherwise
  templateRef:
    name: mixer
    parameters: { speed: 2500 }
"""

_BASE = """\
# What every line has. It names no device: each line says where its own are.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - templates.yaml
  - mixer.yaml
"""

_OVERLAY = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: "{line}"
resources:
  - ../../base
labels:
  - pairs:
      line: "{line}"
patches:
  - path: line.yaml
"""

_LINE = """\
# Where the devices of {line} are, and what differs from the other lines.
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata:
  name: mixer
spec:
  deviceAddress: mixer.{line}.invalid # its host name or IP address
"""

_CHECKOUT = """\
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
"""

_CI = """\
# Says of each pull request what is wrong with it, and what it would change and write to which device.
name: plant

on:
  pull_request:
  push:
    branches: [main]

permissions: {{}}

concurrency:
  group: plant-${{{{ github.ref }}}}
  cancel-in-progress: true

jobs:
  validate:
    name: What is wrong
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    steps:
{checkout}      - run: python3 -m pip install 'fabctl[offline]=={version}'
      - run: fabctl validate -f lines --strict -o github

  diff: # on a runner that reaches the cluster, with a kubeconfig in the secret KUBECONFIG: README.md
    name: What would change
    if: vars.PLANT_RUNNER != '' && github.event.pull_request.head.repo.full_name == github.repository
    needs: validate
    environment: plant
    runs-on: ${{{{ vars.PLANT_RUNNER }}}}
    permissions:
      contents: read
    steps:
{checkout}      - run: python3 -m pip install 'fabctl=={version}'
      - env:
          SECRET: ${{{{ secrets.KUBECONFIG }}}}
        run: |
          umask 077 && printf '%s' "$SECRET" >"$RUNNER_TEMP/kubeconfig"
          export KUBECONFIG="$RUNNER_TEMP/kubeconfig"
          fabctl diff -f lines -o markdown >>"$GITHUB_STEP_SUMMARY" || [ $? -eq 1 ]
      - if: always()
        run: rm -f "$RUNNER_TEMP/kubeconfig"
"""

_README = """\
# {title}

What the PLCs of this plant must hold. [FabGitOps](https://github.com/fabgitops/fabgitops) keeps them so.

| | |
|---|---|
| `base/` | what every line has: templates of device types, and PLCs without their addresses |
{lines}
| `{ci}` | says of each pull request what is wrong with it, and what it would change |

## A change

```
git switch -c faster-mixer
$EDITOR lines/{first}/line.yaml
fabctl validate -f lines        # what is wrong, with file, line and column; no cluster is needed
fabctl diff -f lines            # what it would change, and write to which device
git commit -a && git push
```

`validate` needs `pip install 'fabctl[offline]'`; folders are built by `kustomize` or `kubectl`, one of which has to be
there.

Once it is merged, `kubectl apply -k lines/{first}` makes it so, or Argo CD or Flux does, told of `lines/{first}`. Its
namespace has to be there: `kubectl create namespace {first}`.

## First

1. Put the maps of your devices in the place of `base/templates.yaml`, your machines in that of `base/mixer.yaml`.
2. Say in `lines/*/line.yaml` where they are.
3. Apply it. PLCs are only observed at first (`correction.mode: Observe`): `fabctl get-status` shows what they hold.
   `fabctl import NAME` makes of that the values that Git wants.
4. Take `correction` out, so that what differs is corrected.

## CI

`fabctl validate` runs everywhere. `fabctl diff` needs a runner that reaches the cluster: name it in the variable
`PLANT_RUNNER`, and give the environment `plant` a kubeconfig in the secret `KUBECONFIG`, of somebody who may `get`,
`list`, `create` and `patch` `industrialplcs` and `industrialplctemplates`: a dry run takes these rights, and stores
nothing. It does not run for pull requests from forks.

## A further line

Copy a folder of `lines/`, and change its namespace, its label and its addresses.
"""


def repository(title: str, lines: Sequence[str], version: str) -> Mapping[str, str]:
    """Return the files of a repository, by their paths in it.

    Args:
        title: What the plant is called.
        lines: The names of its lines, each also that of a namespace.
        version: Of fabctl, which CI installs.
    """
    rows = "\n".join(f"| `lines/{line}/` | where the devices of {line} are, and what differs there |" for line in lines)
    return {
        "README.md": _README.format(title=title, lines=rows, ci=FILE_OF_CI, first=lines[0]),
        "base/kustomization.yaml": _BASE,
        "base/templates.yaml": _TEMPLATE,
        "base/mixer.yaml": _PLC,
        **{f"lines/{line}/kustomization.yaml": _OVERLAY.format(line=line) for line in lines},
        **{f"lines/{line}/line.yaml": _LINE.format(line=line) for line in lines},
        FILE_OF_CI: _CI.format(version=version, checkout=_CHECKOUT),
    }
