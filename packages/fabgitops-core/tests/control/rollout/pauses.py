"""What nobody may see while somebody has paused a rollout: that the new version gets more than it had."""

from typing import Any, NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks

from .workshop import KEY, Plant

ROUTES = ("HTTPRoute", "GRPCRoute")


class Had(NamedTuple):
    """What a version has: pods of the replicas, Services that select it, weights of routes.

    Besides, to how many pods of others each Service leads, and by which strategy all this is.
    """

    version: str
    replicas: int
    pods: int
    selected: frozenset[str]
    served: dict[str, int]
    weights: dict[tuple[str, str], int]
    strategy: dict[str, Any]


class Watch:
    """Somebody who looks at a world from its pause on, at each request that is carried out."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.at_first: Had | None = None
        self.before: Had | None = None
        self.hashes: dict[str, str] = {}

    def begins(self) -> None:
        """Look at what there is before a request; the first look after a pause says what there may be.

        Of what is given up each later one does: what it gave back it gets by no word meanwhile.
        """
        plant, now = self.plant, self.has()
        is_paused = marks.PAUSE in plant.annotations or plant.spec.get("paused")
        if not is_paused:
            self.at_first = None
        elif plant.status is not None and plant.status.abort:
            self.at_first = now
        elif self.at_first is None or self.at_first.version != now.version:
            self.at_first = self.with_held(now)
        self.before = now

    def with_held(self, now: Had) -> Had:
        """Return what there may be by what it was held at before, if nobody has looked since: it may have lost some."""
        found = self.plant.status.ceiling if self.plant.status else None
        if found is None or found.revision != self.hashes.get(now.version):
            return now
        held = {"a weight of": 100 * found.weight // found.max_weight, "header rules": len(found.headers)}
        weights = {key: max(weight, held[key[1]]) for key, weight in now.weights.items()}
        pods = -(-now.replicas * found.pods // found.replicas) if found.replicas else 0
        return now._replace(pods=max(now.pods, pods), weights=weights)

    def ends(self) -> None:
        """Look at what there is after it."""
        plant, first, before, now = self.plant, self.at_first, self.before, self.has()
        status = plant.status
        if first is None or before is None or status is None or self.is_proven():
            return
        most = -(-now.replicas * first.pods // first.replicas) if first.replicas else 0
        assert now.pods <= max(before.pods, most), f"paused, and it grows from {before.pods} to {now.pods} pods"
        for name in now.selected - before.selected - first.selected if first.strategy == now.strategy else ():
            assert not before.served[name], f"paused, and the Service {name} goes over"
        for key, weight in now.weights.items() if now.selected <= before.selected else ():
            had = max(before.weights.get(key, 0), first.weights.get(key, 0))
            assert weight <= had, f"paused, and the route {key[0]} gives it {key[1]} {weight}"

    def is_proven(self) -> bool:
        """Return whether the declared version is the proven one."""
        found, status = self.plant.revisions().get(self.declared()), self.plant.status
        assert status is not None
        return found is None or found["metadata"]["labels"][marks.HASH] == status.stable_rs

    def declared(self) -> str:
        """Return which version is declared."""
        image: str = self.plant.spec["template"]["spec"]["containers"][0]["image"]
        return image.partition(":")[2]

    def hash_in(self, name: str) -> str:
        """Return which revision a Service selects, "" for all of them."""
        selector = self.plant.objects[Key("Service", KEY.namespace, name)]["spec"]["selector"]
        return str(selector.get(marks.HASH, ""))

    def pods(self, name: str) -> int:
        """Return how many available pods of other versions a Service leads to."""
        hash_, own = self.hash_in(name), self.declared()
        sets = [each for version, each in self.plant.revisions().items() if version != own]
        found = [each for each in sets if hash_ in {"", each["metadata"]["labels"][marks.HASH]}]
        return sum(min(each.get("status", {}).get("availableReplicas", 0), each["spec"]["replicas"]) for each in found)

    def has(self) -> Had:
        """Return what the declared version has now; a ReplicaSet that was deleted has its name still."""
        plant, version = self.plant, self.declared()
        self.hashes |= {each: body["metadata"]["labels"][marks.HASH] for each, body in plant.revisions().items()}
        services = [key.name for key in plant.objects if key.kind == "Service"]
        selected = frozenset(name for name in services if self.hash_in(name) == self.hashes.get(version))
        served = {name: self.pods(name) for name in services}
        routes = [(key.name, body["spec"]["rules"]) for key, body in plant.objects.items() if key.kind in ROUTES]
        weights = {(name, "a weight of"): self.weight(rules, selected) for name, rules in routes}
        weights |= {(name, "header rules"): self.headers(rules, selected) for name, rules in routes}
        n, strategy, pods = plant.spec["replicas"], plant.spec["strategy"], plant.counts().get(version, 0)
        return Had(version, n, pods, selected, served, weights, strategy)

    def weight(self, rules: list[dict[str, Any]], selected: frozenset[str]) -> int:
        """Return the highest share that a rule of a route sends to Services that select it, of a hundred."""
        shares = [0]
        for rule in rules:
            rows = [(each["name"], each.get("weight", 1)) for each in rule.get("backendRefs", ())]
            whole = sum(weight for _, weight in rows)
            if whole and len(rows) > 1:
                shares.append(100 * sum(weight for name, weight in rows if name in selected) // whole)
        return max(shares)

    def headers(self, rules: list[dict[str, Any]], selected: frozenset[str]) -> int:
        """Return how many rules of a route lead to a Service alone that selects it."""
        names = [[each["name"] for each in rule.get("backendRefs", ())] for rule in rules]
        return sum(len(each) == 1 and each[0] in selected for each in names)
