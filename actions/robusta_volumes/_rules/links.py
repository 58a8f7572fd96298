"""Where to read more about what a rule judges, by rule id or prefix: Kubernetes' own pages, or the CSI project's."""

from collections.abc import Mapping

_STORAGE = "https://kubernetes.io/docs/concepts/storage/"
_VOLUMES = f"{_STORAGE}persistent-volumes/"
_CLASSES = f"{_STORAGE}storage-classes/"
_SNAPSHOTS = f"{_STORAGE}volume-snapshots/"
_KINDS = f"{_STORAGE}volumes/"
_TASKS = "https://kubernetes.io/docs/tasks/"
_POLICY = f"{_TASKS}administer-cluster/change-pv-reclaim-policy/"
_WORKLOADS = "https://kubernetes.io/docs/concepts/workloads/controllers/"
_SETS = f"{_WORKLOADS}statefulset/"
_CSI = "https://kubernetes-csi.github.io/docs/"
_ATTACHER = f"{_CSI}external-attacher.html"
_PROTECTED = f"{_VOLUMES}#storage-object-in-use-protection"
_GROW = f"{_VOLUMES}#expanding-persistent-volumes-claims"
_SECURITY = f"{_TASKS}configure-pod-container/security-context/"

LINKS: Mapping[str, tuple[str, ...]] = {
    # a family's page stands in where a rule has none of its own
    "PV": (_VOLUMES,),
    "PVC": (_VOLUMES,),
    "RS": (_GROW,),
    "PERF": (f"{_STORAGE}volume-attributes-classes/",),
    "US": (f"{_STORAGE}volume-health-monitoring/",),
    "AT": (_ATTACHER,),
    "WA": (f"{_VOLUMES}#reclaiming",),
    "SC": (_CLASSES,),
    "SF": (_POLICY,),
    "PV-01": (f"{_VOLUMES}#reclaiming", f"{_CSI}external-provisioner.html"),
    "PV-03": (f"{_VOLUMES}#retain",),
    "PV-04": (f"{_VOLUMES}#persistentvolume-deletion-protection-finalizer", f"{_CSI}external-provisioner.html"),
    "PV-06": (f"{_VOLUMES}#reserving-a-persistentvolume",),
    "PV-07": (f"{_VOLUMES}#binding",),
    "PV-08": (f"{_VOLUMES}#binding",),
    "PV-10": (_PROTECTED,),
    "PV-11": (f"{_KINDS}#local",),
    "PV-12": (f"{_VOLUMES}#node-affinity",),
    "PV-13": (f"{_KINDS}#hostpath",),
    "PV-14": (f"{_VOLUMES}#types-of-persistent-volumes",),
    "PV-15": (_KINDS,),
    "PV-16": (f"{_VOLUMES}#recycle",),
    "PV-17": (_CLASSES,),
    "PVC-02": (f"{_VOLUMES}#binding",),
    "PVC-03": (f"{_TASKS}administer-cluster/change-default-storage-class/",),
    "PVC-04": (f"{_VOLUMES}#binding",),
    "PVC-05": (_CLASSES,),
    "PVC-06": (f"{_CSI}external-provisioner.html",),
    "PVC-07": (f"{_CSI}external-provisioner.html",),
    "PVC-08": (f"{_CLASSES}#volume-binding-mode",),
    "PVC-09": (f"{_CLASSES}#volume-binding-mode",),
    "PVC-10": (f"{_CLASSES}#volume-binding-mode",),
    "PVC-11": (f"{_VOLUMES}#binding",),
    "PVC-12": (f"{_VOLUMES}#reserving-a-persistentvolume",),
    "PVC-13": (f"{_VOLUMES}#selector",),
    "PVC-14": (f"{_VOLUMES}#access-modes",),
    "PVC-15": (_SNAPSHOTS, f"{_STORAGE}volume-pvc-datasource/"),
    "PVC-16": ("https://kubernetes.io/docs/concepts/policy/resource-quotas/",),
    "PVC-17": (f"{_TASKS}administer-cluster/limit-storage-consumption/",),
    "PVC-19": (f"{_STORAGE}ephemeral-volumes/",),
    "PVC-20": (_PROTECTED,),
    "PVC-21": (f"{_VOLUMES}#access-modes",),
    "RS-01": (_GROW, f"{_CSI}external-resizer.html"),
    "RS-02": (_GROW, f"{_CSI}external-resizer.html"),
    "RS-04": (f"{_VOLUMES}#recovering-from-failure-when-expanding-volumes",),
    "RS-08": (_GROW, _CLASSES),
    "RS-10": (_SETS,),
    "RS-11": (_GROW,),
    "RS-12": (f"{_STORAGE}volume-attributes-classes/",),
    "AT-02": (f"{_WORKLOADS}deployment/",),
    "AT-03": (f"{_TASKS}administer-cluster/change-pv-access-mode-readwriteoncepod/",),
    "AT-08": ("https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/",),
    "AT-09": (f"{_STORAGE}storage-limits/",),
    "AT-10": (f"{_CSI}node-driver-registrar.html",),
    "AT-11": (_KINDS,),
    "AT-12": (_SECURITY,),
    "AT-13": (f"{_VOLUMES}#raw-block-volume-support",),
    "AT-14": (f"{_VOLUMES}#node-affinity", f"{_CLASSES}#volume-binding-mode"),
    "AT-15": (f"{_VOLUMES}#raw-block-volume-support",),
    "AT-16": (_SECURITY,),
    "AT-17": (f"{_VOLUMES}#access-modes",),
    "AT-18": (f"{_CSI}node-driver-registrar.html",),
    "WA-02": (f"{_WORKLOADS}cron-jobs/",),
    "WA-03": (f"{_SETS}#persistentvolumeclaim-retention",),
    "WA-04": (f"{_SETS}#persistentvolumeclaim-retention",),
    "WA-06": (_SNAPSHOTS,),
    "SC-01": (f"{_TASKS}administer-cluster/change-default-storage-class/",),
    "SC-02": (f"{_TASKS}administer-cluster/change-default-storage-class/",),
    "SC-03": (f"{_CSI}drivers.html",),
    "SC-04": (f"{_CLASSES}#volume-binding-mode",),
    "SC-05": (_GROW,),
    "SC-09": (f"{_CLASSES}#allowed-topologies",),
    "SC-10": (f"{_STORAGE}storage-capacity/",),
    "SC-11": (f"{_STORAGE}storage-capacity/",),
    "SC-12": (f"{_STORAGE}storage-capacity/",),
    "US-01": (_GROW,),
    "US-02": (_GROW,),
    "US-05": (_GROW,),
    "US-07": (f"{_KINDS}#nfs",),
    "US-08": (f"{_KINDS}#hostpath",),
    "US-12": (_SNAPSHOTS,),
    "US-15": (f"{_VOLUMES}#raw-block-volume-support",),
    "SF-02": (_SNAPSHOTS,),
    "SF-03": (f"{_SETS}#persistentvolumeclaim-retention",),
    "SF-04": (f"{_KINDS}#local",),
    "SF-06": (_SNAPSHOTS, f"{_CSI}snapshot-controller.html"),
}
