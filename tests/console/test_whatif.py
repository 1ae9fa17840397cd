"""`zeren whatif` as a user calls it, over a ledger of the Wuchang pack."""

import re
import shutil
from pathlib import Path

import pytest

from console.packs import read_pack
from deploy.onemachine.temporal import EmbeddedTemporal
from domain.numbers import case_id
from tests.console.calling import ROOT, call
from tests.running import run_all

WUCHANG = ROOT / "deploy" / "wuchang"


@pytest.mark.timeout(300)
async def test_the_same_pack_changes_nothing_and_another_one_is_told(
    database: str, temporal: EmbeddedTemporal, tmp_path: Path
) -> None:
    other = tmp_path / "另一套 other"
    shutil.copytree(WUCHANG, other, ignore=shutil.ignore_patterns("__pycache__"))
    policy = other / "policy.toml"
    text, changed = re.subn(
        r"^whistles = \{ kinds = \[.*?\]",
        "whistles = { kinds = []",
        policy.read_text("utf-8"),
        flags=re.MULTILINE,
    )
    assert changed == 1
    policy.write_text(text, "utf-8")
    async with run_all(database, temporal.address, tmp_path, pack=read_pack(WUCHANG)) as running:
        numbers: list[str] = []
        for words in (
            ("--matter", "compound-elevator", "--place", "420106001007-c01"),
            ("--place", "420106001007"),
            (),
        ):
            done = await call(
                running, "case", "open", "--text", "x", "--as", "wuchang-clerk-1", "--json", *words
            )
            assert done.code == 0, done
            running.opened.append(case_id(done.json["command_id"]))
            numbers.append(done.json["number"])
        for act in (
            ("propose", "--as", "wuchang-clerk-1", "--to", "420106.housing"),
            ("whistle", "--as", "jiyuqiao-head-1", "--called", "420106.housing", "--task", "到场"),
        ):
            await call(running, "case", "act", numbers[0], *act, "--json")

        same = await call(running, "whatif", "--policy", str(WUCHANG), "--json")
        assert same.code == 0, same
        assert (same.json["cases"], same.json["rows"], same.json["diverged"]) == (3, [], [])
        assert "replaying" in same.err

        told = await call(running, "whatif", "--policy", str(other), "--json")
        assert told.code == 0, told
        [diverged] = told.json["diverged"]
        assert (diverged["number"], diverged["event"], diverged["command"]) == (numbers[0], 3, "whistle")
        assert told.json["rules"] == {"authority.wrong-body": 1}
        shown = await call(running, "whatif", "--policy", str(other))
        assert "分叉" in shown.out
        nothing = await call(running, "whatif", "--policy", str(tmp_path))
        assert nothing.code == 2
        assert "zeren pack check" in nothing.err
