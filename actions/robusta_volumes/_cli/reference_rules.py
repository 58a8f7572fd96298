"""The page about rules: what each looks at, why it matters, what to do, and the example of its case file."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from robusta_volumes._cli.reference_cases import case_file, issues_of, read_cases
from robusta_volumes._cli.reference_markdown import fence, page, table
from robusta_volumes._model.kind import BY_NAME
from robusta_volumes._model.limits import limit_fields
from robusta_volumes._model.settings import GROUP, ROOT, camel
from robusta_volumes._rules.catalogue import RETIRED, RULES
from robusta_volumes._rules.rule import Rule

PLACE = Path("docs/reference/rules.md")
_LIMITS = f"globalConfig.{ROOT}.{GROUP}.persistentVolumeActions.limits"
_INTRO = """A rule looks at one kind of object and says nothing, or what is wrong, why, and what to do. When something
that it needs cannot be read, the report says that the rule could not look, and the permission that would let it. `metrics`
stands for what Prometheus knows of the use of volumes: `persistent_data_analysis` asks it, and the weekly digest; `io metrics`
for what it knows of their I/O, and `io` means that the rule judges in `volume_performance_analysis` alone, with and without
metrics."""


def rules_page(root: Path, rules: Iterable[Rule] = tuple(RULES.values())) -> Mapping[Path, bytes]:
    """Write the page from the rules and their case files."""
    ordered = tuple(rules)
    contents = table(
        ("rule", "problem", "severity", "looks at"),
        ((f"[{r.id}](#{r.id.lower()})", r.title, r.severity.word, r.on) for r in ordered),
    )
    sections = (_section(rule, root) for rule in ordered)
    return {PLACE: page("Rules", _INTRO, contents, *sections, _retired(), _thresholds()).encode()}


def _section(rule: Rule, root: Path) -> str:
    own = BY_NAME[rule.on]
    needs = dict.fromkeys([own.resource, *(kind.resource for kind in rule.needs)])
    facts = [
        f"- Severity: {rule.severity.word}"
        + (" (advice: no event or alert is answered with it)" if rule.advice else ""),
        f"- Looks at: {rule.on}" + (", when no other rule fired on it" if rule.fallback else ""),
        f"- Needs to read: {', '.join(f'`{resource}`' for resource in needs)}",
        f"- What to do: {rule.fix}",
    ]
    if rule.links:
        facts.append(f"- Read more: {', '.join(f'<{link}>' for link in rule.links)}")
    return "\n\n".join([f"## {rule.id}", f"**{rule.title}.** {rule.why}", "\n".join(facts), _example(rule, root)])


def _example(rule: Rule, root: Path) -> str:
    story = next(case for case in read_cases(case_file(root, rule)) if case.name == "fired")
    issue = next(iter(issues_of(story, rule)), None)
    if issue is None:
        raise ValueError(f"{rule.id} does not fire in the story of its case file")
    said = f"Example:\n\n> {issue.title}"
    fix = next((fix for fix in issue.hit.fixes if fix.command), None)
    if fix is None:
        return said
    mark = " *(destroys data)*" if fix.destroys else ""
    return f"{said}\n\n{fix.text[:1].upper()}{fix.text[1:]}{mark}:\n\n{fence(fix.command, 'sh')}"


def _retired() -> str:
    if not RETIRED:
        return ""
    return "## Retired\n\n" + table(("rule", "why it went"), RETIRED.items())


def _thresholds() -> str:
    rows = (
        (f"`{camel(one.name)}`", str(one.default), one.metadata["unit"], one.metadata["why"]) for one in limit_fields()
    )
    words = f"Change one by its key below `{_LIMITS}` (each workflow has its own), or by the action param `limits`."
    return f"## Thresholds\n\n{words}\n\n" + table(("key", "default", "unit", "why"), rows)
