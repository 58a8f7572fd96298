"""Every threshold of the house: a name, a unit and a reason. Users override them by name in the settings."""

from dataclasses import Field, dataclass, fields
from typing import Any

from robusta_volumes._model.limit import limit
from robusta_volumes._model.performance_limits import PerformanceLimits


@dataclass(frozen=True)
class Limits(PerformanceLimits):
    """What counts as too long, too full or too old."""

    provisioning_minutes: int = limit(
        5, "minutes", "cloud disks take seconds to two minutes to create; after five the provisioner is not working"
    )
    pending_minutes: int = limit(
        2, "minutes", "most claims bind within seconds; one that nothing explains for two minutes is worth a look"
    )
    provisioning_retry_minutes: int = limit(
        15, "minutes", "a provisioner tries again at least every five minutes: an older failure means that it is away"
    )
    available_volume_days: int = limit(
        7, "days", "a volume made by hand is claimed with the next rollout; after a week it was forgotten"
    )
    oversize_factor: int = limit(
        4, "times", "a volume made by hand is rarely exact; one of four times the request wastes most of itself"
    )
    resize_start_minutes: int = limit(
        10, "minutes", "a resizer answers within seconds and retries within five minutes; after ten there is none"
    )
    resize_follow_seconds: int = limit(
        60,
        "seconds",
        "a disk in use usually grows within one; whoever asked for it waits, and so does a worker of the runner",
    )
    release_follow_seconds: int = limit(
        10, "seconds", "the volume controller offers and binds a volume within a second or two"
    )
    ebs_wait_hours: int = limit(
        6, "hours", "AWS allows the next change of an EBS volume only so long after the last one; 0 asks nothing"
    )
    slow_resize_minutes: int = limit(
        30, "minutes", "a backend grows or changes a disk within minutes; large cloud disks within half an hour"
    )
    waiting_claim_hours: int = limit(
        24, "hours", "a claim that waits for its first pod is normal; one that waited a day is a leftover"
    )
    unused_claim_minutes: int = limit(
        1, "minutes", "an install applies claim and workload within seconds; a claim that a template names is parked"
    )
    terminating_minutes: int = limit(
        5, "minutes", "the protection controllers let go within seconds once nothing uses the object"
    )
    deleting_minutes: int = limit(
        10, "minutes", "a driver deletes a volume within seconds, and retries within minutes what its backend refused"
    )
    node_resize_minutes: int = limit(
        5, "minutes", "the kubelet grows the filesystem of a mounted volume at its next sync, within two minutes"
    )
    snapshot_minutes: int = limit(
        60, "minutes", "snapshots of large volumes become ready within minutes, rarely an hour"
    )
    snapshot_failures: int = limit(
        3,
        "snapshots",
        "two nights in a row may fail by chance; after three of a claim the driver is taken to be broken",
    )
    snapshot_retry_hours: int = limit(
        6, "hours", "the first pause after that; it doubles with each further one that is never ready"
    )
    snapshot_retry_most_hours: int = limit(
        168, "hours", "the longest such pause: a driver that was repaired is found within a week"
    )
    snapshot_many: int = limit(
        1000, "objects", "claims and snapshots of ours, from which a tick that has nothing to do does not list them all"
    )
    snapshot_look_minutes: int = limit(
        60, "minutes", "how long such a tick lists nothing: retention and what others delete are seen so much later"
    )
    new_issue_minutes: int = limit(
        15, "minutes", "before the first report an older issue is history: it began before anybody watched"
    )
    snapshot_unobserved_minutes: int = limit(
        2, "minutes", "the snapshot controller touches a new snapshot within seconds; after two minutes none is running"
    )
    recent_event_minutes: int = limit(
        60, "minutes", "a failing mount repeats its event at least every few minutes; an older one is history"
    )
    restart_minutes: int = limit(
        60, "minutes", "what a full volume stops is started again at least every five minutes; an older end is history"
    )
    attach_minutes: int = limit(
        5, "minutes", "a disk is attached and a node's driver registers within two minutes; what failed is tried again"
    )
    detach_minutes: int = limit(
        10, "minutes", "a disk is detached within a minute, by force after six; after ten nobody is doing it"
    )
    node_down_minutes: int = limit(
        6, "minutes", "Kubernetes evicts a silent node's pods after five minutes; a reboot takes less"
    )
    new_node_minutes: int = limit(15, "minutes", "a new node pulls the image of each driver before it can register")
    unschedulable_minutes: int = limit(5, "minutes", "an autoscaler adds a node, if it can, within a few minutes")
    attach_percent: int = limit(80, "percent", "of a node's attach slots: one drained node's volumes no longer fit")
    never_used_days: int = limit(7, "days", "a weekly job has run once by then")
    important_gib: int = limit(100, "GiB", "nobody fills that much without minding its loss, whatever it is")
    recent_snapshot_days: int = limit(7, "days", "a week of work is what most teams could do again, if they had to")
    old_snapshot_days: int = limit(180, "days", "half a year is longer than the usual retention of snapshots")
    full_percent: int = limit(
        85, "percent", "of what a filesystem can hold: from here a bad day fills it, and growing it takes a decision"
    )
    nearly_full_percent: int = limit(95, "percent", "of it: filesystems slow down and databases begin to refuse")
    no_room_percent: int = limit(
        97, "percent", "of it: large writes fail already; the kubernetes-mixin alerts here, too"
    )
    grow_now_percent: int = limit(
        90, "percent", "of a filesystem that waits for its growth: the room that was bought is needed now"
    )
    fills_days: int = limit(14, "days", "what fills within two weeks should be in somebody's plan")
    fills_soon_days: int = limit(7, "days", "what fills within a week cannot wait for the next planning")
    fills_now_days: int = limit(2, "days", "what fills within two days does not last a weekend")
    oversized_percent: int = limit(
        25, "percent", "of a volume at its peak: it holds four times what it needs, room for any surprise"
    )
    oversized_days: int = limit(
        30, "days", "of history before a volume is called too large: a month has seen a month's end"
    )
    idle_gib: int = limit(1, "GiB", "less idle data costs less than a look at it")
    faster_times: int = limit(2, "times", "growth of a week, compared with the month's: weeks differ by less by chance")
    faster_percent: int = limit(5, "percent", "of the volume in a month: growth that is less matters to nobody")
    loss_percent: int = limit(30, "percent", "of a volume that goes within a day: few people delete so much on purpose")
    loss_days: int = limit(14, "days", "an older loss is in no backup any more, or was noticed")
    overcommit_percent: int = limit(
        100, "percent", "of what a pool can hold in all: beyond that its volumes cannot all become full"
    )
    backup_unobserved_minutes: int = limit(
        2, "minutes", "Velero takes up a new backup within seconds; after two minutes its server is not running"
    )
    backup_namespaces: int = limit(
        5, "namespaces", "lack of a good copy in more namespaces at once has one cause, and is one message"
    )
    backup_stuck_hours: int = limit(
        6,
        "hours",
        "Velero gives up what it waits for after four hours; a backup whose itemOperationTimeout or csiSnapshotTimeout is "
        "longer than Velero's own gets as much more",
    )
    backup_stalled_minutes: int = limit(
        15, "minutes", "a data mover counts its bytes every few seconds; a backup whose bytes stand still is stuck"
    )
    backup_deadline_minutes: int = limit(
        60, "minutes", "a backup slot missed for longer is told and not caught up: the day is no time to move much data"
    )
    restored_files_percent: int = limit(
        50, "percent", "of the files that a claim holds now, in its restored copy: fewer is more than a day's growth"
    )
    restored_files_least: int = limit(
        20, "files", "of a claim with fewer, half may come and go in a day, and their number says nothing"
    )
    volume_info_backups: int = limit(
        5, "backups", "whose own list of volumes one look reads: each is a request to Velero and a download of seconds"
    )
    volume_info_seconds: int = limit(
        15, "seconds", "Velero signs an address within one, and a list is small; who is silent for longer is away"
    )
    volume_info_mib: int = limit(16, "MiB", "of a list when it is unpacked: 30,000 volumes have about that much")
    quota_percent: int = limit(90, "percent", "the next claim or replica of usual size is refused above this")


def limit_fields() -> tuple[Field[Any], ...]:
    """List the declared thresholds, those of volume performance at the end."""
    last = {one.name for one in fields(PerformanceLimits)}
    return tuple(sorted(fields(Limits), key=lambda one: one.name in last))
