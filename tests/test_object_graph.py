"""Who mounts it, on which node, attached or not: one line for each thing on the way from the pod to the node."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from robusta_volumes._model.claim_template import ClaimTemplate
from robusta_volumes._model.driver import CsiDriver
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.kind import ATTACHMENT, CLAIM, NODE, POD, VOLUME, Kind
from robusta_volumes._model.times import UTC
from robusta_volumes._model.volume import (
    Attachment,
    Claim,
    ClaimRef,
    Event,
    Meta,
    Node,
    Pod,
    Volume,
    Workload,
)
from robusta_volumes._report.object_graph import object_graph
from robusta_volumes._report.page import Subject
from robusta_volumes._report.volume_facts import storage_events

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
RWO = ("ReadWriteOnce",)
DATA = Claim(Meta("data", "shop"), "Bound", "gp3", "pv-1", 2**30, 2**30, RWO, RWO, "Filesystem")
PV = Volume(
    Meta("pv-1"), "Bound", "", "", None, "gp3", 2**30, RWO, "Filesystem", "Delete", ClaimRef("shop", "data", "1"), "csi",
    "d.io", "d.io vol-1",
)  # fmt: skip
WEB = Pod(Meta("web-0", "shop"), "n1", "Running", ("data",), ready=True, waiting="", started=NOW)
ON_N1 = Attachment(Meta("va-1"), "d.io", "n1", "pv-1", attached=True, attach_error="", detach_error="")
N1 = Node(Meta("n1"), ready=True, schedulable=True)
SEE = Inventory(NOW, claims=(DATA,), volumes=(PV,), pods=(WEB,), attachments=(ON_N1,), nodes=(N1,))
ABOUT = Subject(CLAIM.name, "data", "shop")


def lines(claim: Claim | None, volume: Volume | None, see: Inventory, about: Subject = ABOUT) -> list[str]:
    found = object_graph(about, claim, volume, see)
    return found.markdown.split("\n→ ") if found else []


def blind(*kinds: Kind) -> Inventory:
    """Give the same cluster to somebody who may not read some kinds."""
    unseen = {kind.resource: Unseen(kind, "the runner may not list them", "") for kind in kinds}
    return replace(
        SEE,
        unseen=unseen,
        pods=() if POD in kinds else SEE.pods,
        nodes=() if NODE in kinds else SEE.nodes,
        attachments=() if ATTACHMENT in kinds else SEE.attachments,
    )


def test_the_way_leads_from_the_pod_to_the_node() -> None:
    assert lines(DATA, PV, SEE) == [
        "*Pod:* web-0 (Running, on n1)",
        "*Claim:* shop/data (Bound)",
        "*Volume:* pv-1 (Bound)",
        "*Attached:* to n1",
        "*Node:* n1 (Ready)",
    ]


def test_many_pods_stay_one_line_and_each_node_is_named_once() -> None:
    pods = tuple(replace(WEB, meta=Meta(f"web-{n}", "shop"), node="n1" if n else "n2") for n in range(5))
    found = lines(DATA, PV, replace(SEE, pods=pods))
    assert found[0] == "*Pod:* web-0 (Running, on n2), web-1 (Running, on n1), web-2 (Running, on n1) and 2 more"
    assert found[-1] == "*Node:* n1 (Ready), n2 (gone)"


def test_a_pending_claim_has_no_volume_yet_and_no_node() -> None:
    waiting = replace(DATA, phase="Pending", volume_name="")
    assert lines(waiting, None, SEE) == [
        "*Pod:* web-0 (Running, on n1)",
        "*Claim:* shop/data (Pending)",
        "*Volume:* none yet",
    ]


def test_a_claim_without_pod_and_volume_needs_no_picture() -> None:
    waiting = replace(DATA, phase="Pending", volume_name="")
    assert lines(waiting, None, replace(SEE, pods=())) == []
    assert lines(waiting, None, blind(POD))[0] == "*Pod:* unknown: the runner may not list them"


@pytest.mark.parametrize(
    ("phase", "see", "words"),
    [
        ("Pending", SEE, "pv-1 (asked for, not bound)"),
        ("Lost", SEE, "pv-1 (not there)"),
        ("Bound", blind(VOLUME), "pv-1 (unknown: the runner may not list them)"),
    ],
)
def test_a_volume_that_was_not_seen_says_why(phase: str, see: Inventory, words: str) -> None:
    assert f"*Volume:* {words}" in lines(replace(DATA, phase=phase), None, see)


@pytest.mark.parametrize(
    ("ref", "see", "words"),
    [
        (ClaimRef("shop", "old", "1"), SEE, "shop/old (gone)"),
        (ClaimRef("shop", "old", ""), SEE, "shop/old (reserved for it; it does not exist)"),
        (None, SEE, "none"),
        (ClaimRef("shop", "old", "1"), blind(CLAIM), "shop/old (unknown: the runner may not list them)"),
    ],
)
def test_a_volume_without_its_claim_says_what_became_of_it(ref: ClaimRef | None, see: Inventory, words: str) -> None:
    assert lines(None, replace(PV, claim_ref=ref), see)[0] == f"*Claim:* {words}"


def test_what_may_not_be_read_is_unknown_and_not_absent() -> None:
    found = lines(DATA, PV, blind(POD, ATTACHMENT, NODE))
    assert found[0] == "*Pod:* unknown: the runner may not list them"
    assert found[3] == "*Attached:* unknown: the runner may not list them"
    assert lines(DATA, PV, blind(NODE))[-1] == "*Node:* n1 (unknown: the runner may not list them)"


def test_what_a_run_left_out_is_not_told_as_absent() -> None:
    hurried = replace(SEE, attachments=(), nodes=(), skipped=frozenset({ATTACHMENT.resource, NODE.resource}))
    assert lines(DATA, PV, hurried)[2:] == ["*Volume:* pv-1 (Bound)", "*Node:* n1 (not read)"]


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (replace(N1, ready=False), "n1 (not ready)"),
        (replace(N1, schedulable=False), "n1 (Ready, cordoned)"),
    ],
)
def test_a_node_that_is_not_well_says_so(node: Node, words: str) -> None:
    assert lines(DATA, PV, replace(SEE, nodes=(node,)))[-1] == f"*Node:* {words}"


@pytest.mark.parametrize(
    ("source", "drivers", "words"),
    [
        ("hostPath", (), "does not apply: hostPath is mounted without attaching"),
        ("nfs", (), "does not apply: nfs is mounted without attaching"),
        ("awsElasticBlockStore", (), "to no node"),
        ("csi", (CsiDriver(Meta("d.io"), attaches=False),), "does not apply: d.io mounts without attaching"),
        ("csi", (CsiDriver(Meta("d.io")),), "to no node"),
        ("csi", (), "to no node"),
    ],
)
def test_a_volume_that_needs_no_attaching_is_not_said_to_be_on_no_node(
    source: str, drivers: tuple[CsiDriver, ...], words: str
) -> None:
    volume = replace(PV, source=source, driver="d.io" if source == "csi" else source)
    assert f"*Attached:* {words}" in lines(DATA, volume, replace(SEE, attachments=(), drivers=drivers))


def test_an_attachment_that_is_not_made_yet_is_marked() -> None:
    assert "*Attached:* to n1 (not yet)" in lines(DATA, PV, replace(SEE, attachments=(replace(ON_N1, attached=False),)))


# --- a pod or a StatefulSet with several claims


def test_a_pod_with_several_claims_has_a_line_for_each() -> None:
    pod = replace(WEB, claims=("data", "logs", "typo"))
    logs = replace(DATA, meta=Meta("logs", "shop"), phase="Pending", volume_name="")
    see = replace(SEE, pods=(pod,), claims=(DATA, logs))
    assert lines(None, None, see, Subject(POD.name, "web-0", "shop")) == [
        "*Pod:* web-0 (Running, on n1)",
        "*Claim:* data (Bound) → volume pv-1 (Bound) → attached: to n1",
        "*Claim:* logs (Pending) → volume none yet",
        "*Claim:* typo (does not exist)",
    ]


def test_a_set_has_its_pods_and_the_claims_of_its_templates_also_without_a_pod() -> None:
    owner = Workload("StatefulSet", Meta("pg", "shop"), (), 1, 1, templates=(ClaimTemplate("data", "gp3", 1),))
    claims = tuple(replace(DATA, meta=Meta(f"data-pg-{n}", "shop"), volume_name="") for n in range(7))
    pod = replace(WEB, meta=Meta("pg-0", "shop", owner=("StatefulSet", "pg")), claims=("data-pg-0",))
    found = lines(
        None, None, replace(SEE, workloads=(owner,), claims=claims, pods=(pod,)), Subject("StatefulSet", "pg", "shop")
    )
    assert found[0] == "*Pods:* pg-0 (Running, on n1)"
    assert found[1].startswith("*Claim:* data-pg-0 (Bound)")
    assert found[-1] == "and 2 more claims"
    assert len(found) == 7


def test_a_pod_without_claims_has_no_graph() -> None:
    see = replace(SEE, pods=(replace(WEB, claims=()),))
    assert object_graph(Subject(POD.name, "web-0", "shop"), None, None, see) is None


def test_the_events_of_a_set_are_its_own_and_those_of_its_claims_pods_and_volumes() -> None:
    owner = Workload("StatefulSet", Meta("pg", "shop"), ("data",), 1, 1)

    def event(kind: str, namespace: str, name: str, minutes: int, message: str = "volume") -> Event:
        return Event(kind, namespace, name, "", "Warning", "R", message, 1, None, NOW - timedelta(minutes=minutes))

    events = (
        event("StatefulSet", "shop", "pg", 4), event("StatefulSet", "shop", "pg", 0, "scaled"),
        event("PersistentVolumeClaim", "shop", "data", 3), event("Pod", "shop", "web-0", 2),
        event("PersistentVolume", "", "pv-1", 1), event("Pod", "shop", "other", 0),
    )  # fmt: skip
    see = replace(SEE, workloads=(owner,), events=events)
    found = storage_events(Subject("StatefulSet", "pg", "shop"), None, None, see)
    assert [e.kind for e in found] == ["PersistentVolume", "Pod", "PersistentVolumeClaim", "StatefulSet"]
