"""Data that behaves differently than it did: it grows faster, or a large part of it went within a day."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import METRICS, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.use_words import amount, day, how_full
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.usage_facts import changed, measured, state, volume_size
from robusta_volumes._rules.usage_fixes import LOOK

_MONTH, _PERCENT = 30, 100
_COMES_BACK = {"sawtooth", "cyclic", "idle", "empty"}  # a week that rises is the half of a wave


@rule(
    "US-11",
    Severity.MEDIUM,
    "Data grows much faster than it did",
    on="PersistentVolumeClaim",
    needs=(METRICS, VOLUME),
    fix="Look at what changed on that day: a release, a retention setting, a job.",
)
def faster(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """A cleanup that stopped or a debug log shows here weeks before the disk is full, when it is easy to find."""
    use = measured(claim, see)
    if use is None or use.growth_week is None or use.growth_month is None or use.change or use.changed_on is None:
        return None
    size = volume_size(claim, see) or (use.use.usable if use.use else None) or 0
    matters = use.growth_week * _MONTH * _PERCENT > size * limits.faster_percent
    usual = max(0.0, use.growth_month)
    if use.pattern in _COMES_BACK or not matters or use.growth_week <= limits.faster_times * usual:
        return None
    since = day((use.changed_on - see.now.date()).days, see.now)
    return Hit(
        f"grows {amount(use.growth_week)} a day since about {since}, {amount(usual)} over the month",
        f"{state(use, see)}{changed(use)}",
        (Fix(f"look at what changed on {since}: a release, a retention or log setting, a new job"), LOOK),
        claims=use.shared_with,
        size=volume_size(claim, see),
    )


@rule(
    "US-12",
    Severity.HIGH,
    "A large part of the data went within a day",
    on="PersistentVolumeClaim",
    needs=(METRICS, VOLUME),
    fix="Ask whether that was meant, before the backups of the days before it are rotated away.",
)
def sudden_loss(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """A cleanup that one did not expect and a deletion by mistake look the same; the second can be undone for some days only."""
    use = measured(claim, see)
    if use is None or use.changed_on is None or use.change >= 0:
        return None
    days = (see.now.date() - use.changed_on).days
    if days > limits.loss_days:
        return None
    before = [
        s for s in see.snapshots_of.get(claim.meta.key, ()) if s.ready and s.cut and s.cut.date() < use.changed_on
    ]
    last = max(before, key=lambda s: (s.cut, s.meta.name), default=None) if before else None
    restore = Fix("look whether a snapshot or a backup from before that day exists, and keep it")
    if last:
        restore = Fix(
            f"keep snapshot {plain(last.meta.name, 80)} ({ago(last.cut, see.now)}): it has the data of before",
            f"kubectl -n {quoted(claim.meta.namespace)} get volumesnapshot {quoted(last.meta.name)}",
        )
    on = day(-days, see.now)
    return Hit(
        f"lost {gib(-use.change)} within a day on {on}",
        f"{how_full(use.use)} used now; it has no habit of such falls.{changed(use)}",
        (Fix(f"ask its owner whether that was meant ({on})"), restore),
        claims=use.shared_with,
        size=-use.change,
    )


RULES = (faster, sudden_loss)
