//! The keys that seal persons' records: a master key, and a file of wrapped keys, one a subject.
//!
//! `wrapped` is append-only: the ledger's id, then entries of subject u32, nonce 12, ciphertext 48,
//! CRC-32C 4. Subject 0 is the key of the lookup hash. A key is synced before the first group that
//! uses it; an entry that was torn was never used, and is passed over.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::domain::subject::{Identity, SubjectNumber};
use crate::ledger::file::{File, Folder, read_all};

use crate::domain::hash::{KeyedHashes, hash16};

const WRAPPED: &str = "wrapped";
const MASTER: &str = "master.key";
const ENTRY_SIZE: usize = 4 + 12 + 48 + 4;
/// Number under which the key of the lookup hash is wrapped; no subject bears it.
const LOOKUP: u32 = 0;

pub type Key = Zeroizing<[u8; 32]>;
pub type NonceBytes = [u8; 12];

/// Why keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the key files cannot be read or written: {0}")]
    Disk(#[from] io::Error),
    #[error("{0}")]
    Damaged(String),
}

struct State {
    file: Arc<dyn File>,
    end: u64,
    keys: HashMap<u32, Key>,
    /// A handle whose write or sync failed is not used again.
    spoiled: bool,
}

/// All keys of one ledger, unwrapped, in memory.
pub struct Keyring {
    master: Key,
    lookup: Key,
    folder: Arc<dyn Folder>,
    state: Mutex<State>,
}

/// Random bytes for a first start: master key, lookup key, nonce.
pub struct FirstKeys {
    pub master: Key,
    pub lookup: Key,
    pub nonce: NonceBytes,
}

impl Keyring {
    /// Opens the keys of the ledger with this id; a folder without keys gets its first ones.
    ///
    /// `given` is the master key of a setting, which then is not stored here.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the files belong to another ledger, if an entry does not unwrap, or if
    /// `used` (the ledger holds sealed records) and there are none.
    pub fn open(
        folder: Arc<dyn Folder>,
        ledger: [u8; 16],
        given: Option<Key>,
        first: &FirstKeys,
        used: bool,
    ) -> Result<Self, Error> {
        let names = folder.list()?;
        let stands = |name: &str| names.iter().any(|other| other == name);
        let missing =
            |name: &str| Error::Damaged(format!("{} is missing; restore it", folder.describe(name)));
        if used && !stands(WRAPPED) {
            return Err(missing(WRAPPED));
        }
        let master = match given {
            Some(key) => key,
            None if stands(MASTER) => read_master(&*folder)?,
            None if stands(WRAPPED) => return Err(missing(MASTER)),
            None => create_master(&*folder, &first.master)?,
        };
        if !stands(WRAPPED) {
            let temporary = format!("{WRAPPED}.new");
            let file = folder.create(&temporary)?;
            let mut bytes = ledger.to_vec();
            bytes.extend_from_slice(&wrap(&master, LOOKUP, &first.lookup, &first.nonce));
            file.write_at(0, &bytes)?;
            file.sync()?;
            folder.rename(&temporary, WRAPPED)?;
            folder.sync()?;
        }
        let file = folder.open(WRAPPED)?;
        let bytes = read_all(&*file)?;
        if bytes.get(..16) != Some(&ledger[..]) {
            return Err(Error::Damaged(format!(
                "{} belongs to another ledger",
                folder.describe(WRAPPED)
            )));
        }
        let mut keys = HashMap::new();
        let mut end = 16;
        while let Some(entry) = bytes.get(end..end + ENTRY_SIZE) {
            // An entry that does not unwrap was torn before its group was written, or it is damaged: the
            // start compares the keys with the persons of the ledger and refuses if one is missing.
            if let Some((subject, key)) = unwrap_entry(&master, entry) {
                keys.insert(subject, key);
            }
            end += ENTRY_SIZE;
        }
        let lookup = keys.remove(&LOOKUP).ok_or_else(|| {
            Error::Damaged("the lookup key does not unwrap: the master key is another".to_owned())
        })?;
        let state = State {
            file,
            end: end as u64,
            keys,
            spoiled: false,
        };
        Ok(Self {
            master,
            lookup,
            folder,
            state: Mutex::new(state),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores new keys, durably; to be called before the group that uses them.
    ///
    /// # Errors
    /// As the disk reports them; no group has been written then.
    pub fn add(&self, new: &[(SubjectNumber, Key, NonceBytes)]) -> Result<(), Error> {
        if new.is_empty() {
            return Ok(());
        }
        let mut state = self.lock();
        if state.spoiled {
            state.file = self.folder.open(WRAPPED)?;
        }
        state.spoiled = true;
        let mut bytes = Vec::with_capacity(new.len() * ENTRY_SIZE);
        for (subject, key, nonce) in new {
            bytes.extend_from_slice(&wrap(&self.master, subject.0, key, nonce));
        }
        state.file.write_at(state.end, &bytes)?;
        state.file.sync()?;
        state.spoiled = false;
        state.end += bytes.len() as u64;
        for (subject, key, _) in new {
            state.keys.insert(subject.0, key.clone());
        }
        Ok(())
    }

    /// The key of a subject, if it has one.
    #[must_use]
    pub fn key(&self, subject: SubjectNumber) -> Option<Key> {
        self.lock().keys.get(&subject.0).cloned()
    }

    fn authenticated(&self, bytes: &[u8]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.lookup[..])
            .expect("HMAC takes a key of any length");
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }
}

impl KeyedHashes for Keyring {
    /// Keyed for persons, plain for codes, which are public.
    fn identity(&self, identity: &Identity) -> [u8; 16] {
        match identity {
            Identity::Code(code) => hash16(b"code", &[code.as_bytes()]),
            Identity::Person(id) => cut(self.authenticated(id.expose().as_bytes())),
            Identity::Older(code) => hash16(b"older", &[&[code.kind().number()], code.as_str().as_bytes()]),
            // A resident ID begins with a digit, a document's encoding with a letter.
            Identity::Document(document) => {
                let mut encoding = b"document".to_vec();
                encoding.push(document.kind().number());
                encoding.extend_from_slice(document.expose().as_bytes());
                cut(self.authenticated(&encoding))
            }
        }
    }

    fn keyed(&self, hash: [u8; 16]) -> [u8; 16] {
        cut(self.authenticated(&hash))
    }

    fn keyed_whole(&self, hash: [u8; 32]) -> [u8; 32] {
        self.authenticated(&hash)
    }
}

fn cut(hash: [u8; 32]) -> [u8; 16] {
    hash[..16].try_into().expect("16 of 32 bytes")
}

/// Seals `plain` for a subject; `about` is bound to it without being hidden.
#[must_use]
pub fn seal(key: &Key, nonce: &NonceBytes, plain: &[u8], about: &[u8]) -> Vec<u8> {
    cipher(key)
        .encrypt(
            &Nonce::from(*nonce),
            Payload {
                msg: plain,
                aad: about,
            },
        )
        .expect("AES-GCM encrypts anything below 64 GiB")
}

/// Opens what [`seal`] made; `None` if the key, the text or what it is bound to is another.
#[must_use]
pub fn unseal(key: &Key, nonce: &[u8], sealed: &[u8], about: &[u8]) -> Option<Vec<u8>> {
    let nonce = NonceBytes::try_from(nonce).ok()?;
    cipher(key)
        .decrypt(
            &Nonce::from(nonce),
            Payload {
                msg: sealed,
                aad: about,
            },
        )
        .ok()
}

fn cipher(key: &Key) -> Aes256Gcm {
    Aes256Gcm::new_from_slice(&key[..]).expect("a key has 32 bytes")
}

fn wrap(master: &Key, subject: u32, key: &Key, nonce: &NonceBytes) -> Vec<u8> {
    let mut entry = subject.to_be_bytes().to_vec();
    entry.extend_from_slice(nonce);
    entry.extend_from_slice(&seal(master, nonce, &key[..], &subject.to_be_bytes()));
    let check = crc32c::crc32c(&entry);
    entry.extend_from_slice(&check.to_be_bytes());
    entry
}

fn unwrap_entry(master: &Key, entry: &[u8]) -> Option<(u32, Key)> {
    let (content, check) = entry.split_at(ENTRY_SIZE - 4);
    if crc32c::crc32c(content).to_be_bytes() != check {
        return None;
    }
    let plain = Zeroizing::new(unseal(master, &content[4..16], &content[16..], &content[..4])?);
    let key: [u8; 32] = plain.as_slice().try_into().ok()?;
    Some((
        u32::from_be_bytes(content[..4].try_into().ok()?),
        Zeroizing::new(key),
    ))
}

fn read_master(folder: &dyn Folder) -> Result<Key, Error> {
    let bytes = Zeroizing::new(read_all(&*folder.open(MASTER)?)?);
    parse_master(&bytes).ok_or_else(|| Error::Damaged(format!("{} is damaged", folder.describe(MASTER))))
}

fn create_master(folder: &dyn Folder, key: &Key) -> Result<Key, Error> {
    let temporary = format!("{MASTER}.new");
    let file = folder.create(&temporary)?;
    let text = Zeroizing::new(data_encoding::HEXLOWER.encode(&key[..]));
    file.write_at(0, text.as_bytes())?;
    file.sync()?;
    folder.rename(&temporary, MASTER)?;
    folder.sync()?;
    Ok(key.clone())
}

/// Reads a master key: 64 hexadecimal digits, blanks around them allowed.
#[must_use]
pub fn parse_master(bytes: &[u8]) -> Option<Key> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let plain = Zeroizing::new(data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?);
    Some(Zeroizing::new(plain.as_slice().try_into().ok()?))
}
