"""What is wrong with somebody's values, as far as it concerns us."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from robusta_volumes._analysis.overlap import overlaps, playbook_of
from robusta_volumes._cli.values_chart import STOCK, Chart
from robusta_volumes._cli.values_merge import missing, names_account, rules_key
from robusta_volumes._cli.values_parts import REPO, REPOS, playbooks
from robusta_volumes._cli.values_place import below
from robusta_volumes._model.needs import CHANGES
from robusta_volumes._model.settings import ROOT, read_settings
from robusta_volumes._model.text import listing


@dataclass(frozen=True)
class Finding:
    """One sentence about the file; a warning does not fail the check."""

    says: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{'warning' if self.is_warning else 'missing or wrong'}: {self.says}"


def findings(values: Mapping[str, Any], chart: Chart = STOCK) -> Iterator[Finding]:
    """Look at values as they would reach the chart."""
    yield from (Finding(part.says) for part in missing(values))
    yield from _settings(values)
    yield from _installing(values)
    yield from _named(values)
    yield from _changed(values)
    yield from _light(values, chart)
    yield from _overlap(values, chart)
    yield from _rules(values)


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
    url, at = str(repo.get("url", "")), f"playbookRepos.{REPO}"
    if not url:
        yield Finding(f"{at} has no url")
        return
    if repo.get("pip_install", True) is False:
        elsewhere = [key for key in ("branch", "build_isolation", "key", "http_headers") if key in repo]
        if elsewhere and url == REPOS[REPO]["url"]:
            says = (
                f"{at} says that the package is in the image, and has {listing(elsewhere)}, too: if a second values file "
                "replaced your url, nobody installs the package, and the playbooks stop the runner"
            )
            yield Finding(says, is_warning=True)
        return
    if url == REPOS[REPO]["url"]:
        yield Finding(f"{at}: with the package in the image, pip_install must be false")
        return
    away = f"{url.removeprefix('file://')} is not there" if url.startswith("file://") else f"{url} cannot be reached"
    yield Finding(f"{at}: when {away} at a restart, the runner stops, and with it all alerts", is_warning=True)
    if repo.get("build_isolation") is not True:
        says = (
            f"{at}: pip asks a package index for what it builds with, at every start, and when that is away the runner stops as "
            "well; `build_isolation: true` ends it (it is what passes --no-build-isolation)"
        )
        yield Finding(says, is_warning=True)


def _named(values: Mapping[str, Any]) -> Iterator[Finding]:
    named = below(values, "namedCustomPlaybooks") or {}
    if named and not values.get("customPlaybooks"):
        yield Finding(
            f"namedCustomPlaybooks ({listing(sorted(named), 4)}) is rendered by the chart only when customPlaybooks is not "
            "empty: put one entry there"
        )


def _changed(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare the user's copies of our playbooks with this version's; where they are sent is the user's choice."""
    ours = playbooks()
    for given in _customs(values):
        wanted = ours.get(str(given.get("name")))
        other = [key for key in ("triggers", "actions") if wanted and given.get(key) != wanted[key]]
        if other:
            says = f"playbook {given['name']} differs from this version's ({listing(other)}): copy it again, unless you meant it"
            yield Finding(says, is_warning=True)


def _light(values: Mapping[str, Any], chart: Chart) -> Iterator[Finding]:
    own = values.get("lightActions")
    if own is None:
        return
    lost = [name for name in chart.light_actions if name not in own]
    if lost:
        says = f"lightActions replaces the chart's list and lacks {listing(lost, 6)} of it (chart {chart.called})"
        yield Finding(says, is_warning=True)
    unsafe = list(dict.fromkeys(change.action for change in CHANGES if change.action in own))
    if unsafe:
        yield Finding(
            f"lightActions holds {listing(unsafe)}: whoever is signed in to the UI may change volumes; take it out"
        )


def _overlap(values: Mapping[str, Any], chart: Chart) -> Iterator[Finding]:
    off = values.get("disabledPlaybooks") or ()
    platform = (
        values.get("platformPlaybooks") or chart.platform_playbooks if values.get("enablePlatformPlaybooks") else ()
    )
    brought = [p for p in platform if isinstance(p, Mapping) and p.get("name") not in off]
    ours = {name for playbook in playbooks().values() for action in playbook["actions"] for name in action}
    for found in overlaps([playbook_of(p) for p in (*_customs(values), *brought)], ours):
        yield Finding("\n".join((f"{found.says}; {found.remedy}", *found.values.splitlines())), is_warning=True)


def _rules(values: Mapping[str, Any]) -> Iterator[Finding]:
    if names_account(values):
        says = (
            "the runner has an account of its own (runner.customServiceAccount, runner.createServiceAccount), to which the "
            "chart gives no rules: give it those of `python -m robusta_volumes._cli permissions` yourself"
        )
        yield Finding(says, is_warning=True)
    elif rules_key(values) == "overrideClusterRoles" and below(values, "runner", "customClusterRoleRules"):
        says = "runner.customClusterRoleRules is ignored by the chart, because runner.overrideClusterRoles is set"
        yield Finding(says, is_warning=True)


def _customs(values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give the playbooks that the user lists, or names in the map."""
    named = below(values, "namedCustomPlaybooks") or {}
    listed = values.get("customPlaybooks") or ()
    given = (*listed, *(named.values() if isinstance(named, Mapping) else ()))
    yield from (p for p in given if isinstance(p, Mapping))
