"""The store answers as an API server does."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from robusta_volumes._cluster.store import Store, kind_of, load, shift_times
from robusta_volumes._model.errors import AlreadyExists, Conflict, Invalid, NotFound, SettingsError
from robusta_volumes._model.kind import CLAIM, CONFIG_MAP, EVENT, NAMESPACE, SNAPSHOT, VOLUME
from robusta_volumes._model.times import UTC, parse_time

RECORDED = Path(__file__).parent / "clusters"
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


def config_map(name: str, namespace: str = "shop", **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "1"}}


def names(found: list[dict[str, Any]]) -> list[str]:
    return [item["metadata"]["name"] for item in found]


def refused(name: str) -> str:
    message: str = json.loads((RECORDED / "refused" / f"{name}.json").read_text())["message"]
    return message


@pytest.fixture(scope="module")
def recorded() -> Store:
    return Store(load(RECORDED / "after"))


def test_a_new_object_gets_uid_birth_and_version() -> None:
    store = Store(clock=lambda: NOON)
    first, second = store.create(config_map("a")), store.create(config_map("b"))
    assert first["metadata"]["creationTimestamp"] == "2027-03-01T12:00:00Z"
    assert first["metadata"]["uid"] != second["metadata"]["uid"]
    assert (first["metadata"]["resourceVersion"], second["metadata"]["resourceVersion"]) == ("1", "2")


def test_given_objects_keep_their_identity_and_new_versions_follow_theirs(recorded: Store) -> None:
    kept = recorded.get(SNAPSHOT, "orders-good", "shop")["metadata"]
    assert (kept["uid"], kept["resourceVersion"]) == ("b29e1173-c728-4c13-9495-0fa07a33fc75", "1380")
    assert int(recorded.create(config_map("later"))["metadata"]["resourceVersion"]) > 1587


def test_a_name_is_made_from_generate_name() -> None:
    store = Store()
    item = config_map("")
    item["metadata"] = {"generateName": "probe-", "namespace": "shop"}
    made = store.create(item)["metadata"]["name"]
    assert made.startswith("probe-")
    assert len(made) == len("probe-") + 5
    assert store.get(CONFIG_MAP, made, "shop")["data"] == {"a": "1"}


def test_an_object_without_a_name_is_refused() -> None:
    with pytest.raises(Invalid, match=r'ConfigMap "" is invalid: metadata[.]name: Required value'):
        Store().create({"apiVersion": "v1", "kind": "ConfigMap"})


def test_objects_come_sorted_by_namespace_and_name() -> None:
    store = Store([config_map("b", "z"), config_map("c", "a"), config_map("a", "z")])
    assert names(store.find(CONFIG_MAP)) == ["c", "a", "b"]
    assert names(store.find(CONFIG_MAP, "z")) == ["a", "b"]


def test_what_comes_out_is_a_copy() -> None:
    store = Store([config_map("a")])
    store.get(CONFIG_MAP, "a", "shop")["data"]["a"] = "changed"
    store.find(CONFIG_MAP)[0]["data"]["a"] = "changed"
    assert store.get(CONFIG_MAP, "a", "shop")["data"] == {"a": "1"}


def test_refusals_are_worded_as_recorded(recorded: Store) -> None:
    good = recorded.get(SNAPSHOT, "orders-good", "shop")
    with pytest.raises(AlreadyExists) as exists:
        recorded.create(good)
    with pytest.raises(Conflict) as other_uid:
        recorded.delete(SNAPSHOT, "orders-good", "shop", uid="00000000-0000-0000-0000-000000000000")
    with pytest.raises(Conflict) as other_version:
        recorded.delete(SNAPSHOT, "orders-good", "shop", resource_version="1")
    with pytest.raises(NotFound) as missing:
        recorded.get(CLAIM, "ghost", "shop")
    with pytest.raises(NotFound) as nowhere:
        recorded.get(CLAIM, "ghost", "no-such-namespace")
    assert str(exists.value) == refused("already-exists")
    assert str(other_uid.value) == refused("delete-uid-precondition")
    assert str(other_version.value) == refused("delete-rv-precondition")
    assert str(missing.value) == refused("object-not-found")
    assert str(nowhere.value) == refused("namespace-not-found")


def test_a_delete_with_the_right_preconditions_deletes() -> None:
    store = Store([config_map("a")])
    found = store.get(CONFIG_MAP, "a", "shop")["metadata"]
    store.delete(CONFIG_MAP, "a", "shop", uid=found["uid"], resource_version=found["resourceVersion"])
    assert store.find(CONFIG_MAP) == []


def test_where_finalizers_count_an_object_goes_with_its_last_finalizer() -> None:
    store = Store([config_map("a")], clock=lambda: NOON, finalizers=True)
    store.patch(CONFIG_MAP, "a", "shop", {"metadata": {"finalizers": ["example.com/wait"]}})
    store.delete(CONFIG_MAP, "a", "shop")
    assert store.get(CONFIG_MAP, "a", "shop")["metadata"]["deletionTimestamp"] == "2027-03-01T12:00:00Z"
    store.patch(CONFIG_MAP, "a", "shop", {"metadata": {"finalizers": None}})
    assert store.find(CONFIG_MAP) == []


def test_a_merge_patch_adds_changes_and_removes() -> None:
    store = Store([config_map("a", tier="db", old="yes")])
    changed = store.patch(
        CONFIG_MAP, "a", "shop", {"metadata": {"labels": {"old": None, "new": "1"}}, "data": {"b": "2"}}
    )
    assert changed["metadata"]["labels"] == {"tier": "db", "new": "1"}
    assert changed["data"] == {"a": "1", "b": "2"}


def test_a_json_patch_tests_adds_replaces_and_removes() -> None:
    store = Store([config_map("a", tier="db")])
    steps = [
        {"op": "test", "path": "/metadata/labels/tier", "value": "db"},
        {"op": "add", "path": "/metadata/annotations", "value": {}},
        {"op": "add", "path": "/metadata/annotations/example.com~1why", "value": "x"},
        {"op": "replace", "path": "/data/a", "value": "2"},
        {"op": "remove", "path": "/metadata/labels/tier"},
    ]
    changed = store.patch(CONFIG_MAP, "a", "shop", steps, "json")
    assert changed["metadata"]["annotations"] == {"example.com/why": "x"}
    assert (changed["data"], changed["metadata"]["labels"]) == ({"a": "2"}, {})


@pytest.mark.parametrize(
    "step",
    [
        {"op": "test", "path": "/data/a", "value": "2"},
        {"op": "remove", "path": "/data/absent"},
        {"op": "frobnicate", "path": "/data/a"},
        {"op": "replace", "path": "", "value": {}},
        "no step",
    ],
)
def test_a_json_patch_that_does_not_fit_changes_nothing(step: Any) -> None:
    store = Store([config_map("a")])
    with pytest.raises(Invalid):
        store.patch(CONFIG_MAP, "a", "shop", [{"op": "replace", "path": "/data/a", "value": "9"}, step], "json")
    assert store.get(CONFIG_MAP, "a", "shop")["data"] == {"a": "1"}


def test_a_patch_cannot_change_who_an_object_is() -> None:
    store = Store([config_map("a")])
    before = store.get(CONFIG_MAP, "a", "shop")["metadata"]
    changed = store.patch(
        CONFIG_MAP, "a", "shop", {"kind": "Secret", "metadata": {"name": "b", "creationTimestamp": None}}
    )
    assert (changed["kind"], changed["metadata"]["name"]) == ("ConfigMap", "a")
    assert changed["metadata"]["creationTimestamp"] == before["creationTimestamp"]


def test_a_write_against_an_older_version_is_a_conflict() -> None:
    store = Store([config_map("a")])
    old = store.get(CONFIG_MAP, "a", "shop")
    store.patch(CONFIG_MAP, "a", "shop", {"data": {"a": "2"}})
    with pytest.raises(Conflict, match='fulfilled on configmaps "a": the object has been modified; please apply'):
        store.replace(old)
    with pytest.raises(Conflict):
        store.patch(CONFIG_MAP, "a", "shop", {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}})
    with pytest.raises(Conflict, match="UID in precondition: other"):
        store.patch(CONFIG_MAP, "a", "shop", {"metadata": {"uid": "other"}})


def test_a_change_that_changes_nothing_gives_no_new_version() -> None:
    store = Store([config_map("a")])
    before = store.version
    store.patch(CONFIG_MAP, "a", "shop", {"data": {"a": "1"}})
    assert store.version == before


def test_a_dry_run_answers_and_keeps_nothing() -> None:
    store = Store([config_map("a")])
    assert store.patch(CONFIG_MAP, "a", "shop", {"data": {"a": "2"}}, dry_run=True)["data"] == {"a": "2"}
    store.create(config_map("b"), dry_run=True)
    store.delete(CONFIG_MAP, "a", "shop", dry_run=True)
    assert [item["data"] for item in store.find(CONFIG_MAP)] == [{"a": "1"}]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("", ["a", "b", "c"]),
        ("tier=db", ["a"]),
        ("tier==db", ["a"]),
        ("tier!=db", ["b", "c"]),
        ("tier in (db, web)", ["a", "b"]),
        ("tier notin (db,web)", ["c"]),
        ("tier", ["a", "b"]),
        ("!tier", ["c"]),
        ("tier in (db,web),zone=x", ["b"]),
        ("tier=", []),
    ],
)
def test_label_selectors_mean_what_kubectl_means(selector: str, found: list[str]) -> None:
    store = Store([config_map("a", tier="db"), config_map("b", tier="web", zone="x"), config_map("c")])
    assert names(store.find(CONFIG_MAP, labels=selector)) == found


@pytest.mark.parametrize("selector", ["a b", "tier in db", "=x", "a=b=c", "tier in (a"])
def test_a_malformed_label_selector_is_an_error(selector: str) -> None:
    with pytest.raises(Invalid, match="unable to parse requirement"):
        Store().find(CONFIG_MAP, labels=selector)


def test_field_selectors_reach_any_path(recorded: Store) -> None:
    fields = "involvedObject.kind=PersistentVolumeClaim,involvedObject.name=class-typo"
    assert {event["reason"] for event in recorded.find(EVENT, "broken", fields=fields)} == {"ProvisioningFailed"}
    assert names(recorded.find(VOLUME, fields="status.phase!=Bound,status.phase!=Available")) != []
    assert names(recorded.find(CLAIM, fields="metadata.name==uploads,metadata.namespace=shop")) == ["uploads"]
    with pytest.raises(Invalid, match="invalid selector"):
        recorded.find(CLAIM, fields="metadata.name")


def test_an_unknown_kind_is_kept_under_a_guessed_plural() -> None:
    metadata = {"name": "default", "namespace": "velero"}
    policy = {"apiVersion": "velero.io/v1", "kind": "BackupRepository", "metadata": metadata}
    kind = kind_of(policy)
    assert (kind.resource, kind.namespaced) == ("backuprepositories.velero.io", True)
    assert names(Store([policy]).find(kind, "velero")) == ["default"]
    assert not kind_of({"apiVersion": "example.com/v1", "kind": "Gateway", "metadata": {"name": "x"}}).namespaced


def test_every_recorded_object_is_loaded_and_lists_are_unwrapped(tmp_path: Path) -> None:
    assert len(load(RECORDED / "after" / "persistentvolumeclaims.json")) == 24
    typed = {"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"metadata": {"name": "a", "namespace": "x"}}]}
    (tmp_path / "list.json").write_text(json.dumps(typed))
    (tmp_path / "more.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: x\n  creationTimestamp: 2026-11-23T21:08:44Z\n---\n---\n"
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: y}}\n"
    )
    store = Store(load(tmp_path))
    assert names(store.find(CONFIG_MAP)) == ["a"]
    assert store.get(NAMESPACE, "x")["metadata"]["creationTimestamp"] == "2026-11-23T21:08:44Z"
    assert names(store.find(NAMESPACE)) == ["x", "y"]


@pytest.mark.parametrize("between", ["", "\n", "\n\n  "])
def test_a_file_may_hold_one_json_document_after_the_other(tmp_path: Path, between: str) -> None:
    stream = tmp_path / "stream.json"
    stream.write_text(between.join(json.dumps(config_map(name)) for name in ("a", "b", "c")) + between)
    assert names(load(stream)) == ["a", "b", "c"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_a_file_may_be_written_as_windows_does_it(tmp_path: Path, name: str, encoding: str) -> None:
    file = tmp_path / name
    file.write_bytes(json.dumps(config_map("a")).encode(encoding))
    assert names(load(file)) == ["a"]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.json", " ", "is not JSON: Expecting value"),
        ("a.json", '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}} {', "is not JSON: Expecting"),
        ("a.json", "{} , {}", "is not JSON: Expecting value"),
        ("a.json", "{", "is not JSON: Expecting property name"),
        ("a.yaml", "a: [", "is not YAML: while parsing"),
        ("a.json", "[]", "holds list where an API object should be"),
        ("a.json", '{"kind": "Pod"}', "the object has no apiVersion"),
        ("a.json", '{"kind": "List", "items": [{"apiVersion": "v1"}]}', "item 1 has no kind"),
        ("a.json", '{"apiVersion": "v1", "kind": "Pod"}', "the object (Pod) has no metadata.name"),
        ("a.json", '{"kind": "List", "items": [7]}', "item 1 is not an API object"),
        ("a.txt.bak/b", "", "does not exist"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, name: str, text: str, problem: str) -> None:
    file = tmp_path / name
    if text:
        file.write_text(text)
    with pytest.raises(SettingsError) as error:
        load(file)
    assert str(error.value).startswith(f"{file} {problem}")


def test_a_folder_without_objects_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"holds no \.json, \.yaml or \.yml file"):
        load(tmp_path)


def test_times_move_together_so_that_the_newest_is_now() -> None:
    recorded = load(RECORDED / "after")
    moved = shift_times(recorded, NOON)
    claims = [
        Store(objects).get(CLAIM, "data-orders-db-0", "shop")["metadata"]["creationTimestamp"]
        for objects in (recorded, moved)
    ]
    before, after = (parse_time(claim) for claim in claims)
    assert before
    assert after
    newest = max(
        moment
        for event in Store(moved).find(EVENT)
        for field in ("eventTime", "lastTimestamp")
        if (moment := parse_time(event.get(field)))
    )
    assert newest <= NOON
    assert NOON - newest < timedelta(minutes=1)
    assert abs((NOON - after) - (newest - after)) < timedelta(minutes=1)
    assert Store(moved).version == Store(recorded).version


def test_only_whole_timestamps_are_moved_and_keep_their_precision() -> None:
    item = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "x", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "eventTime": "2026-01-01T00:00:01.250000Z",
        "series": {"lastObservedTime": "2026-01-01T02:00:00+02:00"},
        "message": "since 2026-01-01T00:00:00Z it fails",
        "note": "2026-01-01",
    }
    moved = shift_times([item], datetime(2026, 1, 2, 0, 0, 1, 250000, tzinfo=UTC))[0]
    assert moved["metadata"]["creationTimestamp"] == "2026-01-02T00:00:00Z"
    assert moved["eventTime"] == "2026-01-02T00:00:01.250000Z"
    assert moved["series"]["lastObservedTime"] == "2026-01-02T00:00:00Z"
    assert (moved["message"], moved["note"]) == (item["message"], item["note"])
    assert shift_times([{"kind": "x"}], NOON) == [{"kind": "x"}]
