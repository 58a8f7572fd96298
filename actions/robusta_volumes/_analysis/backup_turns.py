"""Whose turn it was, so that a claim whose copy fails at each test does not come first at each slot. Pure; JSON in the state."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from robusta_volumes._model.backup import Copy
from robusta_volumes._model.times import parse_time


class Turns:
    """When the turn of each claim came last, by its uid, whatever came of it."""

    def __init__(self, noted: object) -> None:
        """Read what was noted; what cannot be read is forgotten."""
        times = {str(uid): parse_time(when) for uid, when in noted.items()} if isinstance(noted, Mapping) else {}
        self.last: dict[str, datetime] = {uid: when for uid, when in times.items() if when}

    def after(self, newest: Iterable[Copy], taken: Iterable[str], slot: datetime) -> dict[str, str]:
        """Give what to note when the turn of ``taken`` came at a slot; a copy that was proven since says so itself."""
        kept = {
            c.claim_uid: self.last[c.claim_uid].isoformat()
            for c in newest
            if c.claim_uid in self.last and not (c.proven and c.proven > self.last[c.claim_uid])
        }
        return kept | {uid: slot.isoformat() for uid in taken if uid}
