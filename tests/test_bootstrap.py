"""What `make` does on a machine that lacks something: the scripts run with a PATH on which it is not."""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pip
import pytest

from worlds import ROOT

ASK_FOR_PIP = """
import sys
import bootstrap
from steps import Failed, Log
try:
    print("\\n".join(bootstrap.need_pip(Log("test"), sys.executable)))
except Failed as problem:
    sys.exit(str(problem))
"""


class Index(SimpleHTTPRequestHandler):
    """A package index of plain files, which writes no log."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a Python that has no pip; beside it nothing is on the PATH."""
    home = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    return home / "bin" / "python3"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Copy the scripts, so that what they fetch lies beside the copy."""
    return shutil.copytree(ROOT / "tools", tmp_path / "project" / "tools", ignore=shutil.ignore_patterns("__pycache__"))


def pip_wheel(folder: Path, version: str) -> bytes:
    """Pack the pip that runs here as its wheel is packed."""
    file, home = folder / f"pip-{version}-py3-none-any.whl", Path(pip.__file__).parent
    with zipfile.ZipFile(file, "w") as packed:
        for path in sorted(home.rglob("*.py")) + sorted(home.rglob("*.pem")):
            packed.write(path, path.relative_to(home.parent))
    return file.read_bytes()


def tiny_wheel(folder: Path) -> None:
    about = "tiny-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as packed:
        packed.writestr("tiny.py", "SAYS = 'here'\n")
        packed.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        packed.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        packed.writestr(f"{about}/RECORD", f"tiny.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve a package index that offers pip in several versions, and a package; give its address and its folder."""
    folder = tmp_path / "index"
    for name in ("pip", "tiny"):
        (folder / "simple" / name).mkdir(parents=True)
    right = hashlib.sha256(pip_wheel(folder, "9.9.1")).hexdigest()
    tiny_wheel(folder)
    (folder / "simple" / "tiny" / "index.html").write_text('<a href="../../tiny-1.0-py3-none-any.whl">tiny</a>')
    (folder / "simple" / "pip" / "index.html").write_text(
        '<a href="../../pip-9.9-py3-none-any.whl">older</a>'
        f'<a href="../../pip-9.9.1-py3-none-any.whl#sha256={right}" data-requires-python="&gt;=3.8">right</a>'
        '<a href="../../pip-10.0-py3-none-any.whl" data-requires-python="&gt;=3.99">for a later Python</a>'
        '<a href="../../pip-10.0b1-py3-none-any.whl">not released</a>'
        '<a href="../../pip-10.1-py3-none-any.whl" data-yanked="broken">taken back</a>'
        '<a href="../../pip-11.0.tar.gz">no wheel</a>'
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Index, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/simple", folder
    finally:
        server.shutdown()
        server.server_close()


def environment(python: Path, **more: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    return {**clean, "PATH": str(python.parent), "HOME": os.devnull, "PIP_CONFIG_FILE": os.devnull, **more}


def ask_for_pip(python: Path, tools: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(python), "-c", ASK_FOR_PIP],
        env=environment(python, PYTHONPATH=str(tools), **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_pip_and_without_root_one_is_fetched_that_installs_from_the_same_index(
    bare_python: Path, tools: Path, index: tuple[str, Path], tmp_path: Path
) -> None:
    url, _ = index
    asked = ask_for_pip(bare_python, tools, PIP_INDEX_URL=url)
    assert asked.returncode == 0, asked.stderr
    first, *command = asked.stdout.splitlines()
    assert first == "- pip, because this machine has none"
    assert command == [str(bare_python), str(tools.parent / ".tools" / "pip" / "pip-9.9.1-py3-none-any.whl" / "pip")]
    target = tmp_path / "target"
    install = [*command, "install", "-q", "--no-cache-dir", "--target", str(target), "tiny"]
    subprocess.run(install, env=environment(bare_python, PIP_INDEX_URL=url), check=True, timeout=120)
    assert (target / "tiny.py").read_text() == "SAYS = 'here'\n"


def test_the_index_is_the_one_of_pips_own_configuration(
    bare_python: Path, tools: Path, index: tuple[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(f"[global]\nindex-url = {index[0]}/\n")
    assert ask_for_pip(bare_python, tools, PIP_CONFIG_FILE=str(file)).returncode == 0


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"PIP_NO_INDEX": "1"}, "pip's configuration says no-index"),
        (
            {"PIP_INDEX_URL": "http://user:secret@127.0.0.1:1/simple"},
            "pip cannot be fetched from http://127.0.0.1:1/simple:",
        ),
        ({"PIP_INDEX_URL": "file:///srv/wheels"}, "is no package index that can be asked without pip"),
    ],
)
def test_where_no_pip_can_be_had_one_message_says_why_and_what_to_install(
    bare_python: Path, tools: Path, setting: dict[str, str], says: str
) -> None:
    asked = ask_for_pip(bare_python, tools, **setting)
    assert asked.returncode == 1
    assert says in asked.stderr
    assert "sudo apt-get install python3-venv python3-pip" in asked.stderr
    assert "secret" not in asked.stderr
    assert "Traceback" not in asked.stderr


def test_a_pip_that_is_not_what_the_index_says_is_not_run(
    bare_python: Path, tools: Path, index: tuple[str, Path]
) -> None:
    url, folder = index
    with (folder / "pip-9.9.1-py3-none-any.whl").open("ab") as file:
        file.write(b"changed")
    asked = ask_for_pip(bare_python, tools, PIP_INDEX_URL=url)
    assert "its sha256 differs" in asked.stderr
    assert not list(tools.parent.rglob("pip-*.whl"))
