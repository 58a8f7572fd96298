"""HTTP in front of the verbs: troubles, authentication, RBAC, discovery, and the log of what was answered."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from aiohttp import web

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._sandbox.api_call import read_call
from robusta_volumes._sandbox.api_kinds import Catalog, built_in
from robusta_volumes._sandbox.api_status import (
    FORBIDDEN,
    INTERNAL,
    TOO_MANY,
    UNAUTHORIZED,
    StatusError,
    details,
    no_such_path,
)
from robusta_volumes._sandbox.api_verbs import Request, Verbs
from robusta_volumes._sandbox.faults import Fault, Faults

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_HEALTH = {"/healthz", "/readyz", "/livez"}


class Seen(NamedTuple):
    """One request that was answered: ``path`` with its query; ``status`` 0 when the connection was dropped."""

    method: str
    path: str
    status: int


@dataclass
class Front:
    """Answers HTTP requests; ``token`` is the one that is accepted, ``anonymous`` whether none is accepted too."""

    verbs: Verbs
    catalog: Catalog
    faults: Faults
    token: str
    version: str
    anonymous: bool = True
    seen: list[Seen] = field(default_factory=list)

    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Stand before every handler: log, make trouble, then authenticate and authorize."""
        status = 0
        try:
            response = await self._troubled(request) or await self._allowed(request, handler)
            status = response.status
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            self.seen.append(Seen(request.method, request.path_qs, status))
        return response

    async def _troubled(self, request: web.Request) -> web.Response | None:
        for fault in self.faults.take(request.method, request.path_qs):
            await asyncio.sleep(fault.wait)
            if fault.drop:
                if request.transport:
                    request.transport.abort()
                raise asyncio.CancelledError
            if fault.status:
                return _trouble(fault)
        return None

    async def _allowed(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._authenticate(request)
            self._authorize(request)
            return await handler(request)
        except StatusError as error:
            return web.json_response(error.body, status=error.code)

    def _authenticate(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if given == f"Bearer {self.token}" or (not given and self.anonymous):
            return
        raise StatusError(UNAUTHORIZED, "Unauthorized", "Unauthorized")

    def _authorize(self, request: web.Request) -> None:
        call = read_call(request.method, request.rel_url.raw_path, request.query)
        if call and not self.verbs.access.allows(call.ask()):
            which = details(call.name, call.group, call.resource)
            raise StatusError(FORBIDDEN, "Forbidden", call.ask().refusal(self.verbs.access.user), which)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request that is allowed. Raises StatusError."""
        call = read_call(request.method, request.rel_url.raw_path, request.query)
        if call is None:
            return self._document(request.path.rstrip("/"))
        kind = self.catalog.find(call.group, call.version, call.resource)
        if kind is None:
            if built_in(call.group) and self.catalog.serves(call.group, call.version):
                raise no_such_path()
            return _not_served()
        if kind.namespaced and call.namespace is None and (call.name or call.verb == "create"):
            raise no_such_path()
        if call.verb == "watch":  # a watch that ends at once; clients list again
            return web.Response(content_type="application/json")
        content = Request(request.query, request.content_type, await request.read())
        code, body = self.verbs.answer(call, kind, content)
        return web.json_response(body, status=code)

    def _document(self, path: str) -> web.Response:
        """Answer for a path that names no resource: discovery, version and health."""
        if path in _HEALTH:
            return web.Response(text="ok")
        document = self._discovery(path.split("/")[1:])
        return web.json_response(document) if document else _not_served()

    def _discovery(self, parts: list[str]) -> Object | None:
        if parts == ["version"]:
            major, minor = self.version.lstrip("v").split(".")[:2]
            return {"major": major, "minor": minor, "gitVersion": self.version, "platform": "linux/amd64"}
        if parts == ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        if parts == ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": self.catalog.groups()}
        if parts[:1] == ["apis"] and len(parts) == len(("apis", "group")):
            named = [group for group in self.catalog.groups() if group["name"] == parts[1]]
            return {"kind": "APIGroup", "apiVersion": "v1"} | named[0] if named else None
        group, version = _group_version(parts)
        return self.catalog.resources(group, version) if self.catalog.serves(group, version) else None


def _group_version(parts: list[str]) -> tuple[str, str]:
    """Read ``api/v1`` or ``apis/group/version``; two empty words for anything else."""
    if parts[:1] == ["api"] and len(parts) == len(("api", "version")):
        return "", parts[1]
    if parts[:1] == ["apis"] and len(parts) == len(("apis", "group", "version")):
        return parts[1], parts[2]
    return "", ""


def _not_served() -> web.Response:
    """Answer for a group or version that is not there: plain text, not a Status."""
    return web.Response(text="404 page not found\n", status=404)


def _trouble(fault: Fault) -> web.Response:
    if fault.status == TOO_MANY:
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return web.Response(text="Too many requests, please try again later.\n", status=TOO_MANY, headers=headers)
    why = "the sandbox was told to fail"
    error = StatusError(
        fault.status,
        "InternalError" if fault.status == INTERNAL else "ServiceUnavailable",
        f"Internal error occurred: {why}",
        {"causes": [{"message": why}]},
    )
    return web.Response(text=json.dumps(error.body), status=fault.status, content_type="application/json")
