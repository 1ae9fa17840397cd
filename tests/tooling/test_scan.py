"""The scan finds what it says it looks for, in a tree made for the purpose."""

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

PLANTED = {
    "a lone marker": ("a.py", "# TO" + "DO later\n", "leftover marker"),
    "a host": ("b.md", "See https://py" + "pi.org/simple\n", "package host"),
    "a machine path": ("c.toml", 'path = "/ro' + 'ot/x"\n', "path of one machine"),
    "a vague name": ("domain/utils.py", "", "says nothing"),
    "a long file": ("d.sql", "SELECT 1;\n" * 501, "501 lines"),
    "a dead link": ("docs/e.md", "[x](nowhere.md)\n", "leads nowhere"),
    "a dead heading": ("docs/f.md", "# One\n[x](#two)\n", "heading that is not there"),
    "a bare pin": ("requirements.lock", "click==8\n", "not one version with hashes"),
    "an index": ("requirements.lock", "--index-url x\n", "where packages come from"),
    "a skipped test": ("tests/test_g.py", "import pytest\npytest.sk" + "ip('slow')\n", "left out"),
}


@pytest.fixture(scope="module")
def scan() -> ModuleType:
    import sys

    spec = importlib.util.spec_from_file_location("scan", Path(__file__).parents[2] / ".ci" / "scan.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["scan"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("planted", PLANTED)
def test_finds(scan: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], planted: str) -> None:
    name, text, sentence = PLANTED[planted]
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert scan.main(tmp_path) == 1
    assert sentence in capsys.readouterr().out


def test_two_readmes_must_show_the_same_commands(scan: ModuleType, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "README.md").write_text("# 责任\n```\nmake run\n```\n", encoding="utf-8")
    (tmp_path / "README.en.md").write_text("# Zeren\n```\nmake run\n```\n", encoding="utf-8")
    assert scan.main(tmp_path) == 0
    (tmp_path / "README.en.md").write_text("# Zeren\n```\nmake test\n```\n", encoding="utf-8")
    assert scan.main(tmp_path) == 1
