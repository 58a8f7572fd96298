"""What a schedule of tests can take and what it never can, which people are told until the process that says it lives on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from robusta_volumes._analysis.backup_restore import BackupRestore
from robusta_volumes._analysis.backup_tally import NO_TIME
from robusta_volumes._analysis.backup_verify import never
from robusta_volumes._analysis.decision import Refusal
from robusta_volumes._analysis.snapshot_verify import one_for_each
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.backup import VELERO, BackupsSeen, Copy
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._report.backup_verify_left import left_out_page
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.volume_backups_snapshots import newest_tests
from robusta_volumes._workflows.volume_backups_source import look
from robusta_volumes._workflows.volume_backups_verify import KEY, under_way

_LEFT, _NEWS = "left", "left_news"  # in the note: the causes that people know, and those told at the last tick, by whom


@dataclass(frozen=True)
class Testable:
    """One look: the newest copy of each claim that may be tested, and those that never can be."""

    see: Inventory
    seen: BackupsSeen
    able: Sequence[Copy]
    left: Sequence[tuple[Copy, Refusal]]

    @property
    def causes(self) -> list[str]:
        """What would have to change."""
        return sorted({fix.text for _, why in self.left for fix in why.fixes})


def testable(cluster: Cluster, settings: VolumeBackupManagement) -> Testable | None:
    """Look. None: copies cannot be read, which the report and the freshness check say."""
    try:
        see, seen, lack = look(cluster, settings)
        snapshots = newest_tests(cluster, settings, see, seen.backups)
    except ClusterError:
        return None
    if lack and not snapshots:
        return None
    able, left = _sorted_out(one_for_each(_newest(seen, see), snapshots), see, settings)
    return Testable(see, seen, able, left)


def news_of_left(
    found: Testable, noted: Mapping[str, Any], process: str, cluster: str
) -> tuple[dict[str, Any], list[Page]]:
    """Tell of what is left out when there is a new cause; people know it when the process that told it comes by again."""
    known, news = set(noted.get(_LEFT) or ()), noted.get(_NEWS)
    if (
        isinstance(news, Mapping)
        and news.get("by") == process
        and set(found.causes) <= {*known, *news.get("causes", ())}
    ):
        return dict(noted), []  # told at this very tick
    rest = {key: value for key, value in noted.items() if key != _NEWS}
    if not set(found.causes) - known:
        return {**rest, _LEFT: found.causes}, []
    page = left_out_page(found.left, len(found.able), cluster)
    return {**rest, _LEFT: sorted(known & set(found.causes)), _NEWS: {"causes": found.causes, "by": process}}, [page]


def left_again(cluster: Cluster, settings: VolumeBackupManagement, state: State, process: str) -> list[Page]:
    """Note that people know what was told at the last tick; tell it again where the process that did so is gone."""
    noted = state.read(KEY)
    news = noted.get(_NEWS)
    if not isinstance(news, Mapping):
        return []
    if news.get("by") == process:
        rest = {key: value for key, value in noted.items() if key != _NEWS} | {_LEFT: list(news.get("causes") or ())}
        state.update(KEY, lambda there: {**rest, **under_way(there)})
        return []
    found = testable(cluster, settings)
    if found is None:
        return []
    noted, pages = news_of_left(found, noted, process, cluster.name)
    state.update(KEY, lambda there: {**noted, **under_way(there)})
    return pages


def _sorted_out(
    newest: Sequence[Copy], see: Inventory, settings: VolumeBackupManagement
) -> tuple[list[Copy], list[tuple[Copy, Refusal]]]:
    """Part what may be tested from what never can be, which would use up the tries of a slot."""
    able: list[Copy] = []
    left: list[tuple[Copy, Refusal]] = []
    for copy in sorted(newest, key=lambda c: c.claim_key):
        source = see.claim.get(copy.claim_key)
        why = never(BackupRestore(copy, None, None, "", (), source, {}, see), settings.verify)
        left += [(copy, why)] if why else []
        able += [] if why else [copy]
    return able, left


def _newest(seen: BackupsSeen, see: Inventory) -> Sequence[Copy]:
    """Give the newest good copy of each claim that is there, with the newest proof that any copy of it has."""
    found: dict[str, Copy] = {}
    proven: dict[str, datetime] = {}
    for c in seen.copies:
        claim = see.claim.get(c.claim_key)
        if c.engine != VELERO or not c.backup or not c.proof.good or claim is None or claim.meta.uid != c.claim_uid:
            continue
        if c.claim_uid not in found or (c.cut_at or NO_TIME) > (found[c.claim_uid].cut_at or NO_TIME):
            found[c.claim_uid] = c
        if c.proven and (c.claim_uid not in proven or c.proven > proven[c.claim_uid]):
            proven[c.claim_uid] = c.proven
    return [c._replace(proven=proven.get(uid)) for uid, c in found.items()]
