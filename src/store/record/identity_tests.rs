//! Every kind of identity through stored bytes: the two old ones as they were, the others by their kind.

use std::collections::HashSet;
use std::sync::Arc;

use super::*;
use crate::domain::fact::Principal;
use crate::domain::hash::KeyedHashes;
use crate::domain::subject::{Identity, IdentityKind, SubjectName};
use crate::ledger::simulated::SimulatedFolder;
use crate::store::keyring::{FirstKeys, Key, Keyring, NonceBytes};

const NUMBER: SubjectNumber = SubjectNumber(7);
const KEY: [u8; 32] = [3; 32];

fn keyring() -> Keyring {
    let first = FirstKeys {
        master: Key::new([1; 32]),
        lookup: Key::new([2; 32]),
        nonce: NonceBytes::default(),
    };
    let keys = Keyring::open(Arc::new(SimulatedFolder::default()), [0; 16], None, &first, false).unwrap();
    keys.add(&[(NUMBER, Key::new(KEY), NonceBytes::default())])
        .unwrap();
    keys
}

fn identity(kind: IdentityKind) -> (SubjectKind, Identity) {
    let text = match kind {
        IdentityKind::SocialCreditCode => "91440300192317458F",
        IdentityKind::ResidentId => "11010519491231002X",
        IdentityKind::RegistrationNumber
        | IdentityKind::OrganisationCode
        | IdentityKind::TaxNumber
        | IdentityKind::InstitutionCertificate
        | IdentityKind::SocialOrganisationCertificate
        | IdentityKind::Passport
        | IdentityKind::HongKongMacaoPermit
        | IdentityKind::TaiwanPermit
        | IdentityKind::ForeignResidentCard
        | IdentityKind::OtherDocument => "440301103097413",
    };
    let subject = if kind.is_personal() {
        SubjectKind::Person
    } else {
        SubjectKind::Organisation
    };
    (subject, Identity::of(kind, text).unwrap())
}

fn opened(kind: SubjectKind, identity: Identity) -> Recorded {
    Recorded {
        principal: Principal::local(),
        fact: Fact::SubjectOpened {
            number: NUMBER,
            name: SubjectName::from_random([5; 13]),
            kind,
            identity,
            reported_name: "某某".to_owned(),
        },
    }
}

#[test]
fn every_kind_of_identity_is_stored_and_read_back() {
    let keys = keyring();
    for kind in IdentityKind::ALL {
        let (subject, identity) = identity(*kind);
        let recorded = opened(subject, identity.clone());
        let body = encode(&recorded, |number| keys.key(number), NonceBytes::default());
        assert_eq!(decode(&body, Revision(1), &keys).unwrap(), recorded, "{kind:?}");
        let shows = |text: &str| body.bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert_eq!(shows(identity.expose()), !kind.is_personal(), "{kind:?}");
    }
}

#[test]
fn the_kind_is_left_out_where_the_kind_of_subject_says_it() {
    let (subject, identity) = identity(IdentityKind::SocialCreditCode);
    let body = encode(&opened(subject, identity), |_| None, NonceBytes::default());
    let message = <stored::SubjectOpened as prost::Message>::decode(body.bytes).unwrap();
    let Some(stored::content::Form::Open(content)) = message.content.unwrap().form else {
        panic!("an organisation is stored in clear");
    };
    let before = [
        b"\x0a\x1291440300192317458F\x12\x06".as_slice(),
        "某某".as_bytes(),
    ]
    .concat();
    assert_eq!(content, before, "as in the first release");
}

#[test]
fn equal_digits_of_two_kinds_are_looked_up_apart() {
    let keys = keyring();
    let identities = IdentityKind::ALL.iter().map(|kind| identity(*kind).1);
    let hashes: HashSet<[u8; 16]> = identities.map(|identity| keys.identity(&identity)).collect();
    assert_eq!(hashes.len(), IdentityKind::ALL.len());
}
