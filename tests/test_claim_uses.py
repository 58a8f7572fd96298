"""What was seen and what was measured, joined: a claim and its days in, a date, a size and a reason out."""

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest

from data_of import NOW, claim, days, seen, use
from robusta_volumes._analysis.claim_uses import claim_uses
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.prices import Prices
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.usage import Measured, Use
from robusta_volumes._model.use_words import is_full, since_changed

DATA = ("shop", "data")
OURS = PersistentDataAnalysis()
GROWING = [50 + day for day in range(30)]  # 1 GiB a day, 79 GiB today
NFS = {"storageClassName": "nas", "csi": None, "nfs": {"server": "10.0.0.7", "path": "/x"}}


def of_data(row: list[float], size: float = 100, objects: Any = None, **more: Any) -> ClaimUse:
    """Judge one claim whose used GiB of each day are these."""
    measured = Measured(now={DATA: use(row[-1], size)}, highest=days({DATA: row}), lowest=days({DATA: row}), **more)
    return claim_uses(seen(objects or claim("shop/data")), measured, OURS).by_claim[DATA]


def test_steady_growth_has_a_date_an_interval_a_size_and_good_confidence() -> None:
    found = of_data([float(one) for one in GROWING])
    assert (found.pattern, found.history, found.confidence) == ("steady growth", 30, "good")
    assert found.growth == pytest.approx(GIB, rel=0.01)
    assert found.full_in == pytest.approx(21, abs=0.5)
    dates = [found.full_early, found.full_in, found.full_late]
    assert dates == sorted(dates, key=lambda one: one or 0)
    assert None not in dates
    assert found.target is not None
    assert found.target > 200 * GIB, "it holds 169 GiB in 90 days, at 75 %"


def test_what_today_says_counts_before_what_the_last_full_hour_said() -> None:
    measured = Measured(now={DATA: use(99.5)}, highest=days({DATA: GROWING}), lowest=days({DATA: GROWING}))
    found = claim_uses(seen(claim("shop/data")), measured, OURS).by_claim[DATA]
    assert found.full_in is not None
    assert found.full_in < 2


def test_a_size_lasts_as_long_as_the_settings_want_and_is_as_full_then() -> None:
    measured = Measured(now={DATA: use(79)}, highest=days({DATA: GROWING}), lowest=days({DATA: GROWING}))
    see = seen(claim("shop/data"))
    sizes = [
        claim_uses(see, measured, replace(OURS, size_days=lasts, grow_percent=fill)).by_claim[DATA].target or 0
        for lasts, fill in ((180, 75), (90, 75), (90, 90))
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3


def test_without_history_nothing_is_forecast_but_how_full_it_is_stays_known() -> None:
    found = claim_uses(seen(claim("shop/data")), Measured(now={DATA: use(79)}), OURS).by_claim[DATA]
    assert found.use == use(79)
    assert (found.pattern, found.history, found.growth, found.full_in, found.target) == ("no data", 0, None, None, None)


def test_four_days_give_a_date_that_is_not_trusted() -> None:
    found = of_data([96.0, 97.0, 98.0, 99.0])
    assert (found.pattern, found.confidence) == ("too short", "low")
    assert found.full_in == pytest.approx(1, abs=0.5)


def test_a_sudden_loss_has_its_day_and_its_bytes() -> None:
    found = of_data([60.0] * 25 + [20.0] * 5)
    assert found.changed_on == date(2026, 11, 19)
    assert found.change == -40 * GIB


def test_falls_that_are_a_habit_are_no_loss() -> None:
    found = of_data([20.0, 40.0, 60.0, 80.0, 20.0, 40.0, 60.0, 80.0] * 4)
    assert found.pattern == "sawtooth"
    assert found.change == 0


def test_a_tooth_that_rises_is_no_growth_that_differs() -> None:
    found = of_data([20.0 + 3 * (day % 4) for day in range(23)] + [26.0 + 2 * day for day in range(1, 8)])
    assert (found.pattern, found.changed_on, found.change) == ("sawtooth", None, 0)


@pytest.mark.parametrize("row", [[60.0, 20.0], [60.0, 60.0, 60.0, 20.0, 20.0, 20.0]])
def test_a_claim_of_a_few_days_has_no_habit_to_break(row: list[float]) -> None:
    found = of_data(row)
    assert (found.pattern, found.changed_on, found.change) == ("too short", None, 0)


def test_what_was_emptied_after_a_month_is_told_though_its_new_history_is_short() -> None:
    found = of_data([90.0] * 25 + [3.0] * 3)
    assert (found.history, found.changed_on, found.change) == (3, date(2026, 11, 21), -87 * GIB)
    assert since_changed(found, NOW) == "-87.0 GiB on 21 Nov"


def test_an_import_has_its_day_and_its_bytes() -> None:
    found = of_data([20.0] * 20 + [50.0] * 10)
    assert (found.pattern, found.changed_on, found.change) == ("step", date(2026, 11, 14), 30 * GIB)


def test_growth_that_differs_has_the_day_from_which_it_does() -> None:
    found = of_data([20.0 + 0.1 * day for day in range(20)] + [22.0 + 2.0 * day for day in range(10)])
    assert found.growth_week == pytest.approx(2 * GIB, rel=0.01)
    assert found.growth_month is not None
    assert found.growth_month < GIB
    assert found.changed_on is not None
    assert abs((found.changed_on - date(2026, 11, 13)).days) <= 1
    assert found.change == 0


def test_a_week_that_rises_by_chance_is_no_change() -> None:
    source = Random(7)  # noqa: S311 (noise, the same in each run)
    keys = [("shop", f"c{n:03}") for n in range(400)]
    rows = {key: [50 + source.gauss(0, 1) for _ in range(30)] for key in keys}
    measured = Measured(now={key: use(row[-1]) for key, row in rows.items()}, highest=days(rows), lowest=days(rows))
    found = claim_uses(seen(*(claim("/".join(key)) for key in keys)), measured, OURS).by_claim
    assert sum(one.changed_on is not None for one in found.values()) <= 12, "at most 3 %"


def test_the_rollout_that_coincides_with_a_change_is_named() -> None:
    objects = claim("shop/data")
    objects[2]["metadata"] |= {
        "creationTimestamp": "2026-11-19T14:20:00Z",
        "labels": {"pod-template-hash": "5d8"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-5d8", "controller": True}],
    }
    found = of_data([60.0] * 25 + [20.0] * 5, objects=objects)
    assert found.rollout == "Deployment web (pod data-pod, 2026-11-19 14:20 UTC)"
    objects[2]["metadata"]["creationTimestamp"] = "2026-11-10T14:20:00Z"
    assert of_data([60.0] * 25 + [20.0] * 5, objects=objects).rollout == ""


def rolled(number: int, when: str, *images: str, owner: str = "StatefulSet") -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "namespace": "shop",
            "name": f"pg-{number}",
            "creationTimestamp": when,
            "ownerReferences": [{"kind": owner, "name": "pg", "controller": True}],
        },
        "revision": number,
        "data": {"spec": {"template": {"spec": {"containers": [{"image": image} for image in images]}}}},
    }


def of_set(*revisions: dict[str, Any], owner: str = "StatefulSet") -> str:
    """Tell what is named for a loss on 19 November of a claim that a pod of ``owner`` pg mounts."""
    objects = claim("shop/data")
    made = {"ownerReferences": [{"kind": owner, "name": "pg", "controller": True}]}
    objects[2]["metadata"] |= {"creationTimestamp": "2026-11-19T14:30:00Z", **made}
    return of_data([60.0] * 25 + [20.0] * 5, objects=[*objects, *revisions]).rollout


OLD, NEW = "registry.local:5000/postgres:16.4", "registry.local:5000/postgres:17.2"


def test_the_revision_of_a_stateful_set_or_a_daemon_set_is_named_with_the_image_that_it_changed() -> None:
    before = rolled(6, "2026-10-01T08:00:00Z", OLD)
    says = "(revision 7, image postgres:17.2 instead of postgres:16.4, 2026-11-19 14:20 UTC)"
    assert of_set(before, rolled(7, "2026-11-19T14:20:00Z", NEW)) == f"StatefulSet pg {says}"
    of_daemons = [rolled(6, "2026-10-01T08:00:00Z", OLD, owner="DaemonSet")]
    of_daemons.append(rolled(7, "2026-11-19T14:20:00Z", NEW, owner="DaemonSet"))
    assert of_set(*of_daemons, owner="DaemonSet") == f"DaemonSet pg {says}"


def test_a_revision_that_changed_no_image_is_named_without_one() -> None:
    found = of_set(rolled(6, "2026-10-01T08:00:00Z", OLD), rolled(7, "2026-11-19T14:20:00Z", OLD))
    assert found == "StatefulSet pg (revision 7, 2026-11-19 14:20 UTC)"


def test_where_no_revision_is_near_the_pod_is_named_and_one_of_another_owner_never() -> None:
    pod = "StatefulSet pg (pod data-pod, 2026-11-19 14:30 UTC)"
    assert of_set(rolled(7, "2026-10-19T14:20:00Z", NEW)) == pod
    assert of_set(rolled(7, "2026-11-19T14:20:00Z", NEW, owner="DaemonSet")) == pod


def test_of_a_revision_that_was_rolled_back_to_nobody_knows_when() -> None:
    back = rolled(8, "2026-11-19T14:20:00Z", OLD)
    later = rolled(7, "2026-11-23T14:20:00Z", NEW)
    assert of_set(later, back) == "StatefulSet pg (pod data-pod, 2026-11-19 14:30 UTC)"


UID = "7d1c2c0e-1111-4222-8333-944455556666"


def made_anew(volume: str = f"pvc-{UID}", on: str = "2026-11-09T15:00:00Z") -> Any:
    """A claim that was made on a day, with a volume of this name."""
    objects = claim("shop/data")
    objects[0]["metadata"] |= {"uid": UID, "creationTimestamp": on}
    objects[0]["spec"]["volumeName"] = objects[1]["metadata"]["name"] = volume
    return objects


ANOTHERS = [60.0] * 15 + [30.0 + day for day in range(15, 30)]  # the volume that had the name before held 60 GiB


def test_days_of_a_volume_that_had_the_name_before_never_count() -> None:
    found = of_data(ANOTHERS, objects=made_anew())
    assert (found.history, found.pattern, found.changed_on) == (14, "steady growth", None)
    assert found.full_in == pytest.approx(41, abs=0.5)


def test_the_day_on_which_a_volume_took_the_place_of_another_is_neithers() -> None:
    assert of_data(ANOTHERS, objects=made_anew(on="2026-11-09T00:00:00Z")).history == 15
    assert of_data(ANOTHERS, objects=made_anew(on="2026-11-09T00:00:01Z")).history == 14


def test_a_volume_that_was_not_made_for_its_claim_keeps_the_history_that_it_may_have_had() -> None:
    assert of_data(ANOTHERS, objects=made_anew("nfs-archive")).history == 30


def test_a_new_claim_that_follows_nobody_keeps_its_first_day() -> None:
    row = [30.0 + day for day in range(16)]
    assert of_data(row, objects=made_anew(on="2026-11-08T15:00:00Z")).history == 16


def test_inodes_of_a_volume_that_had_the_name_before_never_count() -> None:
    many = use(59, inodes=100 * GIB, inodes_used=59 * GIB)
    measured = Measured(now={DATA: many}, highest=days({DATA: ANOTHERS}), inodes=days({DATA: ANOTHERS}))
    found = claim_uses(seen(made_anew()), measured, OURS).by_claim[DATA]
    assert found.inodes_full_in == pytest.approx(41, abs=0.5)


@pytest.mark.parametrize(("limit", "full"), [(97, False), (96, True), (90, True)])
def test_what_is_called_full_is_what_the_settings_say(limit: int, *, full: bool) -> None:
    ours = replace(OURS, limits=Limits(no_room_percent=limit))
    measured = Measured(now={DATA: use(96)}, highest=days({DATA: [96.0] * 30}))
    assert is_full(claim_uses(seen(claim("shop/data")), measured, ours).by_claim[DATA]) is full


def test_idle_data_has_the_day_on_which_it_changed_last() -> None:
    found = of_data([10.0] * 5 + [40.0] * 25)
    assert found.pattern == "idle"
    assert found.idle_since is not None
    assert abs((found.idle_since - date(2026, 10, 30)).days) <= 1


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"volumeMode": "Block"}, "on a block volume"),
        ({"csi": None, "hostPath": {"path": "/x"}}, "on a hostPath volume"),
        (
            {"csi": {"driver": "s3.csi.aws.com", "volumeHandle": "b"}},
            "of driver s3.csi.aws.com, which reports no usage",
        ),
        ({}, "reported by nobody"),
    ],
)
def test_what_nothing_measures_says_why(spec: Any, why: str) -> None:
    found = claim_uses(seen(claim("shop/data", **spec)), Measured(), OURS)
    assert found.by_claim[DATA].why_unknown == why
    assert found.coverage.unknown == {why: 1}


def test_what_no_pod_mounts_is_not_measured_and_its_last_figures_stay() -> None:
    last = use(40, at=NOW)
    found = claim_uses(seen(claim("shop/data")[:2]), Measured(last_known={DATA: last}), OURS).by_claim[DATA]
    assert (found.why_unknown, found.use, found.last) == ("mounted by no pod", None, last)


def test_a_block_volume_that_reports_zeros_is_unknown_not_empty() -> None:
    measured = Measured(now={DATA: Use(0, 0, 100 * GIB)})
    found = claim_uses(seen(claim("shop/data", volumeMode="Block")), measured, OURS).by_claim[DATA]
    assert (found.use, found.why_unknown) == (None, "on a block volume")


def test_claims_on_one_share_are_one_pool_that_the_first_stands_for() -> None:
    keys = [("shop", name) for name in ("a", "b", "c")]
    see = seen(*(claim(f"shop/{name}", "10Gi", **NFS) for name in "abc"))
    measured = Measured(
        now={key: use(800 + 0.1 * n, 1000) for n, key in enumerate(keys)},
        highest=days({keys[0]: [500.0 + 10 * n for n in range(30)]}),
        lowest=days({keys[0]: [500.0 + 10 * n for n in range(30)]}),
    )
    found = claim_uses(see, measured, OURS)
    (pool,) = found.pools
    assert (pool.name, pool.claims, pool.lead) == ("nfs 10.0.0.7", tuple(keys), keys[0])
    assert [found.by_claim[key].leads for key in keys] == [True, False, False]
    assert found.by_claim[keys[2]].shared_with == tuple(keys[:2])
    assert {found.by_claim[key].full_in for key in keys} == {found.by_claim[keys[0]].full_in}
    assert found.whole.used == 800 * GIB, "one filesystem counts once"
    assert found.by_claim[keys[0]].target is None, "a larger claim would give it no room"


def test_disks_that_look_alike_are_not_one_pool() -> None:
    see = seen(claim("shop/a"), claim("shop/b"))
    alike = {("shop", name): use(1, 98) for name in "ab"}
    assert claim_uses(see, Measured(now=alike), OURS).pools == ()


def test_shares_of_two_servers_are_two_filesystems() -> None:
    other = {**NFS, "nfs": {"server": "10.0.0.8", "path": "/x"}}
    see = seen(claim("shop/a", "10Gi", **NFS), claim("shop/b", "10Gi", **other))
    alike = {("shop", name): use(800, 1000) for name in "ab"}
    assert claim_uses(see, Measured(now=alike), OURS).pools == ()


def test_what_grows_is_added_up_by_namespace_and_by_class() -> None:
    keys = [("shop", "data"), ("lab", "data")]
    see = seen(claim("shop/data"), claim("lab/data", storageClassName="slow"))
    # both claims name a volume of the same name: only the numbers of the claims matter here
    measured = Measured(
        now={keys[0]: use(79), keys[1]: use(10)},
        highest=days({keys[0]: GROWING, keys[1]: [10.0] * 30}),
        lowest=days({keys[0]: GROWING, keys[1]: [10.0] * 30}),
    )
    found = claim_uses(see, measured, OURS)
    assert [total.name for total in found.namespaces] == ["shop", "lab"]
    assert [total.name for total in found.classes] == ["fast", "slow"]
    assert found.whole.used == 89 * GIB
    assert found.whole.month == pytest.approx(30 * GIB, rel=0.01)
    assert found.whole.in_quarter == pytest.approx(179 * GIB, rel=0.01)
    assert (found.coverage.claims, found.coverage.measured, found.coverage.history, found.coverage.days) == (
        2,
        2,
        2,
        30,
    )


def test_inodes_have_a_date_of_their_own() -> None:
    measured = Measured(
        now={DATA: use(10, inodes=100 * GIB, inodes_used=79 * GIB)},
        inodes=days({DATA: GROWING}),
    )
    found = claim_uses(seen(claim("shop/data")), measured, OURS).by_claim[DATA]
    assert found.inodes_full_in == pytest.approx(21, abs=0.5)


def test_cost_is_opencosts_where_it_knows_the_volume_and_else_the_price_tables() -> None:
    ours = replace(OURS, prices=Prices((("fast", 0.1),)))
    see = seen(claim("shop/data"))
    priced = claim_uses(see, Measured(), ours).by_claim[DATA]
    assert priced.cost == pytest.approx(10.0)
    assert priced.cost_from == "price table"
    known = claim_uses(see, Measured(hourly_cost={"pv-data": 0.01}), ours).by_claim[DATA]
    assert known.cost == pytest.approx(7.3)
    assert known.cost_from == "OpenCost"
    assert claim_uses(see, Measured(), OURS).by_claim[DATA].cost is None


def test_a_cluster_without_claims_has_no_data() -> None:
    found = claim_uses(seen([]), Measured(highest=days({}), lowest=days({})), OURS)
    assert (found.by_claim, found.pools, found.namespaces) == ({}, (), ())
