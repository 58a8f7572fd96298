"""Changes through the real runner: plan and change, every kind of no, and what Slack shows of it."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._model.kind import CLAIM, VOLUME
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.controllers import Controllers
from robusta_volumes._sandbox.slack_recorder import RecordedMessage
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import HELM_BLOCK, World
from worlds import PATIENCE, next_message, title, words

EXPAND, POLICY, RELEASE = "expand_persistent_volume_claim", "set_volume_reclaim_policy", "release_persistent_volume"
GRAFANA = {"name": "grafana", "namespace": "monitoring"}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    objects, _ = shop(datetime.now(UTC))
    with (
        World(objects, []) as made,
        Controllers(made.api.store, refused={("shop", "data-search-0"): "pool is full"}),
    ):
        yield made


@pytest.fixture(autouse=True)
def _may_do_everything_again(world: World) -> Iterator[None]:
    yield
    world.api.access.allow_again()


def run(world: World, action: str, **params: object) -> RecordedMessage:
    """Run an action by hand and give its message, which must fit Slack."""
    message = next_message(world, lambda: world.runner.trigger(action, **params))
    assert message.problems == []
    return message


def written(world: World, since: int) -> list[tuple[str, str, int]]:
    """Give what was sent to change something since a request: (method, path, status)."""
    sent = [seen for seen in world.api.requests[since:] if seen.method in {"PATCH", "POST", "PUT", "DELETE"}]
    return [(seen.method, seen.path, seen.status) for seen in sent if "configmaps" not in seen.path]


def asked_size(world: World, name: str = "grafana", namespace: str = "monitoring") -> str:
    claim = world.api.store.get(CLAIM, name, namespace)
    return str(claim["spec"]["resources"]["requests"]["storage"])


def test_the_plan_changes_nothing_and_the_change_is_followed_to_its_end(world: World) -> None:
    since = len(world.api.requests)
    plan = run(world, EXPAND, **GRAFANA, size="+50%")
    assert title(plan) == "Plan: grow claim monitoring/grafana from 5.0 GiB to 8.0 GiB"
    assert "Nothing was changed yet." in words(plan)
    assert (written(world, since), asked_size(world)) == ([], "5Gi")
    done = run(world, EXPAND, **GRAFANA, size="+50%", dry_run="false")
    assert title(done) == "Claim monitoring/grafana has grown from 5.0 GiB to 8.0 GiB"
    patch = ("PATCH", "/api/v1/namespaces/monitoring/persistentvolumeclaims/grafana", 200)
    assert (written(world, since), asked_size(world)) == ([patch], "8Gi")


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"name": "uploads", "namespace": "shop", "size": "300Gi"}, "was not grown: class efs cannot be expanded"),
        ({"name": "grafana", "namespace": "monitoring", "size": "1Gi"}, "is not more"),
        (
            {"name": "data-ledger-0", "namespace": "payments", "size": "60Gi", "force": True},
            "quota storage has no room",
        ),
        ({"name": "warehouse", "namespace": "analytics", "size": "300Gi"}, "an earlier growth is not finished"),
        ({"name": "cart-cache", "namespace": "shop", "size": "9Gi"}, "was not grown: it is Pending"),
        ({"name": "data-pg-0", "namespace": "db", "size": "150Gi"}, "the template of StatefulSet pg decides its size"),
        ({"name": "grafna", "namespace": "monitoring", "size": "9Gi"}, "Claim monitoring/grafna does not exist"),
        (
            {"name": "grafana", "namespace": "monitoring", "size": "more"},
            "action param size must be a size such as 160Gi",
        ),
        ({"name": "grafana", "namespace": "monitoring"}, "action param size is needed"),
        ({"name": "grafana", "namespace": "monitoring", "size": "9Gi", "dryrun": False}, "did you mean dry_run?"),
        ({"name": "grafana", "namespace": "monitoring", "size": "9Gi", "dry_run": "maybe"}, "must be true or false"),
    ],
)
def test_a_no_comes_with_its_reason_and_nothing_is_written(world: World, params: dict[str, Any], says: str) -> None:
    since = len(world.api.requests)
    message = run(world, EXPAND, **{"dry_run": False, **params})
    assert says in title(message)
    assert "*Do this:*" in words(message)
    assert written(world, since) == []


def test_a_backend_that_refuses_is_quoted(world: World) -> None:
    message = run(world, EXPAND, name="data-search-0", namespace="shop", size="90Gi", force=True, dry_run=False)
    assert title(message) == "Claim shop/data-search-0 cannot grow to 90.0 GiB: the backend refuses"
    assert "pool is full" in words(message)


def test_what_the_runner_may_not_do_comes_with_the_role_that_allows_it(world: World) -> None:
    world.api.access.deny([("patch", "persistentvolumeclaims", None)])
    message = run(world, EXPAND, **GRAFANA, size="9Gi", dry_run=False)
    assert title(message) == "Claim monitoring/grafana was not grown: the runner may not do it"
    assert "kind: RoleBinding" in words(message)
    assert asked_size(world) == "8Gi"


def test_whoever_comes_second_does_not_overwrite_what_came_between_plan_and_change(world: World) -> None:
    path = "/api/v1/namespaces/monitoring/persistentvolumeclaims/grafana"
    world.api.faults.slow(2.0, method="PATCH", path=path, times=1)
    since = len(world.api.requests)

    def touch() -> None:
        """Change the claim after it was looked at: the StatefulSets are read last."""
        deadline = time.monotonic() + PATIENCE
        while not any("statefulsets" in seen.path for seen in world.api.requests[since:]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        world.api.store.patch(CLAIM, "grafana", "monitoring", {"metadata": {"labels": {"touched": "yes"}}})

    somebody = threading.Thread(target=touch)
    somebody.start()
    message = run(world, EXPAND, **GRAFANA, size="9Gi", dry_run=False)
    somebody.join()
    assert title(message).startswith("Claim monitoring/grafana was not grown: Operation cannot be fulfilled")
    assert "nothing was written" in words(message)
    assert written(world, since) == [("PATCH", path, 409)]
    assert asked_size(world) == "8Gi"


def test_the_bound_of_the_settings_holds_even_when_the_params_say_otherwise(world: World) -> None:
    block = {**HELM_BLOCK["persistentVolumeWorkflows"], "persistentVolumeActions": {"maxSize": "10Gi"}}
    world.settle({"persistentVolumeWorkflows": block})
    message = run(world, EXPAND, **GRAFANA, size="20Gi", dry_run=False, max_size="1Ti")
    assert "20.0 GiB is more than the setting maxSize allows" in title(message)
    world.settle(HELM_BLOCK)


def test_a_policy_is_set_and_delete_is_warned_of(world: World) -> None:
    volume = world.api.store.get(CLAIM, "grafana", "monitoring")["spec"]["volumeName"]
    kept = run(world, POLICY, **GRAFANA, policy="Retain", dry_run=False)
    assert title(kept) == f"Volume {volume} has reclaim policy Retain now"
    plan = run(world, POLICY, name=volume, policy="Delete")
    assert "This destroys data later:" in words(plan)
    assert world.api.store.get(VOLUME, volume)["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    refused = run(world, POLICY, name="pvc-ledger-2024", policy="Delete", dry_run=False)
    assert "Delete would destroy its data within seconds" in title(refused)


def test_a_kept_volume_goes_back_to_a_claim_of_the_same_name(world: World) -> None:
    world.api.store.create(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "ledger-2024", "namespace": "payments"},
            "spec": {
                "storageClassName": "gp3",
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "80Gi"}},
            },
            "status": {"phase": "Pending"},
        }
    )
    assert "still exists" not in title(run(world, RELEASE, name="pvc-ledger-2024"))
    done = run(world, RELEASE, name="pvc-ledger-2024", dry_run=False)
    assert title(done) == "Volume pvc-ledger-2024 is bound to claim payments/ledger-2024"
    again = run(world, RELEASE, name="pvc-ledger-2024", dry_run=False)
    assert "it is Bound to payments/ledger-2024" in title(again)


def test_no_message_has_a_button_where_no_click_could_come_back(world: World) -> None:
    """The runner of this world has a signing key and no UI sink."""
    assert world.slack.messages
    assert not [b for m in world.slack.messages for b in m.blocks if b.get("type") == "actions"]
    assert "Traceback" not in world.runner.log.read_text()
