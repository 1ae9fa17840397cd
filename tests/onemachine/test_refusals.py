"""A start that is refused says why and what to do, in both languages; an ended process says how it ended."""

import ast
import signal
from pathlib import Path

import pytest

import deploy.onemachine
from deploy.onemachine.places import make_data
from deploy.onemachine.processes import StartRefused, exit_words

SOURCES = sorted(Path(deploy.onemachine.__file__).parent.glob("*.py"))


def _texts(node: ast.expr) -> str:
    """What a string says, its holes left out."""
    return "".join(
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


def test_a_folder_that_cannot_be_made_is_refused_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StartRefused) as refused:
        make_data(tmp_path / "file" / "data")
    assert "无法建立；请换一个" in refused.value.zh
    assert "cannot be made" in refused.value.en
    assert str(refused.value) == f"{refused.value.zh} / {refused.value.en}"


def test_every_refusal_of_a_start_is_chinese_first_and_english_second() -> None:
    raised = [
        call.args
        for source in SOURCES
        for call in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "StartRefused"
    ]
    assert len(raised) > 20
    for zh, en in raised:
        assert _texts(zh) == _texts(en) == " " or any("一" <= char <= "鿿" for char in _texts(zh)), (
            ast.unparse(zh)
        )
        assert not any("一" <= char <= "鿿" for char in _texts(en)), ast.unparse(en)


@pytest.mark.parametrize(
    ("code", "zh", "en"),
    [
        (3, "已退出，退出码 3", "ended with exit code 3"),
        (-signal.SIGKILL, "被 SIGKILL 终止", "was killed by SIGKILL"),
        (-99, "被 signal 99 终止", "was killed by signal 99"),
    ],
)
def test_how_a_process_ended(code: int, zh: str, en: str) -> None:
    assert exit_words(code) == (zh, en)
