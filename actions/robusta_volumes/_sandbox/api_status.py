"""Status bodies, as an API server words its refusals."""

from collections.abc import Sequence

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.store_kinds import qualified
from robusta_volumes._model.errors import AlreadyExists, ClusterError, Conflict, Invalid, NotFound
from robusta_volumes._model.kind import Kind

BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, NOT_ALLOWED = 400, 401, 403, 404, 405
CONFLICT, GONE, UNSUPPORTED, UNPROCESSABLE, TOO_MANY, INTERNAL = 409, 410, 415, 422, 429, 500


class StatusError(Exception):
    """An answer that is a failure: ``body`` is the Status object, ``code`` its HTTP status."""

    def __init__(
        self, code: int, reason: str, message: str, details: Object | None = None, metadata: Object | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.body: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": metadata or {},
            "status": "Failure",
            "message": message,
            "reason": reason,
        }
        if details is not None:
            self.body["details"] = details
        self.body["code"] = code


def details(name: str, group: str, kind: str) -> Object:
    """Say which object; empty fields are left out, as Go does."""
    return {key: value for key, value in (("name", name), ("group", group), ("kind", kind)) if value}


def bad_request(message: str) -> StatusError:
    """Refuse a request that cannot be read."""
    return StatusError(BAD_REQUEST, "BadRequest", message)


def forbidden(kind: Kind, name: str, why: str) -> StatusError:
    """Refuse by admission."""
    message = f'{kind.resource} "{name}" is forbidden: {why}'
    return StatusError(FORBIDDEN, "Forbidden", message, details(name, kind.group, kind.plural))


def invalid(kind: Kind, name: str, causes: Sequence[tuple[str, str, str]]) -> StatusError:
    """Refuse by validation; a cause is (field, reason, message)."""
    texts = [f"{field}: {message}" for field, _, message in causes]
    problem = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    body = details(name, kind.group, kind.name)
    body["causes"] = [{"reason": reason, "message": message, "field": field} for field, reason, message in causes]
    return StatusError(UNPROCESSABLE, "Invalid", f'{qualified(kind)} "{name}" is invalid: {problem}', body)


def no_such_path() -> StatusError:
    """Answer for an unknown resource in a group that Kubernetes itself serves."""
    return StatusError(NOT_FOUND, "NotFound", "the server could not find the requested resource", {})


def of_error(error: ClusterError, kind: Kind, name: str, *, deleting: bool = False) -> StatusError:
    """Turn an error of the store into the Status of an API server."""
    message = error.message
    if isinstance(error, NotFound):
        return StatusError(NOT_FOUND, "NotFound", message, details(name, kind.group, kind.plural))
    if isinstance(error, AlreadyExists):
        return StatusError(CONFLICT, "AlreadyExists", message, details(name, kind.group, kind.plural))
    if isinstance(error, Conflict):
        # The preconditions of a delete are named after the kind, those of other writes after the resource.
        word = kind.name if deleting else kind.plural
        return StatusError(CONFLICT, "Conflict", message, details(name, kind.group, word))
    if isinstance(error, Invalid) and " is invalid: " in message:
        field, _, problem = message.partition(" is invalid: ")[2].partition(": ")
        return invalid(kind, name, [(field, "FieldValueRequired", problem)])
    return bad_request(message)
