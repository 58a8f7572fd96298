"""A recorded Slack message in a terminal."""

import re
import sys
import textwrap

from robusta_volumes._sandbox.slack_recorder import RecordedMessage

_BOLD = re.compile(r"\*([^*\n]+)\*")
_LINK = re.compile(r"<([^|>]+)\|([^>]+)>")
WIDTH = 110


def show(message: RecordedMessage) -> None:
    """Print the message: its texts, and the names of its files."""
    lines: list[str] = []
    for block in [*message.blocks, *(b for a in message.attachments for b in a.get("blocks", ()))]:
        text = (block.get("text") or {}).get("text") or ""
        for line in text.splitlines():
            lines += textwrap.wrap(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False) or [""]
    names = [file.name for file in message.files]
    if names:
        lines.append(f"files: {', '.join(names)}")
    colour = sys.stdout.isatty()
    for line in lines:
        print("  │ " + _styled(line, colour=colour))


def _styled(line: str, *, colour: bool) -> str:
    line = _LINK.sub(r"\2", line).replace("```", "")
    return _BOLD.sub("\033[1m\\1\033[0m" if colour else r"\1", line)
