"""A page as Markdown, as tests and documents keep it."""

from robusta_volumes._report.page import Button, File, Page, Table, Text

_TEXT_FILES = (".csv", ".yaml", ".txt")


def to_markdown(page: Page, *, files: bool = True) -> str:
    """Write the page: title, severity, blocks in order; text files in full when ``files``, pictures by name."""
    parts = [f"# {page.title}", f"severity: {page.severity.word} · subject: {_subject(page)} · key: {page.key}"]
    for block in page.blocks:
        if isinstance(block, Text):
            parts.append(block.markdown)
        elif isinstance(block, Table):
            parts.append(_table(block))
        elif isinstance(block, Button):
            parts.append(f"[ {block.text} ] {block.action} {dict(block.params)}")
        elif isinstance(block, File):
            parts.append(_file(block, full=files))
    return "\n\n".join(parts) + "\n"


def _subject(page: Page) -> str:
    subject = page.subject
    return f"{subject.kind} {subject.namespace + '/' if subject.namespace else ''}{subject.name}"


def _table(table: Table) -> str:
    lines = [f"**{table.title}**", ""] if table.title else []
    lines += ["| " + " | ".join(table.headers) + " |", "|" + "---|" * len(table.headers)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table.rows]
    return "\n".join(lines)


def _file(file: File, *, full: bool) -> str:
    if not full or not file.name.endswith(_TEXT_FILES):
        return f"[file {file.name}]"
    return f"[file {file.name}]\n```\n{file.content.decode().rstrip()}\n```"
