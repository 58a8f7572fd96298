"""The labels and annotations by which we know our own objects, and how a slot is written in them."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from robusta_volumes._model.times import UTC, parse_time

DOMAIN = "robusta-volumes.dev"
MANAGED_BY, OURS = "app.kubernetes.io/managed-by", "robusta-volumes"
SCHEDULE = f"{DOMAIN}/schedule"  # label: the schedule's name, shortened where a label cannot hold it
SLOT = f"{DOMAIN}/slot"  # label: which slot it serves, in UTC
CLAIM_UID = f"{DOMAIN}/pvc-uid"  # label
HOLD = f"{DOMAIN}/hold"  # label that people put on a snapshot: "true" keeps it whatever the rules say
SELF = f"{DOMAIN}/self"  # annotation: the object's own name; a copy under another name is not ours
CLAIM_NAME = f"{DOMAIN}/claim"  # annotation: names may be longer than labels
SCHEDULE_NAME = f"{DOMAIN}/schedule-name"  # annotation
RETAIN = f"{DOMAIN}/retain"  # annotation "schedule": made by hand, but aged like those of a schedule
CHOICE = f"{DOMAIN}/snapshot"  # annotation that people put on a claim: "false", or the names of schedules
BACKUP_CHOICE = f"{DOMAIN}/backup"  # annotation that people put on a claim: "false" leaves it out of all backups
BACKUP_REASON = f"{DOMAIN}/backup-reason"  # annotation beside it: why
VERIFIED_AT = f"{DOMAIN}/verified-at"  # annotation of what data was restored from to see: JSON, claim's uid -> when
VERIFIES = f"{DOMAIN}/verifies"  # label "true": made by a test of a copy, and taken away when it is over
INSPECTS = f"{DOMAIN}/inspects"  # label of what is made to look into a volume: a short sum of the claim's uid
BENCHMARKS = f"{DOMAIN}/benchmark"  # label of what a benchmark makes: which run
ENDS = f"{DOMAIN}/ends"  # annotation of what a look into a volume makes: from then on it is nobody's
TRIAL = "-verify"  # what the names of Restores end with that a test has made; Velero notes the name on what it restores
_RESTORED = "velero.io/restore-name"  # label of Velero's own
_TRIAL_NAME = re.compile(rf"-[0-9a-f]{{10}}{TRIAL}")
_SLOT_FORMAT = "%Y%m%dT%H%MZ"


def is_passing(labels: Mapping[str, str]) -> bool:
    """Tell whether an object was made for a test, a look into a volume or a benchmark: it goes by itself."""
    made = labels.get(MANAGED_BY) == OURS and (
        labels.get(VERIFIES) == "true" or INSPECTS in labels or BENCHMARKS in labels
    )
    name = labels.get(_RESTORED, "")
    return made or bool(name and _TRIAL_NAME.search(name[-len(TRIAL) - 11 :]))


def slot_text(slot: datetime) -> str:
    """Write a slot as a label value: "20260329T0130Z"."""
    return slot.astimezone(UTC).strftime(_SLOT_FORMAT)


@lru_cache(maxsize=4096)  # a night's slot stands on thousands of snapshots
def slot_of(text: str) -> datetime | None:
    """Read a slot from a label value; None when it is none."""
    try:
        return datetime.strptime(text, _SLOT_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


def proven(written: object) -> Mapping[str, datetime]:
    """Read the annotation that says when which claim (by uid) was restored to see; empty when it cannot be understood."""
    if not isinstance(written, str):
        return {}
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {str(uid): when for uid, text in pairs if (when := parse_time(text))}
