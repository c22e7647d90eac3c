//! Backup of a running service, and the drill of bringing it back.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use credence::commands::backup::{Backup, Restore};
use tempfile::TempDir;

use crate::harness::TestServer;

#[derive(Parser)]
struct Words<T: clap::Args> {
    #[command(flatten)]
    options: T,
}

fn parsed<T: clap::Args>(words: &[&str]) -> T {
    let words = std::iter::once("command").chain(words.iter().copied());
    Words::<T>::try_parse_from(words)
        .expect("the words of this test")
        .options
}

fn backup(data: &Path, to: &Path, keys: &Path) -> Result<String, String> {
    let [data, to, keys] = [data, to, keys].map(|path| path.to_str().expect("UTF-8"));
    let options: Backup = parsed(&["--data", data, "--to", to, "--keys-to", keys]);
    options.take().map_err(|error| error.to_string())
}

fn restore(from: &Path, words: &[&str]) -> Result<String, String> {
    let from = ["--from", from.to_str().expect("UTF-8")];
    let options: Restore = parsed(&[&from, words].concat());
    options.bring_back().map_err(|error| error.to_string())
}

/// Folders of one drill.
struct Drill {
    root: TempDir,
}

impl Drill {
    fn begin() -> Self {
        Self {
            root: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Brings the backup back under a name and starts a service on it.
    async fn restored(&self, name: &str, further: &[&str]) -> (String, TestServer) {
        let (data, keys) = (self.path(name), self.path("keys"));
        let words = ["--data", text(&data), "--keys-from", text(&keys)];
        let said = restore(&self.path("saved"), &[&words, further].concat()).expect("restored");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = TestServer::start_in(folder, &[("data", text(&data))]).await;
        (said, server)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[tokio::test]
async fn what_was_saved_while_rows_came_in_comes_back_with_the_same_digests_as_a_new_epoch() {
    let drill = Drill::begin();
    let (saved, keys) = (drill.path("saved"), drill.path("keys"));
    let server = TestServer::start().await;
    server.recorded(1, server.row(1)).await;
    let (person, _) = server.person_row(2);
    server.recorded(2, person).await;
    let first = backup(server.folder.path(), &saved, &keys).expect("saved");
    assert!(first.contains("1 of them written"), "{first}");
    let early = server.head().await.revision;
    for number in 3..20 {
        server.recorded(number, server.row(number)).await;
    }
    let digests = server.digests().await;
    // Rows go on coming in; what is saved is a whole prefix of them.
    let coming = server.row(99);
    let (said, _) = tokio::join!(
        async { backup(server.folder.path(), &saved, &keys) },
        server.recorded(99, coming)
    );
    assert!(said.expect("saved").contains("and the keys"));
    assert!(
        restore(&saved, &["--verify"])
            .expect("whole")
            .contains("the backup is whole")
    );

    let until = ["--until", digests.revision.as_str()];
    let (said, restored) = drill.restored("later", &until).await;
    assert!(said.contains("epoch 2 begins"), "{said}");
    let after = restored.digests().await;
    assert_eq!(after.table_digest, digests.table_digest);
    assert_eq!(after.content_digest, digests.content_digest);
    assert!(after.revision.starts_with("2."), "{}", after.revision);
    // What was given out by the lost instance is not given out again, and new rows are taken.
    restored.recorded(200, restored.row(200)).await;
    restored.stop().await;

    let (_, restored) = drill.restored("early", &["--until", &early]).await;
    let request = credence::services::pb::CountCommitmentsRequest::default();
    let counted = restored.commitments.clone().count_commitments(request).await;
    assert_eq!(counted.expect("counted").into_inner().total, 2);
    restored.stop().await;
    let (_, restored) = drill.restored("all", &[]).await;
    restored.stop().await;
    server.stop().await;
}

#[tokio::test]
async fn a_flipped_byte_anywhere_is_refused_by_the_name_of_its_file() {
    let drill = Drill::begin();
    let (saved, keys) = (drill.path("saved"), drill.path("keys"));
    let server = TestServer::start().await;
    server.recorded(1, server.row(1)).await;
    backup(server.folder.path(), &saved, &keys).expect("saved");
    for entry in fs::read_dir(&saved).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("UTF-8")
            .to_owned();
        let whole = fs::read(&path).expect("read");
        let step = if name == "MANIFEST" {
            1
        } else {
            (whole.len() / 40).max(1)
        };
        for at in (0..whole.len()).step_by(step).chain([whole.len() - 1]) {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x10;
            fs::write(&path, &flipped).expect("written");
            let refused = restore(&saved, &["--verify"]).expect_err("a byte is flipped");
            assert!(refused.contains(&name), "{name} at {at}: {refused}");
        }
        fs::write(&path, &whole[..whole.len() - 1]).expect("written");
        assert!(restore(&saved, &["--verify"]).is_err(), "{name} is cut");
        fs::write(&path, &whole).expect("written");
    }
    assert!(restore(&saved, &["--verify"]).is_ok());
    server.stop().await;
}

#[tokio::test]
async fn another_ledgers_backup_a_folder_in_use_and_a_revision_within_a_group_are_refused() {
    let drill = Drill::begin();
    let (saved, keys) = (drill.path("saved"), drill.path("keys"));
    let server = TestServer::start().await;
    server.recorded(1, server.row(1)).await;
    backup(server.folder.path(), &saved, &keys).expect("saved");
    let before = fs::read(saved.join("MANIFEST")).expect("read");
    let other = TestServer::start().await;
    let refused = backup(other.folder.path(), &saved, &drill.path("other-keys")).expect_err("another ledger");
    assert!(refused.contains("another ledger"), "{refused}");
    assert_eq!(fs::read(saved.join("MANIFEST")).expect("read"), before);
    let in_use = text(other.folder.path());
    assert!(
        restore(&saved, &["--data", in_use])
            .expect_err("in use")
            .contains("not empty")
    );
    let data = drill.path("never");
    let never = ["--data", text(&data), "--until", "1.999999"];
    assert!(
        restore(&saved, &never)
            .expect_err("no such end")
            .contains("1.999999")
    );
    let nowhere = drill.path("nowhere");
    assert!(
        restore(&nowhere, &["--verify"])
            .expect_err("absent")
            .contains("no backup")
    );
    other.stop().await;
    server.stop().await;
}
