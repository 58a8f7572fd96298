"""A Kubernetes API server on loopback over a `Store`: exact where clients notice, without etcd, TLS or watches.

with ApiServer(Store(load(folder))) as server:
    server.kubeconfig(tmp_path / "kubeconfig")   # for kubectl, the Python client or the real runner
"""

import asyncio
import secrets
import threading
from collections.abc import Iterable
from pathlib import Path

import yaml
from aiohttp import web

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import Kind
from robusta_volumes._sandbox.api_http import Front, Handler, Seen
from robusta_volumes._sandbox.api_kinds import Catalog
from robusta_volumes._sandbox.api_verbs import Verbs
from robusta_volumes._sandbox.faults import Faults
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.stepping import Stepping

__all__ = ["ApiServer", "Seen"]

_BODY_LIMIT = 3 * 1024 * 1024  # bytes; what a real server takes
_PATIENCE = 10.0  # seconds for the thread to come up or go down


class ApiServer:
    """The server, in a thread of its own; a context manager.

    ``absent`` takes what is not served (kinds, groups, group/versions, resources), ``more`` the kinds of CRDs without
    objects, ``routes`` handlers for further paths (kubelet proxy, exec), behind the same authentication and RBAC.
    Without a token a request counts as the user's, as behind ``kubectl proxy`` (kubectl sends no token over plain
    HTTP); with ``anonymous`` False it is refused. A wrong token is always refused.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        access: Access | None = None,
        absent: Iterable[Kind | str] = (),
        more: Iterable[Kind] = (),
        routes: Iterable[web.AbstractRouteDef] = (),
        version: str = "v1.36.2",
        port: int = 0,
        anonymous: bool = True,
    ) -> None:
        self.store = store if store is not None else Store()
        self.access = access or Access()
        self.faults = Faults()
        self.token = secrets.token_hex(16)
        self._catalog = Catalog(self.store, absent, more)
        self._front = Front(
            Verbs(self.store, self.access),
            self._catalog,
            self.faults,
            self.token,
            version,
            anonymous,
        )
        self._routes, self._port = list(routes), port
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox-api-server", daemon=True)

    @property
    def requests(self) -> list[Seen]:
        """What was asked, oldest first, as (method, path with query, status); empty it with ``clear()``."""
        return self._front.seen

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig for this server, with its token; gives the path."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "sandbox",
            "clusters": [{"name": "sandbox", "cluster": {"server": self.url}}],
            "users": [{"name": "runner", "user": {"token": self.token}}],
            "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "runner"}}],
        }
        path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        path.chmod(0o600)
        return path

    def drive(self, controller: Stepping) -> "ApiServer":
        """Let a controller step once after each request for a snapshot or a claim; gives the server.

        What is made at one request, and "ready after three", is then ready at the third look.
        """
        self._front.verbs.after = controller.step
        return self

    def install(self, more: Iterable[Kind]) -> None:
        """Serve the kinds of further CRDs from now on, as when somebody installs them."""
        self._catalog.add(more)

    def expire_tokens(self) -> None:
        """Make every continue token given out so far too old: the next page answers 410."""
        self._loop.call_soon_threadsafe(self._front.verbs.pages.expire)

    def start(self) -> "ApiServer":
        """Start listening. Raises OSError: when the port is taken."""
        self._thread.start()
        self._ready.wait(_PATIENCE)
        if self._failure:
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop listening and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(_PATIENCE)

    def __enter__(self) -> "ApiServer":  # noqa: PYI034 (typing.Self is new in 3.11, and nothing derives from this)
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._failure = error
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._front.guard(request, handler)

        app = web.Application(client_max_size=_BODY_LIMIT, middlewares=[guard])
        app.add_routes([*self._routes, web.route("*", "/{path:.*}", self._front.answer)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", self._port)
            await site.start()
            self._port = runner.addresses[0][1]
            self._ready.set()
            await self._stopped.wait()
        finally:
            await runner.cleanup()
