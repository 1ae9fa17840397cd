"""The whole product is started by an ordinary user, below a path with blanks and Chinese characters.

What root has in its own home, an ordinary user cannot reach: the interpreter, the packages or the tree. What
that user can reach is used where it lies; the rest is copied for him.
"""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.calling import ROOT
from tests.onemachine.up import CHILDREN, House, none_lives
from tests.onemachine.whole_way import MATTER, PLACE, WholeWay

ROOMS = ("domain", "workflows", "activities", "ledger", "console", "deploy", "worker.py")
NOT_NEEDED = shutil.ignore_patterns("__pycache__", "test", "site-packages", "idlelib", "lib2to3", "*.a")


class Ordinary:
    """Somebody without rights, with a home of his own: nobody where the tests are root's, else whoever runs them."""

    def __init__(self, home: Path) -> None:
        entry = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.home = home
        self.uid, self.gid = entry.pw_uid, entry.pw_gid
        change = {"user": self.uid, "group": self.gid, "extra_groups": []}
        self.how: dict[str, Any] = change if os.geteuid() == 0 else {}
        self.own(home)

    def own(self, path: Path) -> None:
        """Give it to him."""
        os.chown(path, self.uid, self.gid)

    def can(self, script: str, argument: str | Path) -> bool:
        """Whether a line of shell about the argument succeeds for him."""
        tried = subprocess.run(
            ["/bin/sh", "-c", script, "sh", str(argument)],
            cwd="/",
            capture_output=True,
            check=False,
            timeout=60,
            **self.how,
        )
        return tried.returncode == 0

    def reach(self, source: Path, name: str) -> Path:
        """The folder or file where it lies, or a copy of it below his home."""
        if self.can('ls "$1"', source):
            return source
        target = self.home / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=NOT_NEEDED, symlinks=True)
        else:
            shutil.copy2(source, target)
        return target

    def environment(self) -> tuple[str, dict[str, str]]:
        """An interpreter that he can run, with everything of the product that it has to find."""
        packages = self.reach(Path(sysconfig.get_path("purelib")), "packages")
        tree = self.home / "tree"
        if self.can('ls "$1"', ROOT):
            tree = ROOT
        else:
            tree.mkdir()
            for room in ROOMS:
                self.reach(ROOT / room, f"tree/{room}")
        scripts = self.reach(Path(sys.executable).parent, "scripts")
        env = {
            "HOME": str(self.home),
            "PATH": f"{scripts}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONPATH": f"{tree}:{packages}",
        }
        if self.can('"$1" --version', sys.executable):
            return sys.executable, env
        python = self.home / "python"
        version = f"python{sysconfig.get_python_version()}"
        shutil.copytree(sysconfig.get_path("stdlib"), python / "lib" / version, ignore=NOT_NEEDED)
        (python / "bin").mkdir()
        shutil.copy2(Path(sys.executable).resolve(), python / "bin" / version)
        for shared in Path(sysconfig.get_config_var("LIBDIR") or "/nowhere").glob("libpython*.so*"):
            shutil.copy2(shared, python / "lib" / shared.name)
        return str(python / "bin" / version), {**env, "LD_LIBRARY_PATH": str(python / "lib")}


@pytest.fixture
def somebody() -> Iterator[Ordinary]:
    """An ordinary user below a folder that everyone may pass through."""
    made = Path(tempfile.mkdtemp(prefix="zeren 普通 用户 "))
    made.chmod(0o711)
    home = made / "家 目录"
    home.mkdir(mode=0o700)
    yield Ordinary(home)
    shutil.rmtree(made)


@pytest.mark.timeout(300)
async def test_an_ordinary_user_starts_it_and_everything_is_his_alone(somebody: Ordinary) -> None:
    python, env = somebody.environment()
    data = somebody.home / "数据 夹" / ".zeren"
    data.parent.mkdir(mode=0o755)
    somebody.own(data.parent)
    house = House(data, python=python, env=env, cwd=somebody.home, **somebody.how)
    try:
        house.ready()
        for pid in house.instance["pids"].values():
            assert Path(f"/proc/{pid}").stat().st_uid == somebody.uid
        assert set(house.instance["pids"]) == {"supervisor", *CHILDREN}
        assert Path(house.instance["postgres_data"]).is_relative_to(data)
        way = WholeWay(house)
        await way.to_the_first_ending()
        opened = await house.open("wuchang-clerk-1", text="屋顶漏水", matter=MATTER, place=PLACE)
        assert (await house.told("case", "show", opened["number"]))["state"] == "triage"
        known = house.births()
    finally:
        assert house.end() == 0
    assert none_lives(known)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    loose = [path for path in data.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o077]
    assert loose == [], "nobody else may look into it"

    again = House(data, python=python, env=env, cwd=somebody.home, **somebody.how)
    try:
        again.ready()
        assert (await again.asked(f"/cases/{opened['number']}"))["number"] == opened["number"]
    finally:
        assert again.end() == 0
