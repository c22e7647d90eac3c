//! What only the adapter on disk has to stand: time, its own steps, damage.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

use super::super::before_images::VIEW_AGE_MAX;
use super::super::contract::{
    Model, assert_shows, delete, digest_of, fold, head, on_disk_in_new_folder, put, standing, whole_table,
};
use super::super::set_aside::BROKEN_KEPT_MAX;
use super::*;

fn names_beside(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.parent().unwrap()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Makes sled hold a row that no group has written.
fn plant(tables: &OnDisk, key: &[u8], value: &[u8]) {
    tables
        .shared
        .engine
        .run("plant a row", |db| db.insert(key, value))
        .unwrap();
}

#[test]
fn a_reader_between_before_images_and_batch_sees_the_state_before() {
    let (tables, _folder) = on_disk_in_new_folder();
    let mut model = Model::new();
    let first = [put(1, "a", "1"), put(1, "b", "1"), put(1, "d", "1")];
    tables.apply(head(1), &first).unwrap();
    fold(&mut model, &first);
    let older = tables.view().unwrap();

    let staged = tables
        .stage(head(2), &[put(1, "a", "2"), delete(1, "b"), put(1, "c", "2")])
        .unwrap();
    let between = tables.view().unwrap();
    assert_eq!(between.head(), Some(head(1)));
    assert_shows(&*older, &model, &[1]);
    assert_shows(&*between, &model, &[1]);
    drop(older);

    tables.commit(head(2), staged).unwrap();
    assert_shows(&*between, &model, &[1]);
    assert_eq!(tables.view().unwrap().head(), Some(head(2)));
}

/// The engine already shows the group, and it is not published yet.
#[test]
fn a_view_opened_between_batch_and_publication_sees_the_state_before() {
    let (tables, _folder) = on_disk_in_new_folder();
    let first = [put(1, "a", "1"), put(1, "b", "1")];
    tables.apply(head(1), &first).unwrap();
    let mut model = Model::new();
    fold(&mut model, &first);

    tables
        .stage(head(2), &[put(1, "a", "2"), delete(1, "b"), put(1, "c", "2")])
        .unwrap();
    plant(&tables, b"\x01a", b"2");
    plant(&tables, b"\x01c", b"2");
    tables
        .shared
        .engine
        .run("take a row away", |db| db.remove(b"\x01b"))
        .unwrap();
    assert_shows(&*tables.view().unwrap(), &model, &[1]);
}

#[test]
fn before_images_go_with_the_last_view_that_needs_them() {
    let (tables, _folder) = on_disk_in_new_folder();
    let none_kept = || tables.shared.images().unwrap().is_empty();
    tables.apply(head(1), &[put(1, "a", "1")]).unwrap();
    assert!(none_kept(), "nobody looked");
    let view = tables.view().unwrap();
    tables.apply(head(2), &[put(1, "a", "2")]).unwrap();
    let newer = tables.view().unwrap();
    assert!(!none_kept());
    drop(view);
    assert!(none_kept(), "the newer view needs no image of group 2");
    tables.apply(head(3), &[put(1, "a", "3")]).unwrap();
    assert!(!none_kept());
    drop(newer);
    assert!(none_kept());
}

#[test]
fn a_view_answers_for_30_seconds_and_not_longer() {
    let seconds = Arc::new(AtomicU64::new(1_000));
    let reading = Arc::clone(&seconds);
    let folder = tempfile::tempdir().unwrap();
    let monotonic: Monotonic = Arc::new(move || Duration::from_secs(reading.load(Ordering::Relaxed)));
    let tables = OnDisk::open(&folder.path().join("tables"), monotonic).unwrap();
    tables.apply(head(1), &[put(1, "a", "1")]).unwrap();
    let view = tables.view().unwrap();
    let range = KeyRange {
        from: Bytes::new(),
        until: None,
    };

    seconds.fetch_add(VIEW_AGE_MAX.as_secs(), Ordering::Relaxed);
    tables.apply(head(2), &[put(1, "a", "2")]).unwrap();
    assert_eq!(view.get(Table(1), b"a").unwrap().as_deref(), Some(&b"1"[..]));

    seconds.fetch_add(1, Ordering::Relaxed);
    assert!(matches!(view.get(Table(1), b"a"), Err(Error::ViewExpired)));
    assert!(matches!(view.scan(Table(1), &range, 9), Err(Error::ViewExpired)));
    tables.apply(head(3), &[put(1, "a", "3")]).unwrap();
    assert!(
        tables.shared.images().unwrap().is_empty(),
        "an expired view holds nothing back"
    );
    assert!(matches!(view.get(Table(1), b"a"), Err(Error::ViewExpired)));
    assert_eq!(
        tables.view().unwrap().get(Table(1), b"a").unwrap().as_deref(),
        Some(&b"3"[..])
    );
}

#[test]
fn a_failure_of_the_engine_stays_until_it_is_opened_again() {
    let (tables, folder) = on_disk_in_new_folder();
    tables.apply(head(1), &[put(1, "a", "1")]).unwrap();
    let view = tables.view().unwrap();
    let failure = tables
        .shared
        .engine
        .run("fail", |_| -> Result<(), sled::Error> { panic!("on purpose") });
    assert!(matches!(failure, Err(Error::Engine { detail, .. }) if detail.contains("on purpose")));

    assert!(matches!(view.get(Table(1), b"a"), Err(Error::Engine { .. })));
    let range = KeyRange {
        from: Bytes::new(),
        until: None,
    };
    assert!(matches!(
        view.scan(Table(1), &range, 9),
        Err(Error::Engine { .. })
    ));
    assert!(matches!(tables.view(), Err(Error::Engine { .. })));
    assert!(matches!(tables.apply(head(2), &[]), Err(Error::Engine { .. })));

    drop(view);
    drop(tables);
    let reopened = OnDisk::open(&folder.path().join("tables"), standing()).unwrap();
    assert_eq!(
        reopened.view().unwrap().get(Table(1), b"a").unwrap().as_deref(),
        Some(&b"1"[..])
    );
}

/// Opens a folder whose sled holds `rows` beside one whole group, and expects it to be set aside.
#[track_caller]
fn assert_set_aside_with(rows: &[(&[u8], &[u8])], why: &str) {
    let (tables, folder) = on_disk_in_new_folder();
    let path = folder.path().join("tables");
    tables
        .apply(head(1), &[put(1, "a", "1"), put(1, "b", "2")])
        .unwrap();
    for (key, value) in rows {
        plant(&tables, key, value);
    }
    drop(tables);
    let (tables, reason) = OnDisk::open_or_set_aside(&path, standing()).unwrap();
    let reason = reason.unwrap();
    assert!(reason.contains(why), "{reason}");
    assert!(reason.ends_with("moved to tables.broken-1"), "{reason}");
    assert_eq!((tables.reflects(), tables.digest()), (None, [0; 32]));
    assert_eq!(whole_table(&*tables.view().unwrap(), 1), []);
}

#[test]
fn rows_that_do_not_add_up_are_set_aside() {
    assert_set_aside_with(&[(b"\x01a", b"other")], "do not add up");
    assert_set_aside_with(&[(b"\x02more", b"row")], "do not add up");
    assert_set_aside_with(&[(REFLECTS_KEY, b"noise")], "is damaged");
}

#[test]
fn rows_without_a_word_on_what_they_reflect_are_set_aside() {
    let (tables, folder) = on_disk_in_new_folder();
    plant(&tables, b"\x01a", b"1");
    drop(tables);
    let (_, reason) = OnDisk::open_or_set_aside(&folder.path().join("tables"), standing()).unwrap();
    assert!(reason.unwrap().contains("nothing says what they reflect"));
}

#[test]
fn the_latest_broken_tables_are_kept_and_older_ones_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tables");
    for round in 1..=4 {
        fs::write(&path, "not a folder").unwrap();
        let (tables, reason) = OnDisk::open_or_set_aside(&path, standing()).unwrap();
        assert!(reason.unwrap().ends_with(&format!("tables.broken-{round}")));
        drop(tables);
        fs::remove_dir_all(&path).unwrap();
    }
    assert_eq!(names_beside(&path), ["tables.broken-3", "tables.broken-4"]);
    assert_eq!(BROKEN_KEPT_MAX, 2);
}

#[test]
fn tables_that_are_open_elsewhere_are_refused_and_not_moved() {
    let (tables, folder) = on_disk_in_new_folder();
    let path = folder.path().join("tables");
    let second = OnDisk::open_or_set_aside(&path, standing());
    assert!(matches!(second, Err(Error::Engine { .. })));
    assert_eq!(names_beside(&path), ["tables"]);
    tables.apply(head(1), &[put(1, "a", "1")]).unwrap();
}

#[test]
fn the_high_water_mark_is_read_without_trusting_the_rows() {
    let (tables, folder) = on_disk_in_new_folder();
    let path = folder.path().join("tables");
    tables.apply(head(7), &[put(1, "a", "1")]).unwrap();
    plant(&tables, b"\x01a", b"other");
    drop(tables);
    assert_eq!(read_reflects(&path), Some(head(7)));

    let absent = folder.path().join("absent");
    assert_eq!(read_reflects(&absent), None);
    assert!(!absent.exists());

    let (tables, folder) = on_disk_in_new_folder();
    tables.apply(head(7), &[]).unwrap();
    plant(&tables, REFLECTS_KEY, &[1; 81]);
    drop(tables);
    assert_eq!(read_reflects(&folder.path().join("tables")), None);
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.push(path)
            }
        }
    }
    files.sort();
    files
}

fn copy_folder(from: &Path, to: &Path) {
    for file in files_under(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
}

/// Tables of 40 groups, closed cleanly, and what they held after each.
fn written_tables(path: &Path) -> Vec<Model> {
    let tables = OnDisk::open(path, standing()).unwrap();
    let mut states = vec![Model::new()];
    for group in 1..=40_u64 {
        let row = |row: u64| {
            put(
                1,
                (group * 7 % 50 + row).to_be_bytes(),
                vec![row.to_be_bytes()[7]; 60],
            )
        };
        let mut changes: Vec<Change> = (0..20).map(row).collect();
        changes.push(delete(1, (group * 3 % 50).to_be_bytes()));
        // A value that sled keeps in a file of its own.
        changes.push(put(2, "large", vec![group.to_be_bytes()[7]; 300_000]));
        tables.apply(head(group), &changes).unwrap();
        let mut model = states.last().cloned().unwrap();
        fold(&mut model, &changes);
        states.push(model);
    }
    states
}

fn overwrite_with_noise(file: &Path, noise: &mut StdRng) {
    let mut bytes = fs::read(file).unwrap();
    if bytes.is_empty() {
        bytes = vec![0; 100];
    }
    let size = noise.random_range(1..=bytes.len().min(4_096));
    // Half of the noise goes to where the data is: the file is long and mostly empty behind.
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(bytes.len(), |last| last + 1);
    let space = if noise.random() {
        used.max(size)
    } else {
        bytes.len()
    };
    let at = noise.random_range(0..=space - size);
    noise.fill_bytes(&mut bytes[at..at + size]);
    fs::write(file, bytes).unwrap();
}

/// Whatever the noise did: set aside and empty, or a state that once was true, row by row.
fn assert_honest(path: &Path, states: &[Model], case: &str) {
    let (tables, reason) = OnDisk::open_or_set_aside(path, standing()).unwrap();
    let at = tables
        .reflects()
        .map_or(0, |head| usize::try_from(head.place.revision.0).unwrap());
    assert!(reason.is_none() || at == 0, "{case}: set aside, so empty");
    assert_eq!(tables.digest(), digest_of(&states[at]), "{case}");
    assert_shows(&*tables.view().unwrap(), &states[at], &[0, 1, 2, 255]);
    let after = u64::try_from(states.len()).unwrap();
    tables.apply(head(after), &[put(1, "after", "noise")]).unwrap();
    assert_eq!(
        tables.view().unwrap().get(Table(1), b"after").unwrap().as_deref(),
        Some(&b"noise"[..])
    );
}

/// Takes its seed from the same place as the contract does, and prints it.
#[test]
fn noise_in_any_file_ends_in_the_truth_or_in_empty_tables() {
    let seed = super::super::contract::seed();
    let mut noise = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let states = written_tables(&whole);
    let files = files_under(&whole);
    assert!(
        files.len() >= 3,
        "sled keeps a configuration, a log and large values: {files:?}"
    );
    // The untouched copy is the whole truth: otherwise the cases below would prove nothing.
    let copy = folder.path().join("untouched").join("tables");
    copy_folder(&whole, &copy);
    let (tables, reason) = OnDisk::open_or_set_aside(&copy, standing()).unwrap();
    assert_eq!((reason, tables.reflects()), (None, Some(head(40))));
    drop(tables);

    for (number, file) in files.iter().enumerate() {
        for round in 0..6 {
            let copy = folder.path().join(format!("{number}-{round}")).join("tables");
            copy_folder(&whole, &copy);
            let damaged = copy.join(file.strip_prefix(&whole).unwrap());
            overwrite_with_noise(&damaged, &mut noise);
            assert_honest(
                &copy,
                &states,
                &format!("seed {seed}, {}, round {round}", damaged.display()),
            );
            fs::remove_dir_all(copy.parent().unwrap()).unwrap();
        }
    }
}
