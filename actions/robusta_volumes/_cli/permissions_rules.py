"""RBAC rules from the needs of the workflows: reading for the whole cluster, everything else by namespace only.

With one exception, which somebody has to ask for by its word: volumes lie in no namespace, so that changing one takes a
ClusterRole. It holds the verb ``patch`` on persistentvolumes and nothing else, and can be held to volumes by name.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from robusta_volumes._cli.values_chart import RUNNER_STATE
from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._model.kind import CONFIG_MAP, Kind, in_a_role
from robusta_volumes._model.needs import CHANGES, LOOKS, NEEDS, Change, Need
from robusta_volumes._model.rbac import Rule

Needs = Mapping[str, tuple[Need, ...]]
READING = ("get", "list", "watch")
SCHEDULER = "scheduler"
# What may be allowed in a namespace, by the word for it on the command line, and the resources that it is about. A need
# with a writing verb must be found here under some word, or nobody could allow it.
GRANTS: Mapping[str, tuple[Kind, ...]] = {
    "state": (CONFIG_MAP,),
    SCHEDULER: (),
    **{change.need.allow: () for change in (*CHANGES, *LOOKS) if change.need.kind.namespaced},
}
# Words for what lies in no namespace: allowed by a ClusterRole, and only to those who ask for it.
WIDE: tuple[str, ...] = tuple(dict.fromkeys(c.need.allow for c in CHANGES if not c.need.kind.namespaced))


def cluster_rules(workflows: Collection[str] = (), needs: Needs = NEEDS) -> tuple[Rule, ...]:
    """Give the rules for the whole cluster: one per kind, reading verbs only, whatever else a need asks for.

    ``workflows`` are keys; empty means all.
    """
    found: dict[str, Rule] = {}
    for workflow, need in _of(workflows, needs):
        verbs = tuple(v for v in need.verbs if v in READING)
        if need.own or not verbs:
            continue
        why = f"{need.feature} ({workflow})"
        old = found.get(need.kind.resource, Rule(need.kind, (), ()))
        found[need.kind.resource] = Rule(need.kind, _joined(old.verbs, verbs), _joined(old.why, (why,)))
    return tuple(found.values())


def reading_rules(workflows: Collection[str] = (), needs: Needs = NEEDS) -> tuple[Rule, ...]:
    """Give those reading rules that a Role can hold: for runners that may look into some namespaces only."""
    return tuple(rule for rule in cluster_rules(workflows, needs) if in_a_role(rule.kind))


def granted_rules(
    words: Iterable[str],
    workflows: Collection[str] = (),
    needs: Needs = NEEDS,
    grants: Mapping[str, tuple[Kind, ...]] = GRANTS,
) -> tuple[Rule, ...]:
    """Give the rules of a Role for what ``words`` (keys of ``grants``) allow in one namespace.

    Raises ValueError: for an unknown word, and when a need writes what no namespace holds.
    """
    found: list[Rule] = []
    for word in words:
        if word not in grants:
            raise ValueError(f"--allow {word} is not known; known are: {', '.join((*grants, *WIDE))}")
        found += _scheduler_rules() if word == SCHEDULER else ()
        found += _change_rules(word)
        for workflow, need in _of(workflows, needs):
            if need.kind in grants[word] and writes(need):
                found += _role_rules(workflow, need)
    return _merged(found)


def volume_rules(names: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Give the one rule that writes beyond namespaces: ``patch`` on volumes, all of them or those with these names."""
    rules = _merged([_change_rule(change) for change in CHANGES if change.need.allow in WIDE])
    return tuple(replace(rule, names=tuple(names)) for rule in rules)


def writes(need: Need) -> bool:
    """Tell whether a need is more than reading."""
    return not set(need.verbs) <= set(READING)


def reads_only(needs: Iterable[Need]) -> bool:
    """Tell whether nothing is written but our own memory, in Robusta's namespace."""
    return all(not writes(need) or (need.own and need.kind == CONFIG_MAP) for need in needs)


def _scheduler_rules() -> tuple[Rule, ...]:
    """Give what Robusta's own scheduler writes in Robusta's namespace: without it the runner does not start."""
    why = ("Robusta's scheduler remembers there when each schedule ran",)
    return Rule(CONFIG_MAP, ("create",), why), Rule(CONFIG_MAP, ("get", "update"), why, (RUNNER_STATE,))


def _change_rules(word: str) -> Iterable[Rule]:
    """Give one rule per kind for all the actions that a word allows."""
    found: dict[str, Rule] = {}
    for change in (*CHANGES, *LOOKS):
        if change.need.allow == word:
            new = _change_rule(change)
            old = found.get(new.kind.resource, Rule(new.kind, (), ()))
            found[new.kind.resource] = Rule(new.kind, _joined(old.verbs, new.verbs), _joined(old.why, new.why))
    return found.values()


def _change_rule(change: Change) -> Rule:
    return Rule(change.need.kind, change.need.verbs, (f"{change.need.feature} ({change.action})",))


def _role_rules(workflow: str, need: Need) -> Iterator[Rule]:
    if not need.kind.namespaced:
        raise ValueError(f"{need.kind.resource} lie in no namespace: no Role can allow to write them")
    why = (f"{need.feature} ({workflow})",)
    if not need.own:
        yield Rule(need.kind, need.verbs, why)
        return
    # RBAC cannot name what does not exist yet, so creating and listing stand apart
    unnamed = tuple(v for v in need.verbs if v in {"create", "list"})
    named = tuple(v for v in need.verbs if v not in unnamed)
    if unnamed:
        yield Rule(need.kind, unnamed, why)
    if named:
        yield Rule(need.kind, named, why, (STATE,))


def _of(workflows: Collection[str], needs: Needs) -> Iterator[tuple[str, Need]]:
    for workflow, wanted in needs.items():
        if not workflows or workflow in workflows:
            yield from ((workflow, need) for need in wanted)


def _merged(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Join what two workflows need alike."""
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Rule] = {}
    for rule in rules:
        key = (rule.kind.resource, rule.verbs, rule.names)
        old = found.get(key, rule)
        found[key] = Rule(rule.kind, rule.verbs, _joined(old.why, rule.why), rule.names)
    return tuple(found.values())


def _joined(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
