"""Every rule, by id. Ids are never used again: a rule that goes leaves its id in RETIRED, with the reason."""

from collections.abc import Mapping

from robusta_volumes._rules import (
    admission,
    around,
    attach,
    attachments,
    backing,
    binding,
    binding_state,
    bond,
    changes,
    class_advice,
    class_drivers,
    class_places,
    classes,
    health,
    io_backend,
    io_ceiling,
    io_config,
    io_latency,
    io_machine,
    io_nfs,
    io_shape,
    io_stall,
    io_time,
    leftovers,
    mount,
    nodes,
    placing,
    plugins,
    provisioning,
    reclaim,
    resize,
    safety,
    static,
    telemetry,
    usage,
    usage_changes,
    usage_shared,
    usage_sizes,
    use,
    volumes,
    waiting,
    waste,
)
from robusta_volumes._rules.rule import Rule

_MODULES = (
    volumes,
    binding_state,
    backing,
    plugins,
    bond,
    classes,
    binding,
    waiting,
    static,
    provisioning,
    admission,
    use,
    resize,
    changes,
    waste,
    around,
    attach,
    attachments,
    leftovers,
    mount,
    nodes,
    placing,
    safety,
    reclaim,
    class_advice,
    class_drivers,
    class_places,
    health,
    telemetry,
    usage,
    usage_sizes,
    usage_changes,
    usage_shared,
    io_ceiling,
    io_machine,
    io_latency,
    io_stall,
    io_shape,
    io_time,
    io_nfs,
    io_backend,
    io_config,
)
RETIRED: Mapping[str, str] = {}


def _order(rule: Rule) -> tuple[str, int]:
    prefix, _, number = rule.id.partition("-")
    return prefix, int(number)


RULES: Mapping[str, Rule] = {rule.id: rule for rule in sorted((r for m in _MODULES for r in m.RULES), key=_order)}
if len(RULES) != sum(len(module.RULES) for module in _MODULES) or set(RULES) & set(RETIRED):
    MESSAGE = "a rule id is used twice"
    raise AssertionError(MESSAGE)
