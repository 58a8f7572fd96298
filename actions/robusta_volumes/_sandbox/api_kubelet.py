"""``nodes/NAME/proxy/stats/summary`` at the sandbox: what a kubelet measures of the volumes of its pods."""

from collections.abc import Mapping

from aiohttp import web

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._sandbox.api_status import FORBIDDEN, NOT_FOUND, StatusError, details
from robusta_volumes._sandbox.rbac import Access, Ask


class Kubelets:
    """Answers for the nodes that ``summaries`` has; ``routes`` are for the API server."""

    def __init__(self, access: Access, summaries: Mapping[str, Object]) -> None:
        """Give each node its summary."""
        self._access, self._summaries = access, summaries

    @property
    def routes(self) -> list[web.RouteDef]:
        """Give the route to hand to the API server."""
        return [web.get("/api/v1/nodes/{node}/proxy/stats/summary", self._answer)]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        node = request.match_info["node"]
        ask = Ask("get", "", "nodes/proxy", None, node)
        if not self._access.allows(ask):
            raise StatusError(FORBIDDEN, "Forbidden", ask.refusal(self._access.user), details(node, "", "nodes"))
        if node not in self._summaries:
            raise StatusError(NOT_FOUND, "NotFound", f'nodes "{node}" not found', details(node, "", "nodes"))
        return web.json_response(self._summaries[node])
