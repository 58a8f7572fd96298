"""The rules about use over what the join gives them: one alarm for one thing, and a size that really fits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_of import claim, days, seen, use
from robusta_volumes._analysis.assess import Assessment, assess
from robusta_volumes._analysis.claim_uses import claim_uses
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.usage import Measured

DATA = ("shop", "data")
CLASS = [
    {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "fast"},
        "provisioner": "disk.csi.example",
        "allowVolumeExpansion": True,
    }
]
ONE_OF = {"US-01", "US-02", "US-05"}
SEE = seen(claim("shop/data"), CLASS)


def judged(see: Inventory, measured: Measured) -> Assessment:
    return assess(replace(see, uses=claim_uses(see, measured, PersistentDataAnalysis()).by_claim), Limits())


def fired(found: Assessment) -> dict[str, Severity]:
    return {issue.rule.id: issue.severity for issue in found.issues}


def test_a_full_share_of_thirteen_claims_is_one_alarm_and_one_row() -> None:
    nas: dict[str, Any] = {"storageClassName": "nas", "csi": None, "nfs": {"server": "10.0.0.7", "path": "/x"}}
    see = seen(*(claim(f"shop/c{n:02}", "10Gi", **nas) for n in range(13)))
    found = judged(see, Measured(now={("shop", f"c{n:02}"): use(960, 1000) for n in range(13)}))
    about_use = [(issue.rule.id, issue.meta.name, len(issue.hit.claims)) for issue in found.issues]
    assert about_use.count(("US-01", "c00", 12)) == 1
    assert about_use.count(("US-07", "c00", 12)) == 1
    assert sum(id_.startswith("US-0") for id_, _, _ in about_use) == 3, "these, and once that its size is a wish"


def test_steady_growth_fires_with_its_date_and_the_size_that_lasts() -> None:
    row = [60.0 + day for day in range(30)]
    found = judged(SEE, Measured(now={DATA: use(89)}, highest=days({DATA: row}), lowest=days({DATA: row})))
    (issue,) = [issue for issue in found.issues if issue.rule.id in ONE_OF]
    assert issue.title.startswith("Claim shop/data is full on 5 Dec (80 %: ") or issue.rule.id == "US-01"
    assert '"storage":"' in issue.hit.fixes[0].command
    assert "dry_run=true" in issue.hit.fixes[1].text


def test_what_never_fills_fires_nothing_about_being_full() -> None:
    row = [40.0, 40.5] * 15
    found = judged(SEE, Measured(now={DATA: use(40.5)}, highest=days({DATA: row}), lowest=days({DATA: row})))
    assert not ONE_OF & set(fired(found))


def test_metrics_that_know_nothing_of_a_claim_never_make_it_well_or_ill() -> None:
    found = judged(SEE, Measured())
    assert not {id_ for id_ in fired(found) if id_.startswith("US")}
    assert "US-01" in found.judged


@given(
    share=st.floats(0.01, 1),
    full_in=st.none() | st.floats(0, 180),
    confidence=st.sampled_from(["low", "good"]),
)
@settings(max_examples=200, deadline=None)
def test_one_claim_gets_one_alarm_and_it_is_as_bad_as_the_worse_of_both(
    share: float, full_in: float | None, confidence: str
) -> None:
    one = ClaimUse(DATA, use(100 * share), full_in=full_in, confidence=confidence)
    found = fired(assess(replace(SEE, uses={DATA: one}), Limits()))
    both = {id_: severity for id_, severity in found.items() if id_ in ONE_OF}
    assert len(both) <= 1
    filling = full_in is not None and full_in <= 14
    assert bool(both) == (share >= 0.85 or filling)
    if share >= 0.97:
        assert set(both.values()) == {Severity.CRITICAL}
    if filling and confidence == "good" and full_in is not None and full_in <= 2 and both:
        assert set(both.values()) == {Severity.CRITICAL}


@pytest.mark.parametrize(("used", "size"), [(9.9, 10), (95, 100), (4000, 4096)])
def test_a_size_to_grow_to_leaves_a_quarter_free_and_is_more_than_there_is(used: float, size: float) -> None:
    see = seen(claim("shop/data", f"{size}Gi"), CLASS)
    (issue,) = [i for i in judged(see, Measured(now={DATA: use(used, size)})).issues if i.rule.id == "US-01"]
    wanted = int(issue.hit.fixes[0].command.rpartition('"storage":"')[2].partition("Gi")[0])
    assert wanted > size
    assert used / wanted <= 0.75
    assert (wanted - 1) < used / 0.75 + 1


def test_a_loss_is_told_for_two_weeks_and_then_no_more() -> None:
    row = [60.0] * 20 + [20.0] * 10
    measured = Measured(now={DATA: use(20)}, highest=days({DATA: row}), lowest=days({DATA: row}))
    found = judged(SEE, measured)
    assert fired(found)["US-12"] is Severity.HIGH
    uses = claim_uses(SEE, measured, PersistentDataAnalysis()).by_claim
    later = replace(SEE, uses=uses, now=SEE.now + timedelta(days=6))
    assert "US-12" not in fired(assess(later, Limits()))
    assert uses[DATA].change == -40 * GIB
