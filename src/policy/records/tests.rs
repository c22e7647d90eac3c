use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;
use crate::domain::finding::Rule;
use crate::domain::layout::header_key;
use crate::domain::record::Severity;
use crate::domain::severity::{Case, Level, Procedure, When};
use crate::domain::subject::SubjectKind;

fn built_in() -> Layouts {
    parse(&KIND.built_in()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// The built-in files with one replacement in one of them, which must take place.
fn changed(name: &str, from: &str, to: &str) -> DataFiles {
    let mut files = KIND.built_in();
    let (_, content) = files.files.iter_mut().find(|(other, _)| other == name).unwrap();
    let text = String::from_utf8(content.clone()).unwrap();
    assert!(text.contains(from), "{name} lacks {from}");
    *content = text.replacen(from, to, 1).into_bytes();
    files
}

#[track_caller]
fn check(files: &DataFiles, expected: &[&str]) {
    let mistakes: Vec<String> = parse(files)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(mistakes.len(), expected.len(), "{mistakes:#?}");
    for (mistake, part) in mistakes.iter().zip(expected) {
        assert!(mistake.contains(part), "{mistake}\nlacks {part}");
    }
}

const PENALTIES: &str = "records/penalty_v2.toml";

#[test]
fn the_national_forms_have_their_numbers_of_items() {
    let layouts = built_in();
    let national = |code: &str| {
        let items = layouts.layout(code).unwrap().items();
        items.iter().filter(|item| !item.is_extra).count()
    };
    assert_eq!(national("PENALTY_V2"), 30);
    assert_eq!(national("PENALTY_V1"), 20);
    assert_eq!(national("LICENCE_V2"), 28);
    assert_eq!(national("COMMITMENT"), 20);
    let kinds: BTreeSet<_> = layouts.layouts().iter().filter_map(|one| one.kind).collect();
    assert_eq!(
        kinds.len(),
        RecordKind::ALL.len(),
        "each kind of record has a layout"
    );
    let files: BTreeSet<&str> = layouts
        .layouts()
        .iter()
        .filter(|one| one.kind.is_none())
        .map(|one| one.code.as_str())
        .collect();
    assert_eq!(
        files,
        [
            "BREACH",
            "COMMITMENT",
            "COMMITMENT_WITHDRAWAL",
            "MEMBERSHIP",
            "PERFORMANCE",
            "REGISTER",
            "WITHDRAWAL"
        ]
        .into()
    );
}

#[test]
fn what_we_made_up_says_so() {
    for layout in built_in().layouts() {
        let is_national = [
            "PENALTY_V2",
            "PENALTY_V1",
            "LICENCE_V2",
            "COMMITMENT",
            "PERFORMANCE",
        ]
        .contains(&&*layout.code);
        assert_eq!(
            layout.standing == Standing::Construction,
            !is_national,
            "{}",
            layout.code
        );
        assert_eq!(
            layout.trust == Trust::Constructed,
            !is_national,
            "{}",
            layout.code
        );
    }
    for rule in &built_in().severities().levels {
        let is_of_order = rule.origin.name.starts_with("order-");
        assert_eq!(
            rule.origin.standing == Standing::Law,
            is_of_order,
            "{}",
            rule.origin.name
        );
    }
    assert!(
        built_in().severities().fines.is_empty(),
        "no table of amounts was published"
    );
}

/// The columns of a real export, `domain.md` 2.1: every one is found, the kind of party alone is missing.
#[test]
fn the_columns_of_a_real_export_are_all_known() {
    const COLUMNS: [&str; 29] = [
        "行政相对人名称",
        "行政相对人代码_1(统一社会信用代码)",
        "行政相对人代码_2(工商注册号)",
        "行政相对人代码_3(组织机构代码)",
        "行政相对人代码_4(税务登记号)",
        "行政相对人代码_5(事业单位证书号)",
        "行政相对人代码_6(社会组织登记证号)",
        "法定代表人",
        "法定代表人身份证号",
        "证件类型",
        "证件号码",
        "行政处罚决定书文号",
        "违法行为类型",
        "违法事实",
        "处罚依据",
        "处罚类别",
        "处罚内容",
        "罚款金额（万元）",
        "没收违法所得、没收非法财物的金额（万元）",
        "暂扣或吊销证照名称及编号",
        "处罚决定日期",
        "处罚有效期",
        "公示截止期",
        "处罚机关",
        "处罚机关统一社会信用代码",
        "数据来源单位",
        "数据来源单位统一社会信用代码",
        "备注",
        "数据导出时间",
    ];
    let layouts = built_in();
    let layout = layouts.layout("PENALTY_V2").unwrap();
    let found: BTreeSet<usize> = COLUMNS
        .iter()
        .map(|column| layout.place(column).expect(column))
        .collect();
    assert_eq!(found.len(), COLUMNS.len());
    let missing = layout
        .items()
        .iter()
        .enumerate()
        .filter(|(place, item)| !item.is_extra && !found.contains(place));
    let missing: Vec<_> = missing.map(|(_, item)| item.code.as_str()).collect();
    assert_eq!(missing, ["CF_XDR_LB", "CF_FR_ZJLX"]);
    assert_eq!(layout.item("CF_FR_SFZH").unwrap().code, "CF_FR_ZJHM");
}

#[test]
fn every_mistake_of_a_file_is_listed_with_its_line() {
    check(
        &changed(PENALTIES, "type = \"until\"", "type = \"untill\""),
        &["`type` is one of text, date, until"],
    );
    let mut files = KIND.built_in();
    let broken = "code = \"x y\"\ntitle_zh = \"\"\nbody = \"nobody\"\nstanding = \"rumour\"\ntrust = \"X\"\n\
                  source = \"s\"\nfrom = 2024-02-30\n\n[[item]]\ncode = \"A\"\nzh = \"甲\"\nen = \"a\"\n\
                  type = \"choice\"\nof = \"x\"\nlength = 0\nneed = [\"sometimes\"]\nrole = \"king\"\nprose = true\n\
                  plausible_max = \"many\"\ncolour = \"red\"\n";
    files
        .files
        .push(("records/z.toml".to_owned(), broken.as_bytes().to_vec()));
    let mistakes: Vec<String> = parse(&files)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    let all = mistakes.join("\n");
    for part in [
        "z.toml:1: a code is 1 to 32 characters",
        "z.toml:2: `title_zh` is empty",
        "`title_en` is missing",
        "z.toml:3: `body` `nobody`: it is one of district, anyone",
        "z.toml:4: `standing` is one of law",
        "z.toml:5: `trust` is one of S, K, C, D",
        "z.toml:14: `of` does not belong to an item of type choice",
        "`list` is missing",
        "z.toml:15: `length` is from 1 to 5000",
        "z.toml:16: `need` `sometimes`: it is one of always, organisation",
        "z.toml:17: `role` `king`: it is one of party_name",
        "z.toml:18: only a text can be prose",
        "z.toml:19: `plausible_max` is an amount in 万元",
        "z.toml:20: unknown key `colour`",
    ] {
        assert!(all.contains(part), "{part} is missing in\n{all}");
    }
    assert!(
        mistakes
            .iter()
            .all(|mistake| mistake.starts_with("records/z.toml")),
        "{all}"
    );
}

#[test]
fn no_name_stands_for_two_items_or_values() {
    check(
        &changed(PENALTIES, "aliases = [\"处罚种类\"]", "aliases = [\"处罚内容\"]"),
        &["`处罚内容` names CF_CFLB and CF_NR"],
    );
    check(
        &changed(PENALTIES, "aliases = [\"处罚种类\"]", "aliases = [\"cf_cflb\"]"),
        &["`cf_cflb` is a name of CF_CFLB twice"],
    );
    check(
        &changed("records/lists.toml", "zh = \"警告\"", "zh = \"罚款\""),
        &["`罚款` of list `penalty_kind` names 01 and 02"],
    );
    check(
        &changed("records/ruling.toml", "code = \"RULING\"", "code = \"REGISTER\""),
        &["REGISTER is also the layout of"],
    );
}

#[test]
fn files_that_do_not_agree_are_refused() {
    check(
        &changed(PENALTIES, "list = \"penalty_kind\"", "list = \"penalties\""),
        &[
            "records/lists.toml has no list `penalties`",
            "the role PenaltyKinds cannot be of this type",
        ],
    );
    check(
        &changed(
            "records/severity.toml",
            "kinds = [\"05\", \"13\"]",
            "kinds = [\"05\", \"99\"]",
        ),
        &["records/severity.toml: list `penalty_kind` has no value `99`"],
    );
    check(
        &changed(
            PENALTIES,
            "need = [\"always\"]\nrole = \"number\"",
            "role = \"number\"",
        ),
        &["no item that is always needed has the role Number"],
    );
    check(
        &changed("records/serious_listing.toml", "role = \"source_code\"\n", ""),
        &["rows of any organ must name who of the district supplies them"],
    );
    check(
        &changed(PENALTIES, "role = \"content\"", "role = \"matter\""),
        &["CF_WFXW and CF_NR have the same role Matter"],
    );
    for name in [LISTS, SEVERITY, LAWS] {
        let mut files = KIND.built_in();
        files.files.retain(|(other, _)| other != name);
        let mistakes = parse(&files).unwrap_err();
        assert!(
            mistakes
                .iter()
                .any(|one| one.file == name && one.text == "the file is missing"),
            "{name}"
        );
    }
}

#[test]
fn thresholds_of_fines_are_taken_where_a_department_sets_them() {
    let fine = "fine_kind = \"02\"\n\n[[fine]]\nname = \"set\"\ndepartment = \"SCJG\"\nparty = \"1\"\n\
                larger_from = \"1\"\nhuge_from = \"50\"\nfrom = 2026-06-01\nstanding = \"adopted\"\ntrust = \"C\"\n\
                source = \"本区文件\"\n";
    let files = changed("records/severity.toml", "fine_kind = \"02\"\n", fine);
    let layouts = parse(&files).unwrap();
    let kinds = ["02".to_owned()];
    let level = |fine: i64, on: &str, party, department: &str| {
        let case = Case {
            kind: RecordKind::Penalty,
            department: department.parse().ok(),
            party,
            penalty_kinds: &kinds,
            procedure: Some(Procedure::General),
            fine: Some(fine),
            decided_on: on.parse().unwrap(),
        };
        match layouts.severities().level(&case) {
            Level::Known(severity, origin) => (severity, origin.name.clone()),
            other @ (Level::None | Level::DependsOnProcedure) => panic!("{other:?}"),
        }
    };
    let of = |fine| level(fine, "2026-06-01", SubjectKind::Organisation, "SCJG");
    assert_eq!(of(999_999), (Severity::Minor, "set".to_owned()));
    assert_eq!(of(1_000_000), (Severity::General, "set".to_owned()));
    assert_eq!(of(49_999_999), (Severity::General, "set".to_owned()));
    assert_eq!(of(50_000_000), (Severity::Serious, "set".to_owned()));
    let general = (Severity::General, "fine-without-amounts".to_owned());
    assert_eq!(level(1, "2026-05-31", SubjectKind::Organisation, "SCJG"), general);
    assert_eq!(level(1, "2026-06-01", SubjectKind::Person, "SCJG"), general);
    assert_eq!(level(1, "2026-06-01", SubjectKind::Organisation, "JYJ"), general);
    check(
        &changed(
            "records/severity.toml",
            "fine_kind = \"02\"\n",
            &fine.replace("\"50\"", "\"0.5\""),
        ),
        &["`huge_from` is below `larger_from`"],
    );
}

#[test]
fn the_gravest_kind_gives_the_level_from_april_2026() {
    let layouts = built_in();
    let level = |kinds: &[&str], procedure, on: &str| {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let case = Case {
            kind: RecordKind::Penalty,
            department: None,
            party: SubjectKind::Organisation,
            penalty_kinds: &kinds,
            procedure,
            fine: None,
            decided_on: on.parse().unwrap(),
        };
        match layouts.severities().level(&case) {
            Level::Known(severity, origin) => {
                assert!(!origin.source.is_empty());
                Some(Ok(severity))
            }
            Level::None => None,
            Level::DependsOnProcedure => Some(Err(())),
        }
    };
    let (general, simple) = (Some(Procedure::General), Some(Procedure::Simple));
    for (kinds, procedure, expected) in [
        (&["01"][..], general, Some(Ok(Severity::Minor))),
        (&["08", "01"], None, Some(Ok(Severity::Minor))),
        (&["02"], simple, Some(Ok(Severity::Minor))),
        (&["02"], general, Some(Ok(Severity::General))),
        (&["02"], None, Some(Err(()))),
        (&["01", "09"], general, Some(Ok(Severity::General))),
        (&["02", "05"], general, Some(Ok(Severity::Serious))),
        (&["11"], general, Some(Ok(Severity::General))),
        (&["14", "03"], general, Some(Ok(Severity::Serious))),
        (&["07"], general, None),
        (&["07"], None, Some(Err(()))),
    ] {
        assert_eq!(
            level(kinds, procedure, "2026-04-01"),
            expected,
            "{kinds:?} {procedure:?}"
        );
        assert_eq!(level(kinds, procedure, "2026-03-31"), None);
    }
    let kinds = layouts.list("penalty_kind").unwrap();
    for rule in &layouts.severities().levels {
        if let When::Kinds(codes) = &rule.when {
            assert!(codes.iter().all(|code| kinds.place(code).is_some()));
        }
    }
}

/// The page for integrators shows every item and value as the data have them.
#[test]
fn the_page_about_layouts_shows_the_data() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/record-layouts.md");
    let page = std::fs::read_to_string(page).unwrap();
    let shown: BTreeSet<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let mut expected = String::new();
    for layout in built_in().layouts() {
        assert!(
            page.contains(&format!("## `{}` {}", layout.code, layout.title_zh)),
            "{}",
            layout.code
        );
        for item in layout.items() {
            write!(
                expected,
                "| `{}` | {} | {} |",
                item.code, item.chinese, item.english
            )
            .unwrap();
            let needs: Vec<String> = item
                .needs
                .iter()
                .map(|need| need_word(*need).to_owned())
                .collect();
            writeln!(
                expected,
                " {} | {} | {} |",
                type_words(&item.item_type),
                item.length_max,
                needs.join(", ")
            )
            .unwrap();
        }
    }
    for list in built_in().lists() {
        assert!(
            page.contains(&format!("### `{}` {}", list.code, list.title_zh)),
            "{}",
            list.code
        );
        for value in list.values() {
            let aliases = value.aliases.join("; ");
            writeln!(
                expected,
                "| `{}` | {} | {} | {aliases} |",
                value.code, value.chinese, value.english
            )
            .unwrap();
        }
    }
    for rule in Rule::ALL.iter().filter(|rule| (40..100).contains(&rule.number())) {
        let name = format!("{rule:?}").chars().fold(String::new(), |name, one| {
            let gap = if one.is_uppercase() && !name.is_empty() {
                "_"
            } else {
                ""
            };
            name + gap + &one.to_uppercase().to_string()
        });
        assert!(page.contains(&format!("`{name}`")), "{name} is not explained");
    }
    let expected: BTreeSet<&str> = expected.lines().collect();
    let difference: Vec<_> = expected.symmetric_difference(&shown).collect();
    assert!(
        difference.is_empty(),
        "docs/record-layouts.md and the data differ in {difference:#?}"
    );
}

fn type_words(item_type: &ItemType) -> String {
    match item_type {
        ItemType::Text => "text".to_owned(),
        ItemType::Date => "date".to_owned(),
        ItemType::Until => "last day".to_owned(),
        ItemType::Money => "万元".to_owned(),
        ItemType::Decimal => "number".to_owned(),
        ItemType::Choice(list) => format!("one of `{list}`"),
        ItemType::Choices(list) => format!("some of `{list}`"),
        ItemType::SocialCreditCode => "unified code".to_owned(),
        ItemType::SocialCreditCodes => "unified codes".to_owned(),
        ItemType::Older(_) => "older code".to_owned(),
        ItemType::Document => "document number".to_owned(),
        ItemType::Division => "division code".to_owned(),
        ItemType::Ignored => "not recorded".to_owned(),
    }
}

fn need_word(need: Need) -> &'static str {
    match need {
        Need::Always => "always",
        Need::Organisation => "organisation",
        Need::IndividualBusiness => "individual business",
        Need::Person => "person",
        Need::Fine => "fine",
        Need::Confiscation => "confiscation",
        Need::LicenceTaken => "licence taken",
        Need::Changed => "changed",
    }
}

#[test]
fn names_compare_alike_however_they_are_typed() {
    let layouts = built_in();
    for layout in layouts.layouts() {
        for item in layout.items() {
            for name in item.names() {
                assert_eq!(layout.item(name), Some(item), "{name}");
                assert_eq!(
                    layout.item(&format!(" {} *", name.to_lowercase())),
                    Some(item),
                    "{name}"
                );
                assert_eq!(header_key(&header_key(name)), header_key(name));
            }
        }
    }
}
