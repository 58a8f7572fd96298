"""A cluster with claims and Velero, whose server follows a script, and a clock that a test moves."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked_backups import CreateBackups, PruneBackups
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.plan import Create, Outcome
from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox import velero_objects as shapes
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows.volume_backup_schedule import volume_backup_schedule
from robusta_volumes._workflows.volume_backups_create import create_volume_backups
from robusta_volumes._workflows.volume_backups_retain import prune_volume_backups

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EBS, HOME = "ebs.csi.aws.com", "robusta"
GIB = 1 << 30
Object = dict[str, Any]


def settings(**block: Any) -> VolumeBackupManagement:
    """Read the block as a values file gives it."""
    found = read_settings({"persistentVolumeWorkflows": {"volumeBackupManagement": block}})
    assert not found.problems, found.problems
    return found.volume_backup_management


class Refusing(MemoryCluster):
    """A cluster that refuses some creations, and counts the lists that were asked for."""

    refuse: Callable[[Object], ClusterError | None] = staticmethod(lambda _: None)
    forbidden: frozenset[tuple[str, str]] = frozenset()  # (verb, resource)

    def allowed(self, verb: str, kind: k.Kind, namespace: str | None = None, name: str = "") -> bool:
        return (verb, kind.resource) not in self.forbidden and super().allowed(verb, kind, namespace, name)

    def carry_out(self, plan: Any) -> list[Outcome]:
        """Refuse what the test wants refused."""
        found = []
        for step in plan:
            error = self.refuse(dict(step.manifest)) if isinstance(step, Create) else None
            found += [Outcome(step, error=error)] if error else super().carry_out([step])
        return found


class Velero:
    """The world. ``outcome`` says of each claim in a backup what becomes of its data: Completed, Failed, "" for nothing."""

    def __init__(
        self, start: datetime = NOON, claims: tuple[str, ...] = ("shop/data", "shop/files", "db/pg"), **more: Any
    ) -> None:
        b = Builder(start - timedelta(days=1))
        b.storage_class("gp3", EBS)
        for name in claims:
            space, _, claim = name.partition("/")
            b.bound(space, claim, "10Gi", "gp3", EBS)
        b.add("VolumeSnapshotClass", "csi", api="snapshot.storage.k8s.io/v1", driver=EBS, deletionPolicy="Delete")
        self.b = b
        if more.pop("installed", True):
            VeleroBuilder(b).installed()
        self.cluster = Refusing(b.objects, name="prod", now=start, **more)
        self.outcome: Callable[[Object], str] = lambda _: "Completed"
        self.phase = ""  # of every backup that ends; "": as its copies are
        self.up = True
        self.pages: list[Page] = []
        self._ran: dict[str, datetime] = {}

    @property
    def now(self) -> datetime:
        return self.cluster.now()

    def move(self, **by: float) -> None:
        self.cluster._now += timedelta(**by)  # noqa: SLF001 (a test's clock)

    def at(self, when: datetime) -> None:
        self.cluster._now = when  # noqa: SLF001 (a test's clock)

    def backups(self) -> list[Object]:
        return sorted(self.cluster.store.find(k.VELERO_BACKUP), key=lambda o: o["metadata"]["name"])

    def names(self) -> list[str]:
        return [o["metadata"]["name"] for o in self.backups()]

    def serve(self) -> None:
        """Do what Velero's server and its node agents do: every backup that is there ends at once, its data moved."""
        if not self.up:
            return
        for o in self.backups():
            if not (o.get("status") or {}).get("phase"):
                self.end(o)

    def end(self, backup: Object, phase: str = "") -> None:
        """End a backup with a DataUpload for each claim that it selects."""
        meta, spec, now = backup["metadata"], backup["spec"], self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        results = []
        for claim in self.cluster.store.find(k.CLAIM):
            word = self.outcome(claim) if _selects(spec, claim) else ""
            if not word:
                continue
            results.append(word)
            made = shapes.data_upload(backup, claim, EBS)
            done = 10 * GIB if word == "Completed" else GIB
            progress = {"bytesDone": done, "totalBytes": 10 * GIB}
            made["status"] = {"phase": word, "startTimestamp": now, "completionTimestamp": now, "progress": progress}
            if word == "Failed":
                made["status"]["message"] = "data path backup failed: connection reset by peer"
            self.cluster.store.create(made)
        phase = phase or self.phase or ("Completed" if "Failed" not in results else "PartiallyFailed")
        hours = int(spec["ttl"].partition("h")[0])
        ends = (self.now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        status = {"phase": phase, "startTimestamp": now, "completionTimestamp": now, "expiration": ends}
        self.cluster.store.patch(k.VELERO_BACKUP, meta["name"], meta["namespace"], {"status": status})

    def begin(self) -> Callable[[int], None]:
        """Let Velero begin the backup that waits, moving the data of each claim; give what moves so many bytes more."""
        (backup,) = [o for o in self.backups() if not (o.get("status") or {}).get("phase")]
        now = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        meta = backup["metadata"]
        status = {"phase": "WaitingForPluginOperations", "startTimestamp": now}
        self.cluster.store.patch(k.VELERO_BACKUP, meta["name"], meta["namespace"], {"status": status})
        claim = self.cluster.store.find(k.CLAIM)[0]
        made = shapes.data_upload(backup, claim, EBS)
        made["status"] = {
            "phase": "InProgress",
            "startTimestamp": now,
            "progress": {"bytesDone": 0, "totalBytes": 1 << 40},
        }
        upload = self.cluster.store.create(made)["metadata"]
        done = 0

        def move(more: int) -> None:
            nonlocal done
            done += more
            progress = {"status": {"progress": {"bytesDone": done}}}
            self.cluster.store.patch(k.VELERO_UPLOAD, upload["name"], upload["namespace"], progress)

        return move

    def velero_night(self, when: datetime) -> None:
        """Let Velero's own schedule begin a backup, as it names and labels them."""
        there = self.cluster.get(k.VELERO_SCHEDULE, "robusta-volumes", "velero")
        labels = {**there["metadata"]["labels"], "velero.io/schedule-name": "robusta-volumes"}
        name = f"robusta-volumes-{when:%Y%m%d%H%M%S}"
        meta = {"name": name, "namespace": "velero", "labels": labels, "annotations": there["metadata"]["annotations"]}
        api = k.VELERO_BACKUP.api_version
        self.cluster.store.create(
            {"apiVersion": api, "kind": "Backup", "metadata": meta, "spec": there["spec"]["template"]}
        )

    def velero_deletes(self) -> None:
        """Let Velero delete what it was asked to delete, and the request with it."""
        for o in self.cluster.store.find(k.VELERO_DELETE):
            name = o["spec"]["backupName"]
            self.cluster.store.delete(k.VELERO_BACKUP, name, "velero")
            self.cluster.store.delete(k.VELERO_DELETE, o["metadata"]["name"], "velero")
            for moved in self.cluster.store.find(k.VELERO_UPLOAD, labels=f"velero.io/backup-name={name}"):
                self.cluster.store.delete(k.VELERO_UPLOAD, moved["metadata"]["name"], "velero")

    def tick(self, wanted: VolumeBackupManagement, process: str = "p1") -> list[Page]:
        """One tick of the schedule."""
        pages = volume_backup_schedule(self.cluster, wanted, self.state, process, lambda _: None)
        self.pages += pages
        return pages

    def prune(self, wanted: VolumeBackupManagement | None = None, **asked: Any) -> Page:
        """Ask for backups to be deleted."""
        return prune_volume_backups(self.cluster, PruneBackups(**asked), wanted or settings())

    def create(self, wanted: VolumeBackupManagement | None = None, **asked: Any) -> Page:
        """Ask for a backup by hand; while it waits, Velero works."""
        return create_volume_backups(
            self.cluster, CreateBackups(**asked), wanted or settings(), lambda _: self.serve(), home=HOME
        )

    @property
    def state(self) -> State:
        return State(self.cluster, HOME)


def _selects(spec: Object, claim: Object) -> bool:
    space, labels = claim["metadata"]["namespace"], claim["metadata"].get("labels") or {}
    included = spec.get("includedNamespaces") or ["*"]
    wanted = (spec.get("labelSelector") or {}).get("matchLabels") or {}
    terms = (spec.get("labelSelector") or {}).get("matchExpressions") or []
    return (
        (included == ["*"] or space in included)
        and space not in (spec.get("excludedNamespaces") or [])
        and all(labels.get(key) == value for key, value in wanted.items())
        and all(labels.get(term["key"]) in term["values"] for term in terms if term["operator"] == "In")
    )


def text(*pages: Page) -> str:
    return "\n".join(to_markdown(page) for page in pages)
