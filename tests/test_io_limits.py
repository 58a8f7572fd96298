"""What volumes may do: worked examples of the providers' formulas, who says it, and that unknown stays unknown."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from robusta_volumes._analysis.io_catalogue import Term, driver, kind
from robusta_volumes._analysis.io_limits import limits_of
from robusta_volumes._model.attributes_class import AttributesClass
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import IoLimits, Mapped
from robusta_volumes._model.io_caps import Cap, Caps
from robusta_volumes._model.kind import ATTRIBUTES_CLASS, STORAGE_CLASS
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.times import UTC
from robusta_volumes._model.unseen import Unseen
from robusta_volumes._model.volume import Attachment, Claim, ClaimRef, Meta, Node, Pod, StorageClass, Volume

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MIB, MB = 1024**2, 1000**2
EBS, PD, AZURE, RBD = "ebs.csi.aws.com", "pd.csi.storage.gke.io", "disk.csi.azure.com", "rook-ceph.rbd.csi.ceph.com"
KEY, NODE = ("shop", "data"), "worker-1"


def _claim(name: str = "data", attributes_now: str = "", attributes_class: str = "") -> Claim:
    return Claim(
        Meta(name, "shop"),
        "Bound",
        "fast",
        f"pv-{name}",
        None,
        None,
        (),
        (),
        "Filesystem",
        attributes_class=attributes_class,
        attributes_now=attributes_now,
    )


def _volume(size: float, by: str = EBS, name: str = "data", attributes: Mapping[str, str] | None = None) -> Volume:
    return Volume(
        Meta(f"pv-{name}"),
        "Bound",
        "",
        "",
        None,
        "fast",
        int(size * GIB),
        (),
        "Filesystem",
        "Delete",
        ClaimRef("shop", name, ""),
        "csi",
        by,
        "",
        maker=by,
        attributes=attributes or {},
    )


def _class(parameters: Mapping[str, str], by: str = EBS) -> StorageClass:
    return StorageClass(
        Meta("fast"),
        by,
        "WaitForFirstConsumer",
        "Delete",
        expandable=True,
        is_default=False,
        parameters=parameters,
    )


def _cluster(volume: Volume, parameters: Mapping[str, str] | None) -> Inventory:
    classes = () if parameters is None else (_class(parameters, volume.driver),)
    return Inventory(NOW, claims=(_claim(),), volumes=(volume,), classes=classes)


def _limits(see: Inventory, settings: VolumePerformanceAnalysis | None = None) -> IoLimits:
    (found,) = limits_of(see, settings or VolumePerformanceAnalysis(), see.claim)[KEY].values()
    return found


def _of(size: float, by: str = EBS, **parameters: str) -> IoLimits:
    return _limits(_cluster(_volume(size, by), parameters))


def _rates(limits: IoLimits) -> tuple[float | None, float | None]:
    return limits.iops.value if limits.iops else None, limits.bytes.value / MIB if limits.bytes else None


def test_a_gp2_of_100_gib_does_300_and_bursts_for_two_thousand_seconds() -> None:
    limits = _of(100, type="gp2")
    assert limits.iops is not None
    assert (limits.iops.value, limits.iops.burst) == (300, 3000)
    assert limits.iops.formula == "3 x 100 GiB, at least 100, at most 16,000"
    assert limits.iops.source == "gp2, by storage class fast (may have been changed since)"
    assert limits.iops.confidence == "class"
    (bucket,) = limits.buckets
    assert bucket.size / (bucket.burst - bucket.base) == 2000
    assert bucket.size / bucket.base == 18000
    assert (limits.family, limits.op_bytes, limits.online, limits.largest_iops) == ("ssd", 256 * 1024, True, 300)


@pytest.mark.parametrize(
    ("size", "iops", "burst", "mib", "mib_burst"),
    [
        (1, 100, 3000, 128, None),
        (33.5, 102, 3000, 128, None),
        (170, 510, 3000, 128, None),
        (171, 513, 3000, 128, 250),
        (333, 999, 3000, 128, 250),
        (334, 1002, 3000, 250, None),
        (1000, 3000, None, 250, None),
        (16384, 16000, None, 250, None),
    ],
)
def test_gp2_grows_with_its_size(
    size: float, iops: float, burst: float | None, mib: float, mib_burst: float | None
) -> None:
    limits = _of(size, type="gp2")
    assert limits.iops is not None
    assert limits.bytes is not None
    assert (limits.iops.value, limits.iops.burst) == (iops, burst)
    assert (limits.bytes.value, limits.bytes.burst) == (mib * MIB, mib_burst * MIB if mib_burst else None)
    assert bool(limits.buckets) is bool(burst)


@pytest.mark.parametrize(
    ("size", "parameters", "rates", "largest"),
    [
        (100, {}, (3000, 125), (50000, 2000)),
        (4, {"type": "gp3"}, (3000, 125), (3000, 750)),
        (100, {"type": "gp3", "iops": "6000", "throughput": "500"}, (6000, 500), (50000, 2000)),
        (1000, {"type": "gp3", "iopspergb": "10"}, (10000, 125), (80000, 2000)),
        (100, {"type": "io1", "iopspergb": "50"}, (5000, 500), (5000, 500)),
        (100, {"type": "io1", "iopspergb": "90"}, (5000, 500), (5000, 500)),
        (1000, {"type": "io1", "iops": "40000"}, (40000, 625), (50000, 781.25)),
        (500, {"type": "io2", "iops": "10000"}, (10000, 2560), (256000, 4000)),
        (2048, {"type": "st1"}, (500, 80), (500, 80)),
        (2048, {"type": "sc1"}, (250, 24), (250, 24)),
    ],
)
def test_ebs_by_its_parameters(
    size: float,
    parameters: dict[str, str],
    rates: tuple[float, float],
    largest: tuple[float, float],
) -> None:
    limits = _of(size, **parameters)
    assert _rates(limits) == rates
    assert (limits.largest_iops, (limits.largest_bytes or 0) / MIB) == largest


def test_st1_saves_up_a_tebibyte_for_each_tebibyte() -> None:
    limits = _of(2048, type="st1")
    (bucket,) = limits.buckets
    assert (bucket.unit, bucket.size, bucket.base, bucket.burst) == ("bytes", 2048 * GIB, 80 * MIB, 500 * MIB)
    assert limits.bytes is not None
    assert limits.bytes.formula == "40 MiB/s x 2 TiB, at most 500"


@pytest.mark.parametrize(
    ("size", "name", "iops", "mib"),
    [
        (100, "pd-balanced", 3600, 168),
        (500, "pd-balanced", 6000, 280),
        (20000, "pd-balanced", 80000, 1200),
        (100, "pd-ssd", 9000, 288),
        (5000, "pd-ssd", 100000, 1200),
        (100, "hyperdisk-balanced", 3000, 140),
    ],
)
def test_google_disks_grow_with_their_size(size: float, name: str, iops: float, mib: float) -> None:
    assert _rates(_of(size, PD, type=name)) == (iops, mib)


def test_a_standard_disk_of_google_has_a_limit_for_each_direction() -> None:
    limits = _of(1000, PD)
    assert limits.read_iops is not None
    assert limits.write_iops is not None
    assert limits.write_bytes is not None
    assert (limits.kind, limits.read_iops.value, limits.write_iops.value) == ("pd-standard", 750, 1500)
    assert limits.adds_up, "simultaneous reads and writes share the same resources"
    assert limits.write_bytes.value == 120 * MIB
    assert limits.write_iops.verified is False


def test_what_was_provisioned_of_a_hyperdisk_counts_with_its_unit() -> None:
    limits = _of(
        1000,
        PD,
        **{
            "type": "hyperdisk-balanced",
            "provisioned-iops-on-create": "7000",
            "provisioned-throughput-on-create": "300Mi",
        },
    )
    assert _rates(limits) == (7000, 300)
    assert _of(1000, PD, type="hyperdisk-extreme").iops is None, "it has to be asked for"


@pytest.mark.parametrize(
    ("size", "sku", "tier", "iops", "mbs"),
    [
        (4, "Premium_LRS", "P1", 120, 25),
        (5, "Premium_LRS", "P2", 120, 25),
        (100, "premium_lrs", "P10", 500, 100),
        (129, "Premium_ZRS", "P15", 1100, 125),
        (512, "Premium_LRS", "P20", 2300, 150),
        (513, "Premium_LRS", "P30", 5000, 200),
        (32767, "Premium_LRS", "P80", 20000, 900),
        (300, "StandardSSD_LRS", "E20", 500, 60),
        (5000, "StandardSSD_LRS", "E60", 2000, 400),
        (10, "Standard_LRS", "S4", 500, 60),
        (8193, "Standard_LRS", "S70", 2000, 500),
    ],
)
def test_azure_rounds_up_to_a_tier(size: float, sku: str, tier: str, iops: float, mbs: float) -> None:
    limits = _of(size, AZURE, skuname=sku)
    assert limits.iops is not None
    assert limits.bytes is not None
    assert (limits.iops.value, limits.bytes.value) == (iops, mbs * MB)
    assert limits.iops.formula.startswith(f"{tier}, up to ")


def test_a_small_premium_disk_bursts_for_half_an_hour_and_a_large_one_where_that_was_switched_on() -> None:
    small = _of(128, AZURE, skuname="Premium_LRS")
    assert [(each.unit, each.size, each.base, each.burst) for each in small.buckets] == [
        ("operations", 3000 * 1800, 500, 3500),
        ("bytes", 70 * MB * 1800, 100 * MB, 170 * MB),
    ]
    large = _of(1024, AZURE, skuname="Premium_LRS")
    assert large.iops is not None
    assert (large.iops.burst, large.buckets) == (None, ())
    switched = _of(1024, AZURE, skuname="Premium_LRS", enablebursting="true")
    assert switched.iops is not None
    assert (switched.iops.value, switched.iops.burst, switched.buckets) == (5000, 30000, ())
    plus = _of(1024, AZURE, skuname="Premium_LRS", enableperformanceplus="True")
    assert plus.iops is not None
    assert plus.iops.value == 8000


def test_the_cache_of_an_azure_machine_serves_reads_unless_it_is_off() -> None:
    assert _of(128, AZURE, skuname="Premium_LRS").reads_cached
    assert not _of(128, AZURE, skuname="Premium_LRS", cachingmode="None").reads_cached
    assert not _of(128, AZURE, skuname="PremiumV2_LRS").reads_cached


def test_premium_v2_does_what_was_asked_for() -> None:
    limits = _of(100, AZURE, skuname="PremiumV2_LRS", diskiopsreadwrite="5000", diskmbpsreadwrite="200")
    assert limits.iops is not None
    assert limits.bytes is not None
    assert (limits.iops.value, limits.bytes.value) == (5000, 200 * MB)
    assert (limits.family, limits.largest_iops, limits.largest_bytes) == ("sub-ms", 50000, 2000 * MB)


def test_ceph_grows_above_the_size_that_its_base_is_for() -> None:
    limits = _of(150, RBD, baseiops="1000", iopspergib="10", basevolsizebytes=str(100 * GIB), maxiops="5000")
    assert limits.iops is not None
    assert limits.iops.value == 1500
    assert limits.iops.formula == "1,000 + 10 x 50 GiB, at most 5,000 IOPS"
    assert limits.iops.verified is False
    assert _of(100, RBD).none_declared
    capped = _of(100, RBD, maxbps=str(50 * MIB))
    assert capped.bytes is not None
    assert capped.bytes.formula == "at most 50 MiB/s"


def _changed(now: str, wanted: str = "") -> Inventory:
    see = _cluster(_volume(100), {"type": "gp3", "iops": "4000"})
    gold = AttributesClass(Meta("gold"), EBS, {"iops": "9000"})
    return replace(see, claims=(_claim(attributes_now=now, attributes_class=wanted),), attributes_classes=(gold,))


def test_the_attributes_class_in_force_counts_before_the_storage_class_and_for_what_it_says_alone() -> None:
    limits = _limits(_changed(now="gold"))
    assert limits.iops is not None
    assert limits.bytes is not None
    assert (limits.iops.value, limits.iops.source, limits.iops.confidence) == (
        9000,
        "VolumeAttributesClass gold",
        "exact",
    )
    assert (limits.kind, limits.bytes.value, limits.bytes.confidence) == ("gp3", 125 * MIB, "class")


def test_an_attributes_class_that_is_only_asked_for_does_not_count_yet() -> None:
    assert _rates(_limits(_changed(now="", wanted="gold")))[0] == 4000


def test_an_attributes_class_that_cannot_be_read_is_told_of() -> None:
    see = replace(
        _changed(now="gold"),
        attributes_classes=(),
        unseen={ATTRIBUTES_CLASS.resource: Unseen(ATTRIBUTES_CLASS, "the runner may not list them", "grant it")},
    )
    limits = _limits(see)
    assert limits.why_unknown == (
        "what VolumeAttributesClass gold says is not known: the runner may not list volumeattributesclasses"
    )


def test_what_the_volume_modifier_of_aws_was_asked_for_counts_before_the_class() -> None:
    claim = _claim()
    asked = replace(claim, meta=replace(claim.meta, annotations={"ebs.csi.aws.com/iops": "7000"}))
    limits = _limits(replace(_cluster(_volume(100), {"type": "gp3", "iops": "4000"}), claims=(asked,)))
    assert limits.iops is not None
    assert (limits.iops.value, limits.iops.confidence) == (7000, "class")
    assert limits.iops.source == "annotations of the claim (EBS volume modifier)"
    alone = _limits(replace(_cluster(_volume(100), None), claims=(asked,)))
    assert alone.iops is None, "of what kind it is nobody says"


def test_what_the_volume_bears_counts_before_its_class() -> None:
    see = _cluster(_volume(100, AZURE, attributes={"skuname": "Premium_LRS", "requestedsizegib": "100"}), {})
    limits = _limits(see)
    assert limits.iops is not None
    assert (limits.kind, limits.iops.confidence) == ("Premium_LRS", "exact")
    assert limits.iops.source == "Premium_LRS, by the PersistentVolume"


def test_what_an_attachment_says_counts_where_the_volume_is_silent() -> None:
    see = replace(
        _cluster(_volume(100, AZURE), None),
        attachments=(
            Attachment(
                Meta("a"),
                AZURE,
                NODE,
                "pv-data",
                attached=True,
                attach_error="",
                detach_error="",
                metadata={"sku": "UltraSSD_LRS", "diskiopsreadwrite": "8000", "lun": "3"},
            ),
        ),
    )
    limits = _limits(see)
    assert (limits.kind, _rates(limits)[0]) == ("UltraSSD_LRS", 8000)


def _declaring(name: str, iops: float | None = None, rate: float | None = None) -> VolumePerformanceAnalysis:
    return VolumePerformanceAnalysis(declared_limits=Caps(((name, Cap(iops, rate)),)))


def test_what_a_user_declares_of_a_class_or_driver_counts_before_class_and_catalogue() -> None:
    see = _cluster(_volume(100), {"type": "gp2"})
    for name in ("fast", EBS):
        limits = _limits(see, _declaring(name, iops=1234))
        assert limits.iops is not None
        assert (limits.iops.value, limits.iops.source) == (1234, f"declaredLimits of {name}")
        assert limits.buckets == (), "what is declared is no burst"
        assert _rates(limits)[1] == 128, "of bytes nothing was declared"


def test_a_number_that_the_volume_bears_counts_before_what_a_user_declares() -> None:
    assert _rates(_limits(_changed(now="gold"), _declaring("fast", iops=1234))) == (9000, 125)
    assert _rates(_limits(_changed(now="gold"), _declaring("fast", rate=50 * MIB))) == (9000, 50)


def test_a_user_can_declare_what_nobody_knows() -> None:
    see = _cluster(_volume(100, "san.example.com"), {})
    assert _rates(_limits(see, _declaring("fast", iops=8000))) == (8000, None)
    silent = _limits(see)
    assert _rates(silent) == (None, None)
    assert silent.why_unknown == (
        "the catalogue does not know san.example.com; volumePerformanceAnalysis.declaredLimits can say what it may do"
    )


@pytest.mark.parametrize(
    ("see", "why"),
    [
        (_cluster(_volume(100), None), "storage class fast does not exist any more, or is another one now"),
        (
            replace(
                _cluster(_volume(100), None),
                unseen={STORAGE_CLASS.resource: Unseen(STORAGE_CLASS, "the runner may not list them", "grant it")},
            ),
            "what storage class fast says is not known: the runner may not list storageclasses",
        ),
        (_cluster(replace(_volume(100), class_name=""), None), "storage class fast does not exist"),
        (_cluster(_volume(100), {"type": "gp9"}), "the catalogue does not know gp9"),
        (_cluster(_volume(100), {"type": "io2"}), "nobody says what was asked for"),
        (replace(_cluster(_volume(100), None), classes=(_class({}, PD),)), "is another one now"),
        (_cluster(replace(_volume(100), capacity=None), {}), "does not say how large it is"),
        (replace(_cluster(_volume(100), {}), volumes=()), "there is no volume yet"),
        (_cluster(_volume(100, "efs.csi.aws.com"), {}), "no object says what efs.csi.aws.com lets it do"),
    ],
    ids=["deleted", "forbidden", "static", "new kind", "not asked", "made anew", "no size", "no volume", "efs"],
)
def test_unknown_stays_unknown_and_says_why(see: Inventory, why: str) -> None:
    limits = _limits(see)
    assert (limits.iops, limits.bytes, limits.none_declared) == (None, None, False)
    assert why in limits.why_unknown


@pytest.mark.parametrize("by", ["driver.longhorn.io", "nfs", "local", "hostPath", "io.openebs.csi-mayastor"])
def test_some_storage_has_no_limit_of_its_own(by: str) -> None:
    limits = _of(100, by)
    assert (limits.none_declared, limits.why_unknown, _rates(limits)) == (True, "", (None, None))
    assert limits.family in {"replicated", "nfs", "local"}


def _on(see: Inventory, model: str) -> Inventory:
    pods = (Pod(Meta("web", "shop"), NODE, "Running", ("data",), ready=True, waiting="", started=None),)
    labels = {"node.kubernetes.io/instance-type": model}
    return replace(see, pods=pods, nodes=(Node(Meta(NODE, labels=labels), ready=True, schedulable=True),))


def test_a_machine_has_limits_of_its_own() -> None:
    limits = _limits(_on(_cluster(_volume(100), {}), "m5.large"))
    assert limits.node_iops is not None
    assert limits.node_bytes is not None
    assert (limits.node_iops.value, limits.node_iops.burst) == (3600, 18750)
    assert (limits.node_bytes.value, limits.node_bytes.burst) == (81.25 * MB, 593.75 * MB)
    assert limits.node_iops.formula == "3,600 IOPS of 16 KiB for ever; more for 30 minutes a day"
    steady = _limits(_on(_cluster(_volume(100), {}), "m5.8xlarge"))
    assert steady.node_iops is not None
    assert (steady.node_iops.value, steady.node_iops.burst) == (30000, None)


def test_machines_can_be_declared_and_others_are_unknown() -> None:
    settings = VolumePerformanceAnalysis(machine_limits=Caps((("m7i.large", Cap(3600, 80 * MIB)),)))
    declared = _limits(_on(_cluster(_volume(100), {}), "m7i.large"), settings)
    assert declared.node_iops is not None
    assert (declared.node_iops.value, declared.node_iops.source) == (3600, "machineLimits of m7i.large")
    new = _limits(_on(_cluster(_volume(100), {}), "m99.large"))
    assert (new.node_iops, _rates(new)) == (None, (3000, 125))
    assert new.why_unknown == (
        "what m99.large may do with all its volumes together is not known; "
        "volumePerformanceAnalysis.machineLimits can say it"
    )
    assert _limits(_on(_cluster(_volume(100, "nfs"), {}), "m5.large")).node_iops is None, "it is no disk of EC2"


def test_disks_of_one_type_share_what_one_of_their_sizes_together_may_do() -> None:
    see = _on(_cluster(_volume(100, PD), {"type": "pd-ssd"}), "n2-standard-4")
    alone = _limits(see)
    assert (alone.pool, alone.pool_iops, _rates(alone)[0]) == ("pd-ssd", None, 9000)
    see = replace(
        see,
        claims=(*see.claims, _claim("other")),
        volumes=(*see.volumes, _volume(900, PD, "other")),
        pods=(replace(see.pods[0], claims=("data", "other")),),
    )
    asked = limits_of(see, VolumePerformanceAnalysis(), [KEY])
    assert list(asked) == [KEY], "the other disk counts though nobody asked for it"
    limits = asked[KEY][NODE]
    assert limits.pool_iops is not None
    assert limits.pool_iops.value == 6000 + 30 * 1000
    assert limits.iops == limits.pool_iops
    assert limits.pool_iops.source == "all 2 pd-ssd disks of node worker-1 together"


def test_nodes_are_those_that_are_mapped() -> None:
    see = _cluster(_volume(100), {})
    mapped = {KEY: (Mapped("ebs", ("vol-1",), "worker-7"), Mapped("node", ("x",), "worker-7"))}
    assert list(limits_of(see, VolumePerformanceAnalysis(), [KEY], mapped)[KEY]) == ["worker-7"]


KINDS = (
    [
        (EBS, "type", name, {"iops": "5000", "throughput": "200"})
        for name in ("gp2", "gp3", "io1", "io2", "st1", "sc1", "standard")
    ]
    + [
        (PD, "type", name, {"provisioned-iops-on-create": "5000", "provisioned-throughput-on-create": "200Mi"})
        for name in (
            *("pd-standard", "pd-balanced", "pd-ssd", "pd-extreme", "hyperdisk-balanced"),
            *("hyperdisk-extreme", "hyperdisk-throughput", "hyperdisk-ml"),
        )
    ]
    + [
        (AZURE, "skuname", name, {})
        for name in ("Premium_LRS", "StandardSSD_LRS", "Standard_LRS", "PremiumV2_LRS", "UltraSSD_LRS")
    ]
)


@pytest.mark.parametrize(("by", "key", "name", "more"), KINDS, ids=[name for _, _, name, _ in KINDS])
def test_no_limit_is_negative_and_none_falls_with_size(by: str, key: str, name: str, more: dict[str, str]) -> None:
    assert kind(str(driver(by)["provider"]), name) is not None
    before: dict[str, float] = {}
    for size in (1, 4, 10, 33, 100, 170, 171, 333, 334, 513, 1000, 1025, 4097, 16384, 32767, 65536):
        limits = _of(size, by, **{key: name}, **more)
        rates = {
            rate: declared.value
            for rate in ("iops", "read_iops", "write_iops", "bytes", "read_bytes", "write_bytes")
            if (declared := getattr(limits, rate))
        }
        assert rates, "each kind has a limit"
        for rate, value in rates.items():
            assert value > 0
            assert value >= before.get(rate, 0)
            declared = getattr(limits, rate)
            assert declared.burst is None or declared.burst > declared.value
            assert declared.formula
        for bucket in limits.buckets:
            assert bucket.size > 0
            assert bucket.burst > bucket.base
        before = rates


def test_a_formula_says_what_is_reckoned() -> None:
    term = Term("MiB/s", {"base": 140, "per_gib": 0.28, "most": 1200})
    figure = term.at(500)
    assert figure is not None
    assert (figure.value, figure.formula) == (280, "140 + 0.28 MiB/s x 500 GiB, at most 1,200")
    assert Term("IOPS", {"per_iops": 2}).at(500) is None
