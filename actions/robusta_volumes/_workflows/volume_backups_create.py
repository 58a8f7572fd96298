"""Back up because a person or a button asks: a claim, a namespace, or what a selector chooses."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from robusta_volumes._analysis.backup_optout import has_opted_out, left_out_notes, named_note
from robusta_volumes._analysis.backup_preflight import Obstacle, obstacles, plan_backup, warnings
from robusta_volumes._analysis.backup_selection import SYSTEM
from robusta_volumes._analysis.backup_shape import data_resources
from robusta_volumes._cluster.backups_own import own_backups
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.selectors import parse_labels
from robusta_volumes._engines.velero_write import MANUAL, backup_manifest, backup_spec, slot_name
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.asked import CreateSnapshots
from robusta_volumes._model.asked_backups import CreateBackups
from robusta_volumes._model.backup import BackupsSeen, Phase, Scope
from robusta_volumes._model.backup_run import MadeBackup
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import ClusterError, NotAllowed, SettingsError
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.label_selector import as_field
from robusta_volumes._model.plan import Patch
from robusta_volumes._model.rights import role_command
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.text import code, plain
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._report.volume_backups_create import (
    Asked,
    backup_failed_page,
    backup_made_page,
    backup_plan_page,
    by_snapshots_page,
    no_backup_page,
    nothing_to_back_up_page,
)
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots
from robusta_volumes._workflows.volume_backups_make import judged_backup, make_backup, rights_of, watch_backup

PICK = f"{ours.DOMAIN}/backup"  # label by which Velero selects one claim; its value is the claim's uid

_WHY = "asked for by hand"
_BROKEN = frozenset({Phase.FAILED, Phase.PARTIAL, Phase.REFUSED})
_TRIES = 10  # backups of one minute; who asks faster than they fail gets the last one


def create_volume_backups(
    cluster: Cluster,
    asked: CreateBackups,
    settings: VolumeBackupManagement,
    sleep: Callable[[float], None] = time.sleep,
    *,
    home: str = "",
) -> Page:
    """Make a backup, or show what it would hold; look a short while, and tell of each claim whether its data is in it.

    Raises SettingsError: when it is not said of what. ClusterError: when the cluster does not answer.
    """
    _check(asked)
    see = _look(cluster, asked, settings)
    claims, out = _chosen(see, asked, {SYSTEM, home, settings.verify.namespace})
    if asked.name and not claims:
        known = [claim.meta.name for claim in see.claims]
        return missing_page(Subject(k.CLAIM.name, asked.name, asked.namespace), "Claim", known, asked=True)
    about = Asked(asked, cluster.name, cluster.now())
    if not claims:
        return nothing_to_back_up_page(about, left_out_notes(out))
    seen = own_backups(cluster, settings, claims=claims)
    if settings.engine == "csi" or _without_velero(seen):
        page = _by_snapshots(cluster, asked, settings, out, sleep)
        notes = named_note(claims) if asked.name else left_out_notes(out)
        return by_snapshots_page(page, notes, chosen=settings.engine == "csi")
    choice = replace(_scope(asked, settings, claims, see, home), out=tuple(out))
    return _by_velero(cluster, about, settings, (see, seen), choice, claims, sleep)


def _check(asked: CreateBackups) -> None:
    if not (asked.name or asked.namespace or asked.selector):
        raise SettingsError("action param name", "is needed, or a namespace, or a selector: of which claims?")
    if asked.name and not asked.namespace:
        raise SettingsError("action param namespace", "is needed: where is the claim?")
    if asked.allow_label_patch and not asked.name:
        raise SettingsError("action param allow_label_patch", "is for one claim: give name and namespace")
    try:
        as_field(asked.selector)
    except ValueError as wrong:
        raise SettingsError("action param selector", str(wrong)) from wrong


def _look(cluster: Cluster, asked: CreateBackups, settings: VolumeBackupManagement) -> Inventory:
    kinds = (k.CLAIM, k.VOLUME, k.POD, k.SNAPSHOT_CLASS)
    see = gather(cluster, namespace=asked.namespace or None, kinds=kinds, fallback=settings.read_namespaces)
    for kind in kinds[:2]:
        if lack := see.lacks(kind):
            raise NotAllowed(f"{kind.resource}: {lack.why}", lack.remedy)
    return see


def _chosen(see: Inventory, asked: CreateBackups, system: set[str]) -> tuple[list[Claim], list[Claim]]:
    """List the claims, and of many, which must be Bound and not the system's unless its namespace is named, who opted out."""
    tests = parse_labels(asked.selector)
    system = set() if asked.namespace else system
    found = [
        claim
        for claim in see.claims
        if (claim.meta.name == asked.name if asked.name else claim.phase == "Bound")
        and claim.meta.namespace not in system
        and all(test(claim.meta.labels) for test in tests)
    ]
    if asked.name:
        return found, []
    return [c for c in found if not has_opted_out(c)], [c for c in found if has_opted_out(c)]


def _without_velero(seen: BackupsSeen) -> bool:
    """Tell whether Velero is surely not there. Where that may not be seen, nothing else is made in its place."""
    lack = seen.unseen.get(k.VELERO_BACKUP.resource)
    return bool(lack and lack.absent) or not (seen.velero or seen.unseen)


def _by_snapshots(
    cluster: Cluster,
    asked: CreateBackups,
    settings: VolumeBackupManagement,
    out: Sequence[Claim],
    sleep: Callable[[float], None],
) -> Page:
    wanted = CreateSnapshots(
        name=asked.name, namespace=asked.namespace, selector=asked.selector, wait=asked.wait, dry_run=asked.dry_run
    )
    own = PvcSnapshots(namespaces=settings.read_namespaces, limits=settings.limits)
    return create_pvc_snapshots(cluster, wanted, own, sleep, without={claim.meta.uid for claim in out})


@dataclass(frozen=True)
class _Choice:
    """What is selected, whether the claim is to get a label for it, and what is to be said of that."""

    scope: Scope
    label: bool = False
    notes: tuple[str, ...] = ()
    out: tuple[Claim, ...] = ()  # that opted out, and were not named


def _scope(
    asked: CreateBackups, settings: VolumeBackupManagement, claims: list[Claim], see: Inventory, home: str
) -> _Choice:
    spaces = (asked.namespace,) if asked.namespace else ()
    scope = Scope(
        namespaces=spaces,
        without_namespaces=() if spaces else tuple(sorted({SYSTEM, home, settings.verify.namespace} - {""})),
        resources=data_resources(settings),
        labels=as_field(asked.selector),
        moves_data=settings.move_data,
        by_file_system=settings.by_file_system,
    )
    if not (asked.name and asked.allow_label_patch):
        return _Choice(scope)
    volume = see.volume_of(claims[0])
    if volume is None or volume.source != "csi" or settings.by_file_system:
        why = "the files of a volume are read through its pods, which a label on the claim does not select"
        return _Choice(scope, notes=(f"The claim is not selected by a label: {why}.",))
    uid = claims[0].meta.uid
    note = f"The label {code(f'{PICK}={uid}')} on the claim selects it alone; a deployment tool may take it away again."
    return _Choice(replace(scope, labels={"matchLabels": {PICK: uid}}), label=True, notes=(note,))


def _by_velero(
    cluster: Cluster,
    about: Asked,
    settings: VolumeBackupManagement,
    look: tuple[Inventory, BackupsSeen],
    choice: _Choice,
    claims: list[Claim],
    sleep: Callable[[float], None],
) -> Page:
    seen = look[1]
    see = _as_labelled(look[0], claims[0]) if choice.label else look[0]
    claims = [see.claim[claim.meta.key] for claim in claims]
    rights = rights_of(cluster, [("create", k.VELERO_BACKUP)], seen.velero) if seen.velero else {}
    plan = plan_backup(choice.scope, claims, see, seen)
    opted = named_note(claims) if about.asked.name else left_out_notes(choice.out, plan.more)
    out = {claim.meta.key for claim in choice.out}
    plan = replace(
        plan,
        more=tuple(claim for claim in plan.more if claim.meta.key not in out),
        obstacles=(
            *(_may_not_label(cluster, claims[0]) if choice.label else ()),
            *obstacles(choice.scope, seen, settings.storage_location, rights),
        ),
        notes=(*choice.notes, *opted, *warnings(seen)),
    )
    if plan.obstacles or not plan.saved:
        return no_backup_page(about, plan)
    if about.asked.dry_run:
        return backup_plan_page(about, plan)
    if choice.label and (error := _label(cluster, look[0].claim[claims[0].meta.key])):
        return backup_failed_page(about, MadeBackup("", error=error), plan)
    made = _make(cluster, about, settings, choice.scope, seen.velero)
    if made.backup is None:
        return backup_failed_page(about, made, plan)
    found, later = watch_backup(cluster, settings, made.name, claims, float(about.asked.wait), sleep)
    now = found or made.backup
    cover = judged_backup(cluster, settings, now, (see, later), sleep)
    return backup_made_page(replace(about, now=cluster.now()), replace(made, backup=now), plan, cover)


def _as_labelled(see: Inventory, claim: Claim) -> Inventory:
    """Give the look as it will be when the claim has its label."""
    meta = replace(claim.meta, labels={**claim.meta.labels, PICK: claim.meta.uid})
    return replace(see, claims=tuple(replace(c, meta=meta) if c is claim else c for c in see.claims))


def _may_not_label(cluster: Cluster, claim: Claim) -> tuple[Obstacle, ...]:
    """Ask whether the claim may get its label, before anything is made; what nobody can tell, the API server will say."""
    space, asked = claim.meta.namespace, ("patch", k.CLAIM)
    if rights_of(cluster, [asked], space)[asked[0], asked[1].resource]:
        return ()
    why = f"the runner may not label claims in {plain(space)}, which allow_label_patch asks for"
    todo = f"Allow it in namespace {plain(space)} alone, by a Role:\n{role_command([space], ['label'])}"
    return (Obstacle("may not label", why, todo),)


def _label(cluster: Cluster, claim: Claim) -> ClusterError | None:
    changes = {"metadata": {"uid": claim.meta.uid, "labels": {PICK: claim.meta.uid}}}
    why = "so that Velero can select this claim alone"
    step = Patch(k.CLAIM, claim.meta.name, claim.meta.namespace, changes, why, allow="label")
    return cluster.carry_out([step])[0].error


def _make(cluster: Cluster, about: Asked, settings: VolumeBackupManagement, scope: Scope, namespace: str) -> MadeBackup:
    spec = backup_spec(scope, about.asked.ttl or settings.ttl, settings.storage_location)
    what = hashlib.sha256(repr((scope, spec["ttl"])).encode()).hexdigest()[:6]
    minute = about.now.replace(second=0, microsecond=0)  # asked twice within one, it is the same backup
    name = slot_name(minute, f"{MANUAL}-{what}")
    made = make_backup(cluster, backup_manifest(namespace, name, spec), _WHY)
    for number in range(2, _TRIES + 1):  # unless that one came to nothing
        if not (made.adopted and made.backup and made.backup.phase in _BROKEN):
            break
        made = make_backup(cluster, backup_manifest(namespace, f"{name}-{number}", spec), _WHY)
    return made
