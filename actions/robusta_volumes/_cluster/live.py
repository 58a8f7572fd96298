"""A real cluster, through the kubernetes client's ApiClient: its address, TLS and credentials, but raw JSON.

Requests go to the client's connection pool directly. The client's own ``call_api`` leaves urllib3's three silent
retries on, which would repeat a DELETE whose connection broke and sleep through a Retry-After beyond our budget.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import urllib3
import yaml
from kubernetes.client.api_client import ApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.config import new_client_from_config
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError
from websocket import WebSocketBadStatusException, WebSocketException

from robusta_volumes._cluster.answers import UNSURE, error_for, not_authenticated, out_of_time
from robusta_volumes._cluster.cluster import MOST_OUTPUT, Object, Process, Slim
from robusta_volumes._cluster.live_download import downloaded
from robusta_volumes._cluster.live_errors import decoded, failure_of, whole
from robusta_volumes._cluster.live_process import LiveProcess, opened
from robusta_volumes._cluster.retry import Budget, Failure, retry_after, wait
from robusta_volumes._cluster.versions import explained
from robusta_volumes._cluster.wire import (
    JSON,
    Request,
    allowed_in,
    executing,
    identified,
    items_of,
    listing,
    logged,
    more_of,
    reading,
    review,
    scraping,
    summarising,
    without_noise,
    writing,
)
from robusta_volumes._model.errors import ClusterError, Expired, NotAllowed
from robusta_volumes._model.exporter import Exporter
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.plan import Outcome, Step
from robusta_volumes._model.rights import allowing
from robusta_volumes._model.times import UTC

_CONNECT, _READ = 5.0, 30.0  # seconds; the API server itself gives up a request only after 60
_RESTARTS = 2  # of a list whose continue token expired
_FORBIDDEN, _SERVER_ERRORS = 403, 500  # after the latter nobody knows how far a write came


class LiveCluster:
    """The cluster protocol over HTTP. ``deadline`` seconds from now on are the budget of everything it is asked."""

    def __init__(
        self,
        api_client: ApiClient,
        name: str = "",
        *,
        deadline: float = 120,
        page_size: int = 500,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use the configured client; ``page_size`` objects are fetched at a time, ``clock`` counts seconds."""
        self.name = name
        self._client = api_client
        self._budget = Budget(deadline, clock)
        self._page_size = page_size
        self._sleep = sleep

    def now(self) -> datetime:
        """Give the time of this machine."""
        return datetime.now(UTC)

    def find(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = "", slim: Slim | None = None
    ) -> list[Any]:
        """List objects; see the protocol. Without ``slim`` only what nobody reads is dropped (managedFields)."""
        query = {"limit": str(self._page_size), "labelSelector": labels, "fieldSelector": fields}
        for _ in range(_RESTARTS):
            with suppress(Expired):
                return list(self._listed(kind, namespace, query, slim or without_noise))
        return list(self._listed(kind, namespace, query, slim or without_noise))

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Object:
        """Read one object; see the protocol."""
        return identified(kind, self._ask(reading(kind, name, namespace)))

    def allowed(self, verb: str, kind: Kind, namespace: str | None = None, name: str = "") -> bool:
        """Tell whether it is allowed; see the protocol."""
        return allowed_in(self._ask(review(verb, kind, namespace, name)))

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        """Write, in order; see the protocol."""
        return [self._outcome(step) for step in plan]

    def summary(self, node: str) -> Object:
        """Ask a kubelet; see the protocol."""
        return self._once(summarising(node))

    def scrape(self, where: Exporter) -> str:
        """Ask for metrics; see the protocol."""
        return str(self._once(scraping(where))["text"])

    def logs(self, where: Container, lines: int = 0, *, before: bool = False) -> str:
        """Read what a container has written; see the protocol."""
        ask = self._once if lines else self._ask
        return str(ask(logged(where, MOST_OUTPUT, lines, before=before))["text"])

    def execute(self, where: Container, command: Sequence[str], most: int = MOST_OUTPUT) -> Process:
        """Start a command; see the protocol. Its time is not the budget's: what was begun must be ended when that is over."""
        request = executing(where, command)
        try:
            headers = self._headers(request.content)
            return LiveProcess(opened(self._client.configuration, request.path, headers), most)
        except WebSocketBadStatusException as refused:
            raise self._refusal(request, refused.status_code) from None
        except (WebSocketException, HTTPError, OSError) as broken:
            raise self._failure(broken, request).error from None
        except (ConfigException, ApiException, ValueError) as broken:
            raise not_authenticated(type(broken).__name__) from None

    def download(self, url: str, most: int, authority: str = "", seconds: float = 30) -> bytes:
        """Fetch a file; see the protocol."""
        return downloaded(url, most, authority, self._budget.part(seconds))

    def _refusal(self, request: Request, status: int) -> ClusterError:
        """Ask again without the upgrade, which starts nothing: a refusal of a WebSocket comes without its text."""
        answer = self._try(request)
        if isinstance(answer, Failure) and answer.status == status:
            return answer.error
        if status == _FORBIDDEN:  # the request before was a POST, so it was create; a WebSocket begins with a GET
            said = f"cannot get {request.kind.plural} in {request.namespace}"
            return NotAllowed(said, allowing(request.kind, "get", request.namespace, word=request.allow))
        return error_for(status, b"", request.verb, request.kind, request.namespace, request.allow)

    def _outcome(self, step: Step) -> Outcome:
        try:
            return Outcome(step, self._ask(writing(step)))
        except ClusterError as error:
            return Outcome(step, error=error)

    def _listed(self, kind: Kind, namespace: str | None, query: dict[str, str], slim: Slim) -> Iterator[Any]:
        """Give the objects page by page; no page is held while the next one is fetched."""
        more = ""
        while True:
            page = self._ask(listing(kind, namespace, {**query, "continue": more}))
            items, more = items_of(page), more_of(page)
            items.reverse()  # popped from the end, each is given up as soon as it is slim
            del page
            while items:
                yield slim(identified(kind, items.pop()))
            if not more:
                return

    def _ask(self, request: Request) -> Object:
        """Send until there is an answer, there is no sense in repeating, or the time is used up."""
        attempts = 0
        while self._budget.left():
            attempts += 1
            answer = self._try(request)
            if not isinstance(answer, Failure):
                return answer
            luck = random.random()  # noqa: S311 (spreads clients, protects nothing)
            pause = wait(answer, writes=request.writes, attempts=attempts, left=self._budget.left(), luck=luck)
            if pause is None:
                raise explained(answer.error, request, self._ask)
            self._sleep(pause)
        raise out_of_time(self._budget.seconds, request.verb, request.kind)

    def _once(self, request: Request) -> Object:
        answer = self._try(request)
        if isinstance(answer, Failure):
            raise answer.error
        return answer

    def _try(self, request: Request) -> Object | Failure:
        """Send once. Foreign errors are told by their type: some texts quote the header with the token."""
        try:
            headers = self._headers(request.content)
        except (ConfigException, ApiException, OSError, ValueError) as broken:
            return Failure(not_authenticated(type(broken).__name__), lasting=True)
        try:
            response = self._send(request, headers)
            body = whole(response, self._budget)
        except (HTTPError, OSError) as broken:
            return self._failure(broken, request)
        except ValueError:
            return Failure(not_authenticated("they cannot be written into a header"), lasting=True)
        if response.status // 100 == 2:  # noqa: PLR2004 (2xx)
            return decoded(response.status, body, request)
        pause = retry_after(response.headers.get("Retry-After"), self.now())
        error = error_for(response.status, body, request.verb, request.kind, request.namespace, request.allow)
        if request.writes and response.status >= _SERVER_ERRORS:
            error.remedy += UNSURE
        return Failure(error, response.status, pause)

    def _headers(self, content: str) -> dict[str, str]:
        """Ask the client for its credentials each time: it reads a rotated token anew."""
        headers = {**self._client.default_headers, "Accept": JSON, "Content-Type": content}
        if self._client.cookie:
            headers["Cookie"] = self._client.cookie
        self._client.update_params_for_auth(headers, [], ["BearerToken"])
        return headers

    def _send(self, request: Request, headers: dict[str, str]) -> Any:
        left = max(self._budget.left(), 0.001)  # urllib3 takes no zero
        return self._client.rest_client.pool_manager.urlopen(
            request.method,
            self._client.configuration.host + request.path,
            body=request.body,
            headers=headers,
            timeout=urllib3.Timeout(connect=min(_CONNECT, left), read=min(request.seconds or _READ, left)),
            preload_content=False,
            retries=False,
            redirect=False,
        )

    def _failure(self, error: Exception, request: Request) -> Failure:
        return failure_of(error, self._client.configuration.host, writes=request.writes)


def default_client() -> ApiClient:
    """Make a client from the configuration that Robusta has made the default one when it started."""
    return ApiClient()


def client_from_kubeconfig(path: Path | None = None, context: str | None = None) -> ApiClient:
    """Make a client from a kubeconfig, without one from $KUBECONFIG or the usual place.

    Raises NotAuthenticated: when it cannot be read or does not hold the context.
    """
    try:
        return new_client_from_config(config_file=str(path) if path else None, context=context)
    except (ConfigException, OSError, ValueError, TypeError, yaml.YAMLError) as error:
        raise not_authenticated(f"kubeconfig {path or 'of this user'}: {type(error).__name__}") from None
