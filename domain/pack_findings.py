"""Findings: what is wrong with a pack, said in one sentence that ends with what to do.

    FINDINGS   code ──▶ the sentence in Chinese and in English, with the holes that ``finding`` fills

A finding is a value and is never raised. ``domain.pack_check`` yields them, and the reader of pack files uses the
same shape for what it cannot read.
"""

from typing import NamedTuple

from domain.base import Frozen

_LONGEST_HOLE = 500
"""Characters; above the list of what may stand somewhere, below what would hide the sentence."""


class Finding(Frozen):
    """One thing that is wrong. ``code`` is stable; ``where`` is the row, such as ``body 420106.housing``."""

    code: str
    where: str
    zh: str
    en: str


class Sentence(NamedTuple):
    """A finding before its holes are filled."""

    zh: str
    en: str


def finding(code: str, where: str, **holes: object) -> Finding:
    """The finding of that code at that row. Raises KeyError for a code that FINDINGS does not know."""
    sentence = FINDINGS[code]
    shown = {name: _shown(hole) for name, hole in holes.items()}
    return Finding(code=code, where=where, zh=sentence.zh.format(**shown), en=sentence.en.format(**shown))


def _shown(hole: object) -> str:
    """What stands in a pack, fit to be shown on one line."""
    text = "".join(char if char.isprintable() else "�" for char in str(hole))
    return text if len(text) <= _LONGEST_HOLE else f"{text[:_LONGEST_HOLE]}…"


FINDINGS: dict[str, Sentence] = {
    "duplicate-id": Sentence(
        "编号“{id}”出现了{times}次；请只保留一条。", "The id {id} stands {times} times; keep one of them."
    ),
    "unknown-zone": Sentence(
        "时区“{zone}”不存在；请改用 IANA 名称，如 Asia/Shanghai。",
        "There is no time zone {zone}; use an IANA name such as Asia/Shanghai.",
    ),
    "text-missing": Sentence(
        "“{field}”是空的；请填写，没有出处的请写 illustrative。",
        "{field} is empty; fill it in, and write illustrative where there is no source.",
    ),
    # the calendar
    "calendar-missing": Sentence(
        "{limits} 用工作日或工作时间计算，数据包却没有 calendar/；请补上工作日历，或改用自然日、小时。",
        "{limits} are counted in working time and the pack has no calendar/; add one, or count in days or hours.",
    ),
    "calendar-zone": Sentence(
        "日历的时区是 {zone}，数据包的是 {other}；请改成一致。",
        "The zone of the calendar is {zone} and that of the pack {other}; make them agree.",
    ),
    "calendar-no-hours": Sentence(
        "没有工作时段；请至少写一段，如 08:30 至 12:00。",
        "It has no working hours; write at least one stint, such as 08:30 to 12:00.",
    ),
    "calendar-stint": Sentence(
        "工作时段 {start}–{end} 的结束不晚于开始；请改正，跨午夜的分成两段。",
        "The stint {start}–{end} does not end after it starts; correct it, split what runs over midnight.",
    ),
    "calendar-overlap": Sentence(
        "工作时段 {start} 起的一段早于前一段的结束 {end}；请按先后排列，不要重叠。",
        "The stint from {start} begins before the one ahead of it ends at {end}; put them in order, without overlap.",
    ),
    "calendar-no-day": Sentence(
        "一周七天都是休息日；请至少留一个工作日。",
        "All seven days of the week are free; leave at least one that is worked.",
    ),
    "calendar-both": Sentence(
        "{day} 既是放假又是调休上班；请只保留一项。",
        "{day} is both a holiday and a make-up day; keep one of them.",
    ),
    "calendar-no-year": Sentence(
        "没有任何一年的放假安排；请用 zeren pack calendar 生成，或按国务院办公厅通知填写。",
        "No year is announced; write one with zeren pack calendar, or from the notice of the State Council.",
    ),
    "calendar-gap": Sentence(
        "有 {earlier} 年和 {later} 年，缺少 {year} 年的放假安排；请补上。",
        "There are {earlier} and {later} but not {year}; add what lies between.",
    ),
    "calendar-other-year": Sentence(
        "{day} 不在 {year} 年；请移到该年的文件。",
        "{day} does not lie in {year}; move it to the file of its year.",
    ),
    "calendar-unannounced": Sentence(
        "{day} 属于 {year} 年，该年不在已公布之列；请补上该年或删去此日。",
        "{day} lies in {year}, which is not among the years; add the year or take the day out.",
    ),
    # places
    "place-dangling": Sentence(
        "上级地点“{to}”不在数据包里；请补上或改正。",
        "The place above it, {to}, is not in the pack; add or correct it.",
    ),
    "place-cycle": Sentence(
        "地点的上级关系成环：{cycle}；请断开其中一处。",
        "The places above one another form a circle: {cycle}; cut it once.",
    ),
    # bodies
    "body-id": Sentence(
        "主体编号须为“{division}.科室”；请改正，事项按此找到主办单位。",
        "The id of a body is {division}.<office>; correct it, matters find their lead by it.",
    ),
    "body-place": Sentence(
        "所在地点“{division}”不在数据包里；请补上或改正。",
        "Its place {division} is not in the pack; add or correct it.",
    ),
    "body-level": Sentence(
        "主体层级为 {level}，所在地点却是 {place} 级；请改成一致。",
        "The body is of level {level} and its place of level {place}; make them agree.",
    ),
    "body-overlap": Sentence(
        "同一编号有两条记录同时有效（自 {at} 起）；请让前一条在后一条开始时结束。",
        "Two rows of this id are valid at once from {at}; end the earlier where the later begins.",
    ),
    "empty-validity": Sentence(
        "有效期的止日 {to} 不晚于起日；请改正。", "It ends at {to}, not after it begins; correct the dates."
    ),
    "link-dangling": Sentence(
        "关系“{kind}”指向不存在的主体“{to}”；请补上或改正。",
        "The link {kind} points to {to}, which is no body of the pack; add or correct it.",
    ),
    "link-gap": Sentence(
        "关系“{kind}”指向的“{to}”并非在本主体有效期内一直有效；请分段填写本主体。",
        "The link {kind} points to {to}, which is not valid all the time that this body is; split this body's row.",
    ),
    "link-cycle": Sentence(
        "用于“{use}”的关系成环：{cycle}；请断开其中一处。",
        "The links that count for {use} form a circle: {cycle}; cut it once.",
    ),
    "successor-dangling": Sentence(
        "承接单位“{to}”不存在；请补上或改正。",
        "Its successor {to} is no body of the pack; add or correct it.",
    ),
    "successor-not-valid": Sentence(
        "承接单位“{to}”在本主体终止时（{at}）并不有效；请衔接两者的有效期。",
        "Its successor {to} is not valid at {at}, when this body ends; let one begin where the other ends.",
    ),
    "successor-too-early": Sentence(
        "写了承接单位，却没有终止日期；请补上 valid_to 或去掉承接单位。",
        "It names a successor but no end; add valid_to or take the successor out.",
    ),
    "no-outside-organ": Sentence(
        "最高一级之上没有外部机关（outside），控告它时无处可去；请增加并建立关系。",
        "No outside organ stands above this top rung, so an accusation of it has nowhere to go; add one and a link.",
    ),
    # matters
    "lead-illegal": Sentence(
        "{kind}（{level}）不得主办：党组织、联席会议、承接方和外部机关只召集、协调、督办；请改由行政机关或自治组织主办。",
        "A {kind} at level {level} never leads: Party organisations, conferences, providers and outside organs "
        "convene, oversee or execute; name an administrative or self-governing body.",
    ),
    "lead-guarded": Sentence(
        "主办层级 {level} 又列在 never_lead 里；请二者择一。",
        "Its lead is of level {level}, which never_lead forbids; choose one.",
    ),
    "lead-missing": Sentence(
        "{level} 级找不到主办单位（{kind} {office}），共缺 {missing} 处，如 {example}；请补上主体或改正事项。",
        "No body of level {level} can lead it ({kind} {office}) in {missing} places, such as {example}; "
        "add the bodies or correct the matter.",
    ),
    "lead-ambiguous": Sentence(
        "{example} 有不止一个 {kind} 可以主办；请用 office 指明是哪一个。",
        "{example} has more than one {kind} that could lead it; name one by its office.",
    ),
    "assist-nowhere": Sentence(
        "协办类别“{kind}”在数据包里没有任何主体；请补上或删去。",
        "No body of the pack is a {kind}, which may assist; add one or drop it.",
    ),
    "taken-back-unguarded": Sentence(
        "事项已由上级收回，街道却仍可主办；请在 never_lead 中加入 street。",
        "The matter was taken back from the streets, yet a street could lead it; put street into never_lead.",
    ),
    "matter-without-limit": Sentence(
        "以下时钟没有时限：{clocks}；请在政策或事项中补上。",
        "These clocks have no limit: {clocks}; add them to the policy or here.",
    ),
    "ladder-limit": Sentence(
        "ladder 的时限由 ladder_every 规定，写在这里不起作用；请删去。",
        "The limit of ladder is ladder_every; what stands here has no effect, take it out.",
    ),
    # dispatch
    "dispatch-dangling": Sentence(
        "派单单位“{to}”不存在；请补上或改正。",
        "The dispatching body {to} is not in the pack; add or correct it.",
    ),
    "dispatch-place": Sentence(
        "派单范围“{division}”不在数据包里；请补上或改正。",
        "The place {division} is not in the pack; add or correct it.",
    ),
    "dispatch-twice": Sentence(
        "同一程序、同一范围写了{times}个派单单位；请只保留一个。",
        "{times} rows name who dispatches here; keep one.",
    ),
    "dispatch-missing": Sentence(
        "程序“{procedure}”在最高一级没有派单单位；请补上一条，全域的诉求都靠它兜底。",
        "Nobody dispatches the procedure {procedure} at the top; add a row, every case falls back on it.",
    ),
    "dispatch-ends": Sentence(
        "派单单位“{to}”有终止日期，之后无人派单；请改指承接单位。",
        "The dispatching body {to} ends and then nobody dispatches; name its successor.",
    ),
    # people
    "person-without-post": Sentence(
        "没有任何任职；请补上或删去此人。", "This person acts for no body; add a post or take the person out."
    ),
    "post-dangling": Sentence(
        "任职单位“{to}”不存在；请补上或改正。",
        "The body {to} of this post is not in the pack; add or correct it.",
    ),
    "post-of-another": Sentence(
        "任职写的是“{other}”；请与本人编号一致。", "The post names {other}; it must name this person."
    ),
    "post-never": Sentence(
        "任职期与单位“{to}”的有效期毫无交集；请改正日期。",
        "The post and the body {to} are never valid together; correct the dates.",
    ),
    # policy
    "policy-limit": Sentence(
        "程序“{procedure}”缺时钟“{clock}”的时限；请补上，没有时限就永远不会超期。",
        "The procedure {procedure} has no limit for the clock {clock}; add it, else nothing is ever overdue.",
    ),
    "policy-links": Sentence(
        "没有说明哪些关系用于“{use}”；请在 links 中补上。",
        "Nothing says which links count for {use}; add it to links.",
    ),
    "policy-procedure": Sentence(
        "“{field}”缺程序“{procedure}”；请补上。",
        "{field} says nothing for the procedure {procedure}; add it.",
    ),
    "conference-dangling": Sentence(
        "联席会议“{to}”不存在；请补上或改正。",
        "The joint conference {to} is not in the pack; add or correct it.",
    ),
    "conference-kind": Sentence(
        "“{to}”是 {kind}，不是联席会议；请改正。", "{to} is a {kind}, not a joint_conference; correct it."
    ),
    "conference-place": Sentence(
        "地点“{division}”不在数据包里；请补上或改正。",
        "The place {division} is not in the pack; add or correct it.",
    ),
    "way-missing": Sentence(
        "途径“{way}”没有写明依据条款；请在 ways 中补上。",
        "Nothing states the ground for redirecting to {way}; add it to ways, with its article.",
    ),
    "organ-place": Sentence(
        "地点“{division}”不在数据包里；请补上或改正 misconduct_organ。",
        "The place {division} of a misconduct_organ is not in the pack; add or correct it.",
    ),
    "organ-dangling": Sentence(
        "受理检举控告的机关“{to}”不存在；请补上或改正。",
        "The organ for misconduct {to} is not in the pack; add or correct it.",
    ),
    "organ-ends": Sentence(
        "受理检举控告的机关“{to}”有终止日期；请改指承接单位。",
        "The organ for misconduct {to} ends; name its successor.",
    ),
    "organ-missing": Sentence(
        "最高一级的地点“{place}”没有受理检举控告的机关；请在 misconduct_organ 中补上。",
        "No organ is competent for misconduct at the top, {place}; add a misconduct_organ.",
    ),
    # contracts
    "provider-dangling": Sentence(
        "“{body}”不是数据包里的服务承接方（provider）；请补上或改正。",
        "{body} is no body of kind provider in the pack; add or correct it.",
    ),
    "provider-unqualified": Sentence(
        "承接方“{body}”从未在合同有效期内具备资质“{kind}”；请补上资质或改正合同。",
        "The provider {body} never holds {kind} while the contract runs; add it or correct the contract.",
    ),
    "contract-client": Sentence(
        "委托方“{body}”不存在，或不能主办；请改为签订合同的单位。",
        "The client {body} is no body that can lead; name the one that signed the contract.",
    ),
    "contract-matter": Sentence(
        "事项“{matter}”不在数据包里；请补上或改正。",
        "The matter {matter} is not in the pack; add or correct it.",
    ),
    "contract-place": Sentence(
        "服务范围“{division}”不在数据包里；请补上或改正。",
        "The place {division} is not in the pack; add or correct it.",
    ),
    # files
    "file-missing": Sentence("没有这个文件；请补上。", "There is no such file; add it."),
    "file-encoding": Sentence("文件不是 UTF-8；请另存为 UTF-8。", "The file is not UTF-8; save it as UTF-8."),
    "file-unreadable": Sentence(
        "文件读不出来（{reason}）；请核对它是文件并可读。",
        "The file cannot be read ({reason}); see that it is a file and that you may read it.",
    ),
    "control-character": Sentence(
        "“{key}”含有控制字符（U+{char}）；请删去。",
        "{key} holds the control character U+{char}; remove it.",
    ),
    "csv-broken": Sentence("CSV 有误：{reason}；请改正。", "The CSV is broken: {reason}; correct it."),
    "toml": Sentence("TOML 语法有误：{reason}；请改正。", "The TOML is broken: {reason}; correct it."),
    "csv-header": Sentence("表头应为 {header}；请改正。", "The header must be {header}; correct it."),
    "csv-row": Sentence(
        "应有 {want} 列，实有 {got} 列；请改正。", "The row has {got} columns, not {want}; correct it."
    ),
    "key-unknown": Sentence(
        "不认识“{key}”；可用：{known}。", "{key} means nothing here; what may stand here is {known}."
    ),
    "key-missing": Sentence("缺少“{key}”；请补上。", "{key} is missing; add it."),
    "field": Sentence("字段“{field}”{zh}。", "The field {field} {en}."),
    "source-missing": Sentence(
        "“{field}”没有出处；请写 source，没有依据的写 illustrative。",
        "{field} has no source; add one, and write illustrative where there is none.",
    ),
    "pattern": Sentence(
        "“{field}”不是有效的正则表达式：{reason}；请改正。",
        "{field} is no regular expression: {reason}; correct it.",
    ),
    "hole-unknown": Sentence(
        "占位符“{hole}”不存在；可用：{known}。", "There is no hole {hole}; those that exist are {known}."
    ),
    "template-empty": Sentence(
        "模板没有匹配到任何地点；请检查 level、where 和 unless。",
        "The template fits no place; look at its level, where and unless.",
    ),
    "scheme-unknown": Sentence(
        "信访分类“{scheme}”不在 petition_scheme.csv 里；请照表填写。",
        "{scheme} is not in petition_scheme.csv; write it as it stands there.",
    ),
}
