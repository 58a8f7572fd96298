"""What programs write when their disk refuses: words of the C library, which every language prints. Pure."""

NO_SPACE = "No space left on device"
READ_ONLY = "Read-only file system"
IO_ERROR = "Input/output error"
_WORDS = {sign.lower(): sign for sign in (NO_SPACE, READ_ONLY, IO_ERROR)}  # Go writes them small

Signs = tuple[tuple[str, int], ...]  # (one of the words above, in how many lines): nothing else of a log is ever kept


def signs_in(text: str) -> Signs:
    """Count the lines that say one of the words; what else stands there is forgotten, since it may hold a secret."""
    found: dict[str, int] = {}
    for line in text.lower().splitlines():
        for small, sign in _WORDS.items():
            found[sign] = found.get(sign, 0) + (small in line)
    return tuple((sign, number) for sign, number in found.items() if number)


def joined(*parts: Signs) -> Signs:
    """Add up what several texts say."""
    found: dict[str, int] = {}
    for part in parts:
        for sign, number in part:
            found[sign] = found.get(sign, 0) + number
    return tuple(found.items())
