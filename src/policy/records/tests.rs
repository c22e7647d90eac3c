use super::*;

fn built_in() -> Layouts {
    parse(&KIND.built_in()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

#[test]
fn what_is_built_in_parses() {
    assert_eq!(built_in().layouts().len(), 14);
}
