"""The warning events that are ours to report, by the words that Robusta's trigger finds in their reason and message."""

from collections.abc import Mapping

# word -> the reason of the events that hold it. Where both are the same the reason alone tells that the event is about
# storage; the others are pieces of a message, since FailedCreate and FailedScheduling have causes of all kinds.
WARNINGS: Mapping[str, str] = {
    "ProvisioningFailed": "ProvisioningFailed",
    "FailedBinding": "FailedBinding",
    "ClaimLost": "ClaimLost",
    "ClaimMisbound": "ClaimMisbound",
    "VolumeMismatch": "VolumeMismatch",
    "VolumeFailedDelete": "VolumeFailedDelete",
    "VolumeFailedRecycle": "VolumeFailedRecycle",
    "VolumeResizeFailed": "VolumeResizeFailed",
    "VolumeModifyFailed": "VolumeModifyFailed",
    "FileSystemResizeFailed": "FileSystemResizeFailed",
    "FailedMount": "FailedMount",
    "FailedAttachVolume": "FailedAttachVolume",
    "FailedMapVolume": "FailedMapVolume",
    "VolumePermissionChangeInProgress": "VolumePermissionChangeInProgress",
    "VolumeConditionAbnormal": "VolumeConditionAbnormal",
    "MultipleSELinuxLabels": "MultipleSELinuxLabels",
    "requests.storage=": "FailedCreate",
    "ReadWriteOncePod": "FailedScheduling",
    'persistentvolumeclaim "': "FailedScheduling",
    "PersistentVolume's node affinity": "FailedScheduling",
    "volume node affinity conflict": "FailedScheduling",
    "no available volume zone": "FailedScheduling",
    "exceed max volume count": "FailedScheduling",
    "find available persistent volumes": "FailedScheduling",
    "enough free storage": "FailedScheduling",
    "non-existent pv": "FailedScheduling",
}
TRIGGER = "on_kubernetes_warning_event"  # the start of the names of Robusta's triggers for warning events
# The playbook of Robusta's chart for warning events, which `enablePlatformPlaybooks: true` brings: it reports each of them
# that its trigger does not exclude, so also those above.
CHART_PLAYBOOK = "K8sWarningEventsReport"
CHART_TRIGGER = "on_kubernetes_warning_event_create"
CHART_EXCLUDE = ("NodeSysctlChange",)
CHART_ACTION = "warning_events_report"
CHART_SINK = "robusta_ui_sink"
COPY = "WarningEventsExceptVolumes"  # how we call a copy of that playbook that leaves ours alone
