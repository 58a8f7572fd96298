"""``python -m robusta_volumes._cli``: what helps to install, from a terminal. Needs the extra ``cli``."""

import sys
from pathlib import Path
from typing import Annotated

try:
    import typer
except ModuleNotFoundError as absent:
    raise SystemExit(
        f"robusta-volumes: the command line needs {absent.name}, which is not installed here. Install the package with its extra "
        "`cli`: python3 -m pip install 'robusta_volumes-<version>-py3-none-any.whl[cli]' (`make wheel` makes that file in dist/)"
    ) from absent

from robusta_volumes._cli import permissions as rights
from robusta_volumes._cli import values as merging
from robusta_volumes._cli.permissions_rules import GRANTS, WIDE
from robusta_volumes._model.rights import ACCOUNT, HOME

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Install robusta-volumes into a cluster, safely.")


@app.command()
def values(
    into: Annotated[Path, typer.Option(help="your own values file")] = Path("generated_values.yaml"),
    *,
    write: Annotated[bool, typer.Option("--write", help="change the file; else only the diff is shown")] = False,
    check: Annotated[bool, typer.Option("--check", help="only say what is missing or wrong; exit 1 if so")] = False,
    chart: Annotated[
        Path | None, typer.Option(help="for --check: what `helm show values robusta/robusta` prints for your chart")
    ] = None,
) -> None:
    """Add our settings, playbooks and permissions to your values; comments and everything else stay."""
    raise typer.Exit(merging.values(into, write=write, check=check, chart=chart))


@app.command()
def permissions(
    workflow: Annotated[list[str] | None, typer.Option("--workflow", help="only this one; may be repeated")] = None,
    namespace: Annotated[
        list[str] | None, typer.Option("--namespace", "-n", help="Roles for this namespace; may be repeated")
    ] = None,
    allow: Annotated[str, typer.Option(help=f"what to allow, with commas: {', '.join((*GRANTS, *WIDE))}")] = "",
    volume: Annotated[
        list[str] | None, typer.Option("--volume", help=f"hold --allow {WIDE[0]} to this one; may be repeated")
    ] = None,
    account: Annotated[str, typer.Option(help="the runner's ServiceAccount")] = ACCOUNT,
    home: Annotated[str, typer.Option(help="Robusta's own namespace")] = HOME,
) -> None:
    """Print reading rules for the whole cluster, or Roles for the namespaces that you name."""
    words = [word.strip() for word in allow.split(",") if word.strip()]
    try:
        text = rights.permissions(workflow or (), namespace or (), words, account, home, volume or ())
    except ValueError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from problem
    sys.stdout.write(text)


if __name__ == "__main__":
    app(prog_name="robusta-volumes")
