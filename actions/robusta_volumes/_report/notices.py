"""Short pages about us rather than about volumes: wrong settings, a workflow that is off, an error."""

from collections.abc import Sequence
from dataclasses import replace

from robusta_volumes._model.errors import ClusterError, NotAllowed, SettingsError
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, plain
from robusta_volumes._report.page import Page, Subject, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.refused import in_title, quote_of

PREFIX = "workflows.persistentVolumeWorkflows"
# What does not happen while a workflow's settings are wrong.
_PAUSED = {
    "persistentVolumeActions": "Volume reports are paused.",
    "pvcSnapshots": "Snapshots and their retention are paused; nothing will be deleted until this is fixed.",
    "persistentDataAnalysis": "Data analysis is paused.",
    "volumeBackupManagement": "Backups are paused: none is made and none is deleted until this is fixed.",
    "volumePerformanceAnalysis": "Performance analysis is paused.",
    "": "Nothing reads this key, so nothing is paused.",
}
ERROR = "RobustaVolumesError"  # the kind of page that tells of an error
_TITLE = 220
_MORE = 8  # problems that are spelt out


def settings_page(problems: "dict[str, tuple[SettingsError, ...]]", cluster: str) -> Page:
    """Say which settings cannot be used, what is allowed, and what is paused until they are right."""
    errors = list(dict.fromkeys(str(error) for found in problems.values() for error in found))
    paused = [_PAUSED.get(key, f"{key} is paused.") for key in problems]
    more = [f"• {plain(error, 240)}" for error in errors[1:_MORE]]
    if len(errors) > _MORE:
        more.append(f"• and {len(errors) - _MORE} more")
    lines = [*paused, "Everything else runs."]
    if more:
        lines += ["*Also wrong:*", *more]
    lines.append("*Do this:* correct it under `globalConfig` in Robusta's Helm values and upgrade the release.")
    return Page(
        title=short(f"robusta-volumes: {plain(errors[0], _TITLE)}", _TITLE + 20),
        severity=Severity.MEDIUM,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=(Text("\n".join(lines)),),
        key="RobustaVolumesSettings",
        causes=tuple(errors),
    )


def renamed_page(notices: Sequence[str], cluster: str) -> Page:
    """Say which keys, params and actions have another name now, and how long the old ones work."""
    lines = [f"• {plain(one, 240)}" for one in notices[:_MORE]]
    return Page(
        title=f"robusta-volumes: {count(len(notices), 'old name')} in use",
        severity=Severity.LOW,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=(Text("\n".join([*lines, "*Do this:* write the new names; everything works as before."])),),
        key="RobustaVolumesSettings",
        causes=tuple(notices),
        failure=False,
    )


def wrong_param_page(error: SettingsError, action: str, cluster: str) -> Page:
    """Say which action param cannot be used."""
    todo = "*Do this:* correct the param, in the playbook or the command that gives it, and run it again."
    return Page(
        title=short(f"{action} was not run: {plain(error, _TITLE)}", _TITLE + 40),
        severity=Severity.LOW,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=(Text(f"Nothing was read and nothing was changed.\n{todo}"),),
        key="RobustaVolumesSettings",
        causes=(str(error),),
    )


def switched_off_page(workflow: str, cluster: str) -> Page:
    """Answer a manual run of a workflow that is off."""
    return Page(
        title=f"{workflow} is switched off in this cluster",
        severity=Severity.INFO,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=(Text(f"Set `{PREFIX}.{workflow}.enabled: true` under `globalConfig` to use it."),),
        key="RobustaVolumesSettings",
        failure=False,
    )


def nothing_due_page(workflow: str, cluster: str) -> Page:
    """Answer a manual run of a tick that had nothing to do or to tell."""
    return Page(
        title=f"{workflow}: nothing to tell",
        severity=Severity.INFO,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=(
            Text(
                "What was due is done, what is too old is deleted, and what is wrong was told before.\n"
                f"What is made when stands in `{PREFIX}.{workflow}.schedules`; without one nothing is done."
            ),
        ),
        key="RobustaVolumesSettings",
        failure=False,
    )


def error_page(error: ClusterError, doing: str, subject: Subject, *, causes: Sequence[str] = ()) -> Page:
    """Say what could not be done, why, and what to do about it."""
    remedy = remedy_text(error, TEXT_LIMIT - 900)  # what else stands in the text is shorter
    says = f"{quote_of(error)}\n" if quote_of(error) else ""
    return Page(
        title=f"{plain(doing, 200)} failed: {in_title(error)}",
        severity=Severity.MEDIUM,
        subject=subject,
        blocks=(
            Text(
                f"Nothing is known about {plain(subject.name, 260)} now; that does not mean that it is well.\n{says}{remedy}"
            ),
        ),
        key=ERROR,
        causes=tuple(causes) or (type(error).__name__,),
    )


def remedy_text(error: ClusterError, room: int) -> str:
    """Say what to do about an error in at most ``room`` characters; a rule to paste or a command stands in a fence."""
    remedy = error.remedy.strip()
    before, is_rule, rule = remedy.partition("- apiGroups")
    if is_rule and "```" not in remedy:
        ways = () if isinstance(error, NotAllowed) else before.splitlines()  # else it is the one way out
        first = "; ".join(line for line in ways if not line.startswith("#"))
        todo = f"{short(first, 200)}; or add" if first else "add"
        rule = short(is_rule + rule, room - 200)
        return f"*Do this:* {todo} to `runner.customClusterRoleRules` in Robusta's Helm values:\n```{rule}```"
    if isinstance(error, NotAllowed) and "\n" in remedy and "```" not in remedy:
        says, _, command = remedy.partition("\n")
        return f"*Do this:* {short(says, 200)}\n```{short(command, room - 200)}```"
    return f"*Do this:* {short(remedy, room)}" if remedy else ""


def blind_page(error: ClusterError, doing: str, says: str, key: str, identity: str, cluster: str) -> Page:
    """Tell that a watch sees nothing, why, and what that means until it is repaired."""
    page = error_page(error, doing, Subject("Cluster", cluster or "cluster"))
    return replace(
        page, severity=Severity.HIGH, blocks=(Text(says), *page.blocks[:1]), key=key, identity=identity, causes=()
    )


def over_page(title: str, says: str, key: str, identity: str, cluster: str) -> Page:
    """Tell that what such a page was about is over."""
    return Page(
        title=f"[RESOLVED] {title}",
        severity=Severity.INFO,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=(Text(says),),
        key=key,
        identity=identity,
        failure=False,
    )
