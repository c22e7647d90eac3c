use super::*;
use crate::domain::catalog::Standing;
use crate::domain::layout::{BodyRule, ItemType, LayoutHead, LayoutItem, Need};
use crate::domain::trust::Trust;
use crate::sheets::Cell;

fn item(code: &str, chinese: &str, aliases: &[&str], is_needed: bool, role: Option<Role>) -> LayoutItem {
    LayoutItem {
        code: code.to_owned(),
        chinese: chinese.to_owned(),
        english: code.to_owned(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        item_type: ItemType::Text,
        length_max: 200,
        place: 0,
        needs: if is_needed { vec![Need::Always] } else { Vec::new() },
        role,
        is_prose: false,
        is_personal: false,
        is_extra: false,
        plausible_max: None,
    }
}

fn layout(code: &str, items: Vec<LayoutItem>) -> Layout {
    let head = LayoutHead {
        code: code.to_owned(),
        title_zh: code.to_owned(),
        title_en: code.to_owned(),
        kind: None,
        body: BodyRule::District,
        standing: Standing::Construction,
        trust: Trust::Constructed,
        source: "a test".to_owned(),
        from: "2000-01-01".parse().unwrap(),
        until: None,
    };
    Layout::new(head, items)
}

fn layouts() -> Vec<Layout> {
    let promise = vec![
        item("code", "承诺编码", &[], true, None),
        item("name", "承诺人名称", &[], true, None),
        item("kind", "承诺人类别", &[], true, Some(Role::PartyKind)),
        item("content", "承诺内容", &[], true, None),
        item("state", "承诺履行状态", &[], false, None),
        item("BZ", "备注", &[], false, None),
    ];
    let performance = vec![
        item("code", "承诺编码", &[], true, None),
        item("state", "承诺履行状态", &[], true, None),
        item("BZ", "备注", &[], false, None),
    ];
    let fine = vec![
        item("CF_WSH", "决定书文号", &["文号"], true, None),
        item("CF_FK", "罚款金额（万元）", &["罚款金额"], false, None),
        item("CF_LB", "相对人类别", &[], true, Some(Role::PartyKind)),
        item("CF_MC", "相对人名称", &[], true, None),
    ];
    vec![
        layout("PROMISE", promise),
        layout("PERFORMANCE", performance),
        layout("FINE", fine),
    ]
}

fn rows(lines: &[&str]) -> Vec<Row> {
    let cells = |line: &&str| line.split('|').map(Cell::of).collect();
    (1..)
        .zip(lines)
        .map(|(number, line)| Row {
            number,
            cells: cells(line),
        })
        .collect()
}

#[track_caller]
fn found(lines: &[&str]) -> (String, Header) {
    let layouts = layouts();
    let sheet = rows(lines);
    let (layout, header) = detect(&sheet, &layouts, Told::default()).unwrap();
    (layout.code.clone(), header)
}

fn refused(lines: &[&str], told: Told<'_>) -> NoLayout {
    detect(&rows(lines), &layouts(), told).unwrap_err()
}

#[test]
fn a_header_is_found_under_titles_in_any_order_and_spelling() {
    let plain = "承诺编码|承诺人名称|承诺人类别|承诺内容";
    for header in [
        plain,
        "CODE|Name|kind|content",
        "承诺内容|承诺人类别|承诺人名称|承诺编码",
        " 承诺 编码*|承诺人名称 |承诺人\n类别|＊承诺内容",
        "承诺编码（code）|承诺人名称(必填)|承诺人类别|承诺内容（不超过4000字）",
        "序号|承诺编码|导出时间|承诺人名称|承诺人类别|承诺内容|",
    ] {
        let (code, header) = found(&["2024年度信用承诺归集表", "填报单位：|甲局", header, "1|甲|1|乙"]);
        assert_eq!((code.as_str(), header.row), ("PROMISE", 3));
        assert_eq!(header.above, [1, 2]);
        assert_eq!(header.absent, [4, 5]);
    }
}

#[test]
fn columns_that_no_one_knows_are_named_and_the_reason_column_is_not() {
    let (_, header) = found(&["序号|承诺编码|承诺人名称||承诺人类别|承诺内容|错误原因|导出时间"]);
    let ignored = |at: usize| header.columns[at] == Column::Ignored;
    assert_eq!((0..8).filter(|at| ignored(*at)).collect::<Vec<_>>(), [0, 7]);
    assert_eq!(header.columns[3], Column::Blank);
    assert_eq!(header.columns[6], Column::Reason);
    assert_eq!(header.column_of(0), Some(1));
}

#[test]
fn the_smaller_of_two_layouts_is_taken_only_if_it_fits() {
    assert_eq!(found(&["承诺编码|承诺履行状态|备注"]).0, "PERFORMANCE");
    assert_eq!(
        found(&["承诺编码|承诺人名称|承诺人类别|承诺内容|承诺履行状态|备注"]).0,
        "PROMISE"
    );
}

#[test]
fn a_missing_required_column_is_named_before_any_row_is_sent() {
    let told = Told::default();
    let error = refused(&["承诺编码|承诺人名称|承诺人类别|承诺履行状态|备注"], told);
    let items = vec!["承诺内容".to_owned()];
    assert_eq!(
        error,
        NoLayout::Missing {
            layout: "PROMISE".to_owned(),
            items
        }
    );
    // Whoever names the layout gets his rows judged one by one.
    let told = Told {
        layout: Some("promise"),
        ..Told::default()
    };
    let sheet = rows(&["承诺编码|承诺人名称|承诺人类别|承诺履行状态|备注"]);
    assert!(detect(&sheet, &layouts(), told).is_ok());
}

#[test]
fn a_missing_kind_of_party_can_be_stated_for_all_rows() {
    let header = ["决定书文号|罚款金额|相对人名称"];
    let item = "相对人类别".to_owned();
    let expected = NoLayout::PartyKindMissing {
        layout: "FINE".to_owned(),
        item,
    };
    assert_eq!(refused(&header, Told::default()), expected);
    let told = Told {
        has_party_kind: true,
        ..Told::default()
    };
    assert!(detect(&rows(&header), &layouts(), told).is_ok());
}

#[test]
fn another_unit_is_another_column() {
    let (_, header) = found(&["文号|罚款金额（元）|相对人类别|相对人名称"]);
    assert_eq!(header.columns[1], Column::Ignored);
    let (_, header) = found(&["文号|罚款金额(万元)|相对人类别|相对人名称"]);
    assert_eq!(header.columns[1], Column::Item(1));
}

#[test]
fn what_is_not_clear_is_refused_by_name() {
    let told = Told::default();
    assert_eq!(
        refused(&["甲|乙|丙", "1|2|3"], told),
        NoLayout::Unknown { nearest: None }
    );
    let NoLayout::Unknown {
        nearest: Some((code, missing)),
    } = refused(&["文号|乙|丙"], told)
    else {
        panic!("another refusal");
    };
    assert_eq!(
        (code.as_str(), missing.join("、").as_str()),
        ("FINE", "相对人类别、相对人名称")
    );
    let twice = refused(&["文号|决定书文号|相对人类别|相对人名称"], told);
    let columns = vec!["A".to_owned(), "B".to_owned()];
    let item = "决定书文号".to_owned();
    assert_eq!(
        twice,
        NoLayout::Twice {
            layout: "FINE".to_owned(),
            item,
            columns
        }
    );
    let none = Told {
        layout: Some("FINES"),
        ..told
    };
    assert_eq!(
        refused(&["文号"], none),
        NoLayout::NoSuchLayout("FINES".to_owned())
    );
    let both = vec![
        layouts().swap_remove(2),
        layout("OTHER", layouts()[2].items().to_vec()),
    ];
    let error = detect(&rows(&["文号|罚款金额|相对人类别|相对人名称"]), &both, told).unwrap_err();
    let codes = vec!["FINE".to_owned(), "OTHER".to_owned()];
    assert_eq!(error, NoLayout::Ambiguous { codes });
}

#[test]
fn notes_and_headers_below_are_no_data() {
    let all = layouts();
    let sheet = rows(&[
        "承诺编码|承诺人名称|承诺人类别|承诺内容",
        "code|name|kind|content",
        "1|甲|1|乙",
        "|表格说明：一行一条",
        "承诺编码|承诺人名称|承诺人类别|承诺内容",
        "只有一格",
        "说明书编制承诺|甲|1|乙",
    ]);
    let (layout, header) = detect(&sheet, &all, Told::default()).unwrap();
    assert_eq!(header.row, 1);
    let skips: Vec<_> = sheet[1..]
        .iter()
        .map(|row| skipped(row, &header, layout))
        .collect();
    use Skipped::{HeaderAgain, Note};
    assert_eq!(
        skips,
        [Some(HeaderAgain), None, Some(Note), Some(HeaderAgain), None, None]
    );
}
