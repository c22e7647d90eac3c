use super::*;
use crate::domain::notice_content::samples;

fn html(content: &NoticeContent) -> String {
    render(content).unwrap().html
}

/// The bytes of template 1 for one content. A paper whose bytes are another one is not the paper that was
/// issued: where this fails, the template was changed, and the change belongs into a new one.
#[test]
fn template_one_draws_the_same_bytes_for_ever() {
    let paper = render(&samples::content()).unwrap();
    assert_eq!(
        words::hex(&paper.sha256),
        "455a943d6ca2763c7d22246f26be2f969ae556acdc950088e3b755ec9c872209"
    );
    assert_eq!(render(&samples::content()), Ok(paper));
}

#[test]
fn a_template_that_nobody_drew_is_named() {
    let mut content = samples::content();
    content.foot.template = 2;
    assert_eq!(render(&content), Err(Error::NoTemplate(2)));
}

#[test]
fn every_block_of_the_notice_stands_on_the_paper() {
    let content = samples::content();
    let html = html(&content);
    for class in [
        "reference",
        "publicity",
        "effect",
        "conditions",
        "papers",
        "route",
        "limits",
        "honesty",
        "no-fee",
        "remedies",
        "contacts",
    ] {
        assert_eq!(
            html.matches(&format!("<tr class=\"{class}\">")).count(),
            1,
            "{class}"
        );
    }
    for text in [
        "市监信修告〔2026〕12号",
        "某某区市场监督管理局",
        "某某商贸有限公司",
        "91440300192317458F",
        "法定代表人（负责人、经营者）：甲",
        "《行政处罚决定书》市监罚〔2026〕7号，2026年4月1日作出",
        "处罚种类：罚款。罚款2,000元。没收123.45元。",
        "2026年7月1日（3个月）",
        "2026年7月2日起",
        "2027年4月1日（1年）",
        "依据《信用修复管理办法》（国家发展和改革委员会令第36号（2025）），按作出决定之日适用",
        "失信程度未见分类规定，按设定计\u{2060}<sup>△</sup>",
        "3个工作日内决定是否受理。\u{2060}<sup>※</sup>",
        "电话12345",
        "（印章）",
        "送达回证",
    ] {
        assert!(html.contains(text), "{text}");
    }
    for clause in &content.clauses {
        assert!(html.contains(&clause.chinese), "{}", clause.chinese);
    }
    assert_eq!(html.matches("<tr class=\"document\">").count(), 2);
    let code = words::hex(&content.hash());
    assert!(html.replace(' ', "").contains(&code));
}

#[test]
fn nothing_of_a_name_acts_on_the_page() {
    let mut content = samples::content();
    let wicked = "甲\"><script>x</script>'&\u{202e}乙";
    let items: [fn(&mut NoticeContent) -> &mut String; 20] = [
        |one| &mut one.head.title,
        |one| &mut one.head.number,
        |one| &mut one.head.body_name,
        |one| &mut one.addressee.name,
        |one| &mut one.addressee.representative,
        |one| &mut one.reference.number,
        |one| &mut one.reference.violation,
        |one| &mut one.reference.penalty_kinds[0].1,
        |one| &mut one.publicity[0].place_zh,
        |one| &mut one.publicity[0].title,
        |one| &mut one.publicity[0].document,
        |one| &mut one.clauses[0].chinese,
        |one| &mut one.limits[0].chinese,
        |one| &mut one.contacts[0].name,
        |one| &mut one.contacts[0].phone,
        |one| &mut one.contacts[0].address,
        |one| &mut one.foot.verification,
        |one| &mut one.receipt.cause,
        |one| &mut one.receipt.documents[0].name,
        |one| &mut one.receipt.documents[1].number,
    ];
    for item in items {
        wicked.clone_into(item(&mut content));
    }
    let html = html(&content);
    assert!(!html.contains("<script"), "{html}");
    assert!(!html.contains('\u{202e}'));
    assert!(html.contains("甲&quot;&gt;&lt;script&gt;x&lt;/script&gt;&#39;&amp;乙"));
}

#[test]
fn the_page_asks_for_nothing_from_outside() {
    let html = html(&samples::content());
    for word in [
        "src=", "href=", "url(", "@import", "<link", "<script", "<img", "<iframe",
    ] {
        assert!(!html.contains(word), "{word}");
    }
}

#[test]
fn the_address_of_verification_holds_number_and_code() {
    let content = samples::content();
    let address = verification_address(&content);
    let expected = format!(
        "https://credit.district.example/verify?number=%E5%B8%82%E7%9B%91%E4%BF%A1%E4%BF%AE%E5%91%8A%E3%80%94\
         2026%E3%80%9512%E5%8F%B7&code={}",
        words::hex(&content.hash())
    );
    assert_eq!(address, expected);
    let mut long = content;
    long.foot.verification = "x".repeat(3_000);
    assert_eq!(render(&long), Err(Error::AddressTooLong));
}

#[test]
fn what_is_too_long_for_the_page_points_to_the_decision() {
    let mut content = samples::content();
    content.reference.violation = "违".repeat(121);
    assert!(html(&content).contains(&format!("{}……（详见决定书）", "违".repeat(120))));
    content.reference.violation = "违".repeat(120);
    assert!(html(&content).contains(&format!("{}。", "违".repeat(120))));
}

#[test]
fn amounts_and_periods_read_as_people_write_them() {
    for (fen, text) in [
        (0, "0元"),
        (1, "0.01元"),
        (99_999, "999.99元"),
        (100_000, "1,000元"),
        (12_345_678_900, "123,456,789元"),
        (-5, "-0.05元"),
    ] {
        assert_eq!(words::yuan(fen), text);
    }
    for (months, text) in [
        (0, "0个月"),
        (3, "3个月"),
        (12, "1年"),
        (36, "3年"),
        (18, "18个月"),
    ] {
        assert_eq!(words::months(months), text);
    }
}
