"""What is said of slots that nobody served, whatever they were for."""

from collections.abc import Sequence
from datetime import datetime

from robusta_volumes._model.text import count
from robusta_volumes._model.times import parse_time, stamp


def missed_words(missed: Sequence[str], slot: datetime | None, now: datetime, most: int) -> tuple[int, str]:
    """Count the missed slots, and name the latest ``most`` of them and whether ``slot`` was taken after."""
    times = sorted(when for text in missed if (when := parse_time(text)))
    shown = ", ".join(stamp(when, now) for when in times[-most:])
    older = f" and {count(len(times) - most, 'earlier one')}" if len(times) > most else ""
    after = f"{stamp(slot, now)} was taken." if slot and slot not in times else "None of them was made up for."
    return len(times), f"Missed: {shown}{older}. {after}"
