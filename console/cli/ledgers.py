"""`zeren ledger`: checkpoints, proofs, and whether anybody has tampered with the ledger (docs/evidence.md)."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from console.cli.options import as_json
from console.cli.output import emit, say
from console.cli.telling import run
from console.errors import NotRunning
from console.opening import opened_pool
from console.settings import Settings
from deploy.verify import zeren_verify as alone
from domain.errors import BadInput
from ledger.evidence import checkpoints
from ledger.evidence.export import Exported
from ledger.evidence.export import export as write_export
from ledger.evidence.keys import (
    SigningKeys,
    create_signing_keys,
    rotate_signing_keys,
    told_keys,
)
from ledger.evidence.notes import Note, VerifyingKey, is_key, read_note
from ledger.evidence.suites import SHA256_ED25519, SUITES
from ledger.evidence.verify import Verified
from ledger.evidence.verify import verify as verify_database

_FILE = click.Path(dir_okay=False, path_type=Path)
_THERE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("ledger")
def ledger() -> None:
    """台账存证：检查点、导出、核对 / checkpoints, exports, and whether the ledger was tampered with.

    例 / example: zeren ledger verify
    """


# ---------------------------------------------------------------- verify


@ledger.command("verify")
@click.argument("file", type=_THERE, required=False)
@click.option(
    "--checkpoint",
    "kept",
    type=_THERE,
    multiple=True,
    help="另行保管的检查点，可多次 / a checkpoint that was kept elsewhere; may be repeated.",
)
@click.option(
    "--key",
    "given",
    multiple=True,
    metavar="KEY",
    help="当初交出的公钥，或其文件 / the public key that was handed out.",
)
@as_json
def verify(file: Path | None, kept: tuple[Path, ...], given: tuple[str, ...]) -> None:
    """核对台账；给出 FILE 则核对该导出文件，不需要数据库 / verify the ledger, or the export FILE without a database.

    例 / example: zeren ledger verify --checkpoint 2026-11-25.checkpoint
    """
    ok = _verify_file(file, kept, given) if file is not None else run(_verify_ledger(kept, given))
    if not ok:
        say(
            "台账与检查点不一致；请保全现场，按 docs/evidence.md 处理。 / The ledger does not agree with its checkpoints. "
            "Keep everything as it is, and go on as docs/evidence.md says."
        )
        raise click.exceptions.Exit(1)


def _verify_file(file: Path, kept: Sequence[Path], given: Sequence[str]) -> bool:
    beside = file.with_name(f"{file.name}.checkpoint")
    notes = [*([beside] if beside.exists() or not kept else []), *kept]
    try:
        keys = [key for one in given for key in alone.read_keys(one)]
        report = alone.verify(file, notes, keys)
    except alone.Unreadable as error:
        raise BadInput(f"{error.zh}。", f"{error.en}.") from None
    emit(alone.document(report), lambda: alone.told(report))
    return report.ok


async def _verify_ledger(kept: Sequence[Path], given: Sequence[str]) -> bool:
    notes = [_note(path) for path in kept]
    keys = [key for one in given for key in _keys(one)]
    async with opened_pool(Settings.find()) as pool:
        found = await verify_database(pool, notes, keys)
    emit(found.model_dump(mode="json"), lambda: _in_words(found))
    return found.ok


def _in_words(found: Verified) -> list[str]:
    lines = [f"✗ {one.zh}（共 {one.times} 处） / {one.en} ({one.times} in all)" for one in found.findings]
    lines.append(
        f"· {found.origin}：{found.leaves} 叶，其中事件 {found.events} 个；{found.checkpoints} 个检查点相符 / {found.leaves} "
        f"leaves, {found.events} of them events; {found.checkpoints} checkpoints agree"
    )
    if found.outside is None:
        lines.append(
            "· 没有库外保管的检查点可比：能改库的人也能改库内的检查点；请用 --checkpoint 给出 / no outside checkpoint "
            "agreed: who can change the database can change its checkpoints too. Give one with --checkpoint"
        )
    lines.append(
        f"· 最新库外检查点之后有 {found.uncovered} 个事件不受保护，{found.waiting} 行尚未入树 / {found.uncovered} events are not "
        f"covered by the newest outside checkpoint; {found.waiting} rows have no leaf yet"
    )
    lines.append("结论：一致 / all is well" if found.ok else "结论：不一致 / NOT well")
    return lines


def _note(path: Path) -> Note:
    try:
        return read_note(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise BadInput(f"{path} 不是检查点。", f"{path} is not a checkpoint.") from None


def _keys(told: str) -> list[VerifyingKey]:
    if is_key(told):
        return [VerifyingKey.read(told)]
    try:
        lines = Path(told).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"公钥文件 {told} 读不出来。", f"The file of keys {told} cannot be read.") from None
    return [VerifyingKey.read(line) for line in lines if line.strip()]


# ---------------------------------------------------------------- checkpoint and export


@ledger.command("checkpoint")
@click.option(
    "--since",
    type=_THERE,
    help="较早的检查点：另出连贯证明 / an earlier checkpoint: prove that the new one extends it.",
)
@click.option("--proof", type=_FILE, help="证明写入的文件 / where the proof is written to.")
@as_json
def checkpoint(since: Path | None, proof: Path | None) -> None:
    """现在就签一个检查点，并写成文件 / sign a checkpoint now, and write it to a file.

    例 / example: zeren ledger checkpoint --since 2026-11-01.checkpoint --proof 11.proof
    """
    if (since is None) != (proof is None):
        raise click.UsageError("--since 与 --proof 须一起给出 / --since and --proof go together.")

    async def work() -> tuple[checkpoints.Made, Path | None]:
        settings = Settings.find()
        keys = SigningKeys.from_file(_key_file(settings))
        earlier = _note(since).checkpoint if since else None
        async with opened_pool(settings) as pool:
            made = await checkpoints.make_checkpoint(pool, keys, settings.evidence_folder)
            if earlier is not None and proof is not None:
                path = await checkpoints.consistency(pool, earlier.size, made.checkpoint.size)
                told = {
                    "old": earlier.size,
                    "new": made.checkpoint.size,
                    "proof": [one.hex() for one in path],
                }
                _write(proof, (json.dumps(told, indent=2) + "\n").encode())
        return made, settings.evidence_folder

    made, folder = run(work())
    head = made.checkpoint
    document: dict[str, Any] = {
        "new": made.new,
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "suite": head.suite,
        "at": head.at.isoformat(),
        "folder": str(folder) if folder else None,
        "note": made.note,
    }
    emit(document, made.note.splitlines)


@ledger.command("export")
@click.option("--out", type=_FILE, required=True, help="导出文件 / the file.")
@as_json
def export(out: Path) -> None:
    """导出全部台账，每行一条并附证明，检查点写在旁边 / export the ledger with its proofs, the checkpoint beside it.

    例 / example: zeren ledger export --out ledger.jsonl
    """

    async def work() -> Exported:
        async with opened_pool(Settings.find()) as pool:
            draft = out.with_name(f".{out.name}.part")
            try:
                with _created(draft) as file:
                    done = await write_export(pool, file.write)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(out)
            finally:
                draft.unlink(missing_ok=True)
        return done

    done = run(work())
    beside = out.with_name(f"{out.name}.checkpoint")
    _write(beside, done.note.encode())
    emit(
        {
            "file": str(out),
            "checkpoint": str(beside),
            "leaves": done.leaves,
            "events": done.events,
            "after_checkpoint": done.after,
        },
        lambda: [
            f"已导出 {done.leaves} 条，其中事件 {done.events} 个；检查点之后 {done.after} 条",
            f"{done.leaves} entries, {done.events} of them events; {done.after} came after the checkpoint",
            f"{out} · {beside}",
        ],
    )


def _created(path: Path):  # noqa: ANN202 - a file of bytes
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    except OSError as error:
        raise BadInput(
            f"无法写入 {path.parent}：{error.strerror}。",
            f"{path.parent} cannot be written to: {error.strerror}.",
        ) from None


def _write(path: Path, content: bytes) -> None:
    with _created(path) as file:
        file.write(content)


# ---------------------------------------------------------------- keys


@ledger.command("key")
@click.option(
    "--first", is_flag=True, help="仅在台账尚无密钥时生成 / make one only where the ledger has none yet."
)
@click.option("--new", is_flag=True, help="为新台账生成密钥文件 / make the file for a new ledger.")
@click.option("--rotate", is_flag=True, help="换新密钥，由旧密钥背书 / a new key, endorsed by the old one.")
@click.option(
    "--replace-lost", is_flag=True, help="密钥文件已丢失，重做 / the file was lost for good: make another."
)
@click.option(
    "--suite",
    type=click.Choice(sorted(SUITES)),
    default=SHA256_ED25519,
    show_default=True,
    envvar="ZEREN_EVIDENCE_SUITE",
    help="新台账的算法套件 / the algorithms of a new ledger.",
)
@as_json
def key(*, first: bool, new: bool, rotate: bool, replace_lost: bool, suite: str) -> None:
    """签名密钥：显示公钥；生成；更换 / the signing keys: show the public ones, make, rotate.

    例 / example: zeren ledger key --rotate
    """
    if sum((first, new, rotate, replace_lost)) > 1:
        raise click.UsageError("只能选一项 / only one of these at a time.")
    vkeys, made = run(_keys_work(first=first, new=new, rotate=rotate, replace_lost=replace_lost, suite=suite))
    emit({"keys": vkeys, "made": made}, lambda: vkeys)


async def _keys_work(
    *, first: bool, new: bool, rotate: bool, replace_lost: bool, suite: str
) -> tuple[list[str], bool]:
    """The public keys that the ledger tells, and whether one was made."""
    settings = Settings.find()
    path = _key_file(settings)
    async with opened_pool(settings) as pool:
        told = await told_keys(pool)
        if first and path.exists():
            return [one.encoded() for one in told], False
        if first and told:
            say(
                f"签名密钥文件 {path} 不见了：没有新的检查点，其余照常；请从备份恢复，"
                "确已丢失的运行 zeren ledger key --replace-lost。"
            )
            say(
                f"The file of signing keys {path} is gone: no new checkpoints are made, all else goes on. Restore it from "
                "your backup; if it is lost for good, run zeren ledger key --replace-lost."
            )
            return [one.encoded() for one in told], False
        if (new or replace_lost) and bool(told) != replace_lost:
            raise BadInput(
                "台账已有密钥时用 --rotate 或 --replace-lost，没有时用 --new。",
                "A ledger with keys takes --rotate or --replace-lost; one without takes --new.",
            )
        if first or new or replace_lost:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                create_signing_keys(path, suite=suite, origin=told[0].name if told else None)
            except FileExistsError:
                raise BadInput(
                    f"{path} 已存在，不会覆盖；请先移走。",
                    f"{path} exists and is not overwritten; move it away first.",
                ) from None
        elif rotate:
            rotate_signing_keys(path)
        else:
            return [one.encoded() for one in told], False
        keys = SigningKeys.from_file(path)
        await checkpoints.make_checkpoint(pool, keys, settings.evidence_folder, lost=replace_lost)
        return [one.encoded() for one in await told_keys(pool)], True


def _key_file(settings: Settings) -> Path:
    path = settings.signing_keys
    if path is None:
        raise NotRunning(
            "没有指定签名密钥文件；请设置 ZEREN_EVIDENCE_KEY_FILE。",
            "No file of signing keys is named; set ZEREN_EVIDENCE_KEY_FILE.",
        )
    return path
