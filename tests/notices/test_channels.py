"""Each channel speaks its protocol to a real server, and takes a no for a no."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from activities.channels import send
from activities.channels.message import Message, Undelivered
from activities.secrets import secrets_in
from ledger.outlets import Mail, Outlet
from tests.notices.servers import Mailbox, Taker, taking_mail, taking_posts

KEY = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
MESSAGE = Message(KEY, "【责任】催办", ["案件 2345-6789：办理中"], {"id": KEY, "notices": []})
SECRETS = {
    "signs": "whsec_" + base64.b64encode(b"0123456789abcdef").decode(),
    "token": "t-1",
    "robot": "SECabc",
}


@pytest.fixture
def taker() -> Iterator[Taker]:
    with taking_posts() as server:
        yield server


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with taking_mail() as server:
        yield server


def outlet(channel: str, address: str, **more: object) -> Outlet:
    fields = {"id": channel, "channel": channel, "body": "9901.dispatch", "address": address}
    return Outlet.model_validate({**fields, **more})


async def fault_of(which: Outlet, mail: Mail | None = None) -> str:
    with pytest.raises(Undelivered) as refused:
        await send(MESSAGE, which, mail, SECRETS.get)
    return refused.value.fault


async def test_a_webhook_is_signed_over_id_time_and_body(taker: Taker) -> None:
    hook = outlet("webhook", taker.address + "/sms", secret="signs")
    assert await send(MESSAGE, hook, None, SECRETS.get) == "http-200:r-1"
    (post,) = taker.seen
    signed = f"{KEY}.{post.headers['webhook-timestamp']}.".encode() + post.body
    mac = hmac.new(b"0123456789abcdef", signed, hashlib.sha256).digest()
    assert post.headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert post.headers["webhook-id"] == post.headers["idempotency-key"] == KEY
    assert json.loads(post.body) == MESSAGE.data
    taker.answer = lambda _: (503, b"")
    assert await fault_of(hook) == "http-503"
    taker.answer = lambda _: (302, b"")
    assert await fault_of(hook) == "http-302", "no redirect is followed"
    taker.answer = lambda _: (200, '{"receipt":"某人 已收到"}'.encode())
    assert await send(MESSAGE, hook, None, SECRETS.get) == "http-200", "only a code is kept of an answer"


async def test_a_wecom_robot_is_spoken_to_as_its_maker_says(taker: Taker) -> None:
    robot = outlet("wecom", taker.address + "/cgi-bin/webhook/send", token="token")
    assert await send(MESSAGE, robot, None, SECRETS.get) == "errcode-0"
    (post,) = taker.seen
    assert (post.path, post.query) == ("/cgi-bin/webhook/send", {"key": "t-1"})
    told = json.loads(post.body)
    assert told["msgtype"] == "text"
    assert told["text"]["content"] == "【责任】催办\n案件 2345-6789：办理中\n（通知编号 6f9619ff）"
    long = MESSAGE._replace(lines=["案件 2345-6789：办理中"] * 200)
    await send(long, robot, None, SECRETS.get)
    content = json.loads(taker.seen[-1].body)["text"]["content"]
    assert 1900 < len(content.encode()) <= 2048
    assert content.endswith("（通知编号 6f9619ff）")
    taker.answer = lambda _: (200, b'{"errcode":93000,"errmsg":"invalid webhook url"}')
    assert await fault_of(robot) == "errcode-93000", "a robot says 200 to everything"
    taker.answer = lambda _: (200, b"<html>")
    assert await fault_of(robot) == "no-errcode"


async def test_a_dingtalk_robot_gets_its_sign(taker: Taker) -> None:
    robot = outlet("dingtalk", taker.address + "/robot/send", token="token", secret="robot")
    assert await send(MESSAGE, robot, None, SECRETS.get) == "errcode-0"
    (post,) = taker.seen
    stamp = post.query["timestamp"]
    mac = hmac.new(b"SECabc", f"{stamp}\nSECabc".encode(), hashlib.sha256).digest()
    assert post.query["sign"] == base64.b64encode(mac).decode()
    assert post.query["access_token"] == "t-1"
    assert len(stamp) == 13, "milliseconds"
    taker.answer = lambda _: (200, b'{"errcode":310000,"errmsg":"sign not match"}')
    assert await fault_of(robot) == "errcode-310000"


async def test_mail_is_taken_by_the_server_or_not(box: Mailbox) -> None:
    mail = Mail(host="127.0.0.1", port=box.port, security="none", sender="zeren@office.example")
    inbox = outlet("email", "desk@office.example")
    assert await send(MESSAGE, inbox, mail, SECRETS.get) == "smtp-250:2.6.0"
    (got,) = box.mails
    assert (box.to, got["Subject"]) == (["desk@office.example"], "【责任】催办")
    assert got["Message-ID"] == f"<{KEY}@office.example>"
    assert "案件 2345-6789：办理中" in got.get_content()  # type: ignore[attr-defined]
    box.refuse = "451 4.3.0 later"
    assert await fault_of(inbox, mail) == "smtp-451"
    wanting = mail.model_copy(update={"security": "starttls"})
    assert await fault_of(inbox, wanting) == "smtp-no-starttls", "not in clear where it has to be private"


async def test_who_is_not_there_and_what_is_not_known(taker: Taker) -> None:
    assert await fault_of(outlet("webhook", "http://127.0.0.1:9/", secret="signs")) == "not-reached"
    assert await fault_of(outlet("webhook", taker.address, secret="other")) == "no-secret:other"
    assert taker.seen == []


def test_secrets_come_from_files_first_then_from_the_environment(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "in-a-file").write_text("one\n", encoding="utf-8")
    find = secrets_in(folder, {"ZEREN_SECRET_IN_A_FILE": "other", "ZEREN_SECRET_BY_NAME": "two"})
    assert (find("in-a-file"), find("by-name"), find("nowhere")) == ("one", "two", None)
    (folder / "in-a-file").write_text("changed", encoding="utf-8")
    assert find("in-a-file") == "changed"
