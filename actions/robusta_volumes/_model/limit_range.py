"""What a LimitRange allows a claim to ask for."""

from dataclasses import dataclass

from robusta_volumes._model.volume import Meta


@dataclass(frozen=True)
class LimitRange:
    """A LimitRange, as far as claims go. ``least`` and ``most`` are bytes; None: no such limit."""

    meta: Meta
    least: int | None = None
    most: int | None = None

    def refuses(self, size: int | None) -> bool:
        """Tell whether a claim of this size is refused."""
        if size is None:
            return False
        return (self.least is not None and size < self.least) or (self.most is not None and size > self.most)
