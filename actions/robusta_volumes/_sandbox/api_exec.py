"""``kubectl exec`` at the sandbox: the WebSocket of the API server, with a real command behind it."""

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import WSMsgType, web

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.errors import NotFound
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.kind import POD
from robusta_volumes._sandbox.api_status import BAD_REQUEST, FORBIDDEN, INTERNAL, StatusError, details, of_error
from robusta_volumes._sandbox.rbac import Access, Ask
from robusta_volumes._sandbox.shell import PodShell, exit_code, not_started

_STDIN, _STDOUT, _STDERR, _STATUS = range(4)
_PROTOCOL = "v4.channel.k8s.io"
_PIECE = 32_768


class PodExec:
    """Answers exec requests for the pods of a store; ``routes`` are for the API server."""

    def __init__(self, store: Store, access: Access, shell: PodShell) -> None:
        """Run what is asked in ``shell``."""
        self._store, self._access, self._shell = store, access, shell

    @property
    def routes(self) -> list[web.RouteDef]:
        """Give the route to hand to the API server."""
        return [web.route("*", "/api/v1/namespaces/{namespace}/pods/{pod}/exec", self._answer)]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        where = Container(
            request.match_info["namespace"], request.match_info["pod"], request.query.get("container", "")
        )
        self._check(where)
        socket = web.WebSocketResponse(protocols=(_PROTOCOL,))
        if not socket.can_prepare(request).ok:
            raise StatusError(BAD_REQUEST, "BadRequest", "Upgrade request required")
        await socket.prepare(request)
        await self._run(socket, where, request.query.getall("command", []))
        await socket.close()
        return socket

    def _check(self, where: Container) -> None:
        """Raise StatusError: when it is refused. Kubernetes wants ``create`` also of a WebSocket, which is a GET (1.35)."""
        ask = Ask("create", "", "pods/exec", where.namespace, where.pod)
        if not self._access.allows(ask):
            which = details(where.pod, "", "pods")
            raise StatusError(FORBIDDEN, "Forbidden", ask.refusal(self._access.user), which)
        try:
            pod = self._store.get(POD, where.pod, where.namespace)
        except NotFound as error:
            raise of_error(error, POD, where.pod) from error
        names = [c.get("name") for c in (pod.get("spec") or {}).get("containers") or ()]
        if where.name and where.name not in names:
            raise StatusError(BAD_REQUEST, "BadRequest", f"container {where.name} is not valid for pod {where.pod}")
        if (pod.get("status") or {}).get("phase") != "Running":
            why = f'unable to upgrade connection: container not found ("{where.name}")'
            raise StatusError(INTERNAL, "InternalError", f"Internal error occurred: {why}")

    async def _run(self, socket: web.WebSocketResponse, where: Container, command: list[str]) -> None:
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *self._shell.here(where, command),
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                cwd=self._shell.folder(where),
                env=self._shell.env(where),
            )
        except OSError as error:
            await _send(socket, _STATUS, _failure(not_started(command, error), "InternalError"))
            return
        reader = asyncio.create_task(_listen(socket, process))
        streams = ((process.stdout, _STDOUT), (process.stderr, _STDERR))
        await asyncio.gather(*(_pump(socket, stream, channel) for stream, channel in streams if stream))
        code = exit_code(await process.wait())
        reader.cancel()
        if code:
            causes = [{"reason": "ExitCode", "message": str(code)}]
            text = f"command terminated with non-zero exit code: exit status {code}"
            await _send(socket, _STATUS, _failure(text, "NonZeroExitCode", {"causes": causes}))
        else:
            await _send(socket, _STATUS, {"metadata": {}, "status": "Success"})


def _failure(message: str, reason: str, more: dict[str, Any] | None = None) -> dict[str, Any]:
    status = {"metadata": {}, "status": "Failure", "message": message, "reason": reason}
    return {**status, "details": more} if more else {**status, "code": INTERNAL}


async def _send(socket: web.WebSocketResponse, channel: int, content: dict[str, Any] | bytes) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    with contextlib.suppress(ConnectionError):  # nobody listens any more: the command runs on, as in a cluster
        await socket.send_bytes(bytes([channel]) + body)


async def _pump(socket: web.WebSocketResponse, stream: asyncio.StreamReader, channel: int) -> None:
    while piece := await stream.read(_PIECE):
        await _send(socket, channel, piece)


async def _listen(socket: web.WebSocketResponse, process: asyncio.subprocess.Process) -> None:
    """Pass on what comes for the standard input; when the client is gone, that ends and nothing else."""
    stdin = process.stdin
    if stdin is None:
        return
    with contextlib.suppress(ConnectionError):
        async for message in socket:
            if message.type == WSMsgType.BINARY and message.data[:1] == bytes([_STDIN]):
                stdin.write(message.data[1:])
                await stdin.drain()
    stdin.close()
