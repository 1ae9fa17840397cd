"""The words of the field, one enumeration each. The values are what the ledger, the API and the pages carry.

The Chinese beside each is what a caseworker says; docs/glossary.md has them in one table.
"""

from enum import StrEnum


class CaseKind(StrEnum):
    """What the resident wants (诉求类型)."""

    CONSULT = "consult"  # 咨询
    HELP = "help"  # 求助
    COMPLAINT = "complaint"  # 投诉
    REPORT = "report"  # 举报
    SUGGESTION = "suggestion"  # 建议


class Procedure(StrEnum):
    """Which law the case runs under (程序)."""

    HOTLINE = "hotline"  # 热线
    PETITION = "petition"  # 信访


class Level(StrEnum):
    """The rungs of the ladder (层级), and what stands outside it."""

    COMMUNITY = "community"  # 社区
    STREET = "street"  # 街道
    DISTRICT = "district"  # 区
    CITY = "city"  # 市
    OUTSIDE = "outside"  # 外部


class BodyKind(StrEnum):
    """What a body (主体) is. What it may do follows from here, never from its name."""

    RESIDENTS_COMMITTEE = "residents_committee"  # 社区居民委员会
    VILLAGE_COMMITTEE = "village_committee"  # 村民委员会
    COMMUNITY_PARTY = "community_party"  # 社区党组织
    PARTY_SERVICE_CENTRE = "party_service_centre"  # 党员群众服务中心
    WORKSTATION = "workstation"  # 社区服务工作站
    GOVERNANCE_STATION = "governance_station"  # 综治工作站
    STREET_OFFICE = "street_office"  # 街道办事处
    STREET_PARTY = "street_party"  # 街道党工委
    GOVERNANCE_CENTRE = "governance_centre"  # 综治中心
    DEPARTMENT = "department"  # 部门
    DISPATCH_CENTRE = "dispatch_centre"  # 派单中心
    PETITION_OFFICE = "petition_office"  # 信访局
    GOVERNMENT = "government"  # 人民政府
    PARTY_COMMITTEE = "party_committee"  # 党委
    JOINT_CONFERENCE = "joint_conference"  # 联席会议
    DISCIPLINE_ORGAN = "discipline_organ"  # 纪检监察机关
    PROVIDER = "provider"  # 服务承接方
    VOLUNTEER_TEAM = "volunteer_team"  # 志愿服务队
    PAIRED_UNIT = "paired_unit"  # 结对共建单位
    OUTSIDE_ORGAN = "outside_organ"  # 外部机关


class LinkKind(StrEnum):
    """How one body stands to another (关系). Guiding is not leading: a street guides a committee."""

    LEADS = "leads"  # 领导
    GUIDES = "guides"  # 指导
    SETS_UP = "sets_up"  # 设立
    VERTICAL = "vertical"  # 垂直条线
    SUCCEEDS = "succeeds"  # 承接


class LinkUse(StrEnum):
    """What a link may count for; the pack's table says which kinds count for which."""

    LADDER = "ladder"
    COMMON_SUPERIOR = "common_superior"
    FIREWALL = "firewall"
    SUPERVISION = "supervision"


class Role(StrEnum):
    """The hat (身份) that a person wears when acting for a body."""

    CLERK = "clerk"  # 受理员
    CASEWORKER = "caseworker"  # 经办人
    HEAD = "head"  # 负责人
    REVIEWER = "reviewer"  # 审核员
    SUPERVISOR = "supervisor"  # 督办员
    AUDITOR = "auditor"  # 审计员
    KEEPER = "keeper"  # 个人信息保管员
    OPERATOR = "operator"  # 系统运维


class ActorKind(StrEnum):
    """Who or what acted."""

    PERSON = "person"
    RESIDENT = "resident"
    PARTNER = "partner"
    PROVIDER = "provider"  # 承接方，凭一次性链接
    SYSTEM = "system"
    CLOCK = "clock"


class Charge(StrEnum):
    """What an instant is charged to (时间算谁的), in the order of precedence of design.md §2."""

    FOLLOWS_PARENT = "follows_parent"
    IN_DISPUTE = "in_dispute"
    LAWFUL_PAUSE = "lawful_pause"
    AWAITING_RESIDENT = "awaiting_resident"
    IN_TRANSIT = "in_transit"
    UNDER_REVIEW = "under_review"
    AWAITING_VERDICT = "awaiting_verdict"
    TRIAGE = "triage"
    WORKING = "working"
    UNKNOWN = "unknown"


class State(StrEnum):
    """Where a case stands. Derived from the case, never stored as a second truth."""

    TRIAGE = "triage"  # 待派
    PROPOSED = "proposed"  # 拟派，待签收
    OBJECTED = "objected"  # 已异议，待派单单位答复
    WORKING = "working"  # 办理中
    RETURNING = "returning"  # 退回，待签收
    RULING = "ruling"  # 待裁定
    APPEAL = "appeal"  # 复查、复核中
    SHELVED = "shelved"  # 挂账中
    RESOLVED = "resolved"  # 已办结，待审核
    AWAITING_VERDICT = "awaiting_verdict"  # 待评价
    JUDGED = "judged"  # 已评价，待结案
    MERGED = "merged"  # 已并入主件
    ENDED = "ended"  # 已终结


class Ending(StrEnum):
    """How an episode ends. There are no others (design.md §3.10)."""

    CLOSED = "closed"  # 结案
    ANSWERED_AT_INTAKE = "answered_at_intake"  # 受理时答复
    REDIRECTED = "redirected"  # 引导至法定途径
    WITHDRAWN = "withdrawn"  # 撤回
    NOT_ACCEPTED = "not_accepted"  # 不予受理


class DeadlineKind(StrEnum):
    """What a deadline waits for. ``ladder`` is the next rung after a missed one."""

    TRIAGE = "triage"
    SIGN = "sign"
    ANSWER_OBJECTION = "answer_objection"
    SIGN_RETURN = "sign_return"
    ACKNOWLEDGE = "acknowledge"
    FIRST_CONTACT = "first_contact"
    RESOLVE = "resolve"
    REVIEW = "review"
    VERDICT = "verdict"
    CLOSE = "close"
    RULING = "ruling"
    CONSENT = "consent"
    LOOK_AGAIN = "look_again"
    ASK_APPEAL = "ask_appeal"
    DECIDE_APPEAL = "decide_appeal"
    ANSWER_ASSISTANCE = "answer_assistance"
    ASSISTANCE_END = "assistance_end"
    ANSWER_WHISTLE = "answer_whistle"
    REPORT_IN = "report_in"
    PROVIDER_ANSWER = "provider_answer"
    COMMISSION_END = "commission_end"
    LADDER = "ladder"


class Urgency(StrEnum):
    """How pressing a case is (紧急程度); each may have limits of its own."""

    NORMAL = "normal"  # 普通
    URGENT = "urgent"  # 紧急
    CRITICAL = "critical"  # 特急


class Tie(StrEnum):
    """How two cases have to do with one another (关联)."""

    DUPLICATE_SUSPECT = "duplicate_suspect"  # 疑似重复
    SAME_PLACE = "same_place"  # 同一地点
    REPEAT = "repeat"  # 重复诉求
    SPLIT = "split"  # 分案


class Reason(StrEnum):
    """Why a body objects or returns (异议、退回事由)."""

    NOT_OUR_DUTY = "not_our_duty"  # 不属本单位职责
    NOT_OUR_AREA = "not_our_area"  # 不属本辖区
    WRONG_MATTER = "wrong_matter"  # 事项归类错误
    NEEDS_JOINT_WORK = "needs_joint_work"  # 需多部门联办
    ALREADY_HANDLED = "already_handled"  # 已在办或重复
    PUSHED_DOWN = "pushed_down"  # 上级职责下推


class NotAcceptedGround(StrEnum):
    """Grounds for not accepting a case (不予受理情形), a closed list: 信访工作条例 Arts 19, 31, 36."""

    IN_HAND_BELOW = "in_hand_below"  # 已受理或正在办理，又向上级提出
    EXHAUSTED = "exhausted"  # 复核终结后同一事实再次提出
    IN_LITIGATION = "in_litigation"  # 已进入诉讼、仲裁、复议
    NO_CLEAR_DEMAND = "no_clear_demand"  # 无具体诉求且无法补正
    UNLAWFUL_DEMAND = "unlawful_demand"  # 诉求违反法律


class Way(StrEnum):
    """Where a case is redirected to (法定途径), a closed list; the pack states the ground of each with its article.

    "Does not pertain to us" is none of them: who redirects names the way that is open (信访工作条例 Art 31 (1) to (4);
    CPGRAMS, DARPG memorandum of 2024-08-23).
    """

    COURT = "court"  # 诉讼
    ARBITRATION = "arbitration"  # 仲裁
    RECONSIDERATION = "reconsideration"  # 行政复议
    PROCEDURE = "procedure"  # 行政裁决、确认、许可、处罚等行政程序
    PARTY_APPEAL = "party_appeal"  # 党员申诉、复审
    PETITION = "petition"  # 信访
    EMERGENCY = "emergency"  # 110、119、120
    MISCONDUCT = "misconduct"  # 检举控告，有权机关


class Judgement(StrEnum):
    """What a written opinion says of the request (处理意见): 信访工作条例 Art 32 (1) to (3)."""

    SUPPORTED = "supported"  # 予以支持
    EXPLAINED = "explained"  # 解释说明
    NOT_SUPPORTED = "not_supported"  # 不予支持


class Instance(StrEnum):
    """The instances of a petition (信访三级程序)."""

    HANDLING = "handling"  # 处理意见
    REVIEW = "review"  # 复查意见
    FINAL_REVIEW = "final_review"  # 复核意见


class AppealOutcome(StrEnum):
    """What a review or a final review decides (复查、复核结论)."""

    UPHELD = "upheld"  # 维持
    CHANGED = "changed"  # 变更
    REVOKED = "revoked"  # 撤销并责令重新办理


class Channel(StrEnum):
    """How the resident and the office met (渠道)."""

    COUNTER = "counter"  # 窗口
    PHONE = "phone"  # 电话
    VISIT = "visit"  # 走访
    LETTER = "letter"  # 信件
    WEB = "web"  # 网络
    HOTLINE = "hotline"  # 12345
    LINK = "link"  # 居民链接
    IMPORT = "import"  # 批量导入
    PARTNER = "partner"  # 对接平台


class Step(StrEnum):
    """What was done on the way (办理步骤)."""

    CONTACTED_RESIDENT = "contacted_resident"  # 已联系居民
    CONTACT_FAILED = "contact_failed"  # 联系未果
    RESIDENT_HEARD = "resident_heard"  # 已听取居民陈述
    SITE_VISIT = "site_visit"  # 现场核查
    COORDINATED = "coordinated"  # 协调
    WORK_DONE = "work_done"  # 已施工或处置
    TOLD_STATE = "told_state"  # 已告知前件办理情况
    NOTE = "note"  # 记录


class Truth(StrEnum):
    """Whether what the resident said was so (诉求是否属实)."""

    TRUE = "true"
    PARTLY = "partly"
    UNTRUE = "untrue"
    UNVERIFIABLE = "unverifiable"


class Solved(StrEnum):
    """Whether it is solved (是否解决)."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Contacted(StrEnum):
    """Whether the resident was contacted (是否联系居民)."""

    YES = "yes"
    TRIED = "tried"  # 多次联系未果
    NOT_WISHED = "not_wished"  # 居民要求不联系


class Satisfaction(StrEnum):
    """The third of the three rates (满意率)."""

    SATISFIED = "satisfied"  # 满意
    FAIRLY = "fairly"  # 基本满意
    UNSATISFIED = "unsatisfied"  # 不满意


class RulingCause(StrEnum):
    """Why a ruling opened (裁定缘由)."""

    OBJECTION_CONTESTED = "objection_contested"  # 异议被驳
    OBJECTION_UNANSWERED = "objection_unanswered"  # 异议逾期未答
    RETURN_REFUSED = "return_refused"  # 退回被拒
    RETURN_UNANSWERED = "return_unanswered"  # 退回逾期未签
    PING_PONG = "ping_pong"  # 反复流转
    TOO_MANY_HAND_BACKS = "too_many_hand_backs"  # 异议退回超次


class Informing(StrEnum):
    """Why a body was told of a case (知会缘由)."""

    DIRECT_TO_STREET = "direct_to_street"  # 直派街道，抄送区级
    BY_HAND = "by_hand"  # 人工知会


class Exceptional(StrEnum):
    """What holds a case up because something is missing in the organisation (异常)."""

    EMPTY_DESK = "empty_desk"  # 签收窗口内无人在岗
    NO_COMMON_SUPERIOR = "no_common_superior"  # 无共同上级
    NO_SUPERIOR = "no_superior"  # 无上级可督办
    LEAD_GONE = "lead_gone"  # 原承办单位已不存在且无承接单位
    NO_ROUTE = "no_route"  # 清单规则找不到承办单位
    NOBODY_AT_THE_DESK = "nobody_at_the_desk"  # 应承办单位无人在岗
    NOBODY_ABLE = "nobody_able"  # 因回避无人可办
    ACCUSED_OUTSIDE = "accused_outside"  # 反映对象为外部机关，其上无单位


class PropertyStatus(StrEnum):
    """Who manages a compound (物业状况)."""

    MANAGED = "managed"  # 专业物业
    QUASI = "quasi"  # 准物业（八有）
    SELF = "self"  # 业主自管
    NONE = "none"  # 无物业


class WhyNot(StrEnum):
    """Why a route passed a body or a rule over (未选原因)."""

    OTHER_PROPERTY_STATUS = "other_property_status"  # 物业状况不符
    SPECIAL_RULE_FITS = "special_rule_fits"  # 已适用特别规则
    ANOTHER_FITS_FIRST = "another_fits_first"  # 同类单位已选其一
    NOT_THERE = "not_there"  # 此时不存在
    NO_SUCH_BODY = "no_such_body"  # 没有这样的单位
    ACCUSED = "accused"  # 被投诉回避


class Duty(StrEnum):
    """Which part of the street's duty list carries the matter (履职事项清单)."""

    BASIC = "basic"  # 基本履职
    COOPERATING = "cooperating"  # 配合履职
    TAKEN_BACK = "taken_back"  # 上级收回
    NOT_LISTED = "not_listed"  # 未列入
