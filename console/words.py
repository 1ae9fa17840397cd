"""What every code is called on paper, in Chinese and English: states, hats, commands, events, fields.

Codes travel; these words are only shown. A person may also type the Chinese word where a code is asked for.
"""

from enum import StrEnum
from typing import NamedTuple

from domain.words import (
    ActorKind,
    CaseKind,
    Channel,
    Charge,
    Contacted,
    DeadlineKind,
    Ending,
    Exceptional,
    NotAcceptedGround,
    Procedure,
    Reason,
    Role,
    Satisfaction,
    Solved,
    State,
    Step,
    Truth,
)


class Word(NamedTuple):
    """A word in both languages."""

    zh: str
    en: str

    def say(self, lang: str) -> str:
        """The word in one of them."""
        return self.en if lang == "en" else self.zh


_CODES: dict[type[StrEnum], str] = {
    CaseKind: "consult 咨询 · help 求助 · complaint 投诉 · report 举报 · suggestion 建议",
    Procedure: "hotline 热线 · petition 信访",
    State: (
        "triage 待派 · proposed 待签收 · objected 异议待答复 · working 办理中 · returning 退回待签收 · ruling 待裁定 ·"
        " resolved 待审核 · awaiting_verdict 待评价 · judged 待结案 · ended 已终结"
    ),
    Charge: (
        "follows_parent 随主件 · in_dispute 争议中 · lawful_pause 中止计时 ·"
        " awaiting_resident 等居民答复 · in_transit 流转中 · under_review 审核中 · awaiting_verdict 待评价 ·"
        " triage 待派 · working 办理中 · unknown 不详"
    ),
    Role: (
        "clerk 受理员 · caseworker 经办人 · head 负责人 · reviewer 审核员 · supervisor 督办员 · auditor 审计员 ·"
        " keeper 保管员 · operator 运维"
    ),
    ActorKind: "person 人员 · resident 居民 · partner 对接平台 · system 系统 · clock 计时器",
    Ending: (
        "closed 结案 · answered_at_intake 受理时答复 · redirected 引导至法定途径 ·"
        " withdrawn 撤回 · not_accepted 不予受理"
    ),
    DeadlineKind: (
        "triage 派单 · sign 签收 · answer_objection 答复异议 · sign_return 签收退回 · acknowledge 确认 · resolve 办结 ·"
        " review 审核 · verdict 评价 · close 结案 · ruling 裁定 · ladder 逐级督办"
    ),
    Reason: (
        "not_our_duty 不属本单位职责 · not_our_area 不属本辖区 · wrong_matter 事项归类错误 · "
        "needs_joint_work 需多部门联办 · already_handled 已在办或重复 · pushed_down 上级职责下推"
    ),
    NotAcceptedGround: (
        "in_hand_below 已在办又向上级提出 · exhausted 复核终结后再提 · in_litigation 已进入诉讼仲裁复议 ·"
        " no_clear_demand 无具体诉求 · unlawful_demand 诉求违反法律"
    ),
    Channel: (
        "counter 窗口 · phone 电话 · visit 走访 · letter 信件 · web 网络 · hotline 12345热线 · link 居民链接 ·"
        " import 批量导入 · partner 对接平台"
    ),
    Step: (
        "contacted_resident 已联系居民 · contact_failed 联系未果 · resident_heard 已听取陈述 · site_visit 现场核查 ·"
        " coordinated 协调 · work_done 已处置 · note 记录"
    ),
    Truth: "true 属实 · partly 部分属实 · untrue 不属实 · unverifiable 无法核实",
    Solved: "yes 已解决 · partly 部分解决 · no 未解决",
    Contacted: "yes 已联系 · tried 多次联系未果 · not_wished 居民要求不联系",
    Satisfaction: "satisfied 满意 · fairly 基本满意 · unsatisfied 不满意",
    Exceptional: (
        "empty_desk 无人在岗 · no_common_superior 无共同上级 · no_superior 无上级可督办 · lead_gone 主办单位已不存在"
    ),
}


def _read(line: str) -> dict[str, str]:
    return dict(pair.split(" ", 1) for pair in (part.strip() for part in line.split("·")))


LABELS: dict[type[StrEnum], dict[str, str]] = {kind: _read(line) for kind, line in _CODES.items()}
"""The Chinese of every code, by the enumeration it belongs to."""


def label(code: StrEnum | None, lang: str = "zh") -> str:
    """The word for a code of the domain; a dash for none."""
    if code is None:
        return "—"
    if lang == "en":
        return code.value.replace("_", " ")
    return LABELS[type(code)][code.value]


COMMANDS: dict[str, Word] = {
    "register": Word("登记", "register"),
    "triage": Word("核定事项地点", "triage"),
    "answer_at_intake": Word("受理时答复", "answer at intake"),
    "propose": Word("拟派", "propose a lead"),
    "sign": Word("签收", "sign"),
    "object": Word("异议", "object"),
    "accept_objection": Word("同意异议", "accept the objection"),
    "contest_objection": Word("不同意异议", "contest the objection"),
    "return": Word("退回", "return"),
    "sign_return": Word("同意退回", "sign the return"),
    "refuse_return": Word("不同意退回", "refuse the return"),
    "rule": Word("裁定并指定", "rule and designate"),
    "acknowledge": Word("确认", "acknowledge"),
    "start": Word("开始办理", "start"),
    "record_step": Word("办理记录", "record a step"),
    "resolve": Word("办结", "resolve"),
    "review": Word("审核", "review"),
    "record_verdict": Word("记录评价", "record the verdict"),
    "close": Word("结案", "close"),
    "reopen": Word("重办", "reopen"),
    "withdraw": Word("撤回", "withdraw"),
    "not_accept": Word("不予受理", "do not accept"),
    "oversee": Word("督办", "oversee"),
    "strike": Word("计时器到点", "the clock strikes"),
}
"""Every command."""

EVENTS: dict[str, Word] = {
    "registered": Word("登记受理", "registered"),
    "triaged": Word("核定事项", "triaged"),
    "answered_at_intake": Word("受理时答复", "answered at intake"),
    "ended_at_intake": Word("受理时答复后终结", "ended at intake"),
    "proposed": Word("拟派", "proposed"),
    "signed": Word("签收", "signed"),
    "deemed_signed": Word("默认签收", "deemed signed"),
    "proposal_ended": Word("拟派终止", "proposal ended"),
    "objected": Word("提出异议", "objected"),
    "return_requested": Word("申请退回", "return requested"),
    "returned": Word("已退回", "returned"),
    "ruling_opened": Word("进入裁定", "ruling opened"),
    "ruled": Word("裁定", "ruled"),
    "designated": Word("指定主办", "designated"),
    "acknowledged": Word("确认", "acknowledged"),
    "started": Word("开始办理", "started"),
    "step_recorded": Word("办理记录", "step recorded"),
    "resolved": Word("办结", "resolved"),
    "sent_back": Word("审核退回", "sent back by the review"),
    "reviewed": Word("审核通过", "review passed"),
    "verdict_recorded": Word("评价", "verdict recorded"),
    "verdict_lapsed": Word("逾期未评价", "verdict lapsed"),
    "rehandling_ordered": Word("责成重新办理", "re-handling ordered"),
    "closed": Word("结案", "closed"),
    "withdrawn": Word("撤回", "withdrawn"),
    "not_accepted": Word("不予受理", "not accepted"),
    "reopened": Word("重办", "reopened"),
    "oversight_added": Word("督办", "oversight added"),
    "deadline_missed": Word("超时", "deadline missed"),
    "escalated": Word("逐级上报督办", "escalated"),
    "alerted": Word("告警", "alerted"),
    "exception_raised": Word("异常", "exception raised"),
    "push_down_refused": Word("拒绝下推", "push-down refused"),
}
"""Every event, in the past tense."""

FIELDS: dict[str, Word] = {
    "kind": Word("诉求类型", "kind"),
    "channel": Word("渠道", "channel"),
    "procedure": Word("程序", "procedure"),
    "matter": Word("事项", "matter"),
    "place": Word("地点", "place"),
    "received_at": Word("收到时间", "received at"),
    "done_at": Word("实际办理时间", "done at"),
    "anonymous": Word("匿名", "anonymous"),
    "no_contact": Word("不愿被联系", "no contact"),
    "to": Word("拟派单位", "body to lead"),
    "reason": Word("事由", "reason"),
    "proposed_owner": Word("建议主办单位", "proposed owner"),
    "designate": Word("指定主办单位", "body to designate"),
    "step": Word("步骤", "step"),
    "truth": Word("诉求是否属实", "was it true"),
    "ours": Word("是否属本单位职责", "was it ours"),
    "contacted": Word("是否联系居民", "was the resident contacted"),
    "solved": Word("是否解决", "is it solved"),
    "passed": Word("审核是否通过", "passed"),
    "response": Word("是否有回应", "was there a response"),
    "resolution": Word("是否解决", "was it resolved"),
    "satisfaction": Word("满意度", "satisfaction"),
    "ground_code": Word("不予受理情形", "ground for not accepting"),
    "told_by": Word("告知渠道", "how the resident was told"),
    "text": Word("诉求内容", "text"),
    "name": Word("姓名", "name"),
    "phone": Word("电话", "phone"),
    "address": Word("地址", "address"),
    "ground": Word("理由", "ground"),
    "note": Word("备注", "note"),
    "finding": Word("内部核查结论", "internal finding"),
    "reply": Word("对居民的答复", "public reply"),
    "evidence": Word("佐证", "evidence"),
    "registrar": Word("受理单位", "registrar"),
    "dispatcher": Word("派单单位", "dispatcher"),
    "by": Word("由", "by"),
    "lead": Word("主办单位", "lead"),
    "body": Word("单位", "body"),
    "cause": Word("原因", "cause"),
    "charged_to": Word("时间计给", "charged to"),
    "notified_at": Word("送达时间", "notified at"),
    "round": Word("次数", "round"),
    "final": Word("最终评价", "final"),
    "episode": Word("轮次", "episode"),
    "command": Word("命令", "command"),
    "parties": Word("争议各方", "parties"),
    "window": Word("签收窗口", "window to sign"),
    "appeal": Word("救济途径", "way of appeal"),
}
"""Every field of a command, and the parts of events."""


CAUSES: dict[str, Word] = {
    "objection_accepted": Word("异议成立", "objection accepted"),
    "nobody_in_post": Word("签收窗口内无人在岗", "nobody in post"),
    "objection_contested": Word("不同意异议", "objection contested"),
    "objection_unanswered": Word("异议逾期未答复", "objection unanswered"),
    "return_refused": Word("不同意退回", "return refused"),
    "return_unanswered": Word("退回逾期未答复", "return unanswered"),
    "by_hand": Word("主动督办", "by hand"),
    "unsatisfied_again": Word("再次评价不满意", "unsatisfied again"),
}
"""Every cause of an event that is not a clock."""


def yes_no(answer: bool, lang: str) -> str:  # noqa: FBT001 - the answer itself
    """The word for an answer."""
    return {"en": ("no", "yes")}.get(lang, ("否", "是"))[answer]


def command_word(name: str) -> Word:
    """What a command is called; its code where it is new."""
    return COMMANDS.get(name, Word(name, name))


def event_word(name: str) -> Word:
    """What an event is called; its code where it is new."""
    return EVENTS.get(name, Word(name, name))


def field_word(name: str) -> Word:
    """What a field is called; its code where it is new."""
    return FIELDS.get(name, Word(name, name))
