"""Lists in pages: continue tokens that stay consistent until they expire."""

import base64
import binascii
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._sandbox.api_status import GONE, StatusError, bad_request

_KEPT = 64  # snapshots held for tokens; the oldest expire, as etcd compacts
_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without"
    " the continue parameter, or use the continue token in this response to retrieve the remainder of the results."
    " Continuing with the provided token results in an inconsistent list - objects that were created, modified, or"
    " deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True)
class Page:
    """One answer of a list: items, the version they are from, the token for the rest and how many are left."""

    items: list[Object]
    version: str
    token: str = ""
    remaining: int = 0


class Pages:
    """Cuts lists into pages. What a list saw when it began is kept for its tokens, as a real server's etcd does."""

    def __init__(self) -> None:
        self._rest: OrderedDict[str, tuple[str, list[Object]]] = OrderedDict()

    def expire(self) -> None:
        """Make every token given out so far too old."""
        self._rest.clear()

    def cut(self, find: Callable[[], tuple[list[Object], str]], limit: int, token: str, *, spaces: bool) -> Page:
        """Give one page; ``limit`` 0 means all, ``spaces`` that the list is over several namespaces.

        ``find`` gives all items and their version. Raises StatusError: 410 for an expired token.
        """
        items, version = self._from(token, find, spaces=spaces) if token else find()
        if not limit or len(items) <= limit:
            return Page(items, version)
        page, rest = items[:limit], items[limit:]
        following = _encode(int(version), _key(page[-1], spaces=spaces) + "\0")
        self._rest[following] = (version, rest)
        while len(self._rest) > _KEPT:
            self._rest.popitem(last=False)
        return Page(page, version, following, len(rest))

    def _from(
        self, token: str, find: Callable[[], tuple[list[Object], str]], *, spaces: bool
    ) -> tuple[list[Object], str]:
        if token in self._rest:
            version, rest = self._rest[token]
            return rest, version
        past, start = _decode(token)
        if past > 0:
            raise StatusError(GONE, "Expired", _TOO_OLD, metadata={"continue": _encode(-1, start)})
        items, version = find()
        return [item for item in items if _order(_key(item, spaces=spaces)) >= _order(start)], version


def _order(key: str) -> list[str]:
    """Compare keys part by part: "a/x" comes before "a-b/x", as in the lists of the store."""
    return key.split("/")


def _key(item: Object, *, spaces: bool) -> str:
    metadata = item["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if spaces else str(metadata["name"])


def _encode(version: int, start: str) -> str:
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(token: str) -> tuple[int, str]:
    try:
        content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return int(content["rv"]), str(content["start"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise bad_request("continue key is not valid: the token cannot be read") from error
