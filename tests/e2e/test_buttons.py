"""Buttons: each leads to an action that exists and takes its params, and none costs a message."""

import functools
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from robusta.api import CallbackBlock, ExecutionBaseEvent, FindingSource
from robusta.core.playbooks.actions_registry import Action, ActionsRegistry
from robusta.core.reporting.callbacks import ExternalActionRequestBuilder
from robusta.core.sinks.mail.mail_sink_params import MailSinkParams
from robusta.core.sinks.robusta import RobustaSinkParams
from robusta.core.sinks.slack.slack_sink_params import SlackSinkParams

from as_robusta import alerted
from backup_world import Velero
from data_world import STORY, answers, cluster_of, story
from restore_world import VeleroWorld
from restore_world import settings as backup_settings
from robusta_volumes import persistent_data_analysis as data_actions
from robusta_volumes import persistent_volume_actions as actions
from robusta_volumes import pvc_snapshots as snapshot_actions
from robusta_volumes import volume_backup_management as backup_actions
from robusta_volumes import volume_performance_analysis as performance_actions
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._host.buttons import callbacks
from robusta_volumes._host.publish import publish
from robusta_volumes._model.asked import (
    CreateSnapshots,
    Expand,
    PruneSnapshots,
    Release,
    RestoreSnapshot,
    SetPolicy,
    VolumeContents,
    check_given,
)
from robusta_volumes._model.asked_backups import CreateBackups, PruneBackups
from robusta_volumes._model.asked_benchmark import BenchmarkStorageClass
from robusta_volumes._model.asked_performance import ProbeVolumeIo
from robusta_volumes._model.asked_restores import RestoreBackup, VerifyBackup
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.kind import CLAIM, VOLUME
from robusta_volumes._model.needs import CHANGES
from robusta_volumes._model.performance_settings import Benchmark, VolumePerformanceAnalysis
from robusta_volumes._model.settings import PersistentVolumeActions, overridden
from robusta_volumes._model.size import size
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.times import UTC
from robusta_volumes._report.page import Button, Page
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._workflows.benchmark_storage_class import Tools as BenchmarkTools
from robusta_volumes._workflows.benchmark_storage_class import benchmark_storage_class
from robusta_volumes._workflows.change_volume import release_volume, set_reclaim_policy
from robusta_volumes._workflows.expand_claim import expand_claim
from robusta_volumes._workflows.persistent_data_analysis import persistent_data_analysis
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions
from robusta_volumes._workflows.probe_volume_io import probe_volume_io
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_prune import prune_pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_restore import restore_pvc_snapshot
from robusta_volumes._workflows.volume_backup_management import volume_backup_management
from robusta_volumes._workflows.volume_backups_restore import restore_volume_backup
from robusta_volumes._workflows.volume_backups_trial import Tools
from robusta_volumes._workflows.volume_backups_verify import verify_volume_backup
from snapshot_world import nightly, old_nights, one_night, settings

RECORDED = Path(__file__).resolve().parents[1] / "clusters"
SETTINGS = PersistentVolumeActions()
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OBJECTS, _ = shop(NOW)
ASKED: dict[str, tuple[Any, tuple[str, ...]]] = {
    "expand_persistent_volume_claim": (Expand(), ("name", "namespace", "size")),
    "set_volume_reclaim_policy": (SetPolicy(), ("name", "policy")),
    "release_persistent_volume": (Release(), ("name",)),
    "create_pvc_snapshots": (CreateSnapshots(), ("name", "namespace")),
    "prune_pvc_snapshots": (PruneSnapshots(), ()),
    "restore_pvc_snapshot": (RestoreSnapshot(), ("name", "namespace")),
    "create_volume_backups": (CreateBackups(), ("name", "namespace")),
    "prune_volume_backups": (PruneBackups(), ()),
    "restore_volume_backup": (RestoreBackup(), ("name", "namespace")),
    "verify_volume_backup": (VerifyBackup(), ("name", "namespace")),
    "volume_contents": (VolumeContents(), ("name", "namespace")),
    "probe_volume_io": (ProbeVolumeIo(), ("name", "namespace")),
    "benchmark_storage_class": (BenchmarkStorageClass(), ("name", "namespace")),
}


def pages() -> Iterator[Page]:
    """Every report on one object of the recorded clusters and of the story, and every kind of plan."""
    for cluster in (
        *(MemoryCluster.from_dump(RECORDED / state, name="recorded") for state in ("before", "after")),
        MemoryCluster(OBJECTS, name="shop-prod", now=NOW),
    ):
        for kind in (CLAIM, VOLUME):
            for item in cluster.store.find(kind):
                meta = item["metadata"]
                for trigger in (Trigger.MANUAL, Trigger.ALERT):
                    target = Target(kind.name, meta["name"], meta.get("namespace", ""), trigger=trigger)
                    yield persistent_volume_actions(cluster, target, SETTINGS)
    b, found = story()
    for namespace, name in STORY:
        about = Target(CLAIM.name, name, namespace)
        yield persistent_data_analysis(cluster_of(b), about, PersistentDataAnalysis(), answers(found))
    yield from plans()


def plans() -> Iterator[Page]:
    on = MemoryCluster(OBJECTS, name="shop-prod", now=NOW)
    yield expand_claim(on, Expand("grafana", "monitoring", size("+20%")), SETTINGS)
    yield expand_claim(on, Expand("data-pg-0", "db", size("+20%")), SETTINGS)
    yield expand_claim(on, Expand("data-pg-0", "db", size("+20%"), force=True), SETTINGS)
    yield set_reclaim_policy(on, SetPolicy("grafana", "monitoring", "Retain"), SETTINGS)
    yield release_volume(on, Release("pvc-ledger-2024"), SETTINGS)
    yield release_volume(on, Release("pvc-ledger-2024", ("archive", "ledger")), SETTINGS)
    yield probe_volume_io(on, ProbeVolumeIo("data-pg-0", "db", dry_run=True), VolumePerformanceAnalysis())
    fio = replace(VolumePerformanceAnalysis(), benchmark=Benchmark(image="registry.example/fio:3.33"))
    asked = BenchmarkStorageClass("gp3", "db")
    yield benchmark_storage_class(on, asked, fio, State(on, "robusta"), BenchmarkTools("robusta"))
    yield from snapshot_plans()
    yield from backup_plans()
    yield from velero_plans()


def backup_plans() -> Iterator[Page]:
    w, found = VeleroWorld(), backup_settings()
    w.b.add("Namespace", "robusta-volumes-verify", status={"phase": "Active"})
    for trigger in (Trigger.MANUAL, Trigger.ALERT):
        target = Target(CLAIM.name, "data", "shop", trigger=trigger)
        if page := volume_backup_management(w.cluster, target, found, "robusta"):
            yield page
    yield restore_volume_backup(w.cluster, RestoreBackup("data", "shop", "", "elsewhere"), found, w.sleep)
    yield verify_volume_backup(w.cluster, VerifyBackup("data", "shop"), found, w.state, Tools(found.verify, "busybox"))


def velero_plans() -> Iterator[Page]:
    w = Velero()
    for _ in range(4):
        w.create(name="data", namespace="shop")
        w.move(days=1)
    yield w.create(name="data", namespace="shop", dry_run=True)
    yield w.prune(by_hand=True, keep_last=2)


def snapshot_plans() -> Iterator[Page]:
    w, _ = old_nights(8)
    yield prune_pvc_snapshots(w.cluster, PruneSnapshots(), settings(nightly(retentionDays=5)))
    yield create_pvc_snapshots(w.cluster, CreateSnapshots("data", "shop", dry_run=True), settings())
    yield restore_pvc_snapshot(one_night().cluster, RestoreSnapshot("data", "shop"), settings(), lambda _: None)


@functools.cache
def every() -> tuple[Button, ...]:
    """Every button of all those pages, once."""
    found = {(b.text, b.action, tuple(b.params.items())): b for p in pages() for b in p.blocks if isinstance(b, Button)}
    return tuple(found.values())


def registered() -> ActionsRegistry:
    registry = ActionsRegistry()
    for found in (
        *vars(actions).values(),
        *vars(snapshot_actions).values(),
        *vars(data_actions).values(),
        *vars(backup_actions).values(),
        *vars(performance_actions).values(),
    ):
        if Action.is_action(found):
            registry.add_action(found)
    return registry


def test_each_button_names_an_action_that_takes_its_params() -> None:
    for button in every():
        action = registered().get_action(button.action)
        assert action is not None, button
        asked, needed = ASKED[button.action]
        read = overridden(asked, action.params_type(**button.params).dict())
        check_given(read, *needed)
        assert read.dry_run is not button.text.endswith("now"), button
        assert button.params.keys() <= action.params_type.__fields__.keys()


def test_there_is_a_button_for_each_action_that_changes_something_and_each_is_registered() -> None:
    by_people = {change.action for change in CHANGES if not change.ticks} | {
        "verify_volume_backup"
    }  # also by a schedule
    assert {button.action for button in every()} == by_people == set(ASKED)
    assert all(registered().get_action(change.action) for change in CHANGES)


def test_a_button_below_a_report_only_opens_the_plan() -> None:
    from_plans = {b.text for page in plans() for b in page.blocks if isinstance(b, Button)}
    below_reports = [button.params for button in every() if button.text not in from_plans]
    assert below_reports
    assert {params["dry_run"] for params in below_reports} == {"true"}


def test_robusta_signs_the_name_of_the_action_and_its_params() -> None:
    block = callbacks([Button("Give back", "release_persistent_volume", {"name": "pv-1", "dry_run": "true"})])
    request = ExternalActionRequestBuilder.create_for_func(
        block.choices["Give back"], "slack", "Give back", "account", "prod", "key"
    )
    assert request.body.action_name == "release_persistent_volume"
    assert request.body.action_params == {"name": "pv-1", "dry_run": "true"}
    assert request.signature.startswith("v0=")


# --- where a click can come back, and nowhere else

UI = SimpleNamespace(
    params=RobustaSinkParams.parse_obj({"name": "ui", "token": "sandbox"}),
    signing_key="k",
    account_id="a",
    cluster_name="prod",
)


def slack(**more: Any) -> Any:
    params = SlackSinkParams(name="slack", slack_channel="c", api_key="x")
    return SimpleNamespace(**{"params": params, "signing_key": "k", "account_id": "a", "cluster_name": "prod", **more})


def mail() -> Any:
    return slack(params=MailSinkParams(name="mail", mailto="mailtos://a:b@c.example"))


def shown(sinks: dict[str, Any], event: Any = None) -> dict[str, list[str]]:
    """Publish a page with one button, and give the buttons in each sink's finding."""
    page = next(p for p in plans() if p.blocks and isinstance(p.blocks[-1], Button))
    event = event or ExecutionBaseEvent()
    event.named_sinks = [name for name in sinks if name != "ui"]
    event.set_all_sinks(sinks)
    publish(event, page, "prod", FindingSource.MANUAL)
    found = {name: [b for e in f[0].enrichments for b in e.blocks] for name, f in event.sink_findings.items()}
    assert all(found.values())  # the message itself is always there
    return {
        name: [t for b in blocks if isinstance(b, CallbackBlock) for t in b.choices] for name, blocks in found.items()
    }


def test_with_signing_key_and_ui_sink_slack_gets_the_button_and_mail_does_not() -> None:
    assert shown({"slack": slack(), "mail": mail(), "ui": UI}) == {"slack": ["Grow to 6.0 GiB now"], "mail": []}
    assert shown({"mail": mail(), "slack": slack(), "ui": UI}) == {"slack": ["Grow to 6.0 GiB now"], "mail": []}


@pytest.mark.parametrize(
    "sinks",
    [
        {"slack": slack()},  # no UI sink: clicks come back through its connection
        {"slack": slack(signing_key=""), "ui": UI},
        {"slack": slack(signing_key=None), "ui": UI},
        {"slack": slack(account_id=""), "ui": UI},
        {"slack": slack(cluster_name=None), "ui": UI},
    ],
)
def test_without_what_a_click_needs_the_message_goes_out_without_button(sinks: dict[str, Any]) -> None:
    assert shown(sinks) == {"slack": []}


def test_the_enrichment_of_an_alert_gets_its_button_too() -> None:
    event = alerted({"namespace": "db", "persistentvolumeclaim": "data-pg-0"})
    assert shown({"slack": slack(), "ui": UI}, event) == {"slack": ["Grow to 6.0 GiB now"]}
