"""A price table: what is in it is told in money, and what is not is unknown, never 0."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.prices import Prices, currency, prices
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.settings import PersistentVolumeActions, read_settings
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import File, Page
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
GP3 = Prices((("gp3", 0.08), ("efs.csi.aws.com", 0.30)))


def volume(name: str, size: str, class_name: str, phase: str, policy: str = "Retain") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "creationTimestamp": (NOON - timedelta(days=30)).isoformat()},
        "spec": {
            "capacity": {"storage": size},
            "storageClassName": class_name,
            "persistentVolumeReclaimPolicy": policy,
            "csi": {"driver": "efs.csi.aws.com" if class_name == "shared" else "ebs.csi.aws.com", "volumeHandle": name},
            **({"claimRef": {"namespace": "shop", "name": "old", "uid": "1"}} if phase == "Released" else {}),
        },
        "status": {"phase": phase},
    }


def claim(name: str, size: str, class_name: str, volume_name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "namespace": "shop", "name": name, "creationTimestamp": (NOON - timedelta(days=30)).isoformat(),
        },
        "spec": {"storageClassName": class_name, "volumeName": volume_name, "resources": {"requests": {"storage": size}}},
        "status": {"phase": "Bound", "capacity": {"storage": size}},
    }  # fmt: skip


OBJECTS = [
    volume("kept", "50Gi", "gp3", "Released"),
    volume("free", "10Gi", "shared", "Available"),
    volume("unused", "20Gi", "fast", "Bound"),
    claim("unused", "20Gi", "fast", "unused"),
]


def report(target: Target, table: Prices = GP3, **more: Any) -> Page:
    settings = PersistentVolumeActions(prices=table, **more)
    return persistent_volume_actions(MemoryCluster(OBJECTS, now=NOON), target, settings)


def lines(page: Page) -> list[str]:
    return to_markdown(page, files=False).splitlines()


def table(page: Page, name: str) -> list[dict[str, str]]:
    (file,) = (b for b in page.blocks if isinstance(b, File) and b.name == name)
    return list(csv.DictReader(io.StringIO(file.content.decode())))


# --- what people write


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({}, ()),
        ({"gp3": 0.08}, (("gp3", 0.08),)),
        (
            {"gp3": "0.08", "local": 0, " efs.csi.aws.com ": 1},
            (("gp3", 0.08), ("local", 0.0), ("efs.csi.aws.com", 1.0)),
        ),
    ],
)
def test_prices_are_numbers_by_class_or_driver(written: dict[str, object], read: tuple[tuple[str, float], ...]) -> None:
    assert prices(written).per_gib == read


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (0.08, "must be a block of storage classes or drivers with prices such as gp3: 0.08, got 0.08"),
        ({"gp3": "0,08"}, 'gp3 must be a number such as 0.08 (money per GiB and month), got "0,08"'),
        ({"gp3": "8 cents"}, 'gp3 must be a number such as 0.08 (money per GiB and month), got "8 cents"'),
        ({"gp3": True}, "gp3 must be a number such as 0.08 (money per GiB and month), got true"),
        ({"gp3": None}, "gp3 must be a number such as 0.08 (money per GiB and month), got null"),
        ({"gp3": -1}, "gp3 must be from 0 to 1,000,000 (money per GiB and month), got -1"),
        ({"gp3": 10**400}, "gp3 must be from 0 to 1,000,000 (money per GiB and month), got 1000"),
        ({"gp3": float("inf")}, "gp3 must be from 0 to 1,000,000 (money per GiB and month), got inf"),
        ({"gp3": {"perGib": 1}}, "gp3 must be a number such as 0.08 (money per GiB and month), got a block of keys"),
        ({1: 2}, "must name storage classes or drivers, got 1 as one of them"),
        ({" ": 2}, 'must name storage classes or drivers, got " " as one of them'),
    ],
)
def test_a_price_that_cannot_be_used_is_named_with_what_is_allowed(written: object, says: str) -> None:
    with pytest.raises(ValueError, match="must") as wrong:
        prices(written)
    assert str(wrong.value).startswith(says)


def test_a_wrong_price_pauses_the_workflow_and_says_where_it_stands() -> None:
    found = read_settings({"persistentVolumeWorkflows": {"persistentVolumeActions": {"prices": {"gp3": "cheap"}}}})
    (problem,) = found.problems["persistentVolumeActions"]
    assert str(problem).startswith(
        "workflows.persistentVolumeWorkflows.persistentVolumeActions.prices gp3 must be a number such as 0.08"
    )


@pytest.mark.parametrize("word", ["EUR", "€", "US dollars"])
def test_a_currency_is_a_short_word(word: str) -> None:
    assert currency(f" {word} ") == word


@pytest.mark.parametrize("word", ["", "<!channel>", "*", "a\nb", "of any country there is", 1, None])
def test_what_is_no_short_word_is_no_currency(word: object) -> None:
    with pytest.raises(ValueError, match="must be a short word such as USD"):
        currency(word)


# --- what it costs


@pytest.mark.parametrize(
    ("size", "class_name", "driver", "money"),
    [
        (50 * GIB, "gp3", "ebs.csi.aws.com", 4.0),
        (50 * GIB, "shared", "efs.csi.aws.com", 15.0),
        (50 * GIB, "fast", "ebs.csi.aws.com", None),
        (50 * GIB, None, "", None),
        (None, "gp3", "", None),
    ],
)
def test_the_class_counts_before_the_driver_and_no_price_is_not_nothing(
    size: int | None, class_name: str | None, driver: str, money: float | None
) -> None:
    assert GP3.of(size, class_name, driver) == (None if money is None else pytest.approx(money))


@pytest.mark.parametrize(
    ("money", "words"), [(4.8, "4.80 USD"), (1234.5, "1,234.50 USD"), (0, "0.00 USD"), (0.001, "less than 0.01 USD")]
)
def test_money_is_written_so_that_little_is_not_nothing(money: float, words: str) -> None:
    assert GP3.written(money) == words


# --- what the report says


def test_one_wasted_volume_says_what_it_costs() -> None:
    page = to_markdown(report(Target("PersistentVolume", "kept"), currency="EUR"))
    assert "pay attention to it. It costs about 4.00 EUR a month (your price table)." in page


@pytest.mark.parametrize(("name", "settings"), [("unused", GP3), ("kept", Prices())])
def test_without_a_price_no_money_is_told(name: str, settings: Prices) -> None:
    page = to_markdown(report(Target("PersistentVolume", name), settings))
    assert "a month" not in page
    assert "USD" not in page


def test_waste_is_told_in_gib_and_money_and_what_has_no_price_is_said() -> None:
    assert (
        "• *Waste:* 80.0 GiB, about 7.00 USD a month (your price table; 20.0 GiB have no price): 50.0 GiB Released (1), "
        "20.0 GiB unused (1), 10.0 GiB Available (1)" in lines(report(Target()))
    )


def test_capacity_is_told_in_money_too_and_nothing_priced_is_unknown() -> None:
    said = "• *Capacity:* 80.0 GiB provisioned, about 7.00 USD a month (your price table; 20.0 GiB have no price)"
    assert any(line.startswith(said) for line in lines(report(Target())))
    other = Prices((("nvme", 1.0),))
    said = "• *Capacity:* 80.0 GiB provisioned, cost unknown (nothing of it is in your price table)"
    assert any(line.startswith(said) for line in lines(report(Target(), other)))


def test_the_files_have_a_column_of_money_only_with_a_price_table() -> None:
    page = report(Target(), currency="EUR")
    assert {row["volume"]: row["EUR per month"] for row in table(page, "volumes.csv")} == {
        "kept": "4.00", "free": "3.00", "unused": "",
    }  # fmt: skip
    assert {row["name"]: row["EUR per month"] for row in table(page, "issues.csv")} == {
        "kept": "4.00", "free": "3.00", "unused": "",
    }  # fmt: skip
    assert [(row["class"], row["EUR per month"]) for row in table(page, "classes.csv")] == [
        ("fast", ""), ("gp3", "4.00"), ("shared", "3.00"),
    ]  # fmt: skip
    for name in ("volumes.csv", "issues.csv", "classes.csv"):
        assert not [key for key in table(report(Target(), Prices()), name)[0] if "month" in key]
