"""What is said when a command does not fit where the case stands (状态不符)."""

from domain.rules import Rule

NOTHING_PROPOSED = Rule(
    "hand-off.nothing-proposed",
    zh="本件没有待签收的拟派（当前状态：{state}）。",
    en="Nothing waits for a signature on this case (state: {state}).",
    next_zh="请查看案件当前的主办单位。",
    next_en="Look at the case for the body that leads now.",
)
NOT_OBJECTED = Rule(
    "hand-off.not-objected",
    zh="本件没有待答复的异议（当前状态：{state}）。",
    en="No objection waits for an answer on this case (state: {state}).",
    next_zh="请查看案件当前状态。",
    next_en="Look at how the case stands.",
)
NOT_IN_TRIAGE = Rule(
    "intake.not-in-triage",
    zh="本件不在待派状态（当前状态：{state}）。",
    en="The case is not in triage (state: {state}).",
    next_zh="已有拟派或主办单位的，须经异议、退回或裁定才能改派。",
    next_en="Where a body is proposed or leads, the case moves by an objection, a return or a ruling.",
)
NOT_WORKING = Rule(
    "work.not-working",
    zh="本件不在办理中（当前状态：{state}）。",
    en="The case is not being worked on (state: {state}).",
    next_zh="请查看案件当前等待哪个单位。",
    next_en="Look at the case for the body that it waits for.",
)
NOTHING_RETURNED = Rule(
    "hand-off.nothing-returned",
    zh="本件没有待签收的退回（当前状态：{state}）。",
    en="No return waits for a signature on this case (state: {state}).",
    next_zh="请查看案件当前状态。",
    next_en="Look at how the case stands.",
)
NO_RULING = Rule(
    "dispute.no-ruling",
    zh="本件没有待裁定的争议（当前状态：{state}）。",
    en="No dispute waits for a ruling on this case (state: {state}).",
    next_zh="异议被驳或退回被拒后才进入裁定。",
    next_en="A ruling opens when an objection is contested or a return refused.",
)
NOT_RESOLVED = Rule(
    "work.not-resolved",
    zh="本件尚未办结，不能审核（当前状态：{state}）。",
    en="The case has not been resolved, so there is nothing to review (state: {state}).",
    next_zh="请等待主办单位办结。",
    next_en="Wait for the lead to resolve it.",
)
NO_VERDICT_ASKED = Rule(
    "verdict.not-asked",
    zh="本件目前不在评价期（当前状态：{state}）。",
    en="No verdict is asked for on this case now (state: {state}).",
    next_zh="审核通过后方可评价，逾期视为未评价。",
    next_en="A verdict is asked once the review has passed, until its window ends.",
)
NOT_JUDGED = Rule(
    "ending.not-judged",
    zh="居民尚未评价，评价期也未届满，不能结案（当前状态：{state}）。",
    en="The resident has not judged and the window has not passed, so it cannot be closed (state: {state}).",
    next_zh="请等待评价或评价期届满。",
    next_en="Wait for the verdict or for its window to end.",
)
NOT_ENDED = Rule(
    "ending.not-ended",
    zh="案件尚未终结，无需重办（当前状态：{state}）。",
    en="The case has not ended, so there is nothing to reopen (state: {state}).",
    next_zh="请继续办理。",
    next_en="Go on with the case.",
)
NO_APPEAL = Rule(
    "appeal.none-asked",
    zh="本件没有待决定的复查或复核请求（当前状态：{state}）。",
    en="No review or final review waits for a decision on this case (state: {state}).",
    next_zh="由居民先请求复查或复核。",
    next_en="The resident has to ask for one first.",
)
NO_OPINION = Rule(
    "appeal.no-opinion",
    zh="本件没有可请求复查、复核的书面意见（当前状态：{state}）。",
    en="There is no written opinion on this case that could be reviewed (state: {state}).",
    next_zh="信访事项的处理意见书送达后方可请求复查；热线事项请评价、重办或依法申请复议、诉讼。",
    next_en="A petition's opinion has to be delivered first; a hotline case goes on by the verdict or by reopening.",
)
NOT_SHELVED = Rule(
    "shelving.not-shelved",
    zh="本件未挂账（当前状态：{state}）。",
    en="The case is not shelved (state: {state}).",
    next_zh="请查看案件当前状态。",
    next_en="Look at how the case stands.",
)
NOT_TO_REDIRECT = Rule(
    "redirect.not-now",
    zh="本件目前不能引导至其他途径（当前状态：{state}）。",
    en="The case cannot be redirected as it stands (state: {state}).",
    next_zh="待派时、主办单位报办结后方可引导；有拟派、退回或裁定的请先办结该步。",
    next_en="A case is redirected from triage, or after its lead has reported; finish the open hand-off first.",
)
EXHAUSTED = Rule(
    "ending.exhausted",
    zh="该事项已经复核，信访程序终结，以同一事实和理由不再受理（信访工作条例第三十六条）。",
    en="The final review has been decided: the same facts and grounds are not accepted again (Petition Regulations, Art 36).",
    next_zh="有新的事实和理由的，请另行登记并写明新在何处；对行政行为不服的，可依法申请行政复议或者提起行政诉讼。",
    next_en="Register new facts as a new case; against an administrative act the law opens reconsideration and the courts.",
)
NOT_HANDLED = Rule(
    "joint.not-handled",
    zh="本件已办结待审，不再增加联合办理（当前状态：{state}）。",
    en="The case is resolved, and no further bodies are brought in (state: {state}).",
    next_zh="审核退回或重新办理后可再请求。",
    next_en="If it is sent back or handled again, ask then.",
)
