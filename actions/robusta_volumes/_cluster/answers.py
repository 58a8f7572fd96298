"""What an answer of the API server means: each refusal becomes one of our errors, with what to do about it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from robusta_volumes._model.errors import (
    AlreadyExists,
    ClusterError,
    Conflict,
    Expired,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotInstalled,
    OutOfTime,
    QuotaExceeded,
    Refused,
    Unavailable,
)
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.rights import allowing
from robusta_volumes._model.text import quoted

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _GONE, _TOO_MANY = 401, 403, 404, 409, 410, 429
_CLIENT_ERRORS, _SERVER_ERRORS = 400, 500
_EXCERPT, _LONGEST = 200, 2000  # characters of an unreadable body, and of a message that a webhook may have written

_NO_SUCH_PATH = "404 page not found"
_NO_SUCH_RESOURCE = "could not find the requested resource"
_RBAC = re.compile(r'User "([^"]*)" cannot (\w+) resource "([^"]+)"(?: in API group "([^"]*)")?')
_QUOTA = re.compile(r"exceeded quota: ([^,]+), requested: (.*?), used: (.*?), limited: (.*)", re.DOTALL)
_UNDER_QUOTA = re.compile(r"failed quota: ([^:,]+)")
_DENIED = re.compile(r"admission webhook \"([^\"]+)\" denied|ValidatingAdmissionPolicy '([^']+)'.* denied", re.DOTALL)
_WEBHOOK_DOWN = re.compile(r'failed calling webhook "([^"]+)"')
_SECRETS = re.compile(r"(?i)\b(bearer|authorization:\s*basic)\s+[\w.~+/=-]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*")

# Part of admission's text -> what to do. The first that is found counts.
_ADMISSION = (
    (
        "must support resize",
        "Set allowVolumeExpansion: true on the StorageClass if its driver can expand; else copy to a larger claim.",
    ),
    (
        "storage usage per PersistentVolumeClaim",
        "A LimitRange bounds the size of claims: ask for a size within it, or change it (kubectl get limitrange).",
    ),
    ("is being terminated", "The namespace is being deleted: nothing new can be made in it."),
    ("PodSecurity", "Relax the namespace's pod-security.kubernetes.io/enforce label, or run this elsewhere."),
)
_INSTALL = {
    "": "Every Kubernetes serves {version}: check the API server's address.",
    "snapshot.storage.k8s.io": "Install the snapshot CRDs and controller (kubernetes-csi/external-snapshotter) in a"
    " release that serves {version}; storage without a CSI snapshotter cannot use them.",
    "velero.io": "Install Velero, in a release that serves {version}.",
    "volsync.backube": "Install VolSync, in a release that serves {version}.",
    "k8up.io": "Install K8up, in a release that serves {version}.",
    "storage.k8s.io": "This Kubernetes is too old or too new for {version}, or the feature is switched off.",
}
_TRY_LATER = "The next run tries again; if this lasts, look at the API server's own health (kubectl get --raw /readyz)."
_CHANGED = "Someone else changed it meanwhile and nothing was written: the next run plans afresh."
_TOO_FAST = "The cluster changed faster than the list could be read: run it again."
UNSURE = " It is not known whether this write happened: read the object before it is tried again."


@dataclass(frozen=True)
class _Refusal:
    """A Status object: its text and details, and what had been asked."""

    status: int
    message: str
    answer: dict[str, Any]
    verb: str
    kind: Kind
    namespace: str | None
    allow: str

    @property
    def option(self) -> str:
        """The namespace as kubectl takes it, with a space before."""
        return f" -n {quoted(self.namespace)}" if self.namespace else ""


def error_for(
    status: int, body: bytes | str, verb: str, kind: Kind, namespace: str | None = None, allow: str = ""
) -> ClusterError:
    """Tell apart what a ``status`` beyond 2xx and its body mean for ``verb`` (RBAC's word) on ``kind``. ``allow``: see `plan`."""
    answer = _status_object(body)
    if answer is None:
        return _without_status_object(status, body, kind)
    refusal = _Refusal(status, _message(answer), answer, verb, kind, namespace, allow)
    if status >= _SERVER_ERRORS:
        return _overloaded(refusal.message)
    if status in _BY_STATUS:
        return _BY_STATUS[status](refusal)
    return _invalid(refusal) if status >= _CLIENT_ERRORS else unreadable(status, body)


def unreadable(status: int, body: bytes | str, *, perhaps_done: bool = False) -> Unavailable:
    """Give the error for an answer that no API server gives: most likely something stands in between."""
    remedy = "This is not how Kubernetes answers: check the API server's address and any proxy or login page before it."
    return Unavailable(_described(status, body), remedy + UNSURE if perhaps_done else remedy)


def unreachable(server: str, why: str, *, perhaps_done: bool = False) -> Unavailable:
    """Give the error for no answer at all. ``perhaps_done``: it is a write that the server may have received."""
    remedy = "Check that the API server runs and is reachable from here (network policy, proxy, certificate)."
    return Unavailable(f"{server}: {why}", remedy + UNSURE if perhaps_done else remedy)


def out_of_time(seconds: float, verb: str, kind: Kind) -> OutOfTime:
    """Give the error for a request that was not sent any more because the ``seconds`` we have are used up."""
    return OutOfTime(
        f"no time left of {seconds:g} s: {verb} {kind.resource} was not tried",
        "The cluster answers slowly: ask for less (one namespace or one volume), or allow the action more time.",
    )


def not_authenticated(why: str) -> NotAuthenticated:
    """Give the error for credentials that could not even be read or sent; ``why`` must not contain them."""
    return _not_authenticated(f"the credentials cannot be used: {why}")


def _not_authenticated(message: str) -> NotAuthenticated:
    return NotAuthenticated(
        message,
        "The API server does not accept our credentials. In the cluster: check that the runner's service account exists"
        " and its token is mounted, then restart the runner. With a kubeconfig: log in again.",
    )


def _without_status_object(status: int, body: bytes | str, kind: Kind) -> ClusterError:
    if status == _UNAUTHORIZED:
        return _not_authenticated("Unauthorized")
    if status == _NOT_FOUND and body.strip() in {_NO_SUCH_PATH, _NO_SUCH_PATH.encode()}:
        return not_installed(_NO_SUCH_PATH, kind)
    if status == _TOO_MANY or status >= _SERVER_ERRORS:
        return _overloaded(_described(status, body))
    return unreadable(status, body)


def _overloaded(message: str) -> Unavailable:
    if webhook := _WEBHOOK_DOWN.search(message):
        return Unavailable(message, f"The admission webhook {webhook[1]} does not answer: repair it, then run again.")
    return Unavailable(message, _TRY_LATER)


def _missing(refusal: _Refusal) -> ClusterError:
    """Tell a missing object from a missing kind: a list of nothing is an empty list, so 404 then means the kind."""
    message, kind = refusal.message, refusal.kind
    if refusal.verb == "list" or _NO_SUCH_RESOURCE in message:
        return not_installed(message, kind)
    details = refusal.answer.get("details")
    if isinstance(details, dict) and details.get("kind") == "namespaces" and kind.plural != "namespaces":
        return NotFound(message, f"Create the namespace {refusal.namespace or ''}, or correct its name.")
    return NotFound(
        message, f"It is gone or never was: kubectl get {kind.resource}{refusal.option} shows what is there."
    )


def not_installed(message: str, kind: Kind) -> NotInstalled:
    """Name the kind, because the server's own text does not."""
    remedy = _INSTALL.get(kind.group, "Install what brings {version}, in a release that serves it.").format(
        version=kind.api_version
    )
    return NotInstalled(f"{kind.resource} ({kind.api_version}) is not served here: {message}", remedy)


def _in_the_way(refusal: _Refusal) -> ClusterError:
    if refusal.answer.get("reason") == "AlreadyExists":
        taken = f"A {refusal.kind.name} has this name already: use that one, or choose another name."
        return AlreadyExists(refusal.message, taken)
    return Conflict(refusal.message, _CHANGED)


def _invalid(refusal: _Refusal) -> ClusterError:
    if denied := _DENIED.search(refusal.message):
        remedy = f"The policy {denied[1] or denied[2]} of this cluster refuses it: ask its owner for an exception."
        return Refused(refusal.message, remedy)
    return Invalid(refusal.message, f"The request is wrong for {refusal.kind.resource}: correct what the text names.")


def _forbidden(refusal: _Refusal) -> ClusterError:
    message, kind = refusal.message, refusal.kind
    if rbac := _RBAC.search(message):
        user, verb, resource, group = rbac.groups()
        if user == "system:anonymous":
            return _not_authenticated(message)
        # The server's own words are better than ours: it may be another verb or a subresource that is missing.
        asked = replace(kind, group=kind.group if group is None else group, plural=resource)
        return NotAllowed(message, allowing(asked, verb, refusal.namespace, user, refusal.allow))
    if quota := _QUOTA.search(message):
        return QuotaExceeded(message, _quota_remedy(quota[1], (quota[2], quota[3], quota[4]), refusal.option))
    if quota := _UNDER_QUOTA.search(message):
        return QuotaExceeded(message, f"ResourceQuota {quota[1].strip()} wants every object to say how much it needs.")
    if _DENIED.search(message):
        return _invalid(refusal)
    known = (remedy for text, remedy in _ADMISSION if text in message)
    return Refused(message, next(known, f"Admission refuses it, not RBAC: change the {kind.name} as the text says."))


_BY_STATUS: dict[int, Callable[[_Refusal], ClusterError]] = {
    _UNAUTHORIZED: lambda refusal: _not_authenticated(refusal.message),
    _FORBIDDEN: _forbidden,
    _NOT_FOUND: _missing,
    _CONFLICT: _in_the_way,
    _GONE: lambda refusal: Expired(refusal.message, _TOO_FAST),
    _TOO_MANY: lambda refusal: _overloaded(refusal.message),
}


def _quota_remedy(quota: str, amounts: tuple[str, str, str], option: str) -> str:
    requested, used, limited = (_pairs(text) for text in amounts)
    lines = [
        f"{name}: {amount} requested, {used.get(name, '?')} used, {limited.get(name, '?')} allowed"
        for name, amount in requested.items()
    ]
    return (
        f"ResourceQuota {quota} has no room ({'; '.join(lines)}). Free some of it, or raise it:"
        f" kubectl edit resourcequota {quoted(quota)}{option}"
    )


def _pairs(text: str) -> dict[str, str]:
    return {name: amount for name, _, amount in (part.strip().partition("=") for part in text.split(",")) if name}


def _status_object(body: bytes | str) -> dict[str, Any] | None:
    """Read a Status object; None when the body is something else."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and answer.get("kind") == "Status" else None


def _message(answer: dict[str, Any]) -> str:
    """Give the server's own text, without what looks like a credential."""
    text = str(answer.get("message") or answer.get("reason") or "no reason given")
    return _SECRETS.sub("[hidden]", text)[:_LONGEST]


def _described(status: int, body: bytes | str) -> str:
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    words = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", _SECRETS.sub("[hidden]", text[: _EXCERPT * 20])).split())
    shown = words if len(words) <= _EXCERPT else words[: _EXCERPT - 1] + "…"
    return f"HTTP {status}: {shown}" if shown else f"HTTP {status} without a text"
