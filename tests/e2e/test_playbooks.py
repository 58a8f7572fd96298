"""The playbooks as Robusta reads them: each loads, and the recorded events of a cluster start us when they should."""

import importlib
import pkgutil
from collections import Counter
from inspect import getmembers
from pathlib import Path
from typing import Any

import pytest
import yaml
from robusta.core.playbooks import internal
from robusta.core.playbooks.actions_registry import Action, ActionsRegistry
from robusta.core.playbooks.playbook_utils import merge_global_params
from robusta.core.triggers.error_event_trigger import WarningEventTrigger
from robusta.integrations.prometheus.trigger import PrometheusTriggerEvent
from robusta.integrations.scheduled.trigger import ScheduledTrigger
from robusta.model.config import PlaybooksRegistryImpl
from robusta.model.playbook_definition import PlaybookDefinition

import robusta_volumes
from as_robusta import alerted, fired, posted
from robusta_volumes._model.needs import CHANGES
from robusta_volumes._model.settings import read_settings
from robusta_volumes._sandbox.builder import as_change
from robusta_volumes._sandbox.world import HELM_BLOCK, global_config
from worlds import PLAYBOOKS, ROOT, forwarded, recorded

FILES = sorted((ROOT / "playbooks").glob("*.yaml"))
NAMED = [pytest.param(playbook, id=playbook["name"]) for playbook in PLAYBOOKS]
POSTS = forwarded()
# Names that the playbooks of Robusta's own image bring about storage: a package that is loaded later takes a name over
# without a word.
OF_ROBUSTA = {"volume_analysis", "create_pvc_snapshot", "disk_benchmark", "node_disk_analyzer"}
# Its actions are for a person: after the installation and before it is removed. A playbook would only repeat them.
FOR_A_PERSON = "robusta_volumes.robusta_volumes_doctor"


def actions_of(package: Any) -> dict[str, Any]:
    """Find the actions of a package as the runner's loader does: in its first-level modules."""
    names = [name for _, name, _ in pkgutil.walk_packages(path=package.__path__)]
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return {name: func for module in modules for name, func in getmembers(module, Action.is_action)}


ACTIONS = actions_of(robusta_volumes)


def registry(playbooks: list[Any]) -> Any:
    """Load playbooks as the runner does: what it raises here would stop the runner."""
    actions = ActionsRegistry()
    for func in ACTIONS.values():
        actions.add_action(func)
    return PlaybooksRegistryImpl([PlaybookDefinition(**one) for one in playbooks], actions, global_config(), ["slack"])


LOADED = registry(PLAYBOOKS)


def started_by(event: Any) -> int:
    """Count the playbooks that an event starts."""
    playbooks = LOADED.get_playbooks(event)
    return sum(any(t.get().should_fire(event, p.get_id(), {}) for t in p.triggers) for p in playbooks)


# --- each playbook


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_is_a_helm_fragment_named_like_a_module_with_actions(file: Path) -> None:
    read = yaml.safe_load(file.read_text())
    assert set(read) == {"customPlaybooks"}
    module = importlib.import_module(f"robusta_volumes.{file.stem}")
    mine = {name for name, _ in getmembers(module, Action.is_action)}
    used = {name for playbook in read["customPlaybooks"] for action in playbook["actions"] for name in action}
    assert used
    assert used <= mine


@pytest.mark.parametrize("playbook", NAMED)
def test_a_playbook_loads_with_all_others_and_says_nothing_that_robusta_would_ignore(playbook: dict[str, Any]) -> None:
    assert set(playbook) <= {"name", "triggers", "actions", "sinks", "stop"}
    registry([playbook])


def test_a_playbook_that_could_not_work_does_not_load() -> None:
    wrong = {"triggers": [{"on_schedule": {"fixed_delay_repeat": {"repeat": 1, "seconds_delay": 1}}}]}
    with pytest.raises(Exception, match="Action persistent_volume_action not found"):
        registry([{**wrong, "actions": [{"persistent_volume_action": {}}]}])


@pytest.mark.parametrize("playbook", NAMED)
def test_the_params_of_a_playbook_are_params_of_its_action_and_mean_what_they_say(playbook: dict[str, Any]) -> None:
    for one in PlaybookDefinition(**playbook).get_actions():
        action = Action(ACTIONS[one.action_name])
        assert set(one.action_params or {}) <= set(action.params_type.__fields__)
        params = action.params_type(**merge_global_params(global_config(), one.action_params or {}))
        assert params.workflows == HELM_BLOCK
        assert read_settings(params.workflows).problems == {}


@pytest.mark.parametrize("playbook", NAMED)
def test_every_trigger_makes_an_event_that_the_action_takes(playbook: dict[str, Any]) -> None:
    definition = PlaybookDefinition(**playbook)
    wanted = [Action(ACTIONS[one.action_name]).event_type for one in definition.get_actions()]
    made = [trigger.get().get_execution_event_type() for trigger in definition.triggers]
    assert wanted
    assert made
    assert all(issubclass(event, action) for event in made for action in wanted)


def test_a_scheduled_playbook_has_one_trigger_and_one_action_and_ticks_forever() -> None:
    definitions = [PlaybookDefinition(**playbook) for playbook in PLAYBOOKS]
    scheduled = [d for d in definitions if any(isinstance(t.get(), ScheduledTrigger) for t in d.triggers)]
    assert scheduled
    for definition in scheduled:
        assert (len(definition.triggers), len(definition.get_actions())) == (1, 1)
        params = (
            definition.triggers[0].get().get_params()
        )  # a fixed delay: a cron's first run does not wait for its slot
        assert params.repeat == -1
        assert params.seconds_delay in {300, 600, 1800}


def test_no_trigger_swallows_the_event_of_a_second_claim() -> None:
    triggers = [t.get() for playbook in PLAYBOOKS for t in PlaybookDefinition(**playbook).triggers]
    limits = [t.rate_limit for t in triggers if isinstance(t, WarningEventTrigger)]
    assert limits
    assert set(limits) == {0}


def test_names_are_unique() -> None:
    names = [playbook["name"] for playbook in PLAYBOOKS]
    assert sorted(set(names)) == sorted(names)


def test_every_action_of_a_workflow_is_used_by_a_playbook_and_none_that_is_for_a_person() -> None:
    used = {name for playbook in PLAYBOOKS for action in playbook["actions"] for name in action}
    by_hand = {change.action for change in CHANGES if not change.ticks}  # started by a person alone
    assert by_hand <= set(ACTIONS)
    assert used == {name for name, func in ACTIONS.items() if func.__module__ != FOR_A_PERSON} - by_hand
    assert {func.__module__ for func in ACTIONS.values()} >= {FOR_A_PERSON}


def test_no_action_takes_a_name_of_robustas_own() -> None:
    theirs = set(actions_of(internal))
    assert "cluster_discovery_updates" in theirs
    assert not set(ACTIONS) & (theirs | OF_ROBUSTA)


# --- which of the recorded events start us


def about(post: dict[str, Any]) -> tuple[str, str]:
    """Say what a post is: the reason of an event, or what happened to which kind of object."""
    data = post["data"]
    return ("Event", data["obj"]["reason"]) if data["kind"] == "Event" else (data["operation"], data["kind"])


def counted(kind: str, reason: str) -> tuple[int, Counter[int]]:
    """Count the recorded posts of a kind, and how many playbooks each of them starts."""
    mine = [post for post in POSTS if about(post) == (kind, reason)]
    return len(mine), Counter(started_by(posted(post)) for post in mine)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("Event", "FailedBinding"),
        ("Event", "ProvisioningFailed"),
        ("Event", "ExternalProvisioning"),
        ("Event", "WaitForPodScheduled"),
        ("Event", "FailedMount"),
        ("Event", "FailedCreate"),  # of a StatefulSet that a quota holds back
        ("Event", "ClaimLost"),
        ("Event", "VolumeFailedDelete"),
        ("update", "PersistentVolume"),
        ("delete", "PersistentVolume"),
    ],
)
def test_a_storage_problem_starts_us_once_each_time(kind: str, reason: str) -> None:
    number, started = counted(kind, reason)
    assert number > 0
    assert started == {1: number}


@pytest.mark.parametrize(
    "reason",
    [
        "Pulled",
        "Created",
        "Started",
        "Scheduled",
        "SuccessfulCreate",
        "SuccessfulDelete",
        "SuccessfulAttachVolume",
        "Killing",
        "Provisioning",
        "ProvisioningSucceeded",
        "WaitForFirstConsumer",
        "Resizing",
        "FileSystemResizeSuccessful",
        "SnapshotCreated",
        "NodeNotReady",
        "FailedCreatePodSandBox",
        "MissingClusterDNS",
    ],
)
def test_daily_business_does_not(reason: str) -> None:
    number, started = counted("Event", reason)
    assert number > 0
    assert started == {0: number}


def test_a_new_volume_alone_is_no_news() -> None:
    assert counted("create", "PersistentVolume") == (21, {0: 21})


@pytest.mark.parametrize(
    ("says", "starts"),
    [
        ('persistentvolumeclaim "orders-dta" not found', 1),
        ("didn't match PersistentVolume's node affinity", 1),
        ("ReadWriteOncePod access mode already in-use", 1),
        ("didn't match Pod's node affinity/selector", 0),  # about nodes; the claim's own event says WaitForPodScheduled
        ("pod has unbound immediate PersistentVolumeClaims", 0),  # the claim's own event says why
    ],
)
def test_of_the_schedulers_complaints_those_that_volumes_cause_start_us(says: str, starts: int) -> None:
    mine = [
        post for post in POSTS if about(post) == ("Event", "FailedScheduling") and says in post["data"]["obj"]["note"]
    ]
    assert mine
    assert {started_by(posted(post)) for post in mine} == {starts}


def test_of_all_that_a_cluster_says_at_most_half_reaches_us() -> None:
    heard = sum(started_by(posted(post)) for post in POSTS)
    assert 0 < heard < len(POSTS) / 2


@pytest.mark.parametrize("operation", ["update", "delete"])
def test_claims_start_us_where_a_forwarder_posts_them(operation: str) -> None:
    claim = next(o for o in recorded("before") if o["kind"] == "PersistentVolumeClaim")
    old = {**claim, "status": {"phase": "Pending"}} if operation == "update" else None
    assert started_by(posted(as_change(operation, claim, old))) == 1


def test_an_event_that_is_updated_counts_like_a_new_one() -> None:
    (post, *_) = (p for p in POSTS if about(p) == ("Event", "ExternalProvisioning"))
    assert started_by(posted({"data": {**post["data"], "operation": "update"}})) == 1


@pytest.mark.parametrize(
    ("name", "starts"),
    [
        ("KubePersistentVolumeFillingUp", 4),
        ("KubePersistentVolumeInodesFillingUp", 3),
        ("KubePersistentVolumeErrors", 3),
        ("KubePodNotReady", 0),
    ],
)
def test_the_alerts_about_volumes_start_the_reports_on_the_volume_its_snapshots_its_backups_and_its_use(
    name: str, starts: int
) -> None:
    event = PrometheusTriggerEvent(alert=alerted({"alertname": name, "namespace": "db"}).alert)
    assert started_by(event) == starts


def test_a_second_claims_event_of_the_same_reason_is_heard_at_once() -> None:
    mine = [post for post in POSTS if about(post) == ("Event", "ProvisioningFailed")]
    claims = {post["data"]["obj"]["regarding"]["name"] for post in mine}
    assert len(claims) > 1
    for _ in range(2):
        assert [started_by(posted(post)) for post in mine] == [1] * len(mine)
    assert fired("on_kubernetes_warning_event", mine[0], rate_limit=0).obj.reason == "ProvisioningFailed"
