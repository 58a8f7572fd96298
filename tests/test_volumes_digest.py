"""The weekly message: what is new, what is fixed, and nothing that could not be looked at counted as either."""

from pathlib import Path
from typing import Any

from data_of import NOW, claim, days, use
from robusta_volumes._analysis.claim_uses import Uses, claim_uses
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.errors import ClusterError, Unavailable
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.usage import Measured
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page, Text
from robusta_volumes._report.volumes_digest import LINES
from robusta_volumes._workflows.volumes_digest import Data, volumes_digest

RECORDED = Path(__file__).parent / "clusters"


def cluster(folder: str, **more: Any) -> MemoryCluster:
    found = MemoryCluster.from_dump(RECORDED / folder, name="lab")
    return MemoryCluster(
        [o for kind in found.store.kinds() for o in found.store.find(kind)], name="lab", now=found.now(), **more
    )


def digest(about: MemoryCluster, state: State, data: Data = Data(), *, remember: bool = True) -> Page:  # noqa: B008 (frozen)
    return volumes_digest(about, PersistentVolumeActions(), state, data, remember=remember)


def text_of(page: Page) -> str:
    return next(block.markdown for block in page.blocks if isinstance(block, Text))


def test_the_first_digest_says_that_it_is_the_first() -> None:
    page = digest(cluster("before"), State(MemoryCluster(), "robusta"))
    assert "This is the first digest" in text_of(page)
    assert " new" not in page.title


def test_the_next_one_names_what_is_new_and_what_was_fixed_since() -> None:
    state = State(MemoryCluster(), "robusta")
    digest(cluster("before"), state)
    page = digest(cluster("after"), state)
    assert "new" in page.title
    assert "fixed" in page.title
    assert "high, new: Claim broken/lost" in to_markdown(page) or "critical, new: " in to_markdown(page)
    assert "*Fixed:* Claim broken/to-fail is used by nothing" in text_of(page)
    assert "Fixed:* Claim broken/lost" not in text_of(page)  # it only became something worse


def test_the_same_cluster_again_has_nothing_new_and_nothing_fixed() -> None:
    state = State(MemoryCluster(), "robusta")
    digest(cluster("after"), state)
    page = digest(cluster("after"), state)
    assert ", 0 new" in page.title
    assert "fixed" not in page.title


def test_what_can_no_longer_be_looked_at_was_not_fixed() -> None:
    state = State(MemoryCluster(), "robusta")
    digest(cluster("after"), state)
    page = digest(cluster("after", denied=["resourcequotas", "storageclasses.storage.k8s.io"]), state)
    assert "fixed" not in page.title
    assert "Not looked at" in to_markdown(page)


def test_a_run_by_hand_is_not_remembered() -> None:
    state = State(MemoryCluster(), "robusta")
    digest(cluster("before"), state, remember=False)
    assert "This is the first digest" in text_of(digest(cluster("after"), state))


def test_a_state_that_may_not_be_kept_makes_each_digest_a_first_one() -> None:
    state = State(MemoryCluster(denied=["configmaps"]), "robusta")
    digest(cluster("before"), state)
    assert "This is the first digest" in text_of(digest(cluster("after"), state))


def test_it_fits_on_a_phone_and_names_what_it_does_not_know() -> None:
    text = text_of(digest(cluster("after"), State(MemoryCluster(), "robusta")))
    assert len(text.splitlines()) <= LINES
    assert "What fills next:* not known: metrics were not asked." in text
    assert "*Waste:* " in text
    assert "*Quietly well:* " in text


def test_a_healthy_cluster_gets_one_quiet_message() -> None:
    page = digest(MemoryCluster(name="lab"), State(MemoryCluster(), "robusta"))
    assert page.title == "Volumes this week: no problem open, 0 claims"
    assert page.failure is False


def fills_next(measured: Measured | ClusterError) -> str:
    """What the digest says of three claims that grow by 1 GiB a day, to 89, 95 and 30 of 100 GiB, when this is measured."""

    def ask(see: Inventory) -> Uses:
        if isinstance(measured, ClusterError):
            raise measured
        return claim_uses(see, measured, PersistentDataAnalysis())

    about = MemoryCluster([o for name in ("late", "soon", "slow") for o in claim(f"shop/{name}")], now=NOW)
    page = digest(about, State(MemoryCluster(), "robusta"), Data(ask))
    return next(line for line in text_of(page).splitlines() if "What fills next" in line)


def test_it_says_which_claims_fill_next_and_of_how_many_that_is_known() -> None:
    rows = {("shop", "late"): [60.0 + d for d in range(30)], ("shop", "soon"): [66.0 + d for d in range(30)]}
    now = {key: use(row[-1]) for key, row in rows.items()}
    said = fills_next(Measured(now=now, highest=days(rows), lowest=days(rows)))
    assert said.startswith("*What fills next:* shop/soon on 29 Nov")
    assert "shop/late on 5 Dec" in said
    assert said.endswith("(2 of 3 claims measured).")


def test_it_says_that_nothing_fills_only_of_what_is_measured() -> None:
    said = fills_next(Measured(now={("shop", "slow"): use(30)}))
    assert said == "*What fills next:* nothing within 14 days (1 of 3 claims measured)."


def test_what_is_full_stands_before_what_will_be() -> None:
    assert "shop/slow is full (99 % of 100.0 GiB)" in fills_next(Measured(now={("shop", "slow"): use(99)}))


def test_without_metrics_it_says_why_and_never_that_nothing_fills() -> None:
    assert fills_next(Unavailable("Prometheus does not answer")) == (
        "*What fills next:* not known: Prometheus does not answer."
    )
    assert "not known: no metric tells" in fills_next(Measured())
