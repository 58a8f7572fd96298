"""What the report leaves out because an object says so, with its reason."""

from robusta_volumes._analysis.assess import Assessment
from robusta_volumes._model.rule_choice import IGNORE
from robusta_volumes._model.text import code, count, plain
from robusta_volumes._report.page import Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short

_SHOWN = 5
_REASON = 200  # characters


def ignored_text(found: Assessment) -> tuple[Text, ...]:
    """Say what was ignored on purpose and why, and which annotations could not be understood."""
    lines = [
        f"`{one.issue.rule.id}` {short(one.issue.title, _REASON)} (reason: {plain(one.reason, _REASON)})"
        for one in found.ignored[:_SHOWN]
    ]
    more = len(found.ignored) - len(lines)
    if more > 0:
        lines.append(f"and {count(more, 'further problem')}")
    said = [f"*Ignored on purpose:* {'; '.join(lines)}"] if lines else []
    said += [
        f"*Not understood:* annotation {code(IGNORE)} of {plain(meta.title)}: {plain(wrong, _REASON)}"
        for meta, wrong in found.misread[:_SHOWN]
    ]
    return (Text(short("\n".join(said), TEXT_LIMIT)),) if said else ()
