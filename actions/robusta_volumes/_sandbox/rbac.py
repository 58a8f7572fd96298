"""Who may do what on the sandbox's API server."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from robusta_volumes._cluster.cluster import Object

RUNNER = "system:serviceaccount:robusta:robusta-runner-service-account"
_REVIEWS = {"selfsubjectaccessreviews", "selfsubjectrulesreviews"}  # every authenticated user may ask about itself
_EVERYTHING: Object = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}


@dataclass(frozen=True)
class Ask:
    """What a request wants to do; ``resource`` with its subresource (``pods/exec``), ``namespace`` None for all."""

    verb: str
    group: str
    resource: str
    namespace: str | None = None
    name: str = ""

    @property
    def kind(self) -> str:
        """The resource without subresource."""
        return self.resource.partition("/")[0]

    def refusal(self, user: str) -> str:
        """Word the refusal as RBAC does."""
        where = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        what = f"{self.kind}.{self.group}" if self.group else self.kind
        who = f'{what} "{self.name}"' if self.name else what
        return (
            f'{who} is forbidden: User "{user}" cannot {self.verb} resource "{self.resource}"'
            f' in API group "{self.group}" {where}'
        )


@dataclass
class Access:
    """The rights of the one user of the server: everything, or what ``rules`` allow, less what was denied.

    A rule is one of a ClusterRole (apiGroups, resources, verbs, resourceNames); with ``namespaces`` it is one of a
    Role, bound in these namespaces.
    """

    user: str = RUNNER
    rules: Sequence[Mapping[str, Any]] = (_EVERYTHING,)
    denied: list[tuple[str, str, str | None]] = field(default_factory=list)

    def deny(self, refused: Iterable[tuple[str, str, str | None]]) -> None:
        """Refuse (verb, resource, namespace); None means everywhere, ``*`` any verb or resource.

        A resource is written as in errors: ``persistentvolumes``, ``volumesnapshots.snapshot.storage.k8s.io``; without
        a group it means the resource of that name in every group.
        """
        self.denied = [*self.denied, *refused]

    def allow_again(self) -> None:
        """Forget what was denied."""
        self.denied = []

    def allows(self, ask: Ask) -> bool:
        """Tell whether the user may do it."""
        if any(_denies(entry, ask) for entry in self.denied):
            return False
        return ask.resource in _REVIEWS or any(_grants(rule, ask) for rule in self.rules)

    def rules_review(self, namespace: str) -> Object:
        """Give the status of a SelfSubjectRulesReview; denials cannot be said in rules, so it is then incomplete."""
        shown = [rule for rule in self.rules if "namespaces" not in rule or namespace in rule["namespaces"]]
        keys = ("verbs", "apiGroups", "resources", "resourceNames")
        status: Object = {
            "resourceRules": [{key: list(rule[key]) for key in keys if key in rule} for rule in shown],
            "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/api", "/apis", "/healthz", "/version"]}],
            "incomplete": bool(self.denied),
        }
        if self.denied:
            status["evaluationError"] = "some permissions are refused by another authorizer"
        return status


def _denies(entry: tuple[str, str, str | None], ask: Ask) -> bool:
    verb, resource, namespace = entry
    named = {"*", ask.resource, ask.kind, f"{ask.kind}.{ask.group}", f"{ask.resource}.{ask.group}"}
    return verb in {"*", ask.verb} and resource in named and namespace in {None, ask.namespace}


def _grants(rule: Mapping[str, Any], ask: Ask) -> bool:
    subresource = ask.resource.partition("/")[2]
    resources = {"*", ask.resource} | ({f"*/{subresource}"} if subresource else set())
    return (
        bool({"*", ask.verb} & set(rule["verbs"]))
        and bool({"*", ask.group} & set(rule["apiGroups"]))
        and bool(resources & set(rule["resources"]))
        and ("namespaces" not in rule or ask.namespace in rule["namespaces"])
        and (not rule.get("resourceNames") or ask.name in rule["resourceNames"])
    )
