"""Programs that tests need and that are built from their Go modules, as pinned in `gomod/`, and cached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from testbed import gobuild
from testbed.cache import cache_folder, say, this_platform
from testbed.golang import find_go
from testbed.installing import executables, only_one


@dataclass(frozen=True)
class Tools:
    """Programs of one Go module.

    `module` is a folder below `gomod/`, `version` what its go.mod requires, `packages` the Go package of each program
    by the program's name, `tags` the build tags, `flags` what the linker is given.
    """

    module: str
    version: str
    packages: Mapping[str, str]
    tags: str = ""
    flags: str = "-s -w"

    def command(self, go: str, name: str, output: Path) -> list[str]:
        """The build of one program; `-v` names each package as it is compiled, which shows progress."""
        options = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-tags", self.tags, "-ldflags", self.flags]
        return [go, "build", "-v", *options, "-o", str(output), self.packages[name]]


PROMETHEUS = Tools(
    "prometheus",
    "v0.315.0",
    {name: f"github.com/prometheus/prometheus/cmd/{name}" for name in ("prometheus", "promtool")},
    tags="remove_all_sd",  # the discovery of targets in clouds is most of what there is to compile
    flags="-s -w -X github.com/prometheus/common/version.Version=3.15.0",
)

ALERTMANAGER = Tools("alertmanager", "v0.34.2", {"amtool": "github.com/prometheus/alertmanager/cmd/amtool"})
COMPOSE = Tools("compose", "v2.16.2", {"compose-config": "."})
"""Reads Compose files as `docker compose config` does."""

HELM = Tools("helm", "v4.3.1", {"helm": "helm.sh/helm/v4/cmd/helm"})
HELM_3 = Tools("helm3", "v3.22.0", {"helm": "helm.sh/helm/v3/cmd/helm"})
KUBECONFORM = Tools("kubeconform", "v0.8.0", {"kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform"})
KUBE_SCORE = Tools("kube-score", "v1.20.0", {"kube-score": "github.com/zegl/kube-score/cmd/kube-score"})

KUBECTL = Tools("kubectl", gobuild.KUBERNETES, {"kubectl": "k8s.io/kubernetes/cmd/kubectl"})
FLUX_HEALTH = Tools("flux-health", "v0.110.3", {"flux-health": "."})
"""Judges the health of objects as Flux does: by kstatus, or by healthCheckExprs."""

CONTOUR = Tools("contour", "v1.33.8", {"contour": "github.com/projectcontour/contour/cmd/contour"})
"""Tells an Envoy what the Gateway API declares: the control plane of a gateway."""

ARGO_ROLLOUTS = Tools("argo-rollouts", "v1.10.1", {"kubectl-argo-rollouts": "."})
"""The kubectl plugin of Argo Rollouts: its own commands that look at Rollouts and change them."""

KFAKE = Tools("kfake", "v0.0.0-20260918054303-01f206a7e32c", {"kfake": "."})
"""Serves the protocol of Kafka on loopback."""


def built(tools: Tools) -> Mapping[str, Path]:
    """Where the programs are; builds those that are not in the cache yet.

    Raises:
        SourceError: there is no go, or a build failed; the message ends with what go said last.
    """
    folder = cache_folder() / f"{tools.module}-{tools.version}-{this_platform()}"
    found = executables(folder, list(tools.packages))
    if len(found) == len(tools.packages):
        return found
    go = find_go()
    with only_one(folder, say):
        there = executables(folder, list(tools.packages))  # another process may have been quicker
        for name in tools.packages.keys() - there.keys():
            command = partial(tools.command, go, name)
            gobuild.build(f"{name} {tools.version}", command, gobuild.MODULES / tools.module, folder / name, say)
    return executables(folder, list(tools.packages))
