"""The report on backups, question by question: whose claims, what is left out, what is proven, and what nobody can see."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from backup_objects import NOON, World, at, settings
from robusta_volumes._analysis.backup_cover import BackupCover, judge
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import Backup, Phase, Proof
from robusta_volumes._model.errors import ClusterError, NotAllowed
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._report.backup_calendar import calendar, days_that_were_good, of_backup, of_proof
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import File, Page
from robusta_volumes._workflows.volume_backup_management import volume_backup_management
from robusta_volumes._workflows.volume_backups_look import look

OTHERS = tuple(kind.resource for kind in k.BACKUP_KINDS if kind.group != "velero.io")
TOOLS = tuple(kind.resource for kind in k.BACKUP_KINDS)


def report(w: World, target: Target | None = None, **block: Any) -> Page:
    w.absent = w.absent or OTHERS
    page = volume_backup_management(w.cluster, target or Target(), settings(**block), "robusta")
    assert page
    return page


def shop() -> World:
    w = World("orders", "uploads")
    w.location()
    w.pod("velero-0", deploy="velero", name="velero")
    w.pod("node-agent-x7k2p", name="node-agent")
    w.schedule()
    w.backup("nightly-1", 10, spec={"includedNamespaces": ["shop"]})
    w.upload("orders", "nightly-1", 10)
    w.upload("uploads", "nightly-1", 10)
    return w


def test_the_claims_of_a_pod_are_reported_when_it_has_several() -> None:
    w = shop()
    w.claim("third")
    w.b.pod("shop", "web-0", ["orders", "uploads"])
    page = report(w, Target("Pod", "web-0", "shop"))
    assert page.title == "Backups of shop/web-0: all 2 claims have a good copy within 2 d"


def test_the_one_claim_of_a_pod_has_its_history() -> None:
    w = shop()
    w.b.pod("shop", "web-0", ["orders"])
    assert report(w, Target("Pod", "web-0", "shop")).title.startswith("Claim shop/orders: last good copy 02:00 UTC")


def test_the_page_of_a_claim_whose_copy_is_fresh_says_that_what_is_to_save_it_next_is_stuck() -> None:
    w = World("orders", "uploads")
    w.location()
    w.pod("velero-0", deploy="velero", name="velero")
    w.pod("node-agent-x7k2p", name="node-agent")
    shops: dict[str, Any] = {"includedNamespaces": ["shop"]}
    w.schedule("nightly", template=shops)
    w.schedule("theirs", template={"includedNamespaces": ["db"]})
    w.backup("nightly-1", 58, "InProgress", spec=shops)
    w.backup("by-hand", 10, schedule="", spec=shops)
    w.upload("orders", "by-hand", 10)
    page = report(w, Target("PersistentVolumeClaim", "orders", "shop"))
    said = to_markdown(page)
    assert page.title.startswith("Claim shop/orders: last good copy 02:00 UTC")
    assert "*What keeps backups from being made:*" in said
    assert "Velero's schedule `velero/nightly` is on and has finished nothing for two intervals" in said
    assert "it waits for `nightly-1`, which is InProgress" in said
    assert "theirs" not in said
    assert page.severity is Severity.MEDIUM


def test_the_page_of_a_claim_that_is_left_out_says_nothing_of_schedules() -> None:
    w = shop()
    w.schedule("hourly", "0 * * * *", template={"includedNamespaces": ["shop"]})
    left_out = {"annotations": {"robusta-volumes.dev/backup": "false"}}
    w.claim("scratch", metadata=left_out)
    page = report(w, Target("PersistentVolumeClaim", "scratch", "shop"))
    assert "What keeps backups" not in to_markdown(page)


def test_what_is_not_known_is_told_with_its_reason_and_a_way_out() -> None:
    """A backup whose object a storage location brought back: the records of what was moved do not come with it."""
    w = World("orders", "uploads")
    w.location()
    w.pod("velero-0", deploy="velero", name="velero")
    w.pod("node-agent-x7k2p", name="node-agent")
    w.schedule()
    w.backup("nightly-1", 10, spec={"includedNamespaces": ["shop"]}, created=1)
    page = report(w, Target("Namespace", "shop"))
    assert page.title == "Backups of namespace shop: whether claims have a good copy could not be seen"
    assert (
        "*Not known:*\n"
        "• shop/orders, shop/uploads: its storage location brought the backup back; no record of its data is here\n"
        "*Do this:* make a new backup, whose data can be seen: `create_volume_backups`"
    ) in to_markdown(page)


def test_a_pod_without_claims_has_nothing_to_back_up() -> None:
    w = shop()
    w.b.pod("shop", "proxy", [])
    assert (
        report(w, Target("Pod", "proxy", "shop")).title == "Pod shop/proxy has no claim: there is no volume to back up"
    )


def test_a_claim_with_a_typo_is_answered_with_the_nearest_name() -> None:
    page = report(shop(), Target(k.CLAIM.name, "ordres", "shop"))
    assert "orders" in to_markdown(page)


def test_a_selector_chooses_by_labels() -> None:
    w = shop()
    w.claim("cache")["metadata"]["labels"] = {"tier": "cache"}
    page = report(w, Target(selector="tier=cache"))
    assert page.title == "Backups of the selection tier=cache: 0 of 1 claim has a good copy within 2 d; 1 does not"


def test_what_is_left_out_stands_there_with_its_reason_and_is_no_gap() -> None:
    w = shop()
    notes = {"robusta-volumes.dev/backup": "false", "robusta-volumes.dev/backup-reason": "rebuilt every night"}
    made = w.claim("cache")
    made["metadata"]["annotations"] = notes
    page = report(w)
    said = to_markdown(page, files=False)
    assert page.title == "Backups: all 2 claims have a good copy within 2 d"
    assert "*Left out (1):*\n• shop/cache: left out by its annotation: rebuilt every night" in said


def test_claims_that_no_schedule_is_for_are_put_together_by_namespace() -> None:
    w = shop()
    for space, names in (("labs", ("a", "b", "c", "d")), ("crm", ("contacts",))):
        for name in names:
            w.claim(name, space)
    w.b.objects = [o for o in w.b.objects if o["kind"] != "Schedule"]
    w.schedule(template={"includedNamespaces": ["shop"]})
    said = to_markdown(report(w), files=False)
    assert (
        "*No schedule saves the data of 5 claims in 2 namespaces:*\n• labs: a, b, c and 1 more\n• crm: contacts" in said
    )


def test_what_a_restore_has_proven_is_told_with_its_day() -> None:
    w = World("orders")
    proof = json.dumps({w.uid["orders"]: at(34)})
    w.backup("nightly-1", 10, annotations={"robusta-volumes.dev/verified-at": proof})
    w.upload("orders", "nightly-1", 10)
    assert "Proven by a restore: 1 of 1 claim, last shop/orders (2026-03-09 02:00 UTC, 34 h ago)." in to_markdown(
        report(w)
    )
    one = to_markdown(report(w, Target(k.CLAIM.name, "orders", "shop")))
    assert "Last restored to see: 2026-03-09 02:00 UTC, 34 h ago." in one


def test_a_claim_with_snapshots_only_is_told_that_they_are_no_backup() -> None:
    w = shop()
    w.claim("search")
    w.snapshot("search", 3)
    said = to_markdown(report(w), files=False)
    assert "*Only on the same storage:* 1 claim has snapshots and no copy off-site (shop/search)" in said
    one = to_markdown(report(w, Target(k.CLAIM.name, "search", "shop")))
    assert "No copy of it lies off-site: what destroys the storage destroys the claim and its snapshots." in one


def test_a_backup_of_another_cluster_is_marked_and_counts_for_no_claim() -> None:
    w = shop()
    w.backup("theirs", 8, created=1)
    w.upload("orders", "theirs", 8, uid="uid-of-another-cluster", created=1)
    said = to_markdown(report(w), files=False)
    assert "theirs: Completed" in said
    assert "1 of 1 claim of another cluster" in said


def test_a_failed_backup_of_another_namespace_is_no_matter_of_this_one() -> None:
    w = shop()
    w.claim("ledger", namespace="finance")
    w.backup("before-an-upgrade", 2, "Failed", schedule="", spec={"includedNamespaces": ["finance"]})
    title = "Backups of namespace shop: all 2 claims have a good copy within 2 d"
    assert report(w, Target("Namespace", "shop")).title == title
    assert 'Backup "before-an-upgrade" failed' in to_markdown(report(w)).replace("`", '"')
    assert "before-an-upgrade" in to_markdown(report(w, Target("Namespace", "finance")))


def test_a_report_on_a_namespace_counts_of_a_backup_of_the_whole_cluster_its_own_claims_only() -> None:
    w = World("orders", "uploads")
    w.claim("contacts", "crm")
    w.backup("all-1", 10)
    for claim in ("orders", "uploads", "contacts"):
        w.upload(claim, "all-1", 10)
    assert "| 3 of 3 claims · 30.0 GiB ·" in to_markdown(report(w))
    assert "| 2 of 2 claims ·" in to_markdown(report(w, Target("Namespace", "shop", "shop")))


def test_snapshots_that_may_not_be_read_are_named_with_the_rule_and_backups_count_all_the_same() -> None:
    w = shop()
    w.denied = (k.SNAPSHOT.resource,)
    page = report(w)
    assert page.title == "Backups: all 2 claims have a good copy within 2 d"
    assert 'resources: ["volumesnapshots"]' in to_markdown(page)


def test_where_claims_may_not_be_read_nothing_is_said_about_them() -> None:
    w = shop()
    w.denied = (k.CLAIM.resource,)
    with pytest.raises(NotAllowed) as refused:
        report(w)
    assert 'resources: ["persistentvolumeclaims"]' in refused.value.remedy


def test_a_cluster_that_does_not_answer_is_an_error_and_not_an_empty_report() -> None:
    class Down(MemoryCluster):
        def find(self, *_: Any, **__: Any) -> list[Any]:
            raise ClusterError("no answer")

    with pytest.raises(ClusterError):
        volume_backup_management(Down(), Target(), settings(), "robusta")


def test_a_scheduled_report_of_a_cluster_without_tools_is_no_message_since_the_watch_says_it_once() -> None:
    w = World("orders")
    w.absent = TOOLS
    page = report(w, Target(trigger=Trigger.SCHEDULE))
    assert (page.noteworthy, page.severity) == (False, Severity.MEDIUM)


def test_a_report_in_which_all_is_well_is_sent_to_nobody_who_did_not_ask() -> None:
    assert not report(shop()).noteworthy


def test_names_of_others_cannot_call_the_channel() -> None:
    w = shop()
    w.backup("<!channel>`*x*", 9)
    said = to_markdown(report(w), files=False)
    assert "<!channel>" not in said


# --- the calendar


def cover(covered: int, of: int, phase: Phase = Phase.DONE, unknown: int = 0, near: int = 0) -> BackupCover:
    return BackupCover(Backup("velero", "velero", "b", phase=phase, started=NOON), covered, of, unknown, near=near)


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (cover(7, 7), "all data"),
        (cover(7, 7, near=7), "same storage"),
        (cover(7, 7, near=1), "same storage"),
        (cover(4, 7, near=4), "some data missing"),
        (cover(4, 7), "some data missing"),
        (cover(0, 7), "no data"),
        (cover(0, 7, Phase.FAILED), "no data"),
        (cover(0, 7, Phase.RUNNING), "under way"),
        (cover(0, 7, unknown=7), "not known"),
        (cover(4, 7, unknown=3), "not known"),
        (cover(0, 0), "not known"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_day_is_as_good_as_its_backup(one: BackupCover, says: str) -> None:
    assert of_backup(one) == says


def test_a_day_whose_backup_left_its_snapshots_where_the_data_is_says_so() -> None:
    found = look(shop().cluster, settings(), "robusta")
    near = tuple(copy._replace(proof=Proof.SNAPSHOT) for copy in found.seen.copies)
    covers = {
        name: judge(found.see, replace(found.seen, copies=copies), (), settings(), "robusta").backups[0]
        for name, copies in (("moved", found.seen.copies), ("one", (near[0], *found.seen.copies[1:])), ("all", near))
    }
    says = {name: of_backup(one) for name, one in covers.items()}
    assert says == {"moved": "all data", "one": "same storage", "all": "same storage"}


def test_a_day_of_one_claim_is_as_good_as_its_copy() -> None:
    assert {proof: of_proof(proof) for proof in Proof} == {
        Proof.MOVED: "all data",
        Proof.SNAPSHOT: "same storage",
        Proof.RUNNING: "under way",
        Proof.FAILED: "no data",
        Proof.SKIPPED: "no data",
        Proof.METADATA: "no data",
        Proof.UNKNOWN: "not known",
    }


def test_a_day_on_which_any_schedule_failed_is_not_counted_as_good_whether_it_has_a_row_or_not() -> None:
    days = [NOON.date() - timedelta(days=back) for back in range(3)]
    good = [dict.fromkeys(days, "all data") for _ in range(6)]  # as many as there are rows
    assert days_that_were_good(good, days) == (3, 0)
    assert days_that_were_good([*good, {days[0]: "no data"}], days) == (2, 0)
    assert days_that_were_good([{days[0]: "same storage", days[1]: "all data"}], days) == (2, 1)


def test_without_any_backup_in_a_month_there_is_no_picture() -> None:
    assert calendar("Backups", [], NOON) is None
    assert NOON.date() == date(2026, 3, 10)
    assert not [b for b in report(World("orders")).blocks if isinstance(b, File) and b.name.endswith(".png")]


def test_a_schedule_for_other_namespaces_that_makes_nothing_is_no_affair_of_this_one() -> None:
    w = shop()
    w.claim("ledger", "finance")
    w.schedule("weekly", "0 2 * * 0", template={"includedNamespaces": ["finance"]}, age=90 * 24 * 60)
    w.backup("weekly-1", hours=24 * 30, schedule="weekly", spec={"includedNamespaces": ["finance"]})
    silent = "Velero's schedule `velero/weekly` is on and has finished nothing for two intervals"
    assert silent in to_markdown(report(w))
    assert silent in to_markdown(report(w, Target("Namespace", "finance")))
    assert silent not in to_markdown(report(w, Target("Namespace", "shop")))
