"""Who else decides what a claim looks like: an operator, GitOps, a StatefulSet's template. What they say comes again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from robusta_volumes._model.origin import Origin, Owner
from robusta_volumes._model.text import plain, quoted
from robusta_volumes._rules.rule import Fix

# Groups of Kubernetes itself; whatever else owns a claim or a StatefulSet is an operator's.
_OWN_GROUPS = {"", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "storage.k8s.io"}
_CNPG, _STRIMZI, _ECK = "postgresql.cnpg.io", "kafka.strimzi.io", "elasticsearch.k8s.elastic.co"
_ARGO = "argocd.argoproj.io/"
_INSTANCE = "app.kubernetes.io/instance"
_FLUX = {"kustomize.toolkit.fluxcd.io": "Kustomization", "helm.toolkit.fluxcd.io": "HelmRelease"}
# The field of CloudNativePG's Cluster that sizes a claim, by the role that the claim's label gives.
_CNPG_FIELDS = {"PG_DATA": "storage", "PG_WAL": "walStorage"}


@dataclass(frozen=True)
class Place:
    """Something that decides the size, in words, and how to change it there."""

    who: str
    fix: Fix


def places(claim: Origin, owner: Origin | None, size: str) -> tuple[Place, ...]:
    """Name who decides the size of a claim; ``owner`` is the StatefulSet that made it, ``size`` what is wanted.

    Operators come first: what GitOps or a template says is then the operator's affair.
    """
    found = [p for o in (claim, owner) if o for p in (*_operators(o, claim, size), *_gitops(o, size))]
    if owner and not any(operator(o) for o in owner.owners):
        found.append(_template(owner, size))
    return tuple({place.who: place for place in found}.values())


def operator(owner: Owner) -> bool:
    """Tell whether an owner is an operator's custom resource."""
    return owner.group not in _OWN_GROUPS


def keepers(origin: Origin) -> list[str]:
    """Say of any other object who may set back what is changed on it."""
    who = [place.who for place in _gitops(origin, "")]
    who += [f"{o.kind} {plain(o.name)} ({o.group})" for o in origin.owners if operator(o)]
    return [f"{one} looks after it and may set it back: change it there, too." for one in who]


def helm_release(claim: Origin) -> str:
    """Name the Helm release that installed an object; "" when none did."""
    if claim.meta.labels.get("app.kubernetes.io/managed-by") != "Helm":
        return ""
    return claim.meta.annotations.get("meta.helm.sh/release-name", "")


def _operators(origin: Origin, claim: Origin, size: str) -> Iterator[Place]:
    labels, namespace = origin.meta.labels, origin.meta.namespace
    if name := labels.get("cnpg.io/cluster"):
        yield _cnpg(name, namespace, claim.meta.labels.get("cnpg.io/pvcRole", "PG_DATA"), size)
    elif name := labels.get("strimzi.io/cluster"):
        pool = labels.get("strimzi.io/pool-name")
        kind, own = ("KafkaNodePool", pool) if pool else (labels.get("strimzi.io/kind", "Kafka"), name)
        yield _edit(
            f"{kind} {own} (Strimzi)", f"{kind.lower()}.{_STRIMZI}", own, namespace, "size under spec...storage"
        )
    elif name := labels.get("elasticsearch.k8s.elastic.co/cluster-name"):
        what = "spec.nodeSets[].volumeClaimTemplates"
        yield _edit(f"Elasticsearch {name} (ECK)", f"elasticsearch.{_ECK}", name, namespace, what)
    else:
        for owner in filter(operator, origin.owners):
            if owner.group == _CNPG and owner.kind == "Cluster":
                yield _cnpg(owner.name, namespace, claim.meta.labels.get("cnpg.io/pvcRole", "PG_DATA"), size)
            else:
                resource = f"{owner.kind.lower()}.{owner.group}"
                yield _edit(
                    f"{owner.kind} {owner.name} ({owner.group})", resource, owner.name, namespace, "its storage"
                )


def _cnpg(name: str, namespace: str, role: str, size: str) -> Place:
    who = f"Cluster {plain(name)} (CloudNativePG)"
    field = _CNPG_FIELDS.get(role)
    if field is None:
        return _edit(who, f"cluster.{_CNPG}", name, namespace, "the size of the tablespace")
    change = json.dumps({"spec": {field: {"size": size}}}, separators=(",", ":"))
    command = f"kubectl -n {quoted(namespace)} patch cluster.{_CNPG} {quoted(name)} --type merge -p {quoted(change)}"
    return Place(who, Fix(f"change it there: the operator then grows the claims of {plain(name)} itself", command))


def _edit(who: str, resource: str, name: str, namespace: str, what: str) -> Place:
    command = f"kubectl -n {quoted(namespace)} edit {quoted(resource)} {quoted(name)}"
    return Place(plain(who), Fix(f"change {what} in {plain(who)}; the operator carries it to the claims", command))


def _gitops(origin: Origin, size: str) -> Iterator[Place]:
    marks = {**origin.meta.labels, **origin.meta.annotations}
    what = "the claim's size" if origin.kind == "PersistentVolumeClaim" else "the size in volumeClaimTemplates"
    application = _argo_application(origin)
    if application is not None:
        who = f"Argo CD application {plain(application)}" if application else "an Argo CD application"
        yield Place(
            who, Fix(f"write {size} as {what} in the Git source of {who}, or it sets back what is changed here")
        )
    for group, kind in _FLUX.items():
        if name := marks.get(f"{group}/name"):
            where = marks.get(f"{group}/namespace", "")
            who = f"Flux {kind} {plain(f'{where}/{name}' if where else name)}"
            yield Place(
                who, Fix(f"write {size} as {what} in the source of {who}, or it sets back what is changed here")
            )


def _argo_application(origin: Origin) -> str | None:
    """Name the application that tracks an object; "" when it does not say which, None when none does."""
    marks = {**origin.meta.labels, **origin.meta.annotations}
    if tracking := marks.get(f"{_ARGO}tracking-id"):
        return tracking.partition(":")[0]
    if instance := marks.get(f"{_ARGO}instance"):
        return instance
    if any(key.startswith(_ARGO) for key in marks):  # Helm writes the instance, too: alone it says nothing of Argo CD
        return marks.get(_INSTANCE, "")
    return None


def _template(owner: Origin, size: str) -> Place:
    name, namespace = owner.meta.name, owner.meta.namespace
    command = f"kubectl -n {quoted(namespace)} delete statefulset {quoted(name)} --cascade=orphan"
    return Place(
        f"the template of StatefulSet {plain(name)}",
        Fix(
            f"write {size} into its volumeClaimTemplates, or new replicas get the old size. They cannot be edited: delete "
            "the StatefulSet alone (pods and claims stay) and apply it anew",
            command,
        ),
    )
