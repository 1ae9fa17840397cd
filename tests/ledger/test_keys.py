"""The key file: made once, for its owner alone, and refused when it is not what it should be."""

import json
import stat
from pathlib import Path
from uuid import uuid4

import pytest

from ledger.errors import KeyFileRefused
from ledger.keys import Keyring, create_kek_file


def test_a_new_key_file_is_private_and_usable(tmp_path: Path) -> None:
    path = tmp_path / "密钥 kek.json"
    create_kek_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keyring = Keyring.from_file(path)
    case = uuid4()
    kek, wrapped = keyring.new(case)
    assert keyring.open(case, kek, wrapped) == Keyring.from_file(path).open(case, kek, wrapped)
    assert "CaseKeys(…)" in repr(keyring.open(case, kek, wrapped))
    assert len({keyring.open(case, *keyring.new(case)).seal for _ in range(3)}) == 3


def test_a_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "kek.json"
    create_kek_file(path)
    before = path.read_text()
    with pytest.raises(FileExistsError):
        create_kek_file(path)
    assert path.read_text() == before


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kek.json"
    create_kek_file(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileRefused, match="chmod 600"):
        Keyring.from_file(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        '{"current": "a"}',
        '{"current": "a", "keys": []}',
        '{"current": "a", "keys": {"b": "AAAA"}}',
        '{"current": "a", "keys": {"a": "AAAA"}}',
        '{"current": "a", "keys": {"a": "%%%"}}',
        '{"current": "a", "keys": {"a": 5}}',
        json.dumps({"current": "b", "keys": {"a": "A" * 43 + "="}}),
    ],
)
def test_a_file_that_is_no_key_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "kek.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileRefused):
        Keyring.from_file(path)


def test_an_absent_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileRefused):
        Keyring.from_file(tmp_path / "none.json")
