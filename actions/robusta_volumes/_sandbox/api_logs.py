"""``pods/NAME/log`` at the sandbox: the last lines of what a container wrote, now and before it was started again."""

from collections.abc import Mapping

from aiohttp import web

from robusta_volumes._sandbox.api_status import FORBIDDEN, StatusError, details
from robusta_volumes._sandbox.rbac import Access, Ask

_BAD_REQUEST = 400
_Key = tuple[str, str]  # (namespace, pod)


class PodLogs:
    """Answers for all pods, with nothing for those that ``written`` does not have; ``routes`` are for the API server."""

    def __init__(self, access: Access, written: Mapping[_Key, str], before: Mapping[_Key, str] | None = None) -> None:
        """Give each pod its log; ``before`` holds what it wrote before it was started again."""
        self._access, self._written, self._before = access, written, before or {}

    @property
    def routes(self) -> list[web.RouteDef]:
        """Give the route to hand to the API server."""
        return [web.get("/api/v1/namespaces/{namespace}/pods/{pod}/log", self._answer)]

    async def _answer(self, request: web.Request) -> web.Response:
        key = namespace, pod = request.match_info["namespace"], request.match_info["pod"]
        ask = Ask("get", "", "pods/log", namespace, pod)
        if not self._access.allows(ask):
            raise StatusError(FORBIDDEN, "Forbidden", ask.refusal(self._access.user), details(pod, "", "pods"))
        earlier = request.query.get("previous") == "true"
        if earlier and key not in self._before:
            name = request.query.get("container", "")
            says = f'previous terminated container "{name}" in pod "{pod}" not found'
            raise StatusError(_BAD_REQUEST, "BadRequest", says, details(pod, "", "pods"))
        lines = (self._before if earlier else self._written).get(key, "").splitlines(keepends=True)
        last = int(request.query.get("tailLines") or len(lines))
        return web.Response(text="".join(lines[-last:] if last else []))
