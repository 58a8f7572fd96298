"""A claim is asked to grow: the plan, every reason against it, and what came of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from robusta_volumes._analysis.managed import Place, places
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.read_origins import origin
from robusta_volumes._model.asked import Expand
from robusta_volumes._model.errors import ClusterError, NotAllowed, QuotaExceeded, Refused, SettingsError, Unavailable
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.plan import Outcome
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.size import size
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.controllers import Controllers
from robusta_volumes._workflows.expand_claim import expand_claim

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TRACKING = "argocd.argoproj.io/tracking-id"
EBS = "ebs.csi.aws.com"
DEFAULTS = PersistentVolumeActions()
SIZE = {"requests": {"storage": "150Gi"}}


def story(**claim: Any) -> Builder:
    """A claim of 100 GiB on a class that can be expanded, used by one pod."""
    b = Builder(NOW)
    b.storage_class("gp3", EBS)
    b.bound("shop", "files", "100Gi", "gp3", claim.pop("driver", EBS), **claim)
    b.pod("shop", "web-0", ["files"], node="node-a")
    return b


def cluster(b: Builder, **more: Any) -> MemoryCluster:
    return MemoryCluster(b.objects, name="prod", now=NOW, **more)


def ask(wanted: str = "150Gi", **more: Any) -> Expand:
    return Expand(**{"name": "files", "namespace": "shop", "size": size(wanted), **more})


def run(
    on: MemoryCluster,
    asked: Expand,
    settings: PersistentVolumeActions = DEFAULTS,
    controllers: Controllers | None = None,
) -> Page:
    """Run the workflow; whenever it waits, the controllers make a step."""
    return expand_claim(on, asked, settings, lambda _: controllers.step() if controllers else None)


def claim_of(on: MemoryCluster) -> dict[str, Any]:
    return on.store.get(CLAIM, "files", "shop")


# --- the plan


def test_a_dry_run_shows_the_plan_and_changes_nothing() -> None:
    on = cluster(story())
    before = claim_of(on)
    page = to_markdown(run(on, ask("+50%")))
    assert page.startswith("# Plan: grow claim shop/files from 100.0 GiB to 150.0 GiB\n")
    assert "Nothing was changed yet. It cannot be made smaller again." in page
    assert (
        'kubectl -n shop patch pvc files --type merge -p \'{"spec":{"resources":{"requests":{"storage":"150Gi"}}}}\''
        in page
    )
    assert "| requested | 100.0 GiB → 150.0 GiB |" in page
    assert "web-0 uses it" in page
    assert claim_of(on) == before


def test_the_button_of_the_plan_names_the_size_so_that_a_second_click_does_not_grow_it_again() -> None:
    page = to_markdown(run(cluster(story()), ask("+50%")))
    assert "[ Grow to 150.0 GiB now ]" in page
    assert "'size': '150Gi', 'dry_run': 'false'" in page


def test_what_may_not_be_read_is_not_known_and_the_plan_says_so() -> None:
    denied = ["resourcequotas", "statefulsets.apps", "storageclasses.storage.k8s.io"]
    page = to_markdown(run(cluster(story(), denied=denied), ask()))
    assert "Plan: grow claim shop/files" in page
    assert "resourcequotas: the runner may not list them. Not known: whether a quota has room for it" in page
    assert "Not known: whether the template of a StatefulSet" in page
    assert "Not known: whether its class can be expanded" in page
    assert page.count("- apiGroups") == 3


def test_a_claim_of_a_helm_release_is_to_be_written_into_its_values_too() -> None:
    meta = {"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {"meta.helm.sh/release-name": "web"}}
    page = to_markdown(run(cluster(story(metadata=meta)), ask()))
    assert "Helm release web made it: write the size into its values, too" in page


# --- why not


def refused(b: Builder, asked: Expand | None = None, settings: PersistentVolumeActions = DEFAULTS, **more: Any) -> str:
    """Ask for it in earnest, see that nothing changed, and give the page."""
    on = cluster(b, **more)
    before = claim_of(on)
    page = run(on, asked or ask(dry_run=False), settings)
    assert claim_of(on) == before
    assert page.failure
    text = to_markdown(page)
    assert "Nothing was changed." in text
    assert "*Do this:*" in text
    assert "Claim shop/files was not grown: " in page.title
    return text


def test_a_class_that_cannot_be_expanded() -> None:
    b = story()
    b.objects[0]["allowVolumeExpansion"] = False
    page = refused(b)
    assert "was not grown: class gp3 cannot be expanded" in page
    assert "kubectl patch storageclass gp3 --type merge -p '{\"allowVolumeExpansion\":true}'" in page


def test_a_claim_without_its_class() -> None:
    b = story()
    del b.objects[0]
    assert 'its class "gp3" does not exist' in refused(b)


@pytest.mark.parametrize(
    ("wanted", "says"), [("100Gi", "it has 100.0 GiB, and 100.0 GiB is not more"), ("50Gi", "Kubernetes never makes")]
)
def test_a_size_that_is_not_larger(wanted: str, says: str) -> None:
    assert says in refused(story(), ask(wanted, dry_run=False))


def test_more_than_the_setting_allows() -> None:
    page = refused(story(), settings=PersistentVolumeActions(max_size="120Gi"))
    assert "150.0 GiB is more than the setting maxSize allows" in page
    assert "Plan:" in to_markdown(run(cluster(story()), ask(), PersistentVolumeActions(max_size="150Gi")))


@pytest.mark.parametrize("key", ["requests.storage", "gp3.storageclass.storage.k8s.io/requests.storage"])
def test_a_quota_without_room(key: str) -> None:
    b = story()
    hard = {key: "140Gi"}
    b.add("ResourceQuota", "storage", "shop", spec={"hard": hard}, status={"hard": hard, "used": {key: "100Gi"}})
    page = refused(b)
    assert "quota storage has no room for 50.0 GiB more" in page
    assert f'{{"{key}":"150Gi"}}' in page
    assert "grow it by at most 40.0 GiB" in page
    assert "Plan:" in to_markdown(run(cluster(b), ask("140Gi")))


def test_a_limit_range_that_allows_no_such_claim() -> None:
    b = story()
    b.add(
        "LimitRange", "sizes", "shop", spec={"limits": [{"type": "PersistentVolumeClaim", "max": {"storage": "120Gi"}}]}
    )
    assert "limit range sizes allows claims up to 120.0 GiB" in refused(b)


def changed(hours: float) -> dict[str, Any]:
    """What the API server notes of the one who changed the size so long ago."""
    when = (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"managedFields": [{"time": when, "fieldsV1": {"f:spec": {"f:resources": {}}}}]}


def test_a_driver_in_its_cool_down() -> None:
    page = refused(story(metadata=changed(hours=2)))
    assert "EBS allows the next change only at 16:00 UTC, in 4 h" in page
    assert "run it again after 16:00 UTC" in page


@pytest.mark.parametrize(
    ("claim", "hours"),
    [
        ({"metadata": changed(hours=7)}, 6),
        ({"metadata": changed(hours=2)}, 0),  # switched off
        ({"metadata": changed(hours=2), "driver": "rook-ceph.rbd.csi.ceph.com"}, 6),
        ({"metadata": changed(hours=2), "age": 121}, 6),  # its first size
    ],
)
def test_no_cool_down(claim: dict[str, Any], hours: int) -> None:
    settings = PersistentVolumeActions(limits=Limits(ebs_wait_hours=hours))
    assert "Plan:" in to_markdown(run(cluster(story(**claim)), ask(), settings))


def test_when_nobody_kept_the_books_the_plan_says_that_it_does_not_know() -> None:
    assert "When it was changed last is not known." in to_markdown(run(cluster(story()), ask()))


def test_a_claim_that_is_not_bound() -> None:
    b = Builder(NOW)
    b.claim("shop", "files", "100Gi", "gp3")
    assert "was not grown: it is Pending" in refused(b)


def test_a_claim_that_is_on_its_way_out() -> None:
    assert "it is being deleted" in _text(story(metadata={"deletionTimestamp": "2026-11-23T11:00:00Z"}))


def _text(b: Builder) -> str:
    return to_markdown(run(cluster(b), ask()))


def test_an_earlier_growth_that_waits_for_a_pod() -> None:
    status = {"conditions": [{"type": "FileSystemResizePending", "status": "True"}]}
    page = refused(story(requested="120Gi", status=status))
    assert "an earlier growth is not finished" in page
    assert "restart pod web-0: the node then grows the filesystem" in page


def test_an_earlier_growth_that_the_provider_makes_wait_is_quoted() -> None:
    b = story(requested="120Gi")
    text = "VolumeModificationRateExceeded: wait at least 6 hours between modifications"
    b.event(b.objects[1], "VolumeResizeFailed", text)
    page = refused(b)
    assert f'Last refusal: "{text}"' in page


def test_an_earlier_growth_that_the_backend_cannot_give() -> None:
    status = {"allocatedResourceStatuses": {"storage": "ControllerResizeInfeasible"}}
    page = refused(story(requested="900Gi", status=status))
    assert "*Do this:* ask for less, but more than 100.0 GiB" in page


def test_everything_that_speaks_against_it_is_said_at_once() -> None:
    b = story()
    b.objects[0]["allowVolumeExpansion"] = False
    page = refused(b, settings=PersistentVolumeActions(max_size="120Gi"))
    assert "*Also: 150.0 GiB is more than the setting maxSize allows.*" in page


def test_a_claim_that_is_not_there() -> None:
    page = to_markdown(run(cluster(story()), ask(name="filse")))
    assert "Claim shop/filse does not exist" in page
    assert "Did you mean *files*?" in page


@pytest.mark.parametrize("missing", ["name", "namespace", "size"])
def test_a_param_that_is_missing(missing: str) -> None:
    asked = replace(ask(), **{missing: None if missing == "size" else ""})  # type: ignore[arg-type]  # by its name
    with pytest.raises(SettingsError, match=f"action param {missing} is needed"):
        run(cluster(story()), asked)


# --- decided elsewhere


def labelled(**marks: Any) -> list[Place]:
    """Who decides the size of a claim with these marks."""
    meta = {"name": "files", "namespace": "shop", **marks}
    return list(places(origin({"kind": "PersistentVolumeClaim", "metadata": meta}), None, "150Gi"))


def owned(api: str, kind: str, name: str) -> dict[str, Any]:
    return {"ownerReferences": [{"apiVersion": api, "kind": kind, "name": name, "uid": "u"}]}


@pytest.mark.parametrize(
    ("marks", "who", "says"),
    [
        ({"annotations": {TRACKING: "web:/PersistentVolumeClaim:shop/files"}}, "Argo CD application web", "Git source"),
        ({"labels": {"argocd.argoproj.io/instance": "web"}}, "Argo CD application web", "Git source"),
        (
            {"labels": {"app.kubernetes.io/instance": "web"}, "annotations": {"argocd.argoproj.io/sync-wave": "1"}},
            "Argo CD application web",
            "write 150Gi as the claim's size",
        ),
        (
            {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}},
            "Flux Kustomization flux/apps",
            "sets back what is changed here",
        ),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "web"}}, "Flux HelmRelease web", "source of Flux HelmRelease web"),
        ({"labels": {"cnpg.io/cluster": "pg"}}, "Cluster pg (CloudNativePG)", "the operator then grows the claims of pg"),
        (owned("postgresql.cnpg.io/v1", "Cluster", "pg"), "Cluster pg (CloudNativePG)", "change it there"),
        ({"labels": {"strimzi.io/cluster": "k", "strimzi.io/kind": "Kafka"}}, "Kafka k (Strimzi)", "spec...storage"),
        (
            {"labels": {"strimzi.io/cluster": "k", "strimzi.io/pool-name": "broker"}},
            "KafkaNodePool broker (Strimzi)",
            "carries it to the claims",
        ),
        (
            {"labels": {"elasticsearch.k8s.elastic.co/cluster-name": "logs"}},
            "Elasticsearch logs (ECK)",
            "spec.nodeSets[].volumeClaimTemplates",
        ),
        (owned("mongodb.example.com/v1", "MongoDB", "m"), "MongoDB m (mongodb.example.com)", "change its storage in MongoDB m"),
    ],
)  # fmt: skip
def test_who_decides_the_size_is_read_from_owner_and_marks(marks: dict[str, Any], who: str, says: str) -> None:
    (place,) = labelled(**marks)
    assert place.who == who
    assert says in place.fix.text


@pytest.mark.parametrize(
    "marks",
    [
        {},
        {"labels": {"app.kubernetes.io/instance": "web", "app.kubernetes.io/managed-by": "Helm"}},  # Helm's own habit
        owned("apps/v1", "StatefulSet", "pg"),  # its template is looked at on its own
        owned("v1", "Pod", "p"),
    ],
)
def test_nobody_else_decides(marks: dict[str, Any]) -> None:
    assert labelled(**marks) == []


def test_the_claim_of_a_wal_volume_has_a_field_of_its_own() -> None:
    (place,) = labelled(labels={"cnpg.io/cluster": "pg", "cnpg.io/pvcRole": "PG_WAL"})
    assert '{"spec":{"walStorage":{"size":"150Gi"}}}' in place.fix.command


def replicas(**marks: Any) -> MemoryCluster:
    """A StatefulSet with these marks whose template made the claim data-pg-0."""
    b = Builder(NOW)
    b.storage_class("gp3", EBS)
    b.bound("db", "data-pg-0", "100Gi", "gp3", EBS)
    template = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "100Gi"}}}}
    made = b.workload("StatefulSet", "db", "pg", [], volumeClaimTemplates=[template])
    made["metadata"] |= marks
    b.workload("StatefulSet", "db", "pg-0", [], volumeClaimTemplates=[template])  # a name that is alike
    return cluster(b)


def test_a_claim_of_a_statefulset_names_the_template_and_wants_force() -> None:
    on = replicas()
    page = run(on, Expand("data-pg-0", "db", size("150Gi"), dry_run=False))
    text = to_markdown(page)
    assert page.title == "Claim db/data-pg-0 was not grown: the template of StatefulSet pg decides its size"
    assert "kubectl -n db delete statefulset pg --cascade=orphan" in text
    assert "[ Show the plan all the same ]" in text
    text = to_markdown(run(on, Expand("data-pg-0", "db", size("150Gi"), force=True)))
    assert "Plan: grow claim db/data-pg-0" in text
    assert "The template of StatefulSet pg decides its size" in text
    assert "'force': 'true', 'dry_run': 'false'" in text


def test_what_looks_after_the_statefulset_looks_after_its_claims() -> None:
    on = replicas(annotations={TRACKING: "db:apps/StatefulSet:db/pg"})
    text = to_markdown(run(on, Expand("data-pg-0", "db", size("150Gi"))))
    assert "Argo CD application db" in text
    assert "the size in volumeClaimTemplates" in text
    on = replicas(**owned("elasticsearch.k8s.elastic.co/v1", "Elasticsearch", "logs"))
    text = to_markdown(run(on, Expand("data-pg-0", "db", size("150Gi"))))
    assert "Elasticsearch logs (elasticsearch.k8s.elastic.co) decides its size" in text
    assert "cascade" not in text  # the operator would make it again


def test_force_lifts_no_other_reason() -> None:
    b = story(metadata={"labels": {"cnpg.io/cluster": "pg"}})
    b.objects[0]["allowVolumeExpansion"] = False
    page = refused(b, ask(dry_run=False, force=True))
    assert "class gp3 cannot be expanded" in page
    assert "all the same" not in page


# --- carried out


def test_it_grows_and_is_followed_to_its_end() -> None:
    on = cluster(story())
    page = to_markdown(run(on, ask(dry_run=False), controllers=Controllers(on.store)))
    assert page.startswith("# Claim shop/files has grown from 100.0 GiB to 150.0 GiB\n")
    assert "| has | 100.0 GiB → 150.0 GiB |" in page
    assert claim_of(on)["spec"]["resources"] == SIZE


def test_without_a_pod_it_says_what_it_waits_for() -> None:
    b = story()
    b.objects = [o for o in b.objects if o["kind"] != "Pod"]
    on = cluster(b)
    page = to_markdown(run(on, ask(dry_run=False), controllers=Controllers(on.store)))
    assert "Claim shop/files has grown to 150.0 GiB on disk only: no pod mounts it" in page
    assert "start a pod that uses it" in page


def test_a_backend_that_refuses_is_quoted() -> None:
    on = cluster(story())
    controllers = Controllers(on.store, refused={("shop", "files"): "the pool has 12 GiB left"})
    page = to_markdown(run(on, ask(dry_run=False), controllers=controllers))
    assert "Claim shop/files cannot grow to 150.0 GiB: the backend refuses" in page
    assert "the pool has 12 GiB left" in page


def test_nobody_waits_longer_than_the_limit_says() -> None:
    on = cluster(story())
    slept: list[float] = []
    settings = PersistentVolumeActions(limits=Limits(resize_follow_seconds=10))
    page = to_markdown(expand_claim(on, ask(dry_run=False), settings, slept.append))
    assert sum(slept) == 10
    assert "was asked to grow to 150.0 GiB; the driver has not begun yet" in page


class Refusing(MemoryCluster):
    """A cluster whose API server answers every write with an error."""

    error: ClusterError

    def carry_out(self, plan: Any) -> list[Outcome]:
        return [Outcome(step, error=self.error) for step in plan]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Refused("only dynamically provisioned pvc can be resized", "Set allowVolumeExpansion"), "*Do this:* Set allowVolume"),
        (QuotaExceeded("exceeded quota: storage", "Raise it"), "was not grown: exceeded quota: storage"),
        (Unavailable("no answer in time", "Read the object before it is tried again."), "It is not known whether this was done"),
    ],
)  # fmt: skip
def test_what_the_api_server_says_against_it_comes_with_the_remedy(error: ClusterError, says: str) -> None:
    on = Refusing(story().objects, now=NOW)
    on.error = error
    page = to_markdown(run(on, ask(dry_run=False)))
    assert says in page
    assert error.remedy in page


def test_a_missing_permission_gives_the_role_for_this_namespace_and_this_account() -> None:
    on = Refusing(story().objects, now=NOW)
    on.error = NotAllowed('... User "system:serviceaccount:monitoring:bot" cannot patch resource', "- apiGroups: ...")
    page = to_markdown(run(on, ask(dry_run=False)))
    assert "kind: Role\n" in page
    assert "kind: RoleBinding\n" in page
    assert "ClusterRole" not in page
    assert page.count("namespace: shop") == 2
    assert '- apiGroups: [""]\n  resources: ["persistentvolumeclaims"]\n  verbs: ["patch"]' in page
    assert "- kind: ServiceAccount\n  name: bot\n  namespace: monitoring" in page


def test_a_claim_that_changed_meanwhile_is_left_alone() -> None:
    class Racing(MemoryCluster):
        def carry_out(self, plan: Any) -> list[Outcome]:
            self.store.patch(CLAIM, "files", "shop", {"metadata": {"labels": {"touched": "yes"}}})
            return super().carry_out(plan)

    on = Racing(story().objects, now=NOW)
    page = to_markdown(run(on, ask(dry_run=False)))
    assert "Claim shop/files was not grown: Operation cannot be fulfilled" in page
    assert claim_of(on)["spec"]["resources"]["requests"]["storage"] == "100Gi"
