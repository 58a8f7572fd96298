"""All rules over everything that was seen: what fired, and what could not be judged and why."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from robusta_volumes._analysis.passing import passing
from robusta_volumes._analysis.subjects import Subjects
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.kind import BY_NAME, IO, IO_METRICS, METRICS, Kind
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.prices import NONE, Prices
from robusta_volumes._model.rule_choice import ALL, IGNORE, IGNORE_REASON, RuleChoice, names_rule, opted_out
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count
from robusta_volumes._model.volume import Meta, Volume
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._rules.joins import about_cluster
from robusta_volumes._rules.rule import Hit, Rule

_WORD = {
    "PersistentVolumeClaim": "Claim",
    "PersistentVolume": "Volume",
    "Pod": "Pod",
    "VolumeSnapshot": "Snapshot",
    "VolumeSnapshotContent": "Snapshot content",
    "ResourceQuota": "Storage quota",
    "CSINode": "Node",
    "LimitRange": "Limit range",
    "StorageClass": "Storage class",
    "CSIStorageCapacity": "Declared capacity",
}

ObjectKey = tuple[str, str, str]  # kind, namespace, name


@dataclass(frozen=True)
class Issue:
    """One rule that fired on one object."""

    rule: Rule
    meta: Meta
    hit: Hit
    choice: RuleChoice = ALL

    @property
    def severity(self) -> Severity:
        """How bad it is here: as the settings have it, else as the rule found it."""
        found = self.rule.severity if self.hit.severity is None else self.hit.severity
        return self.choice.severities.of_rule(self.rule.id, found)

    @property
    def title(self) -> str:
        """One sentence that says what is wrong with what."""
        if self.rule.on == "ResourceQuota":
            return f"Storage quota {self.meta.name} in namespace {self.meta.namespace} {self.hit.says}"
        if self.rule.on == "VolumeAttachment":
            return f"Attachment {self.hit.says}"  # its name is a hash that nobody knows
        return f"{_WORD.get(self.rule.on, self.rule.on)} {self.meta.title} {self.hit.says}"

    @property
    def id(self) -> str:
        """Rule/kind/namespace/name: the same whenever and from wherever it is seen."""
        return "/".join((self.rule.id, *self.object))

    @property
    def object(self) -> tuple[str, str, str]:
        """(kind, namespace, name)."""
        return self.rule.on, self.meta.namespace, self.meta.name

    def concerns(self, claims: AbstractSet[tuple[str, str]], volumes: AbstractSet[str]) -> bool:
        """Tell whether it is about one of these claims or volumes."""
        own_claims = {*self.hit.claims, *([self.meta.key] if self.rule.on == "PersistentVolumeClaim" else [])}
        own_volumes = {*self.hit.volumes, *([self.meta.name] if self.rule.on == "PersistentVolume" else [])}
        return not (own_claims.isdisjoint(claims) and own_volumes.isdisjoint(volumes))


@dataclass(frozen=True)
class Ignored:
    """An issue that its object opts out of by annotation, with the reason that stands there."""

    issue: Issue
    reason: str


@dataclass(frozen=True)
class Assessment:
    """What the rules say of an inventory. ``issues`` are sorted worst first; ``unseen`` are the kinds that lacked.

    ``judged`` holds the ids of the rules that really looked: only of those the absence of an issue says that all is well.
    """

    issues: tuple[Issue, ...]
    unseen: Mapping[str, tuple[Unseen, tuple[str, ...]]]  # resource -> (why, ids of the rules that could not look)
    judged: frozenset[str] = frozenset()
    ignored: tuple[Ignored, ...] = ()  # what fired where it was ignored on purpose
    misread: tuple[tuple[Meta, str], ...] = ()  # (object, what is wrong with its annotation)
    prices: Prices = NONE  # with which the issues' costs were found out

    @property
    def is_partial(self) -> bool:
        """True when some rule could not look: what a cluster does not serve at all does not count."""
        return any(ids and reason.remedy for reason, ids in self.unseen.values())

    @property
    def problems(self) -> tuple[Issue, ...]:
        """The issues that ask somebody to do something: all but INFO, and but advice."""
        return tuple(i for i in self.issues if i.severity > Severity.INFO and not i.rule.advice)

    @property
    def advice(self) -> tuple[Issue, ...]:
        """What is not broken but could be lost: told on request and on schedule, never as an incident."""
        return tuple(i for i in self.issues if i.rule.advice)


def assess(
    see: Inventory, limits: Limits, rules: Iterable[Rule] = tuple(RULES.values()), choice: RuleChoice = ALL
) -> Assessment:
    """Put every rule to every object of its kind. What an object ignores still fires, but is told as ignored."""
    issues: list[Issue] = []
    ignored: list[Ignored] = []
    unseen: dict[str, tuple[Unseen, tuple[str, ...]]] = {}
    fired: set[tuple[str, str, str]] = set()
    judged: set[str] = set()
    looked_at, ours = Subjects(see), passing(see)
    for rule in sorted((r for r in rules if choice.judges(r.id)), key=lambda r: r.fallback):
        needs = _needs(rule)
        if _not_asked(needs, see) or (rule.of_cluster and not about_cluster(see)):
            continue
        lacking = [reason for kind in needs if (reason := see.lacks(kind))]
        for reason in lacking:
            _, ids = unseen.get(reason.kind.resource, (reason, ()))
            unseen[reason.kind.resource] = (reason, (*ids, rule.id))
        if lacking:
            continue
        judged.add(rule.id)
        for subject in looked_at.of(rule):
            if rule.fallback and (rule.on, *subject.meta.key) in fired:
                continue
            hit = rule.check(subject, see, limits)
            if hit and not (ours and _is_about(ours, rule.on, subject.meta, hit)):
                fired.add((rule.on, *subject.meta.key))
                issue = Issue(rule, subject.meta, hit, choice)
                reason_given = _opt_out(rule, subject, see)
                if reason_given is None:
                    issues.append(issue)
                else:
                    ignored.append(Ignored(issue, reason_given))
    for resource, reason in see.unseen.items():
        unseen.setdefault(resource, (reason, ()))
    return Assessment(
        tuple(sorted(issues, key=_worst_first)),
        unseen,
        frozenset(judged),
        tuple(sorted(ignored, key=lambda one: _worst_first(one.issue))),
        _misread(looked_at.by_kind),
    )


def _is_about(ours: AbstractSet[ObjectKey], on: str, meta: Meta, hit: Hit) -> bool:
    """Tell whether a hit is about what we make ourselves for a while, and nothing else."""
    claims = {("PersistentVolumeClaim", *key) for key in hit.claims}
    return (on, *meta.key) in ours or (bool(claims) and claims <= ours)


def _not_asked(needs: tuple[Kind, ...], see: Inventory) -> bool:
    """Tell whether something that a rule needs was not asked for in this run, on purpose."""
    if METRICS in needs and see.uses is None and not see.lacks(METRICS):
        return True
    if see.io is None and not see.lacks(IO_METRICS) and not {IO, IO_METRICS}.isdisjoint(needs):
        return True
    return any(kind.resource in see.skipped for kind in needs)


def _opt_out(rule: Rule, subject: Any, see: Inventory) -> str | None:
    """Give the reason for which an object, or a volume's claim, opts out of a rule; None when it does not."""
    claim = see.claim_of(subject) if isinstance(subject, Volume) else None
    for meta in (subject.meta, claim.meta if claim else None):
        if meta and IGNORE in meta.annotations and names_rule(opted_out(meta.annotations)[0], rule.id):
            return meta.annotations.get(IGNORE_REASON, "").strip() or "no reason given"
    return None


def _misread(looked_at: Mapping[str, tuple[Any, ...]]) -> tuple[tuple[Meta, str], ...]:
    metas = (subject.meta for subjects_ in looked_at.values() for subject in subjects_)
    return tuple((m, wrong) for m in metas if IGNORE in m.annotations for wrong in opted_out(m.annotations)[1])


def _needs(rule: Rule) -> tuple[Kind, ...]:
    """List the kinds without which a rule knows nothing: the one that it looks at among them."""
    own = BY_NAME.get(rule.on)
    return tuple(dict.fromkeys((*([own] if own else []), *rule.needs)))


def _worst_first(issue: Issue) -> tuple[Any, ...]:
    return (
        issue.rule.advice,
        -issue.severity,
        -(issue.hit.size or 0),
        issue.rule.id,
        issue.meta.namespace,
        issue.meta.name,
    )


def about(
    found: Assessment,
    claims: Iterable[tuple[str, str]],
    volumes: Iterable[str],
    others: AbstractSet[ObjectKey] = frozenset(),
) -> Assessment:
    """Keep what concerns these claims and volumes; ``others`` are objects of other kinds that matter, too."""
    wanted_claims, wanted_volumes = frozenset(claims), frozenset(volumes)

    def matters(issue: Issue) -> bool:
        return issue.concerns(wanted_claims, wanted_volumes) or issue.object in others

    kept = tuple(i for i in found.issues if matters(i))
    ignored = tuple(one for one in found.ignored if matters(one.issue))
    keys = {*wanted_claims, *(("", name) for name in wanted_volumes), *(key[1:] for key in others)}
    return replace(found, issues=kept, ignored=ignored, misread=tuple(m for m in found.misread if m[0].key in keys))


def tally(issues: Iterable[Issue]) -> str:
    """Count issues by severity: "1 critical, 3 high"."""
    numbers: dict[Severity, int] = {}
    for issue in issues:
        numbers[issue.severity] = numbers.get(issue.severity, 0) + 1
    return ", ".join(f"{numbers[s]} {s.word}" for s in sorted(numbers, reverse=True)) or count(0, "issue")
