"""Prometheus over plain HTTP: the few questions that reports ask. Loaded when they are asked."""

from collections.abc import Collection, Mapping
from typing import Any

import requests

from robusta_volumes._model.errors import NotAllowed, NotAuthenticated, Unavailable

_CONNECT, _READ = 5.0, 20.0  # seconds
_EXCERPT = 120  # characters of an answer that is not understood


class LivePrometheus:
    """One Prometheus (or what speaks its API). ``headers`` may hold credentials: they are never shown."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, *, query_string: str = "") -> None:
        """Ask the server at ``url``; ``query_string`` is appended to each request, as Robusta does."""
        self.url = url.rstrip("/")
        self._headers = dict(headers or {})
        self._extra = query_string

    def present(self, names: Collection[str]) -> set[str]:
        """Give those of ``names`` that have samples now.

        Raises Unavailable, NotAllowed, NotAuthenticated: when no usable answer came.
        """
        pattern = "|".join(sorted(names))
        found = self._query(f'count by (__name__) ({{__name__=~"{pattern}"}})')
        return {str(item.get("metric", {}).get("__name__")) for item in found} & set(names)

    def _query(self, promql: str) -> list[dict[str, Any]]:
        url = f"{self.url}/api/v1/query" + (f"?{self._extra}" if self._extra else "")
        remedy = "check `globalConfig.prometheus_url`"
        try:
            answer = requests.post(url, data={"query": promql}, headers=self._headers, timeout=(_CONNECT, _READ))
        except requests.RequestException as error:
            raise Unavailable(f"no answer ({type(error).__name__})", remedy) from None
        if answer.status_code == requests.codes.unauthorized:
            raise NotAuthenticated("it asks for credentials", "set `globalConfig.prometheus_auth`")
        if answer.status_code == requests.codes.forbidden:
            raise NotAllowed("it refuses the query", "check the credentials in `globalConfig.prometheus_auth`")
        try:
            body = answer.json()
            found = body["data"]["result"] if body["status"] == "success" else None
        except (ValueError, KeyError, TypeError):
            found = None
        if not isinstance(found, list):
            raise Unavailable(f"it answers {answer.status_code}: {answer.text[:_EXCERPT]!r}", remedy)
        return found
