"""What an exception (异常) means: what is missing in the organisation, and who can mend it (design.md §3.4)."""

from typing import NamedTuple

from domain.jurisdiction import Name
from domain.words import Exceptional


class Mending(NamedTuple):
    """What is missing, and who mends it how."""

    missing: Name
    mended_by: Name


MENDING: dict[Exceptional, Mending] = {
    Exceptional.EMPTY_DESK: Mending(
        Name(zh="签收窗口内无人在岗", en="Nobody was in post during the window to sign"),
        Name(
            zh="由该单位负责人补充在岗人员并更新数据包，或由派单单位改派",
            en="The head of that body enters somebody in post, or the dispatching body proposes another",
        ),
    ),
    Exceptional.NO_COMMON_SUPERIOR: Mending(
        Name(
            zh="争议各方没有共同上级，也没有联席会议",
            en="The parties have no common superior and no conference",
        ),
        Name(
            zh="由区人民政府在数据包中为该区指定联席会议，或由逐级上报到的单位裁定",
            en="The district government names a joint conference in the pack, or a body that the ladder reached rules",
        ),
    ),
    Exceptional.NO_SUPERIOR: Mending(
        Name(zh="该单位之上没有可督办的单位", en="Nobody stands above that body to oversee it"),
        Name(
            zh="由数据包维护人补充上级关系；在此之前反复告警",
            en="Whoever keeps the pack adds the link upwards; until then it is alerted again and again",
        ),
    ),
    Exceptional.LEAD_GONE: Mending(
        Name(zh="承办单位已不存在，且未指明承接单位", en="The body has ended and no successor is named"),
        Name(
            zh="由同级党委、政府指定承接单位（信访工作条例第二十四条）并更新数据包",
            en="The Party committee or government of that level names a successor, and the pack is updated",
        ),
    ),
    Exceptional.NO_ROUTE: Mending(
        Name(
            zh="权责清单的规则在该地点找不到承办单位", en="The catalogue's rule finds no body at that place"
        ),
        Name(
            zh="由数据包维护人补充单位或规则；派单单位可先指明拟派单位",
            en="Whoever keeps the pack adds the body or the rule; the dispatching body may name one meanwhile",
        ),
    ),
    Exceptional.NOBODY_AT_THE_DESK: Mending(
        Name(
            zh="应承办单位没有可签收的在岗人员",
            en="Nobody who could sign is in post at the body that should lead",
        ),
        Name(
            zh="由该单位负责人补充在岗人员并更新数据包",
            en="The head of that body enters somebody in post",
        ),
    ),
    Exceptional.NOBODY_ABLE: Mending(
        Name(zh="该单位有权办理的人员均须回避", en="Everybody there who could act is barred from the case"),
        Name(
            zh="由该单位或其上级补充无须回避的人员并更新数据包",
            en="That body, or the one above, enters somebody into the pack who is not barred",
        ),
    ),
    Exceptional.ACCUSED_OUTSIDE: Mending(
        Name(
            zh="反映对象是数据包最高层级之上的外部机关，其上无单位",
            en="The accused stands above the top rung of the pack, and nobody stands above it",
        ),
        Name(
            zh="由派单单位引导至有权机关，或由数据包维护人补充其上级",
            en="The dispatching body sends it to the competent organ, or whoever keeps the pack adds the one above",
        ),
    ),
}
"""Every exception."""
