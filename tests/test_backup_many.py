"""Many backups, schedules and claims: a selector stays short, and what a schedule can save is looked up, not searched for."""

from dataclasses import replace
from typing import Any

import pytest

from backup_objects import NOON, World
from backup_world import settings
from robusta_volumes._analysis.backup_health import troubles
from robusta_volumes._analysis.backup_places import working
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._cluster.backups_own import own_backups
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.backup import BackupSchedule, Scope
from robusta_volumes._model.volume import Claim
from robusta_volumes._sandbox.other_backups import k8up_schedule, volsync_source

MOVED = (k.VELERO_UPLOAD, k.VELERO_POD_VOLUME)


class Listening(MemoryCluster):
    """Notes what moved data is selected by."""

    asked: list[str]

    def find(self, kind: k.Kind, namespace: str | None = None, **more: Any) -> list[Any]:
        if kind in MOVED:
            self.asked = [*getattr(self, "asked", []), more["labels"]]
        return super().find(kind, namespace, **more)


def own(world: World, nights: int) -> Listening:
    """Our own backups of so many nights, and one that somebody else made."""
    for night in range(nights):
        made = world.backup(f"robusta-volumes-{night:03}", hours=24 * night + 10)
        made["metadata"]["labels"] = {**made["metadata"].get("labels", {}), ours.MANAGED_BY: ours.OURS}
        world.upload("orders", backup=f"robusta-volumes-{night:03}", hours=24 * night + 10)
    world.backup("theirs", hours=5)
    world.upload("orders", backup="theirs", hours=5)
    return Listening(world.b.objects, now=NOON)


@pytest.mark.parametrize("nights", [1, 20, 21, 300])
def test_however_many_backups_are_asked_for_each_kind_is_listed_once_by_a_short_selector(nights: int) -> None:
    cluster = own(World(), nights)
    seen = own_backups(cluster, settings(veleroNamespace="velero"), lambda every: every)
    assert len(cluster.asked) == len(MOVED)
    assert max(len(labels) for labels in cluster.asked) < 2000
    assert {copy.backup for copy in seen.copies} == {f"robusta-volumes-{night:03}" for night in range(nights)}


def test_without_a_backup_to_look_at_nothing_that_was_moved_is_listed() -> None:
    cluster = own(World(), 30)
    assert own_backups(cluster, settings(veleroNamespace="velero")).copies == ()
    assert not hasattr(cluster, "asked")


def many(world: World, number: int) -> tuple[list[Claim], tuple[BackupSchedule, ...]]:
    """So many namespaces, each with a schedule of K8up and a claim with one of VolSync's."""
    for one in range(number):
        world.claim("data", f"team-{one}")
        k8up_schedule(world.b, f"team-{one}")
        volsync_source(world.b, f"team-{one}", "data", None)
    claims = [claim for claim in gather(world.cluster).claims if claim.meta.namespace != "shop"]
    return claims, backups_of(world.cluster, settings(), claims).schedules


def test_of_many_schedules_only_those_near_a_claim_are_looked_at() -> None:
    claims, schedules = many(World(), 200)
    places = working(schedules)
    assert len(schedules) == 400
    assert {len(places.near(claim)) for claim in claims} == {2}
    assert {one.namespace for one in places.near(claims[7])} == {claims[7].meta.namespace}


@pytest.mark.parametrize("spaces", [(), ("*",), ("team-?",), ("team-[0-9]",)])
def test_a_schedule_that_may_reach_any_namespace_is_near_every_claim_in_its_place(spaces: tuple[str, ...]) -> None:
    (claim, *_), schedules = many(World(), 2)
    wide = replace(schedules[0], name="wide", scope=Scope(namespaces=spaces))
    names = [one.name for one in working([wide, *schedules]).near(claim)]
    assert names[0] == "wide"
    assert [one.name for one in working([*schedules, wide]).near(claim)] == [*names[1:], "wide"]


def test_a_paused_schedule_is_near_none() -> None:
    (claim, *_), schedules = many(World(), 1)
    assert working(replace(one, paused=True) for one in schedules).near(claim) == []


def test_scopes_that_select_the_same_are_found_by_one_key_and_others_are_not() -> None:
    one = Scope(namespaces=("shop",), labels={"matchLabels": {"app": "db"}})
    assert one.key == Scope(namespaces=("shop",), labels={"matchLabels": {"app": "db"}}).key
    others = [replace(one, labels={}), replace(one, namespaces=()), replace(one, without_namespaces=("a",))]
    others += [replace(one, moves_data=True), replace(one, policy="p"), replace(one, any_labels=({"a": "b"},))]
    assert len({one.key, *(other.key for other in others)}) == 1 + len(others)


def test_each_schedule_is_judged_by_its_own_backups() -> None:
    world = World()
    world.schedule("nightly")
    world.schedule("idle")
    world.backup("nightly-1", hours=10, schedule="nightly")
    found = troubles(backups_of(world.cluster, settings()), settings(), NOON)
    assert [one.subject for one in found if one.kind == "schedule silent"] == ["velero/velero/idle"]
