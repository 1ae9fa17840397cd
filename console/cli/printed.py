"""The reads in words: Chinese first, English where it is short, times in the pack's zone."""

from collections.abc import Iterable
from enum import StrEnum
from zoneinfo import ZoneInfo

from console.cli.output import table
from console.clocks import clock_state
from console.shown import called, lasting, local, parts, who
from console.told import relation
from console.views import Json
from console.words import command_word, event_word, field_word, label
from domain.words import (
    CaseKind,
    Channel,
    Charge,
    DeadlineKind,
    Ending,
    Exceptional,
    Instance,
    PropertyStatus,
    Role,
    State,
    Tie,
    WhyNot,
)


def coded(kind: type[StrEnum], code: str | None) -> str:
    """A code with its Chinese word before it; a dash for none."""
    return f"{label(kind(code))}（{code}）" if code else "—"


def case(document: Json, zone: ZoneInfo) -> Iterable[str]:
    """A case as it stands."""
    names = document["names"]
    yield f"{document['number']}  {coded(State, document['state'])}  第 {document['version']} 版 version"
    rows = [
        ("应答单位 answering", called(names, document["answering"])),
        ("时间计 charge", f"{coded(Charge, document['charge'])} → {called(names, document['charged_to'])}"),
        ("主办 lead", called(names, document["lead"])),
        ("派单单位 dispatcher", called(names, document["dispatcher"])),
        ("拟派 proposed", called(names, document["proposed"])),
        ("应派依据 route", called(names, document["route"]["lead"]) if document["route"] else "—"),
        ("知会 informed", "、".join(called(names, body) for body in document["informed"]) or "—"),
        ("督办 overseers", "、".join(called(names, body) for body in document["overseers"]) or "—"),
        ("类型 kind", coded(CaseKind, document["kind"])),
        ("渠道 channel", coded(Channel, document["channel"])),
        ("事项 matter", called(names, document["matter"])),
        ("地点 place", called(names, document["place"])),
        ("最近时限 next deadline", local(document["next_deadline"], zone)),
        ("挂账至 shelved until", local(document["shelved_until"], zone)),
        ("书面意见 opinion", opinion(document, zone)),
        ("收到 received", local(document["received_at"], zone)),
        ("登记 registered", local(document["registered_at"], zone)),
        ("轮次 episode", str(document["episode"])),
        ("异常 exceptions", "、".join(label(Exceptional(code)) for code in document["exceptions"]) or "—"),
        ("终结 ending", f"{coded(Ending, document['ending'])} {local(document['ended_at'], zone)}"),
        ("主件 parent", document["parent"] or "—"),
        ("并入本件 children", _children(document["children"])),
        (
            "关联 links",
            "、".join(f"{row['number']} {label(Tie(row['tie']))}" for row in document["links"]) or "—",
        ),
        ("事件 events", str(document["events"])),
    ]
    yield from table([row for row in rows if row[1] not in {"—", "— —", "— → —"}])
    for trouble in document["troubles"]:
        where = called(names, trouble["body"])
        yield f"  异常：{trouble['missing']['zh']}（{where}）；{trouble['mended_by']['zh']}"
        yield f"  exception: {trouble['missing']['en']} ({where}). {trouble['mended_by']['en']}."
    if document["relations"]:
        yield "各单位与本件的关系 relations"
        yield from table([relation(each, names, zone) for each in document["relations"]])


def route(document: Json, _zone: ZoneInfo) -> Iterable[str]:
    """Where a case belongs, and why."""
    names = document["names"]
    status = document["property_status"]
    rows = [
        ("应主办 lead", called(names, document["lead"])),
        ("物业状况 property", label(PropertyStatus(status)) if status else "—"),
        ("依据 ground", document["ground"]),
        ("规则 rules", " → ".join(document["rules"])),
        ("辖区 path", " → ".join(called(names, code) for code in document["path"])),
        ("问题 problem", label(Exceptional(document["problem"])) if document["problem"] else "—"),
        ("数据包 pack", f"{document['pack']} 第 {document['version']} 版"),
    ]
    yield from table([row for row in rows if row[1] != "—"])
    for passed in document["alternatives"]:
        yield f"  未选 not {passed['rule']} {called(names, passed['body'])}：{label(WhyNot(passed['why_not']))}"


def opinion(document: Json, zone: ZoneInfo) -> str:
    """Which written opinion stands, and until when the next instance can be asked; a dash where there is none."""
    found = document["opinion"]
    if found is None:
        return "—"
    word = coded(Instance, found["instance"])
    if document["exhausted"]:
        return f"{word} · 信访程序终结 exhausted"
    return f"{word} · 可请求上一级至 can be asked until {local(found['ask_until'], zone)}"


def _children(children: Json) -> str:
    if not children["count"]:
        return "—"
    more = "…" if children["count"] > len(children["numbers"]) else ""
    return f"{children['count']} 件：{'、'.join(children['numbers'])}{more}"


def holders(document: Json, zone: ZoneInfo) -> Iterable[str]:
    """The table of responsibility."""
    names = document["names"]
    rows = [("轮", "应答单位 answering", "性质 charge", "计给 charged to", "自 from", "至 to", "时长")]
    rows += [
        (
            str(row["episode"]),
            called(names, row["answering"]),
            label(Charge(row["charge"])),
            called(names, row["charged_to"]) if row["charged_to"] != row["answering"] else "同左 same",
            local(row["from"], zone),
            local(row["to"], zone) if row["closed_by"] else f"{local(row['to'], zone)} …",
            lasting(row["seconds"]),
        )
        for row in document["intervals"]
    ]
    yield document["number"]
    yield from table(rows)
    yield f"合计 total {lasting(document['seconds'])}"


def history(document: Json, zone: ZoneInfo) -> Iterable[str]:
    """Every event, one a line."""
    names = document["names"]
    rows = [("版", "时间 at", "事件 event", "谁 who", "内容 data")]
    rows += [
        (
            str(event["version"]),
            local(event["at"], zone),
            f"{event_word(event['type']).zh} {event['type']}",
            who(event["actor"], names),
            _data(event, names, zone),
        )
        for event in document["events"]
    ]
    yield document["number"]
    yield from table(rows)


def _data(event: Json, names: Json, zone: ZoneInfo) -> str:
    told = parts(event, names, zone)
    if event["personal"]:
        told.append("隔离区：" + "、".join(field_word(name).zh for name in event["personal"]))
    return "；".join(told)


def clocks(document: Json, zone: ZoneInfo) -> Iterable[str]:
    """Every deadline, how each that runs was reckoned, both clocks of the case, and the promise."""
    rows = [("时限 clock", "状态 state", "到期 due", "依据与原因 why")]
    rows += [
        (
            f"{label(DeadlineKind(clock['kind']))} {clock['id']}",
            f"{clock_state(clock['state'], 'zh')} {clock['going'] or clock['state']}",
            local(clock["due"], zone),
            clock["reason"]["zh"],
        )
        for clock in document["clocks"]
    ]
    yield document["number"]
    yield from table(rows)
    for clock in document["clocks"]:
        if clock["going"] is not None and clock["arithmetic"] is not None:
            yield from _reckoned(clock, zone)
    yield from _two_clocks(document, zone)
    if document["promised"]:
        yield f"对居民的承诺 promised: {document['promised']['zh']}"


def _reckoned(clock: Json, zone: ZoneInfo) -> Iterable[str]:
    """One deadline, day by day."""
    start = local(clock["started_at"], zone)
    yield f"{label(DeadlineKind(clock['kind']))} {clock['id']}: {start} + {clock['length']['zh']}"
    for line in clock["arithmetic"]["lines"]:
        days = line["first"] if line["first"] == line["last"] else f"{line['first']} … {line['last']}"
        yield f"  {days}  +{line['counted']} = {line['total']}  {line['why']['zh']} {line['why']['en']}"
    for change in clock["rebased"]:
        yield (
            f"  {local(change['at'], zone)} 重新计算 rebased ({change['cause']}): "
            f"{local(change['from']['due'], zone)} → {local(change['to']['due'], zone)}"
        )
    yield f"  = {local(clock['due'], zone)}"


def _two_clocks(document: Json, zone: ZoneInfo) -> Iterable[str]:
    """The resident's clock and the answering bodies'."""
    rows = [("钟 clock", "自 from", "至 to", "历时 elapsed", "工作时间 worked", "超过承诺 late")]
    rows += [
        (
            f"居民 resident {each['episode']}",
            local(each["from"], zone),
            local(each["to"], zone),
            lasting(each["seconds"]),
            lasting(each["working_seconds"]),
            lasting(each["late"]["seconds"]) if each["late"] else "—",
        )
        for each in document["resident"]["episodes"]
    ]
    rows += [
        (
            each["body"],
            local(each["from"], zone),
            local(each["to"], zone),
            lasting(each["seconds"]),
            lasting(each["working_seconds"]),
            "—",
        )
        for each in document["bodies"]
    ]
    yield from table(rows)


def queue(document: Json, zone: ZoneInfo) -> Iterable[str]:
    """One page of a queue."""
    names = document["names"]
    rows = [("案件号 number", "状态 state", "最近时限 next deadline", "应答单位 answering", "事项 matter")]
    rows += [
        (
            item["number"],
            label(State(item["state"])) + (" 超时!" if item["missed"] else ""),
            local(item["next_deadline"], zone),
            called(names, item["answering"]),
            called(names, item["matter"]),
        )
        for item in document["items"]
    ]
    yield from table(rows)
    yield f"共 {document['total']} 件 in all" + (
        f"；下一页 next: --after {document['next']}" if document["next"] else ""
    )


_NAMED = 3
"""Names in a cell; some commands are open to every body there is, and --json tells them all."""


def _few(names: Iterable[str], between: str = "、") -> str:
    """The first names, and how many more there are."""
    all_ = list(names)
    more = f"{between}… 等 {len(all_)} 个 / {len(all_)} in all" if len(all_) > _NAMED else ""
    return between.join(all_[:_NAMED]) + more


def allowed(document: Json) -> Iterable[str]:
    """What the case allows, to whom, and why not the rest."""
    names = document["names"]
    yield f"{document['number']}  {coded(State, document['state'])}  第 {document['version']} 版 version"
    rows = [
        (
            f"✓ {row['command']}",
            command_word(row["command"]).zh,
            _few(called(names, body) for body in row["bodies"]),
            "/".join(label(Role(role)) for role in row["roles"]),
            _few(row["people"], between=", ") or "（无人在岗 nobody in post）",
        )
        for row in document["commands"]
        if row["allowed"]
    ]
    yield from table([("命令 command", "", "单位 body", "身份 hat", "人员 people"), *rows])
    for row in document["commands"]:
        if not row["allowed"]:
            said = row["refusal"]
            yield f"✗ {row['command']} {command_word(row['command']).zh}：{said['zh']}{said['next_zh']}"
