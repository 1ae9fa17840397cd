"""Where the instance is: the environment, the data folder, or the folders above; and one sentence where it is not."""

import json
from pathlib import Path

import pytest

from console.errors import NotRunning
from console.settings import Settings, data_folder

INSTANCE = {
    "state": "ready",
    "url": "http://127.0.0.1:8401",
    "database_url": "postgresql://u:swordfish@/zeren",
    "temporal_address": "127.0.0.1:7000",
    "temporal_namespace": "default",
    "kek_file": "/somewhere/kek.json",
}


def instance(folder: Path, **changes: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.json").write_text(json.dumps({**INSTANCE, **changes}), encoding="utf-8")
    return folder


def test_the_instance_is_found_in_a_folder_above(tmp_path: Path) -> None:
    instance(tmp_path / ".zeren")
    deep = tmp_path / "一" / "b"
    deep.mkdir(parents=True)
    found = Settings.find({}, deep)
    assert (found.embedded, found.temporal_address, found.data) == (
        True,
        "127.0.0.1:7000",
        tmp_path / ".zeren",
    )


def test_the_environment_outranks_the_file(tmp_path: Path) -> None:
    data = instance(tmp_path / "data")
    found = Settings.find({"ZEREN_DATA": str(data), "ZEREN_TEMPORAL_ADDRESS": "other:1"}, tmp_path)
    assert found.temporal_address == "other:1"


def test_addresses_alone_are_production(tmp_path: Path) -> None:
    told = {
        "ZEREN_DATABASE_URL": "postgresql:///z",
        "ZEREN_TEMPORAL_ADDRESS": "t:7233",
        "ZEREN_KEK_FILE": "/k",
    }
    assert not Settings.find(told, tmp_path).embedded


def test_the_password_is_not_printed(tmp_path: Path) -> None:
    instance(tmp_path / ".zeren")
    assert "swordfish" not in repr(Settings.find({}, tmp_path))


@pytest.mark.parametrize("state", [None, "stopped", "broken"])
def test_where_nothing_runs_it_says_what_to_do(tmp_path: Path, state: str | None) -> None:
    if state == "stopped":
        instance(tmp_path / ".zeren", state="stopped")
    elif state == "broken":
        (tmp_path / ".zeren").mkdir()
        (tmp_path / ".zeren" / "instance.json").write_bytes(b"\xff{")
    with pytest.raises(NotRunning) as caught:
        Settings.find({"ZEREN_DATA": str(tmp_path / ".zeren")}, tmp_path)
    assert "make run" in caught.value.en
    assert "make run" in caught.value.zh


def test_a_missing_or_wrong_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="ZEREN_TEMPORAL_ADDRESS"):
        Settings.find({"ZEREN_DATABASE_URL": "postgresql:///z"}, tmp_path)
    instance(tmp_path / ".zeren")
    with pytest.raises(NotRunning, match="ZEREN_PORT"):
        Settings.find({"ZEREN_PORT": "many"}, tmp_path)


def test_data_lies_in_the_current_folder_unless_said_otherwise(tmp_path: Path) -> None:
    assert data_folder({}, tmp_path) == tmp_path / ".zeren"
    assert data_folder({"ZEREN_DATA": "/else"}, tmp_path) == Path("/else")
