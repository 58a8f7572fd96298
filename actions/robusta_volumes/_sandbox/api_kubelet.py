"""What kubelets and exporters tell through the API server, at the sandbox: summaries of volumes, and metrics as text."""

from collections.abc import Callable, Mapping

from aiohttp import web

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._sandbox.api_status import FORBIDDEN, NOT_FOUND, StatusError, details
from robusta_volumes._sandbox.rbac import Access, Ask


class Kubelets:
    """Answers for the nodes that ``summaries`` has; ``routes`` are for the API server.

    ``metrics``: by ("", node) what its cAdvisor tells, by (namespace, "pod:port") what an exporter does.
    """

    def __init__(
        self,
        access: Access,
        summaries: Mapping[str, Object],
        metrics: Mapping[tuple[str, str], Callable[[], str]] | None = None,
    ) -> None:
        """Give each node its summary."""
        self._access, self._summaries, self._metrics = access, summaries, metrics or {}

    @property
    def routes(self) -> list[web.RouteDef]:
        """Give the routes to hand to the API server."""
        return [
            web.get("/api/v1/nodes/{node}/proxy/stats/summary", self._answer),
            web.get("/api/v1/nodes/{node}/proxy/metrics/cadvisor", self._measured),
            web.get("/api/v1/namespaces/{namespace}/pods/{pod}/proxy/metrics", self._exported),
        ]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        node = request.match_info["node"]
        self._check(Ask("get", "", "nodes/proxy", None, node), node, "nodes", known=node in self._summaries)
        return web.json_response(self._summaries[node])

    async def _measured(self, request: web.Request) -> web.StreamResponse:
        node = request.match_info["node"]
        self._check(Ask("get", "", "nodes/proxy", None, node), node, "nodes", known=("", node) in self._metrics)
        return web.Response(text=self._metrics["", node]())

    async def _exported(self, request: web.Request) -> web.StreamResponse:
        namespace, pod = request.match_info["namespace"], request.match_info["pod"]
        self._check(Ask("get", "", "pods/proxy", namespace, pod), pod, "pods", known=(namespace, pod) in self._metrics)
        return web.Response(text=self._metrics[namespace, pod]())

    def _check(self, ask: Ask, name: str, plural: str, *, known: bool) -> None:
        """Raise StatusError: when it is refused, or there is no such thing."""
        if not self._access.allows(ask):
            raise StatusError(FORBIDDEN, "Forbidden", ask.refusal(self._access.user), details(name, "", plural))
        if not known:
            raise StatusError(NOT_FOUND, "NotFound", f'{plural} "{name}" not found', details(name, "", plural))
