"""What must not leave the cluster is in no file that we attach."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from robusta_volumes._report.redact import REDACTED, redacted, to_yaml

MARK = "hunter2x"
RECORDED = Path(__file__).parent / "clusters" / "after"
SECRET_KEYS = (
    "password",
    "PASSWORD",
    "pass",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "clientSecret",
    "token",
    "csi.storage.k8s.io/serviceAccount.tokens",
    "credentials",
    "apiKey",
    "api_key",
    "api-key",
    "secretAccessKey",
    "accessKeyID",
    "azurestorageaccountkey",
    "userKey",
    "adminKey",
    "encryptionKey",
    "keyring",
    "privateKey",
    "bearer",
    "nodeStageSecretRef",
    "nodePublishSecretRef",
    "controllerExpandSecretRef",
)


@pytest.mark.parametrize("key", SECRET_KEYS)
def test_nothing_below_a_secret_key_is_kept(key: str) -> None:
    for value in (MARK, {"name": MARK, "deep": [{"value": MARK}]}, [MARK, [MARK]], {"x": {"y": MARK}}):
        assert MARK not in to_yaml({"spec": {"csi": {"volumeAttributes": {key: value}}}}).decode()


def test_a_secret_number_is_no_less_secret() -> None:
    assert redacted({"password": 123456}) == {"password": REDACTED}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("username=u,password=hunter2x,vers=3.0", "username=u,password=(redacted),vers=3.0"),
        ("pass=hunter2x", "pass=(redacted)"),
        ("PASSWD: hunter2x", "PASSWD: (redacted)"),
        ('password="hunter2x two" x', "password=(redacted) x"),
        ("credentials=hunter2x", "credentials=(redacted)"),
        ("name=admin,secret=hunter2x", "name=admin,secret=(redacted)"),
        ('{"password": "hunter2x, y", "a": 1}', '{"password": (redacted), "a": 1}'),
        (r'"{\"token\":\"hunter2x y\"}"', None),
        ("Authorization: Bearer hunter2xhunter2x", "Authorization: (redacted)"),
        ("sent Bearer hunter2xhunter2x", "sent Bearer (redacted)"),
        ("https://u:hunter2x@host/a", "https://(redacted)@host/a"),
        ("https://u:p@hunter2x@host/a", "https://(redacted)@host/a"),
        ("redis://:hunter2x@host", "redis://(redacted)@host"),
        ("https://hunter2x@github.com/a.git", "https://(redacted)@github.com/a.git"),
        ("https://a.example/x?sv=1&sig=hunter2x%3D&se=2", "https://a.example/x?sv=1&sig=(redacted)&se=2"),
    ],
)
def test_a_secret_inside_a_text_is_cut_out_and_the_rest_stays(text: str, kept: str | None) -> None:
    found = redacted({"mountOptions": [text], "note": text})
    assert MARK not in to_yaml(found).decode()
    if kept:
        assert found == {"mountOptions": [kept], "note": kept}


@pytest.mark.parametrize(
    "text",
    [
        "nfs.example:/export/a",
        "failed to get secret default/db: not found",
        "passive=1,design=2,nolock",
        "hard,nfsvers=4.1,sec=krb5p",
        "https://host:8443/a?b=c",
        "waiting for a volume to be created, either by external provisioner 'x' or manually",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted({"mountOptions": [text], "message": text}) == {"mountOptions": [text], "message": text}


def test_an_entry_of_a_list_is_known_by_its_name() -> None:
    env = [{"name": "DB_PASSWORD", "value": MARK}, {"name": "DB_HOST", "value": "db"}]
    assert redacted({"env": env}) == {"env": [{"name": "DB_PASSWORD", "value": REDACTED}, env[1]]}


def test_names_of_objects_and_label_keys_stay_even_if_they_sound_secret() -> None:
    item = {
        "metadata": {"name": "vault-token-data", "labels": {"app": "secret-store"}},
        "key": "kubernetes.io/hostname",
    }
    assert redacted(item) == item


def test_what_holds_nothing_is_shown_as_holding_nothing() -> None:
    assert redacted({"password": None, "secret": "", "token": False}) == {
        "password": None,
        "secret": "",
        "token": False,
    }


def test_what_only_machines_read_is_left_out_everywhere() -> None:
    noise = {"managedFields": [1], "annotations": {"kubectl.kubernetes.io/last-applied-configuration": MARK, "a": "b"}}
    assert redacted({"metadata": noise}) == {"metadata": {"annotations": {"a": "b"}}}


def test_recorded_volumes_stay_readable() -> None:
    items = json.loads((RECORDED / "persistentvolumes.json").read_text())["items"]
    found = list(yaml.safe_load_all(to_yaml(*items)))
    for before, after in zip(items, found, strict=True):
        before["metadata"].pop("managedFields", None)
        before["metadata"].get("annotations", {}).pop("kubectl.kubernetes.io/last-applied-configuration", None)
        assert after == before


def test_the_object_itself_is_not_changed() -> None:
    item = {"password": MARK, "list": [{"token": MARK}]}
    to_yaml(item)
    assert item == {"password": MARK, "list": [{"token": MARK}]}


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
HIDDEN = st.recursive(
    st.just(MARK),
    lambda inner: st.lists(inner, min_size=1, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
STEPS = st.lists(st.integers() | st.text(max_size=6), max_size=5)


@given(STEPS, st.sampled_from(SECRET_KEYS), st.text("abcXYZ-_./", max_size=4), HIDDEN, ANY)
@settings(max_examples=150)
def test_a_secret_is_found_however_deep_it_lies(
    steps: list[Any], key: str, before: str, hidden: Any, beside: Any
) -> None:
    item: Any = {f"{before}{key}": hidden, "beside": beside}
    for step in steps:
        item = {step: item, "beside": beside} if isinstance(step, str) else [beside, item]
    assert MARK.encode() not in to_yaml({"spec": item})


@given(st.dictionaries(st.text(st.characters(codec=None, categories=None), max_size=5), ANY, max_size=3))
@settings(max_examples=60)
def test_any_object_can_be_written_and_read_again(item: dict[str, Any]) -> None:
    assert isinstance(yaml.safe_load(to_yaml(item)), dict)


def test_an_object_starts_with_what_it_is_as_people_write_it_and_keeps_the_rest_in_order() -> None:
    listed = {"metadata": {"name": "a"}, "status": {}, "spec": {}, "apiVersion": "v1", "kind": "PersistentVolume"}
    assert list(yaml.safe_load(to_yaml(listed))) == ["apiVersion", "kind", "metadata", "status", "spec"]
