"""The doctor: each gap of a cluster is named with the exact remedy."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import yaml

from robusta_volumes._analysis import checkup
from robusta_volumes._analysis.overlap import playbook_of
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.checkup import Check, Host, Playbook, Status
from robusta_volumes._model.errors import SettingsError, Unavailable
from robusta_volumes._model.renames import RenamedAction
from robusta_volumes._model.settings import WORKFLOWS, read_settings
from robusta_volumes._model.times import UTC
from robusta_volumes._model.warnings import WARNINGS
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Text
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows.robusta_volumes_doctor import robusta_volumes_doctor
from worlds import PLAYBOOKS

OURS = Playbook(("persistent_volume_actions",), ("on_kubernetes_warning_event", "on_schedule"))
REST = tuple(key for key in WORKFLOWS if key != "persistentVolumeActions")
READY = Host(
    version="0.53.0",
    block_given=True,
    active=(OURS,),
    light_actions=("persistent_volume_actions",),
    prometheus_url="http://prometheus:9090",
    signing_key=True,
)


class Prometheus:
    """A Prometheus that has some metrics, or does not answer."""

    def __init__(self, names: Collection[str] | None) -> None:
        self.names = names

    def present(self, names: Collection[str]) -> set[str]:
        if self.names is None:
            raise Unavailable("no answer (ConnectTimeout)")
        return set(names) & set(self.names)


FULL = Prometheus(checkup.METRICS)


def lines(checks: tuple[Check, ...], status: Status) -> list[str]:
    return [f"{c.name}: {c.says}" for c in checks if c.status == status]


def test_everything_there_is_one_sentence() -> None:
    page = robusta_volumes_doctor(MemoryCluster(name="prod"), READY, FULL)
    assert page.title == "robusta-volumes is ready: everything it needs is there"
    assert not page.noteworthy


def test_a_refused_permission_comes_with_the_rule_to_paste_and_the_feature_that_needs_it() -> None:
    cluster = MemoryCluster(name="prod", denied=["storageclasses.storage.k8s.io"])
    page = to_markdown(robusta_volumes_doctor(cluster, READY, FULL))
    assert "1 thing missing" in page
    assert "why a claim is Pending, and whether it can grow" in page
    assert '- apiGroups: ["storage.k8s.io"]\n  resources: ["storageclasses"]\n  verbs: ["get", "list"]' in page


def test_a_kind_that_is_not_served_asks_for_no_permission() -> None:
    cluster = MemoryCluster(absent=["volumesnapshots.snapshot.storage.k8s.io"])
    page = to_markdown(robusta_volumes_doctor(cluster, READY, FULL))
    assert "install the CRDs of the CSI snapshotter" in page
    assert 'resources: ["volumesnapshots"]' not in page


def test_a_prometheus_that_does_not_answer_is_not_certain_rather_than_fine() -> None:
    page = to_markdown(robusta_volumes_doctor(MemoryCluster(), READY, Prometheus(None)))
    assert "does not answer: no answer (ConnectTimeout)" in page
    assert "globalConfig.prometheus_url" in page


def test_a_missing_metric_names_its_exporter_and_the_helm_switch() -> None:
    names = [name for name in checkup.METRICS if not name.startswith("node_")]
    page = to_markdown(robusta_volumes_doctor(MemoryCluster(), READY, Prometheus(names)))
    assert "node_exporter: node_disk_io_time_seconds_total" in page
    assert "nodeExporter.enabled: true" in page


def test_no_prometheus_at_all_is_missing() -> None:
    found = checkup.metrics(None, "", "no Prometheus was found")
    assert [(c.status, c.says) for c in found] == [(Status.MISSING, "no Prometheus was found")]


def test_wrong_settings_stand_in_the_report() -> None:
    problems = {"pvcSnapshots": (SettingsError("…pvcSnapshots.retentionDays", 'must be whole, got "x"'),)}
    found = checkup.settings(Host(block_given=True, problems=problems))
    assert lines(found, Status.MISSING) == ['pvcSnapshots: …pvcSnapshots.retentionDays must be whole, got "x"']


def test_a_block_in_another_place_is_suspected() -> None:
    (found,) = checkup.settings(Host(block_given=False))
    assert found.status == Status.UNKNOWN
    assert "below `globalConfig`" in found.remedy


def test_without_our_playbooks_nothing_starts_by_itself() -> None:
    found = checkup.playbooks(Host(active=()))
    assert lines(found, Status.MISSING) == [
        "persistentVolumeActions: no playbook starts it: it answers only when run by hand"
    ]


OF_THE_CHART = playbook_of(
    {
        "name": "K8sWarningEventsReport",
        "triggers": [{"on_kubernetes_warning_event_create": {"exclude": ["NodeSysctlChange"]}}],
        "actions": [{"warning_events_report": {}}],
        "sinks": ["robusta_ui_sink"],
    }
)


def test_a_playbook_of_the_chart_that_tells_the_same_story_is_named_with_the_values_that_end_it() -> None:
    host = replace(READY, active=(OURS, OF_THE_CHART))
    page = to_markdown(robusta_volumes_doctor(MemoryCluster(name="prod"), host, FULL))
    assert (
        "playbook K8sWarningEventsReport reports ProvisioningFailed, FailedBinding, ClaimLost and 23 more as well"
        in page
    )
    assert "two messages for one thing in robusta_ui_sink" in page
    assert "switch it off with 'disabledPlaybooks: [K8sWarningEventsReport]' and copy its entry" in page
    (shown,) = re.findall(r"```\n?(disabledPlaybooks.*?)```", page, re.DOTALL)
    values = yaml.safe_load(shown)
    assert values["disabledPlaybooks"] == ["K8sWarningEventsReport"]
    copied = [playbook_of(p) for p in values["customPlaybooks"]]
    assert copied[0].excludes[:2] == ("NodeSysctlChange", "ProvisioningFailed")
    ready = robusta_volumes_doctor(MemoryCluster(name="prod"), replace(READY, active=(OURS, *copied)), FULL)
    assert ready.title == "robusta-volumes is ready: everything it needs is there"


def test_words_of_others_stand_harmless_inside_the_values_to_paste() -> None:
    nasty = replace(OF_THE_CHART, excludes=("```<!channel>",))
    page = robusta_volumes_doctor(MemoryCluster(), replace(READY, active=(OURS, nasty)), FULL)
    (text,) = [
        b.markdown
        for b in page.blocks
        if isinstance(b, Text) and "disabledPlaybooks: [" in b.markdown and "```" in b.markdown
    ]
    assert text.count("```") == 2
    assert "<!channel>" not in text


def other(**trigger: object) -> dict[str, Any]:
    return {"triggers": [{"on_kubernetes_warning_event": trigger}], "actions": [{"create_finding": {}}]}


def doubled(given: Mapping[str, Any], own: Playbook = OURS) -> list[str]:
    return [c.says for c in checkup.playbooks(Host(active=(own, playbook_of(given)))) if c.name == "overlap"]


@pytest.mark.parametrize(
    ("trigger", "told"),
    [
        ({"exclude": list(WARNINGS)}, None),
        ({"exclude": [w for w in WARNINGS if w != "ClaimLost"]}, "ClaimLost"),
        ({"exclude": [w for w in WARNINGS if not w.startswith("Persistent")]}, "PersistentVolume's node affinity"),
        (
            {"exclude": [*(w for w, reason in WARNINGS.items() if w == reason), "FailedCreate", "FailedScheduling"]},
            None,
        ),
        (
            {
                "exclude": [
                    "mount",
                    "attach",
                    "Map",
                    "Vol",
                    "Claim",
                    "Provi",
                    "Bind",
                    "Resize",
                    "SELinux",
                    "FailedC",
                    "FailedS",
                ]
            },
            None,
        ),
        ({"include": ["BackOff", "Unhealthy"]}, None),
        ({"include": ["FailedMount"]}, "FailedMount"),
        (
            {"include": ["failedscheduling"]},
            "ReadWriteOncePod, persistentvolumeclaim \", PersistentVolume's node affinity",
        ),
    ],
)
def test_a_playbook_of_the_users_tells_the_same_as_far_as_its_words_go(
    trigger: dict[str, Any], told: str | None
) -> None:
    says = doubled(other(**trigger))
    if told is None:
        assert says == []
    else:
        assert f"playbook with create_finding reports {told}" in says[0]


def test_what_is_sent_to_different_sinks_meets_nobody_twice() -> None:
    own = replace(OURS, sinks=("storage",))
    assert doubled({**other(), "sinks": ["pager"]}, own) == []
    assert doubled({**other(), "sinks": ["pager", "storage"]}, own)


def test_where_our_own_warnings_are_not_taken_nothing_is_doubled() -> None:
    assert doubled(other(), replace(OURS, triggers=("on_schedule",))) == []
    (says,) = doubled(other(), replace(OURS, includes=("ClaimLost",)))
    assert "reports ClaimLost as well" in says


def test_our_playbook_takes_the_words_that_are_ours_and_no_others() -> None:
    (own,) = [p for p in PLAYBOOKS if p["name"] == "VolumeWarningEvents"]
    assert playbook_of(own).includes == tuple(WARNINGS)


def test_a_version_that_was_not_tested_is_not_certain() -> None:
    assert [c.status for c in checkup.version(Host(version="0.53.2"))] == [Status.OK]
    assert [c.status for c in checkup.version(Host(version="0.99.0"))] == [Status.UNKNOWN]
    assert [c.status for c in checkup.version(Host(version="unknown"))] == [Status.UNKNOWN]


def test_a_workflow_that_is_off_asks_for_nothing() -> None:
    cluster = MemoryCluster(denied=["storageclasses.storage.k8s.io", "csinodes.storage.k8s.io"])
    host = Host(version="0.53.0", block_given=True, active=(), switched_off=("persistentVolumeActions",))
    page = to_markdown(robusta_volumes_doctor(cluster, host, FULL))
    assert "csinodes" not in page
    assert "*pvcSnapshots: storageclasses.storage.k8s.io*" in page  # another workflow that is on still needs them


def test_the_documented_block_has_no_gap_of_its_own() -> None:
    assert not read_settings({}).problems
    assert set(REST) | {"persistentVolumeActions"} == set(WORKFLOWS)


def test_a_kind_that_may_not_be_read_is_not_called_served() -> None:
    cluster = MemoryCluster(denied=["volumesnapshots.snapshot.storage.k8s.io"])
    page = to_markdown(robusta_volumes_doctor(cluster, READY, FULL))
    assert "kinds,volumesnapshots,unknown,could not be told" in page


def test_without_a_signing_key_signed_requests_and_buttons_do_not_work() -> None:
    (found,) = checkup.signing(Host(signing_key=False))
    assert (found.status, found.says) == (
        Status.MISSING,
        "not set: what is not in `lightActions` cannot be run from the UI, and messages have no buttons",
    )
    assert "globalConfig.signing_key" in found.remedy
    assert [c.status for c in checkup.signing(Host(signing_key=True))] == [Status.OK]
    assert [c.status for c in checkup.signing(Host())] == [Status.UNKNOWN]


def test_an_action_that_changes_something_must_not_run_without_signature() -> None:
    host = replace(READY, light_actions=("persistent_volume_actions", "expand_persistent_volume_claim"))
    page = to_markdown(robusta_volumes_doctor(MemoryCluster(), host, FULL))
    assert "whoever is signed in to the UI may run expand_persistent_volume_claim without a signature" in page
    assert "take out of 'lightActions' what changes something" in page


def test_a_playbook_that_names_an_action_as_it_was_called_before_counts_and_is_told() -> None:
    renamed = (RenamedAction("volume_report", "persistent_volume_actions", since="0.2"),)
    host = Host(active=(Playbook(("volume_report",), ("on_schedule",)),), light_actions=("volume_report",))
    found = checkup.playbooks(host, renamed=renamed)
    assert lines(found, Status.MISSING) == []
    assert lines(found, Status.UNKNOWN) == [
        "volume_report: action volume_report is called persistent_volume_actions now; the old name works until version 0.4"
    ]
    assert lines(checkup.playbooks(host), Status.MISSING)[0].startswith("persistentVolumeActions: no playbook")


# --- what readVolumeInfos needs

LISTS = "volumeBackupManagement: downloadrequests.velero.io in "
POLICIES = "volumeBackupManagement: configmaps in "


def permissions_of(cluster: MemoryCluster, **host: Any) -> str:
    return to_markdown(robusta_volumes_doctor(cluster, replace(READY, **host), FULL))


def test_where_velero_is_asked_for_its_lists_the_doctor_says_whether_it_may_be() -> None:
    denied = MemoryCluster(denied=["downloadrequests.velero.io"])
    said = permissions_of(denied, reads_lists=True)
    assert f"{LISTS}velero*: may not create, get, delete: asks Velero which claims are in a backup" in said
    assert "permissions -n velero --allow backup-lists | kubectl apply -f -" in said
    assert "backup-policies" not in said
    said = permissions_of(denied, reads_lists=True, velero="backups")
    assert "permissions -n backups --allow backup-lists | kubectl apply -f -" in said


def test_the_policies_are_asked_for_too_and_all_is_well_where_both_are_there() -> None:
    said = permissions_of(MemoryCluster(denied=["configmaps"]), reads_lists=True, velero="backups")
    assert f"{POLICIES}backups*: may not get: reads the volume policies that backups name" in said
    assert "permissions -n backups --allow backup-policies | kubectl apply -f -" in said
    page = robusta_volumes_doctor(MemoryCluster(), replace(READY, reads_lists=True), FULL)
    assert page.title == "robusta-volumes is ready: everything it needs is there"


def test_velero_is_looked_for_where_nobody_says_its_namespace() -> None:
    b = Builder(datetime(2027, 3, 1, tzinfo=UTC))
    b.add("BackupStorageLocation", "default", "safe", api="velero.io/v1", spec={"default": True})
    said = permissions_of(MemoryCluster(b.objects, denied=["downloadrequests.velero.io"]), reads_lists=True)
    assert f"{LISTS}safe*" in said


def test_without_it_nothing_is_asked() -> None:
    said = permissions_of(MemoryCluster(denied=["downloadrequests.velero.io"]))
    assert "downloadrequests" not in said
