"""An answer that is no success becomes the right error, with a remedy; and waits before the next attempt."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from robusta_volumes._cluster.answers import error_for, not_authenticated, unreachable
from robusta_volumes._cluster.retry import ATTEMPTS, Failure, retry_after, wait
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
    QuotaExceeded,
    Refused,
    Unavailable,
)
from robusta_volumes._model.kind import CLAIM, POD, SNAPSHOT, VOLUME, Kind
from robusta_volumes._model.times import UTC

REFUSED = Path(__file__).parent / "clusters" / "refused"
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


def status(code: int, message: str, reason: str = "", **details: str) -> str:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason}
    return json.dumps({**body, "details": details, "code": code})


@pytest.mark.parametrize(
    ("name", "code", "asked", "error", "remedy"),
    [
        ("already-exists", 409, ("create", SNAPSHOT), AlreadyExists, "choose another name"),
        ("bad-quantity", 400, ("create", CLAIM), Invalid, "correct what the text names"),
        ("continue-expired", 410, ("list", POD), Expired, "run it again"),
        ("crd-absent", 404, ("list", SNAPSHOT), NotInstalled, "external-snapshotter"),
        ("delete-rv-precondition", 409, ("delete", SNAPSHOT), Conflict, "plans afresh"),
        ("delete-uid-precondition", 409, ("delete", SNAPSHOT), Conflict, "plans afresh"),
        ("expand-not-allowed", 403, ("patch", CLAIM), Refused, "allowVolumeExpansion: true"),
        ("namespace-not-found", 404, ("get", CLAIM), NotFound, "kubectl get persistentvolumeclaims -n tight"),
        ("object-not-found", 404, ("get", CLAIM), NotFound, "kubectl get persistentvolumeclaims -n tight"),
        ("quota-pvc", 403, ("create", CLAIM), QuotaExceeded, "requests.storage: 2Gi requested, 2Gi used, 3Gi allowed"),
        ("quota-snapshot", 403, ("create", SNAPSHOT), QuotaExceeded, "kubectl edit resourcequota storage -n tight"),
        ("rbac-create-snapshot", 403, ("create", SNAPSHOT), NotAllowed, "--allow snapshots --account nobody"),
        ("rbac-list-pv", 403, ("list", VOLUME), NotAllowed, 'verbs: ["get", "list"]'),
        ("shrink", 422, ("patch", CLAIM), Invalid, "correct what the text names"),
        ("snapshot-two-sources", 422, ("create", SNAPSHOT), Invalid, "correct what the text names"),
        ("snapshot-v1beta1", 404, ("list", SNAPSHOT), NotInstalled, "serves snapshot.storage.k8s.io/v1"),
        ("unauthorized", 401, ("list", POD), NotAuthenticated, "service account"),
    ],
)
def test_recorded_refusals_are_told_apart(
    name: str, code: int, asked: tuple[str, Kind], error: type[ClusterError], remedy: str
) -> None:
    body = (REFUSED / f"{name}.json").read_bytes()
    told = error_for(code, body, *asked, "tight")
    assert type(told) is error
    assert remedy in told.remedy
    recorded = json.loads(body)["message"] if body.startswith(b"{") else "404 page not found"
    assert recorded in told.message


def test_every_recorded_refusal_is_an_example_above() -> None:
    marks = test_recorded_refusals_are_told_apart.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in marks[0].args[1]} == {path.stem for path in REFUSED.glob("*.json")}


def test_a_missing_permission_comes_with_what_to_paste_and_where() -> None:
    told = error_for(403, (REFUSED / "rbac-create-snapshot.json").read_bytes(), "create", SNAPSHOT, "shop")
    assert told.remedy == (
        "Allow it in namespace shop alone, by a Role:\n"
        "python -m robusta_volumes._cli permissions -n shop --allow snapshots --account nobody --home shop"
        " | kubectl apply -f -"
    )
    told = error_for(403, (REFUSED / "rbac-list-pv.json").read_bytes(), "list", VOLUME)
    assert told.remedy == (
        "# in Robusta's Helm values, below runner.customClusterRoleRules:\n"
        '- apiGroups: [""]\n  resources: ["persistentvolumes"]\n  verbs: ["get", "list"]'
    )


def test_the_rule_to_paste_is_for_what_the_server_refused_not_for_what_was_asked() -> None:
    text = 'pods "a" is forbidden: User "u" cannot create resource "pods/attach" in API group "" in the namespace "b"'
    told = error_for(403, status(403, text, "Forbidden"), "get", POD, "b")
    assert "--verb=create --resource=pods/attach" in told.remedy


@pytest.mark.parametrize(
    ("code", "message", "error", "remedy"),
    [
        (403, 'pods is forbidden: User "system:anonymous" cannot list resource "pods"', NotAuthenticated, "token"),
        (403, 'pods "a" is forbidden: failed quota: cpu: must specify limits.cpu', QuotaExceeded, "ResourceQuota cpu"),
        (403, "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi", Refused, "LimitRange"),
        (403, "unable to create new content in namespace a because it is being terminated", Refused, "being deleted"),
        (403, 'pods "a" is forbidden: violates PodSecurity "restricted:latest"', Refused, "pod-security"),
        (403, 'pods "a" is forbidden: something new', Refused, "not RBAC"),
        (403, 'admission webhook "check.example.com" denied the request: no', Refused, "check.example.com"),
        (400, 'admission webhook "check.example.com" denied the request: no', Refused, "check.example.com"),
        (422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", Refused, "policy p"),
        (413, "Request entity too large: limit is 3145728", Invalid, "correct"),
        (404, "the server could not find the requested resource", NotInstalled, "snapshot CRDs"),
        (429, "the server has received too many requests", Unavailable, "tries again"),
        (500, 'Internal error occurred: failed calling webhook "w.example.com": EOF', Unavailable, "w.example.com"),
        (503, "the server is currently unable to handle the request", Unavailable, "readyz"),
    ],
)
def test_other_refusals_of_an_api_server_are_told_apart(
    code: int, message: str, error: type[ClusterError], remedy: str
) -> None:
    told = error_for(code, status(code, message), "create", SNAPSHOT, "a")
    assert type(told) is error
    assert message in told.message
    assert remedy in told.remedy


def test_a_namespace_that_is_missing_when_something_is_made_in_it_is_named() -> None:
    body = status(404, 'namespaces "gone" not found', "NotFound", name="gone", kind="namespaces")
    told = error_for(404, body, "create", SNAPSHOT, "gone")
    assert type(told) is NotFound
    assert told.remedy == "Create the namespace gone, or correct its name."


@pytest.mark.parametrize(
    ("code", "body", "shown"),
    [
        (403, b"<html>\n<h1>Forbidden</h1></html>", "HTTP 403: <html> <h1>Forbidden</h1></html>"),
        (404, b"nothing here", "HTTP 404: nothing here"),
        (302, b"", "HTTP 302 without a text"),
        (502, "Bad\x00 Gateway", "HTTP 502: Bad Gateway"),
        (400, b"\xff\xfe", "HTTP 400: \ufffd\ufffd"),
        (418, b"[" * 100_000, "HTTP 418: " + "[" * 199 + "…"),
    ],
)
def test_what_no_api_server_answers_is_shown_shortly(code: int, body: bytes | str, shown: str) -> None:
    told = error_for(code, body, "list", POD)
    assert type(told) is Unavailable
    assert told.message == shown
    assert told.remedy


def test_an_answer_that_quotes_our_credentials_is_not_repeated() -> None:
    page = "you sent Authorization: Bearer abcdefgh12345678 and eyJhbGciOi.eyJzdWIi.c2ln"
    for body in (page, status(400, page)):
        assert "[hidden] and [hidden]" in error_for(400, body, "list", POD).message


def test_every_error_of_ours_has_a_remedy() -> None:
    assert unreachable("https://a:6443", "connection refused").message == "https://a:6443: connection refused"
    assert "not known whether" in unreachable("https://a", "gone", perhaps_done=True).remedy
    assert not_authenticated("ConfigException").remedy


def failed(code: int = 0, pause: float | None = None, **how: bool) -> Failure:
    return Failure(Unavailable("x"), code, pause, **how)


def waits(failure: Failure, *, writes: bool = False, attempts: int = 1, left: float = 60) -> float | None:
    return wait(failure, writes=writes, attempts=attempts, left=left, luck=1)


def test_each_wait_is_twice_as_long_and_the_fifth_attempt_is_the_last() -> None:
    assert [waits(failed(503), attempts=n) for n in range(1, ATTEMPTS + 1)] == [0.5, 1, 2, 4, None]


def test_luck_spreads_the_waits_over_the_upper_half() -> None:
    assert wait(failed(503), writes=False, attempts=3, left=60, luck=0) == 1
    assert wait(failed(503), writes=False, attempts=3, left=60, luck=1) == 2


def test_the_server_says_when_to_come_back_and_is_never_asked_earlier() -> None:
    assert wait(failed(429, 7), writes=False, attempts=1, left=60, luck=0) == 7
    assert waits(failed(429, 7), left=6) is None
    assert waits(failed(503), left=0.1) is None


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 410, 422, 501])
def test_a_refusal_is_not_asked_again(code: int) -> None:
    assert waits(failed(code)) is None


@pytest.mark.parametrize(
    ("failure", "again"),
    [
        (failed(429), ["read", "write"]),
        (failed(500), ["read"]),
        (failed(504), ["read"]),
        (failed(), ["read"]),
        (failed(unsent=True), ["read", "write"]),
        (failed(unsent=True, lasting=True), []),
    ],
)
def test_a_write_is_repeated_only_when_it_cannot_have_happened(failure: Failure, again: list[str]) -> None:
    repeated = {"read": waits(failure), "write": waits(failure, writes=True)}
    assert [what for what, pause in repeated.items() if pause is not None] == again


def test_what_ran_out_of_time_is_tried_once_more_only() -> None:
    assert waits(failed(slow=True)) is not None
    assert waits(failed(slow=True), attempts=2) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("3", 3),
        ("-1", 0),
        ("nan", None),
        ("soon", None),
        ("Mon, 01 Mar 2027 12:00:05 GMT", 5),
        ("Mon, 01 Mar 2027 12:00:05 -0000", 5),
        ("Mon, 01 Mar 2027 11:00:00 GMT", 0),
        ("Mon, 99 Mar 2027 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOON) == seconds
