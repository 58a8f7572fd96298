"""The weekly message: what is new, what is fixed, and nothing that could not be looked at counted as either."""

from pathlib import Path
from typing import Any

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page, Text
from robusta_volumes._report.volumes_digest import LINES
from robusta_volumes._workflows.volumes_digest import volumes_digest

RECORDED = Path(__file__).parent / "clusters"


def cluster(folder: str, **more: Any) -> MemoryCluster:
    found = MemoryCluster.from_dump(RECORDED / folder, name="lab")
    return MemoryCluster(
        [o for kind in found.store.kinds() for o in found.store.find(kind)], name="lab", now=found.now(), **more
    )


def digest(about: MemoryCluster, state: State, *, remember: bool = True) -> Page:
    return volumes_digest(about, PersistentVolumeActions(), state, remember=remember)


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
    assert "What fills next:* not known" in text
    assert "*Waste:* " in text
    assert "*Quietly well:* " in text


def test_a_healthy_cluster_gets_one_quiet_message() -> None:
    page = digest(MemoryCluster(name="lab"), State(MemoryCluster(), "robusta"))
    assert page.title == "Volumes this week: no problem open, 0 claims"
    assert page.failure is False
