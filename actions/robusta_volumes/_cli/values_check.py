"""What is wrong with somebody's values, as far as it concerns us."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from robusta_volumes._cli.values_chart import (
    CHART,
    DEFAULT_LIGHT_ACTIONS,
    WARNINGS_EXCLUDE,
    WARNINGS_PLAYBOOK,
)
from robusta_volumes._cli.values_merge import below, missing, rules_key
from robusta_volumes._cli.values_parts import REPO, playbooks
from robusta_volumes._model.settings import ROOT, read_settings
from robusta_volumes._model.text import listing


@dataclass(frozen=True)
class Finding:
    """One sentence about the file; a warning does not fail the check."""

    says: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{'warning' if self.is_warning else 'missing or wrong'}: {self.says}"


def findings(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Look at values as they would reach the chart."""
    yield from (Finding(part.says) for part in missing(values))
    yield from _settings(values)
    yield from _installing(values)
    yield from _named(values)
    yield from _light(values)
    yield from _overlap(values)
    if rules_key(values) == "overrideClusterRoles" and below(values, "runner", "customClusterRoleRules"):
        says = "runner.customClusterRoleRules is ignored by the chart, because runner.overrideClusterRoles is set"
        yield Finding(says, is_warning=True)


def _settings(values: Mapping[str, Any]) -> Iterator[Finding]:
    effective = below(values, "globalConfig", ROOT)
    top = values.get(ROOT)
    if top is not None and top != effective:
        yield Finding(
            f"`{ROOT}` at the top differs from globalConfig.{ROOT}: the chart reads the latter only, so what you changed "
            "above has no effect (an anchor holds inside one file only)"
        )
    for problems in read_settings(effective).problems.values():
        yield from (Finding(f"globalConfig.{problem}") for problem in problems)


def _installing(values: Mapping[str, Any]) -> Iterator[Finding]:
    repo = below(values, "playbookRepos", REPO)
    if repo is None:
        return
    repo = repo if isinstance(repo, Mapping) else {}
    url, pip = str(repo.get("url", "")), repo.get("pip_install", True)
    if not url:
        yield Finding(f"playbookRepos.{REPO} has no url")
    elif url == "file:///unused" and pip is not False:
        yield Finding(f"playbookRepos.{REPO}: with the package in the image, pip_install must be false")
    elif pip is not False and not url.startswith("file://"):
        says = (
            f"playbookRepos.{REPO}: when {url} cannot be reached at a restart, the runner stops, and with it all alerts"
        )
        yield Finding(says, is_warning=True)


def _named(values: Mapping[str, Any]) -> Iterator[Finding]:
    named = below(values, "namedCustomPlaybooks") or {}
    if named and not values.get("customPlaybooks"):
        yield Finding(
            f"namedCustomPlaybooks ({listing(sorted(named), 4)}) is rendered by the chart only when customPlaybooks is not "
            "empty: put one entry there"
        )


def _light(values: Mapping[str, Any]) -> Iterator[Finding]:
    own = values.get("lightActions")
    if own is None:
        return
    lost = [name for name in DEFAULT_LIGHT_ACTIONS if name not in own]
    if lost:
        yield Finding(
            f"lightActions replaces the chart's list and lacks {listing(lost, 6)} of it (chart of {CHART})",
            is_warning=True,
        )


def _overlap(values: Mapping[str, Any]) -> Iterator[Finding]:
    if not values.get("enablePlatformPlaybooks") or WARNINGS_PLAYBOOK in (values.get("disabledPlaybooks") or ()):
        return
    for playbook in values.get("platformPlaybooks") or ({"name": WARNINGS_PLAYBOOK, "triggers": ()},):
        if not isinstance(playbook, Mapping) or playbook.get("name") != WARNINGS_PLAYBOOK:
            continue
        triggers = [p for t in playbook.get("triggers") or () if isinstance(t, Mapping) for p in t.values()]
        out = {reason for params in triggers for reason in (params or {}).get("exclude") or ()}
        told = [reason for reason in overlapping() if reason not in out]
        if told:
            yield Finding(
                f"{WARNINGS_PLAYBOOK} of the chart reports {listing(told, 3)} as well: two messages for one thing; add to its "
                f"`exclude`: {', '.join((*WARNINGS_EXCLUDE, *told))}",
                is_warning=True,
            )


def overlapping() -> tuple[str, ...]:
    """Give the reasons of warning events that our playbooks report, so that the chart's playbook need not."""
    triggers = (t for p in playbooks().values() for t in p["triggers"])
    words = [w for t in triggers for w in (t.get("on_kubernetes_warning_event") or {}).get("include", ())]
    return tuple(w for w in words if w.isalpha() and w != "ReadWriteOncePod")
