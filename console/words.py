"""What every code is called on paper, in Chinese and English: states, hats, commands, events, fields.

Codes travel; these words are only shown. A person may also type the Chinese word where a code is asked for.
"""

from enum import StrEnum
from typing import NamedTuple

from domain.joint_words import (
    AssistanceRefusal,
    AssistanceState,
    CallState,
    CommissionState,
    Expired,
    Funding,
    ProviderReply,
    QuestionState,
    Score,
)
from domain.words import (
    ActorKind,
    AppealOutcome,
    CaseKind,
    Channel,
    Charge,
    Contacted,
    DeadlineKind,
    Ending,
    Exceptional,
    Informing,
    Instance,
    Judgement,
    NotAcceptedGround,
    Procedure,
    PropertyStatus,
    Reason,
    Role,
    RulingCause,
    Satisfaction,
    Solved,
    State,
    Step,
    Tie,
    Truth,
    Urgency,
    Way,
    WhyNot,
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
        " appeal 复查复核中 · shelved 挂账中 ·"
        " resolved 待审核 · awaiting_verdict 待评价 · judged 待结案 · merged 已并入主件 · ended 已终结"
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
    ActorKind: "person 人员 · resident 居民 · partner 对接平台 · provider 承接方 · system 系统 · clock 计时器",
    Ending: (
        "closed 结案 · answered_at_intake 受理时答复 · redirected 引导至法定途径 ·"
        " withdrawn 撤回 · not_accepted 不予受理"
    ),
    DeadlineKind: (
        "triage 派单 · sign 签收 · answer_objection 答复异议 · sign_return 签收退回 · acknowledge 确认 ·"
        " first_contact 首次联系 · resolve 办结 ·"
        " review 审核 · verdict 评价 · close 结案 · ruling 裁定 ·"
        " consent 答复挂账 · look_again 挂账复查看 · ask_appeal 请求复查复核 · decide_appeal 复查复核决定 ·"
        " answer_assistance 答复协办 · assistance_end 协办截止 · answer_whistle 答复吹哨请求 ·"
        " report_in 报到 · provider_answer 承接方答复 · commission_end 合同或资质到期 · ladder 逐级督办"
    ),
    Reason: (
        "not_our_duty 不属本单位职责 · not_our_area 不属本辖区 · wrong_matter 事项归类错误 · "
        "needs_joint_work 需多部门联办 · already_handled 已在办或重复 · pushed_down 上级职责下推"
    ),
    NotAcceptedGround: (
        "in_hand_below 已在办又向上级提出 · exhausted 复核终结后再提 · in_litigation 已进入诉讼仲裁复议 ·"
        " no_clear_demand 无具体诉求 · unlawful_demand 诉求违反法律"
    ),
    Way: (
        "court 诉讼 · arbitration 仲裁 · reconsideration 行政复议 · procedure 行政裁决等行政程序 ·"
        " party_appeal 党员申诉复审 · petition 信访 · emergency 紧急求助电话 · misconduct 检举控告"
    ),
    Judgement: "supported 予以支持 · explained 解释说明 · not_supported 不予支持",
    Instance: "handling 处理意见 · review 复查 · final_review 复核",
    AppealOutcome: "upheld 维持 · changed 变更 · revoked 撤销并责令重新办理",
    Channel: (
        "counter 窗口 · phone 电话 · visit 走访 · letter 信件 · web 网络 · hotline 12345热线 · link 居民链接 ·"
        " import 批量导入 · partner 对接平台"
    ),
    Step: (
        "contacted_resident 已联系居民 · contact_failed 联系未果 · resident_heard 已听取陈述 · site_visit 现场核查 ·"
        " coordinated 协调 · work_done 已处置 · told_state 已告知前件情况 · note 记录"
    ),
    Tie: "duplicate_suspect 疑似重复 · same_place 同一地点 · repeat 重复诉求 · split 分案",
    Truth: "true 属实 · partly 部分属实 · untrue 不属实 · unverifiable 无法核实",
    Solved: "yes 已解决 · partly 部分解决 · no 未解决",
    Contacted: "yes 已联系 · tried 多次联系未果 · not_wished 居民要求不联系",
    Satisfaction: "satisfied 满意 · fairly 基本满意 · unsatisfied 不满意",
    Funding: (
        "budget 财政预算 · entrusting_body 委托单位随事转移 · street 街道经费 · community_fund 社区惠民项目资金 ·"
        " welfare_lottery 福彩公益金 · maintenance_fund 住宅专项维修资金 · residents 居民自筹 · donation 慈善捐赠"
    ),
    AssistanceState: (
        "asked 待答复 · accepted 协办中 · refused 不予协办 · finished 已完成 · released 已解除 · over 期满或案件终结"
    ),
    AssistanceRefusal: (
        "not_listed 不在准入清单 · no_funding 经费未落实 · no_capacity 力量不足 ·"
        " no_authority 无相应权限 · task_unclear 任务不明确"
    ),
    CallState: "called 待报到 · reported 已报到 · stood_down 已解除",
    CommissionState: "active 承接中 · lapsed 合同或资质到期 · ended 已终止",
    Expired: "contract 合同到期 · qualification 资质到期",
    QuestionState: "open 待答复 · answered 已答复 · silent 逾期未答复 · over 不再需要",
    ProviderReply: "done 已完成 · under_way 进行中 · cannot 无法完成",
    Score: "1 一分 · 2 二分 · 3 三分 · 4 四分 · 5 五分",
    Exceptional: (
        "empty_desk 无人在岗 · no_common_superior 无共同上级 · no_superior 无上级可督办 · lead_gone 承办单位已不存在 ·"
        " no_route 找不到承办单位 · nobody_at_the_desk 应承办单位无人在岗 ·"
        " nobody_able 因回避无人可办 · accused_outside 反映对象为外部机关，其上无单位"
    ),
    RulingCause: (
        "objection_contested 异议被驳 · objection_unanswered 异议逾期未答 · return_refused 退回被拒 ·"
        " return_unanswered 退回逾期未签 · ping_pong 反复流转 · too_many_hand_backs 异议退回超次"
    ),
    Informing: "direct_to_street 直派街道抄送区级 · by_hand 人工知会",
    Urgency: "normal 普通 · urgent 紧急 · critical 特急",
    PropertyStatus: "managed 专业物业 · quasi 准物业（八有） · self 业主自管 · none 无物业",
    WhyNot: (
        "other_property_status 物业状况不符 · special_rule_fits 已适用特别规则 · another_fits_first 同类单位已选其一 ·"
        " not_there 此时不存在 · no_such_body 没有这样的单位 · accused 被投诉回避"
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
    "recategorise": Word("更正归类", "recategorise"),
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
    "inform": Word("知会", "inform"),
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
    "redirect": Word("引导至法定途径", "redirect"),
    "shelve": Word("申请挂账", "ask to shelve"),
    "consent_to_shelving": Word("同意挂账", "consent to shelving"),
    "refuse_shelving": Word("不同意挂账", "refuse shelving"),
    "unshelve": Word("解除挂账", "take up again"),
    "request_review": Word("请求复查", "ask for a review"),
    "request_final_review": Word("请求复核", "ask for the final review"),
    "decide_appeal": Word("作出复查复核意见", "decide the review"),
    "oversee": Word("督办", "oversee"),
    "rebase": Word("重新计算时限", "rebase a clock"),
    "ask_assistance": Word("请求协办", "ask for assistance"),
    "accept_assistance": Word("同意协办", "accept to assist"),
    "refuse_assistance": Word("不予协办", "refuse to assist"),
    "finish_assistance": Word("协办完成", "finish the assistance"),
    "release_assistance": Word("解除协办", "release from assistance"),
    "ask_whistle": Word("请求吹哨", "ask for a whistle"),
    "decline_whistle": Word("不予吹哨", "decline to whistle"),
    "whistle": Word("吹哨", "whistle"),
    "report_in": Word("报到", "report in"),
    "stand_down": Word("解除吹哨", "stand down"),
    "score": Word("互评", "score each other"),
    "commission": Word("购买服务", "commission a service"),
    "record_milestone": Word("记录里程碑", "record a milestone"),
    "accept_milestone": Word("验收里程碑", "accept a milestone"),
    "end_commission": Word("终止购买服务", "end the commission"),
    "ask_provider": Word("询问承接方", "ask the provider"),
    "answer_as_provider": Word("承接方答复", "answer as provider"),
    "link": Word("关联", "link"),
    "merge": Word("并入主件", "merge into a parent"),
    "unmerge": Word("解除并案", "unmerge"),
    "wake": Word("随主件答复或终结", "wake with the parent"),
    "accuse": Word("列为反映对象", "accuse"),
    "recuse": Word("自行回避", "recuse oneself"),
    "declare_interest": Word("决定回避", "declare an interest"),
    "strike": Word("计时器到点", "the clock strikes"),
}
"""Every command."""

EVENTS: dict[str, Word] = {
    "registered": Word("登记受理", "registered"),
    "triaged": Word("核定事项", "triaged"),
    "recategorised": Word("更正归类", "recategorised"),
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
    "informed": Word("知会", "informed"),
    "succeeded": Word("单位承接", "succeeded"),
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
    "redirected": Word("引导至法定途径", "redirected"),
    "reopened": Word("重办", "reopened"),
    "shelving_requested": Word("申请挂账", "shelving asked for"),
    "shelving_refused": Word("挂账未获同意", "shelving refused"),
    "shelved": Word("挂账", "shelved"),
    "unshelved": Word("解除挂账", "taken up again"),
    "appeal_requested": Word("请求复查复核", "review asked for"),
    "appeal_decided": Word("复查复核意见", "review decided"),
    "appeal_lapsed": Word("逾期未请求复查复核", "time to ask for a review passed"),
    "way_exhausted": Word("信访程序终结", "way exhausted"),
    "oversight_added": Word("督办", "oversight added"),
    "deadline_missed": Word("超时", "deadline missed"),
    "escalated": Word("逐级上报督办", "escalated"),
    "alerted": Word("告警", "alerted"),
    "nudged": Word("催办", "nudged"),
    "rebased": Word("时限重新计算", "clock rebased"),
    "exception_raised": Word("异常", "exception raised"),
    "linked": Word("登记关联", "linked"),
    "merged": Word("并入主件", "merged"),
    "unmerged": Word("解除并案", "unmerged"),
    "answered_with_parent": Word("随主件答复", "answered with its parent"),
    "push_down_refused": Word("拒绝下推", "push-down refused"),
    "assistance_asked": Word("请求协办", "assistance asked"),
    "assistance_accepted": Word("同意协办", "assistance accepted"),
    "assistance_refused": Word("不予协办", "assistance refused"),
    "assistance_finished": Word("协办完成", "assistance finished"),
    "assistance_released": Word("解除协办", "assistance released"),
    "assistance_over": Word("协办期满", "assistance over"),
    "whistle_asked": Word("请求吹哨", "whistle asked"),
    "whistle_declined": Word("不予吹哨", "whistle declined"),
    "whistled": Word("吹哨", "whistled"),
    "reported_in": Word("报到", "reported in"),
    "stood_down": Word("解除吹哨", "stood down"),
    "scored": Word("互评", "scored"),
    "commissioned": Word("购买服务", "commissioned"),
    "commission_extended": Word("续期", "commission extended"),
    "commission_lapsed": Word("合同或资质到期", "commission lapsed"),
    "commission_ended": Word("终止购买服务", "commission ended"),
    "milestone_reached": Word("达到里程碑", "milestone reached"),
    "milestone_accepted": Word("验收里程碑", "milestone accepted"),
    "provider_asked": Word("询问承接方", "provider asked"),
    "provider_answered": Word("承接方答复", "provider answered"),
    "provider_silent": Word("承接方逾期未答复", "provider silent"),
    "accused": Word("列为反映对象", "accused"),
    "recused": Word("自行回避", "recused"),
    "interest_declared": Word("决定回避", "interest declared"),
    "removed_by_firewall": Word("因回避移出", "removed by the firewall"),
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
    "misconduct": Word("检举控告", "accuses of misconduct"),
    "person": Word("人员", "person"),
    "to_triage": Word("退回待派", "back to triage"),
    "ruling": Word("裁定", "ruling"),
    "to": Word("对象单位", "body"),
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
    "way": Word("法定途径", "way"),
    "judgement": Word("处理意见结论", "judgement of the opinion"),
    "delivered_at": Word("送达时间", "delivered at"),
    "asked_at": Word("居民提出时间", "asked at"),
    "outcome": Word("复查复核结论", "outcome"),
    "hours": Word("小时数", "hours"),
    "urgency": Word("紧急程度", "urgency"),
    "same_as": Word("同一事实的原案件号", "earlier case on the same facts"),
    "instance": Word("级次", "instance"),
    "until": Word("截止", "until"),
    "seconds": Word("秒数", "seconds"),
    "handler": Word("原办理机关", "handling body"),
    "demand": Word("诉求事项", "request"),
    "text": Word("诉求内容", "text"),
    "name": Word("姓名", "name"),
    "phone": Word("电话", "phone"),
    "address": Word("地址", "address"),
    "ground": Word("理由", "ground"),
    "note": Word("备注", "note"),
    "finding": Word("内部核查结论", "internal finding"),
    "reply": Word("对居民的答复", "public reply"),
    "evidence": Word("佐证", "evidence"),
    "task": Word("任务", "task"),
    "asked": Word("协办单位", "body asked to assist"),
    "funding": Word("经费来源", "source of funds"),
    "refusal": Word("不予协办事由", "reason for refusing"),
    "called": Word("吹哨单位（可多个）", "bodies to whistle"),
    "scored": Word("被评单位", "body scored"),
    "promptness": Word("响应是否及时", "promptness"),
    "cooperation": Word("是否配合解决", "cooperation"),
    "clarity": Word("任务职责是否清楚", "clarity of tasks and duties"),
    "contract": Word("合同", "contract"),
    "milestone": Word("里程碑", "milestone"),
    "link": Word("问题编号", "number of the question"),
    "answer": Word("答复", "answer"),
    "funds": Word("经费来源", "sources of funds"),
    "asked_by": Word("请求单位", "asked by"),
    "provider": Word("承接方", "provider"),
    "client": Word("委托方", "client"),
    "street": Word("街道", "street"),
    "listed": Word("清单载明", "listed in the catalogue"),
    "late": Word("逾期", "late"),
    "expired": Word("到期的是", "what expired"),
    "about": Word("所涉单位", "about"),
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
    "told": Word("告知内容", "what the resident is told"),
    "basis": Word("依据", "ground"),
    "was": Word("原事项", "was"),
    "overruled": Word("被否定的", "overruled"),
    "against": Word("针对单位", "against"),
    "claimant": Word("提出方", "claimant"),
    "sender": Word("派出方", "sender"),
    "claim": Word("争议事由", "claim"),
    "named": Word("数据包指明", "named"),
    "at": Word("截至时刻", "at"),
    "known": Word("所知时刻", "known"),
    "hat": Word("身份", "hat"),
    "state": Word("状态", "state"),
    "q": Word("查询词", "q"),
    "into": Word("主件案件号", "number of the parent"),
    "other": Word("关联案件号", "number of the other case"),
    "tie": Word("关联性质", "how they are tied"),
    "split_from": Word("拆分自案件", "split from the case"),
    "parent_number": Word("主件", "parent"),
    "other_number": Word("关联案件", "other case"),
    "at_intake": Word("受理时答复", "answered at intake"),
    "designated": Word("指定主办", "designated"),
    "clock_from": Word("时限起算", "clock runs from"),
    "number": Word("案件号", "case number"),
    "deadline": Word("时限编号", "id of the clock"),
    "percent": Word("已用百分比", "per cent gone"),
    "due": Word("到期", "due"),
    "before": Word("原到期", "was due"),
    "receipt": Word("回执码", "receipt"),
    "new": Word("新回执码", "new receipt"),
}
"""Every field of a command, and the parts of events."""


LITERALS: dict[str, Word] = {
    "objection_accepted": Word("异议成立", "objection accepted"),
    "nobody_in_post": Word("签收窗口内无人在岗", "nobody in post"),
    "body_ended": Word("单位已撤并", "the body has ended"),
    "parent_ended": Word("主件已终结", "the parent has ended"),
    "walled": Word("因回避解除", "behind the wall"),
    "by_hand": Word("人工", "by hand"),
    "unsatisfied_again": Word("再次评价不满意", "unsatisfied again"),
    "unanswered": Word("逾期未答复", "unanswered"),
    "until": Word("期满", "its end came"),
    "objection": Word("异议", "objection"),
    "return": Word("退回", "return"),
    "proposal": Word("拟派", "proposal"),
    "announced": Word("放假安排公布", "the year was announced"),
}
"""The words that events carry and that belong to no enumeration: causes, and what a ruling was about."""


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
