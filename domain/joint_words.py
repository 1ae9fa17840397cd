"""The words of joint work (协办、吹哨、购买服务), one enumeration each, as domain/words.py has them for the rest."""

from enum import StrEnum


class Funding(StrEnum):
    """Where the money for a task comes from (经费来源), a closed list: no task without it (费随事转)."""

    BUDGET = "budget"  # 财政预算
    ENTRUSTING_BODY = "entrusting_body"  # 委托单位随事转移
    STREET = "street"  # 街道经费
    COMMUNITY_FUND = "community_fund"  # 社区惠民项目资金
    WELFARE_LOTTERY = "welfare_lottery"  # 福彩公益金
    MAINTENANCE_FUND = "maintenance_fund"  # 住宅专项维修资金
    RESIDENTS = "residents"  # 居民自筹
    DONATION = "donation"  # 慈善捐赠


class AssistanceState(StrEnum):
    """How far an asking for assistance has come."""

    ASKED = "asked"  # 待答复
    ACCEPTED = "accepted"  # 协办中
    REFUSED = "refused"  # 已拒绝
    FINISHED = "finished"  # 已完成
    RELEASED = "released"  # 已解除
    OVER = "over"  # 期满或案件终结


class AssistanceRefusal(StrEnum):
    """Why a body does not assist (不予协办事由)."""

    NOT_LISTED = "not_listed"  # 不在准入清单
    NO_FUNDING = "no_funding"  # 经费未落实
    NO_CAPACITY = "no_capacity"  # 力量不足
    NO_AUTHORITY = "no_authority"  # 无相应权限
    TASK_UNCLEAR = "task_unclear"  # 任务不明确


class CallState(StrEnum):
    """How far a whistled body has come."""

    CALLED = "called"  # 待报到
    REPORTED = "reported"  # 已报到
    STOOD_DOWN = "stood_down"  # 已解除


class CommissionState(StrEnum):
    """How a commission stands."""

    ACTIVE = "active"  # 承接中
    LAPSED = "lapsed"  # 合同或资质到期
    ENDED = "ended"  # 已终止


class Expired(StrEnum):
    """What ran out in mid-work."""

    CONTRACT = "contract"  # 合同到期
    QUALIFICATION = "qualification"  # 资质到期


class QuestionState(StrEnum):
    """How a question to a provider stands."""

    OPEN = "open"  # 待答复
    ANSWERED = "answered"  # 已答复
    SILENT = "silent"  # 逾期未答复
    OVER = "over"  # 不再需要


class ProviderReply(StrEnum):
    """What a provider says of its task (承接方答复)."""

    DONE = "done"  # 已完成
    UNDER_WAY = "under_way"  # 进行中
    CANNOT = "cannot"  # 无法完成


class Score(StrEnum):
    """One to five, the more the better (互评分)."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    FIVE = "5"
