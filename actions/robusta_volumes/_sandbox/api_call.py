"""One request, read: which verb on which resource."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from robusta_volumes._sandbox.rbac import Ask

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_NAMESPACE_PARTS = {"status", "finalize"}  # sub-resources of a namespace; anything else below it is a collection


@dataclass(frozen=True)
class Call:
    """A request for a resource; ``name`` and ``subresource`` are "" and ``namespace`` None where the path has none."""

    verb: str
    group: str
    version: str
    resource: str
    namespace: str | None = None
    name: str = ""
    subresource: str = ""

    def ask(self) -> Ask:
        """Put it as a question to RBAC."""
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        # Reading or changing a namespace counts as within it.
        namespace = self.name or None if self.resource == "namespaces" and not self.group else self.namespace
        return Ask(self.verb, self.group, resource, namespace, self.name)


def read_call(method: str, raw_path: str, query: Mapping[str, str]) -> Call | None:
    """Read a request line; None when the path names no resource (discovery, health)."""
    parts = [unquote(part) for part in raw_path.partition("?")[0].split("/")[1:]]
    if parts[:1] == ["api"]:
        group, version, rest = "", parts[1] if len(parts) > 1 else "", parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > len(("apis", "group", "version")):
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    rest = [part for part in rest if part]
    if not rest:
        return None
    namespace = None
    if rest[0] == "namespaces" and len(rest) > len(("namespaces", "name")) and rest[2] not in _NAMESPACE_PARTS:
        namespace, rest = rest[1], rest[2:]
    resource, name, subresource = rest[0], (rest[1:2] or [""])[0], "/".join(rest[2:3])
    return Call(_verb(method, name, query), group, version, resource, namespace, name, subresource)


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    if method in {"GET", "HEAD"}:
        if query.get("watch", "").lower() in {"true", "1"}:
            return "watch"
        return "get" if name else "list"
    if method == "DELETE":
        return "delete" if name else "deletecollection"
    return _VERBS.get(method, method.lower())
