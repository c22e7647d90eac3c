//! A rule set in plain words, in Chinese or English.

use std::io::{self, Write};

use super::Language;
use crate::domain::catalog::Standing;
use crate::domain::grading::Points;
use crate::domain::rules::{
    Band, Basis, Bounds, Count, CountOf, CycleKind, Indicator, InputFrom, Inspection, Limits, MeasureKind,
    Per, Pick, Polarity, ResultDay, RuleSet, Select, Span, Stands, Tier, TierOf, Window, Worth,
};

/// Writes everything a rule set says.
pub fn write(rules: &RuleSet, language: Language, out: &mut impl Write) -> io::Result<()> {
    let text = Text { rules, language };
    for section in [
        text.head(),
        text.cycle(),
        text.levels(),
        text.inputs(),
        text.not_rated(),
        text.groups(),
        text.indicators(),
        text.bands(),
        text.direct(),
        text.measures(),
    ] {
        let mut lines = section.into_iter();
        if let (Some(title), Some(first)) = (lines.next(), lines.next()) {
            writeln!(out, "\n{title}")?;
            for line in std::iter::once(first).chain(lines) {
                writeln!(out, "  {line}")?;
            }
        }
    }
    Ok(())
}

struct Text<'a> {
    rules: &'a RuleSet,
    language: Language,
}

impl Text<'_> {
    fn say<'b>(&self, zh: &'b str, en: &'b str) -> &'b str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    fn title<'b>(&self, basis: &'b Basis) -> &'b str {
        self.say(&basis.title_zh, &basis.title_en)
    }

    /// What an entry rests on, where it says so itself.
    fn rests(&self, basis: &Basis) -> String {
        let mut parts = Vec::new();
        if !basis.law.is_empty() {
            parts.push(basis.law.clone());
        }
        parts.extend(basis.source.clone());
        parts.extend(basis.trust.map(|trust| format!("[{}]", trust.mark())));
        if parts.is_empty() {
            String::new()
        } else {
            format!(" — {}", parts.join(" "))
        }
    }

    fn span(&self, span: Span) -> String {
        match span {
            Span::Days(days) => format!("{days} {}", self.say("天", "days")),
            Span::Months(months) => format!("{months} {}", self.say("个月", "months")),
        }
    }

    fn level(&self, level: usize) -> String {
        let level = &self.rules.levels[level];
        format!("{} {}", level.code, self.say(&level.title_zh, &level.title_en))
    }

    fn head(&self) -> Vec<String> {
        let rules = self.rules;
        let standing = match rules.standing {
            Standing::Law => self.say("法定", "law"),
            Standing::Adopted => self.say("本地采用", "adopted here"),
            Standing::Model => self.say("参照外地文本", "model: follows a text of another place"),
            Standing::Construction => self.say("自拟，无来源", "construction: made up for want of a source"),
        };
        let until = rules
            .until
            .map_or_else(|| self.say("今", "now").to_owned(), |day| day.to_string());
        let mut lines = vec![
            format!(
                "{} {} {}",
                rules.sector,
                rules.code,
                self.say(&rules.title_zh, &rules.title_en)
            ),
            format!("{}: {} — {until}", self.say("施行", "in force"), rules.from),
            format!(
                "{}: {standing} [{}]",
                self.say("效力", "standing"),
                rules.trust.mark()
            ),
            format!("{}: {}", self.say("来源", "source"), rules.source),
        ];
        let follows = rules.follows.as_ref();
        lines.extend(follows.map(|text| format!("{}: {text}", self.say("参照", "follows"))));
        let adopted = rules.adopted_by.as_ref();
        lines.extend(adopted.map(|text| format!("{}: {text}", self.say("采用依据", "adopted by"))));
        lines
    }

    fn cycle(&self) -> Vec<String> {
        let cycle = &self.rules.cycle;
        let kind = match cycle.kind {
            CycleKind::RealTime => self.say("实时评定", "graded with each fact"),
            CycleKind::Month => self.say("每月评定", "graded monthly"),
            CycleKind::Quarter => self.say("每季评定", "graded quarterly"),
            CycleKind::Year => self.say("每年评定", "graded yearly"),
        };
        let mut lines = vec![self.say("周期", "Cycle").to_owned(), kind.to_owned()];
        lines.extend(match cycle.result {
            ResultDay::AtOnce => None,
            ResultDay::OfNextMonth(day) => Some(format!(
                "{} {day}",
                self.say("结果日：次月", "result day: of the next month,")
            )),
            ResultDay::OfNextYear(month, day) => Some(format!(
                "{} {month:02}-{day:02}",
                self.say("结果日：次年", "result day: of the next year,")
            )),
        });
        lines.push(match cycle.stands {
            Stands::UntilNext => self
                .say("有效至下次结果", "valid until the next result")
                .to_owned(),
            Stands::For(span) => format!("{} {}", self.say("有效期", "valid for"), self.span(span)),
        });
        for (days, zh, en) in [
            (
                cycle.display_working_days,
                "公示（工作日）",
                "display, working days",
            ),
            (
                cycle.objection_working_days,
                "异议（工作日）",
                "objection, working days",
            ),
        ] {
            if days > 0 {
                lines.push(format!("{}: {days}", self.say(zh, en)));
            }
        }
        lines
    }

    fn levels(&self) -> Vec<String> {
        let mut lines = vec![self.say("等级（由优到劣）", "Levels, best first").to_owned()];
        lines.extend(self.rules.levels.iter().enumerate().map(|(place, level)| {
            let beside = if level.is_ranked {
                ""
            } else {
                self.say("（不入序）", " (beside the order)")
            };
            format!("{}{beside}", self.level(place))
        }));
        lines
    }

    fn select(&self, select: &Select) -> String {
        let window = match select.window {
            Window::Period => self.say("周期内", "decided in the period").to_owned(),
            Window::Rolling(span) => format!("{} {}", self.say("最近", "of the last"), self.span(span)),
            Window::All => self.say("不限期", "of any age").to_owned(),
            Window::Valid => self.say("当日有效", "valid on the day").to_owned(),
        };
        let scope = if select.of_subject {
            self.say("，主体全部记录", ", of the subject in all sectors")
        } else {
            ""
        };
        let repaired = if select.counts_repaired {
            self.say("，修复后仍计", ", repaired too")
        } else {
            ""
        };
        let expired = if select.counts_expired {
            ""
        } else {
            self.say("，期满不计", ", expired not")
        };
        format!("{window}{scope}{repaired}{expired}: {}", select.when.text)
    }

    fn inputs(&self) -> Vec<String> {
        let rules = self.rules;
        let mut lines = vec![self.say("条件中的名称", "Names in the conditions").to_owned()];
        lines.extend(rules.counts.iter().map(|count| self.count(count)));
        lines.extend(rules.inputs.iter().map(|input| match &input.from {
            InputFrom::Evaluation(kind) => {
                format!(
                    "{} = {} {kind}",
                    input.name,
                    self.say("最近有效评价", "latest valid evaluation")
                )
            }
            InputFrom::Sector(sector) => {
                format!(
                    "{} = {} {sector}",
                    input.name,
                    self.say("领域等级", "grade in the sector")
                )
            }
        }));
        lines.extend(rules.streaks.iter().map(|streak| {
            let text = self.say(
                "连续周期数，不低于",
                "number of last consecutive cycles, at least",
            );
            format!("{} = {text} {}", streak.name, self.level(streak.level))
        }));
        lines
    }

    fn count(&self, count: &Count) -> String {
        let of = match count.of {
            CountOf::Events => self.say("记录数", "number of records"),
            CountOf::Cases => self.say("案件数", "number of cases"),
            CountOf::Quantity => self.say("数量合计", "sum of quantities"),
            CountOf::Amount => self.say("金额合计（分）", "sum of amounts, in fen"),
        };
        format!("{} = {of}, {}", count.name, self.select(&count.select))
    }

    fn not_rated(&self) -> Vec<String> {
        let mut lines = vec![self.say("不评定的情形", "Not rated").to_owned()];
        lines.extend(self.rules.not_rated.iter().map(|one| {
            let (title, rests) = (self.title(&one.basis), self.rests(&one.basis));
            format!(
                "{} {title} -> {}: {}{rests}",
                one.code,
                one.outcome.word(),
                one.when.text
            )
        }));
        lines
    }

    fn limits(&self, limits: Limits) -> String {
        let cap = limits
            .cap
            .map(|cap| format!("{} {cap}", self.say("最高", "at most")));
        let floor = limits
            .floor
            .map(|floor| format!("{} {floor}", self.say("最低", "at least")));
        let parts: Vec<String> = cap.into_iter().chain(floor).collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!(" ({})", parts.join(", "))
        }
    }

    fn groups(&self) -> Vec<String> {
        let rules = self.rules;
        if rules.polarity == Polarity::NoScore {
            return Vec::new();
        }
        let polarity = match rules.polarity {
            Polarity::Credit => self.say("分高为优", "higher is better"),
            Polarity::Risk => self.say("分高为劣", "higher is worse"),
            Polarity::NoScore => self.say("不计分", "no score"),
        };
        let mut lines = vec![
            self.say("得分", "Score").to_owned(),
            format!("{} {}; {polarity}", self.say("基础分", "base"), rules.base),
        ];
        lines.extend(rules.groups.iter().map(|group| {
            let weight = if group.weight == 100 {
                String::new()
            } else {
                format!(" × {} %", group.weight)
            };
            let title = self.say(&group.title_zh, &group.title_en);
            let title = if title.is_empty() {
                String::new()
            } else {
                format!(" {title}")
            };
            format!("+ {}{title}{}{weight}", group.code, self.limits(group.limits))
        }));
        lines
    }

    fn indicators(&self) -> Vec<String> {
        let mut lines = vec![self.say("指标", "Indicators").to_owned()];
        for one in &self.rules.indicators {
            let group = &self.rules.groups[one.group].code;
            let (title, rests) = (self.title(&one.basis), self.rests(&one.basis));
            lines.push(format!(
                "{group} / {} {title}{}{rests}",
                one.code,
                self.limits(one.limits)
            ));
            lines.push(format!("    {}", self.select(&one.select)));
            lines.push(format!("    {}, {}", self.worth(&one.worth), self.per(one)));
        }
        lines
    }

    fn worth(&self, worth: &Worth) -> String {
        match worth {
            Worth::Each(points) => format!("{points} {}", self.say("分", "points")),
            Worth::OwnValue(times) => {
                format!("{} × {times}", self.say("记录自身分值", "the record's own value"))
            }
            Worth::ByItem(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|(item, points)| format!("{item}: {points}"))
                    .collect();
                format!("{} {}", self.say("按项目", "by item"), items.join(", "))
            }
            Worth::Tiers(tiers) => {
                let tiers: Vec<String> = tiers.iter().map(|tier| self.tier(tier)).collect();
                tiers.join("; ")
            }
        }
    }

    fn tier(&self, tier: &Tier) -> String {
        let (of, is_points) = match tier.of {
            TierOf::Amount => (self.say("金额（分）", "amount in fen"), false),
            TierOf::Quantity => (self.say("数量", "quantity"), false),
            TierOf::Value => (self.say("分值", "value"), true),
        };
        format!("{of} {}: {}", bounds(tier.bounds, is_points), tier.points)
    }

    fn per(&self, indicator: &Indicator) -> &'static str {
        match (indicator.per, indicator.pick) {
            (Per::Event, Pick::Heaviest | Pick::Sum) => self.say("逐条", "for each record"),
            (Per::Case, Pick::Heaviest) => self.say("一案取最重", "for each case by its heaviest record"),
            (Per::Case, Pick::Sum) => self.say("一案合计", "for each case, all its records"),
            (Per::Quantity, Pick::Heaviest | Pick::Sum) => self.say("乘以数量", "times the quantity"),
            (Per::Once, Pick::Heaviest | Pick::Sum) => self.say("只计一次", "once"),
        }
    }

    fn bands(&self) -> Vec<String> {
        let mut lines = vec![
            self.say("评级（依次，先合者定）", "Bands, the first that fits")
                .to_owned(),
        ];
        lines.extend(self.rules.bands.iter().map(|band| self.band(band)));
        lines
    }

    fn band(&self, band: &Band) -> String {
        let mut parts = Vec::new();
        let range = bounds(band.bounds, true);
        if !range.is_empty() {
            parts.push(format!("{} {range}", self.say("得分", "score")));
        }
        if let Some(of) = &band.of {
            let codes: Vec<&str> = of
                .iter()
                .map(|group| self.rules.groups[*group].code.as_str())
                .collect();
            parts.push(format!("{} {}", self.say("只计", "counting"), codes.join(", ")));
        }
        parts.extend(band.when.as_ref().map(|when| when.text.clone()));
        let within = band
            .by_rank
            .as_ref()
            .map_or_else(String::new, |by| format!(" ({by})"));
        for (percent, zh, en) in [
            (band.rank_top_percent, "名次前", "among the best"),
            (band.rank_above_percent, "名次不在前", "not among the best"),
        ] {
            parts.extend(percent.map(|percent| format!("{} {percent} %{within}", self.say(zh, en))));
        }
        let when = if parts.is_empty() {
            self.say("其余", "otherwise").to_owned()
        } else {
            parts.join("; ")
        };
        format!("{}: {when}{}", self.level(band.level), self.rests(&band.basis))
    }

    fn direct(&self) -> Vec<String> {
        let rules = self.rules;
        let mut lines = vec![
            self.say("直接判级、降级、限级", "Verdicts, lowering and bars")
                .to_owned(),
        ];
        for one in &rules.verdicts {
            let holds = one.holds_for.map_or_else(String::new, |span| {
                format!(" ({} {})", self.say("保持", "for"), self.span(span))
            });
            let (title, rests) = (self.title(&one.basis), self.rests(&one.basis));
            lines.push(format!(
                "{} {title} -> {}{holds}: {}{rests}",
                one.code,
                self.level(one.level),
                one.when.text
            ));
        }
        for one in &rules.lowers {
            let text = self.say("降低级数", "levels down");
            let (title, rests) = (self.title(&one.basis), self.rests(&one.basis));
            lines.push(format!(
                "{} {title} {text} {}: {}{rests}",
                one.code, one.by, one.when.text
            ));
        }
        for one in &rules.bars {
            let text = self.say("不得优于", "not better than");
            let (title, rests) = (self.title(&one.basis), self.rests(&one.basis));
            let level = self.level(one.not_better_than);
            lines.push(format!(
                "{} {title} {text} {level}: {}{rests}",
                one.code, one.when.text
            ));
        }
        lines.extend(rules.upgrade_only_after.map(|span| {
            format!(
                "{} {}",
                self.say("升级须满", "no upgrade before the last level has stood"),
                self.span(span)
            )
        }));
        lines.extend(
            rules
                .reset
                .as_ref()
                .map(|reset| format!("{}: {}", self.say("清零", "set to zero by"), reset.when.text)),
        );
        lines
    }

    fn measures(&self) -> Vec<String> {
        let mut lines = vec![self.say("监管措施", "Measures").to_owned()];
        for one in &self.rules.measures {
            let what = match &one.kind {
                MeasureKind::Inspection(Inspection::RatioPercent(percent)) => {
                    format!("{} {percent} %", self.say("抽查比例", "inspection ratio"))
                }
                MeasureKind::Inspection(Inspection::PerYear(low, high)) if low == high => {
                    format!("{} {low}", self.say("每年检查次数", "inspections a year"))
                }
                MeasureKind::Inspection(Inspection::PerYear(low, high)) => {
                    format!("{} {low}–{high}", self.say("每年检查次数", "inspections a year"))
                }
                MeasureKind::Inspection(Inspection::CauseOnly) => {
                    self.say("有因检查", "inspected on cause alone").to_owned()
                }
                MeasureKind::Service => self.say("服务", "service").to_owned(),
                MeasureKind::Restraint { list_entry, basis } => {
                    format!("{} {list_entry}, {basis}", self.say("惩戒", "restraint"))
                }
            };
            let (title, rests) = (self.title(&one.basis), self.rests(&one.basis));
            lines.push(format!("{}: {title} ({what}){rests}", self.level(one.level)));
        }
        lines
    }
}

fn bounds(bounds: Bounds, is_points: bool) -> String {
    bounds.written(|number| {
        if is_points {
            Points(number).to_string()
        } else {
            number.to_string()
        }
    })
}
