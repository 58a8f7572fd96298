"""What can go wrong when a cluster is asked, each with a remedy.

ClusterError
 +-- NotFound          the object is not there
 +-- NotInstalled      the kind is not there: CRD absent, or the version is not served
 +-- NotAllowed        RBAC refuses (``remedy`` is the rule to paste)
 +-- QuotaExceeded     a ResourceQuota refuses
 +-- Refused           admission refuses for another reason (for example: the class does not allow expansion)
 +-- Invalid           the request itself is wrong (400, 422)
 +-- AlreadyExists     create of something that is there
 +-- Conflict          a precondition (uid, resourceVersion) did not hold
 +-- HookFailed        a command in a pod, on which a write was to wait, did not do what it should
 +-- Expired           a continue token or resourceVersion is too old (410)
 +-- NotAuthenticated  the credentials are not accepted (401)
 +-- Unavailable       no usable answer within the deadline: connection, timeout, 429, 5xx
      +-- OutOfTime    not even asked: the time of this run was used up before
SettingsError          what the user wrote cannot be used

They live here because `_cluster` raises them and `_host` explains them, and the two do not know each other.
"""

from dataclasses import dataclass

from robusta_volumes._model.kind import Kind


@dataclass
class ClusterError(Exception):
    """The cluster could not do what was asked. ``message`` is the cluster's own text, ``remedy`` says what to do next."""

    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return self.message


class NotFound(ClusterError):
    """The object is not there. A namespace that does not exist answers exactly the same."""


@dataclass
class NotInstalled(ClusterError):
    """The API server does not serve this group, version or kind. ``served``: the versions that it does serve, where known."""

    served: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.message


class NotAllowed(ClusterError):
    """RBAC does not allow it."""


class QuotaExceeded(ClusterError):
    """A ResourceQuota does not allow it."""


class Refused(ClusterError):
    """Admission does not allow it."""


class Invalid(ClusterError):
    """The API server calls the request malformed."""


class AlreadyExists(ClusterError):
    """An object of that name is there already."""


class Conflict(ClusterError):
    """The object is not the one, or not in the version, that was expected."""


class HookFailed(ClusterError):
    """A hook could not be run, or failed: nothing was written."""


class Expired(ClusterError):
    """The list cannot be continued: start again."""


class NotAuthenticated(ClusterError):
    """The credentials are not accepted."""


class Unavailable(ClusterError):
    """No usable answer in time."""


class OutOfTime(Unavailable):
    """Not asked any more: the time of this run was used up before."""


@dataclass
class SettingsError(Exception):
    """What the user wrote at ``path`` cannot be used."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.path} {self.problem}"


def rbac_rule(kind: Kind, verb: str) -> str:
    """Give the rule to paste below ``runner.customClusterRoleRules`` so that ``verb`` is allowed on ``kind``.

    Reading always needs ``get`` and ``list`` together, so both are given when either is missing; a subresource has no list.
    """
    reads = verb in {"get", "list", "watch"} and "/" not in kind.plural
    verbs = '["get", "list"]' if reads else f'["{verb}"]'
    return f'- apiGroups: ["{kind.group}"]\n  resources: ["{kind.plural}"]\n  verbs: {verbs}'
