"""Good rows of credit records and commitments in the layouts in which departments send them.

A row is a dictionary from the codes of a layout's items to their texts, as they would stand in a file. What a
layout's items are called, and what they may hold, is read from the policies' own files.
"""

import datetime
import tomllib
from dataclasses import dataclass, field

import harness
from harness import DIVISION, ROOT

# A Monday whose last seven working days hold a made-up Saturday and begin before a holiday.
CLOCK = "2026-05-11T09:00:00+08:00"
TODAY = datetime.date(2026, 5, 11)
# Penalties decided from this day on have a level of dishonesty.
LEVELS_FROM = datetime.date(2026, 4, 1)

FILES = {
    "PENALTY_V2": "penalty_v2", "PENALTY_V1": "penalty_v1", "LICENCE_V2": "licence_v2",
    "SERIOUS_LISTING": "serious_listing", "ABNORMAL_LISTING": "abnormal_listing", "COMMENDATION": "commendation",
    "EVALUATION": "evaluation", "INSPECTION_RESULT": "inspection_result", "COMMITMENT": "commitment",
    "PERFORMANCE": "performance", "REGISTER": "register",
}
PREFIX = {
    "PENALTY_V2": "CF", "PENALTY_V1": "CF", "LICENCE_V2": "XK", "SERIOUS_LISTING": "YZ", "ABNORMAL_LISTING": "YC",
    "COMMENDATION": "BJ", "EVALUATION": "PJ", "INSPECTION_RESULT": "JC",
}
PERSON, ORGANISATION, BUSINESS = "自然人", "法人及非法人组织", "个体工商户"
ORGAN_ITEMS = {
    "PENALTY_V2": ("CF_CFJG", "CF_CFJGDM", "CF_SJLY", "CF_SJLYDM"),
    "LICENCE_V2": ("XK_XKJG", "XK_XKJGDM", "XK_LYDW", "XK_LYDWDM"),
}


def layouts():
    """The items of every layout, by its code."""
    found = {}
    for code, name in FILES.items():
        text = (ROOT / "policies/records" / f"{name}.toml").read_text(encoding="utf-8")
        found[code] = {item["code"]: item for item in tomllib.loads(text)["item"]}
    return found


def months_after(day, months):
    """The corresponding day so many months later; the last day of a month that has none."""
    month = day.month - 1 + months
    first = datetime.date(day.year + month // 12, month % 12 + 1, 1)
    last = (first.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


@dataclass
class Row:
    """A row with what it was before it was damaged, and the kind of damage; a good row has none."""

    layout: str
    serial: int
    items: dict
    good: dict = field(default_factory=dict)
    kind: str = ""

    @property
    def damaged(self):
        """Codes of the items that are not as they were."""
        return {code for code in self.items | self.good if self.items.get(code, "") != self.good.get(code, "")}


class Bodies:
    """The district's bodies, as its catalogue names them."""

    def __init__(self, channel):
        from credit.supervision.v1 import catalog_service_pb2 as pb
        from credit.supervision.v1 import catalog_service_pb2_grpc as rpc

        catalog = rpc.CatalogServiceStub(channel)
        wanted = {"commitment", "license", "penalty"}
        departments = catalog.ListDepartments(pb.ListDepartmentsRequest(page_size=500)).departments
        able = {one.name for one in departments if wanted <= set(one.authorities)}
        bodies = catalog.ListBodies(pb.ListBodiesRequest(page_size=500)).bodies
        found = [one for one in bodies if one.department in able]
        if len(found) < 2:
            raise AssertionError("the catalogue names no two bodies that license and penalise")
        self.organ, self.source = found[:2]


class Rows:
    """Makes good rows; each has a number and a party of its own."""

    def __init__(self, chance, bodies):
        self.chance, self.bodies, self.serial = chance, bodies, 0

    def good(self, layout, party=None):
        self.serial += 1
        if party is None:
            party = self.chance.choice([ORGANISATION, ORGANISATION, BUSINESS, PERSON])
        if layout in ("COMMITMENT", "PERFORMANCE"):
            items = self.commitment(party)
        elif layout == "REGISTER":
            items = {"DJ_MC": f"（测试）登记企业{self.serial}号", "DJ_LB": ORGANISATION,
                     "DJ_SHXYM": self.code(ORGANISATION), "DJ_CLRQ": "2010-03-04"}
        else:
            items = self.record(layout, party)
        return Row(layout, self.serial, items, dict(items))

    def code(self, party):
        return harness.social_credit_code(self.chance, "92" if party == BUSINESS else "91")

    def party(self, layout, party):
        prefix = PREFIX[layout]
        items = {f"{prefix}_XDR_MC": f"测试王〇{self.serial}" if party == PERSON else f"（测试）第{self.serial}号企业"}
        if layout == "PENALTY_V1":
            number = "CF_XDR_SFZ"
        else:
            items[f"{prefix}_XDR_LB"] = party
            number = f"{prefix}_XDR_ZJHM"
        if party == PERSON:
            items[number] = harness.resident_id(self.chance)
            if layout != "PENALTY_V1":
                items[f"{prefix}_XDR_ZJLX"] = "身份证"
                items[f"{prefix}_SYFW"] = "特定范围内公开"
        else:
            items[f"{prefix}_XDR_SHXYM"] = self.code(party)
            if layout in ("PENALTY_V2", "LICENCE_V2"):
                items[f"{prefix}_FRDB"] = f"测试李〇{self.serial}"
        return items

    def organs(self, name, code, source_name, source_code):
        organ, source = self.bodies.organ, self.bodies.source
        return {name: organ.title_chinese, code: organ.social_credit_code,
                source_name: source.title_chinese, source_code: source.social_credit_code}

    def record(self, layout, party):
        day = LEVELS_FROM + datetime.timedelta(days=self.chance.randrange((TODAY - LEVELS_FROM).days + 1))
        number = f"测记〔{day.year}〕{self.serial}号"
        items = self.party(layout, party)
        later = (day + datetime.timedelta(days=self.chance.randrange(400, 900))).isoformat()
        organ = self.bodies.organ
        match layout:
            case "PENALTY_V2":
                return items | {
                    "CF_WSH": number, "CF_WFXW": "未按规定公示信息", "CF_SY": "经查，该单位未按规定公示信息。",
                    "CF_YJ": "《测试条例》第一条", "CF_CFLB": "罚款", "CF_NR": "罚款2000元", "CF_NR_FK": "0.2",
                    "CF_JDRQ": day.isoformat(), "CF_YXQ": later, "CF_GSJZQ": months_after(day, 12).isoformat(),
                    "CF_AJCXLB": "一般", "BZ": "测试数据", **self.organs(*ORGAN_ITEMS[layout])}
            case "PENALTY_V1":
                day = datetime.date(2016, 1, 4) + datetime.timedelta(days=self.chance.randrange(900))
                return items | {
                    "CF_WSH": f"测记〔{day.year}〕{self.serial}号", "CF_CFMC": "未按规定公示信息案", "CF_CFLB1": "罚款",
                    "CF_SY": "未按规定公示信息", "CF_YJ": "《测试条例》第一条", "CF_JG": "罚款2000元",
                    "CF_JDRQ": day.isoformat(), "CF_XZJG": organ.title_chinese, "CF_ZT": "0", "DFBM": DIVISION,
                    "BZ": "测试数据"}
            case "LICENCE_V2":
                return items | {
                    "XK_XKWS": "食品经营许可证", "XK_WSH": number, "XK_XKLB": "普通", "XK_NR": "预包装食品销售",
                    "XK_JDRQ": day.isoformat(), "XK_YXQZ": day.isoformat(), "XK_YXQZI": later, "XK_ZT": "有效",
                    "BZ": "测试数据", **self.organs(*ORGAN_ITEMS[layout])}
        prefix = PREFIX[layout]
        items |= {f"{prefix}_WSH": number, "BZ": "测试数据"}
        items |= self.organs(f"{prefix}_JGMC", f"{prefix}_JGDM", f"{prefix}_LYDW", f"{prefix}_LYDWDM")
        on = day.isoformat()
        return items | {
            "SERIOUS_LISTING": {"YZ_MD": "市场监督管理严重违法失信名单", "YZ_SY": "情节严重", "YZ_YJ": "《测试办法》第二条",
                                "YZ_LRRQ": on, "YZ_YXQ": later},
            "ABNORMAL_LISTING": {"YC_YY": "未按规定公示年度报告", "YC_SM": "未报送", "YC_LRRQ": on, "YC_YXQ": "2099/12/31"},
            "COMMENDATION": {"BJ_MC": "测试先进单位", "BJ_JB": "市级", "BJ_SY": "成绩突出", "BJ_JDRQ": on},
            "EVALUATION": {"PJ_LB": "公共信用综合评价", "PJ_DJZ": "A-D", "PJ_DJ": "A", "PJ_FS": "92.5", "PJ_JDRQ": on,
                           "PJ_YXQ": later},
            "INSPECTION_RESULT": {"JC_LX": "双随机抽查", "JC_SX": "公示信息检查", "JC_JCRQ": on, "JC_JG": "未发现问题"},
        }[layout]

    def commitment(self, party):
        day = TODAY - datetime.timedelta(days=self.chance.randrange(60))
        person = party == PERSON
        organ = self.bodies.organ
        return {
            "code": f"{DIVISION}{day:%Y%m%d}{self.serial:06}",
            "subjectName": f"测试张〇{self.serial}" if person else f"（测试）第{self.serial}号企业",
            "subjectCategory": party,
            "identify": harness.resident_id(self.chance) if person else self.code(party),
            "commitmentTypeId": "审批替代型", "reason": "申请食品经营许可",
            "content": "所填写的信息真实、准确。", "liabilityBreachCommitment": "如违反承诺，自愿接受撤销许可决定。",
            "commitmentDate": day.isoformat(), "commitmentValidity": (day + datetime.timedelta(days=365)).isoformat(),
            "acceptanceUnit": organ.title_chinese, "acceptanceUnitIdentify": organ.social_credit_code,
            "publicationType": "特定范围内公开" if person else "可向社会公开", "remarks": "测试数据",
        }


PERFORMANCE_STATES = {"全部履行": 1, "部分履行": 2, "全部未履行": 3}
SUBJECT_KINDS = {ORGANISATION: "SUBJECT_KIND_ORGANISATION", BUSINESS: "SUBJECT_KIND_INDIVIDUAL_BUSINESS",
                 PERSON: "SUBJECT_KIND_PERSON"}


def commitment_message(pb, items):
    """The row of a commitment on the wire; closed lists are given by their words."""
    row = pb.CommitmentRow(
        code=items["code"], subject_name=items["subjectName"],
        subject_kind=harness.pb_value(SUBJECT_KINDS[items["subjectCategory"]]), subject_code=items["identify"],
        kind=pb.COMMITMENT_KIND_APPROVAL_REPLACING, reason=items["reason"], content=items["content"],
        liability=items["liabilityBreachCommitment"], made_on=items["commitmentDate"],
        valid_until=items.get("commitmentValidity", ""), accepting_body_name=items["acceptanceUnit"],
        accepting_body_code=items["acceptanceUnitIdentify"],
        publication={"可向社会公开": 1, "特定范围内公开": 2}[items["publicationType"]], remarks=items.get("remarks", ""))
    if items.get("fulfillmentStatus"):
        row.performance.CopyFrom(performance_message(pb, items))
    return row


def performance_message(pb, items):
    """Items 11 to 16 on the wire."""
    return pb.PerformanceItems(
        state=PERFORMANCE_STATES[items["fulfillmentStatus"]],
        unperformed=items.get("unperformedCommitmentContent", ""),
        measures_taken=items.get("liabilityBreachCommitmentContent", ""),
        found_on=items.get("fulfillmentStatusDate", ""))
