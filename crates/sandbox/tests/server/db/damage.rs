//! Data directories of the embedded database that are damaged, half made, or none: one sentence, and nothing is lost.

use crate::lifecycle::wait_for_end_of;
use crate::support::{alone, config, program, runtime};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

fn command(data_dir: &Path) -> Command {
    let mut command = program();
    command.args(["user", "list", "--data-dir"]).arg(data_dir).env_remove("DATABASE_URL");
    command
}

/// The one sentence of a program that does not start.
fn complaint(data_dir: &Path) -> String {
    let output = command(data_dir).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.len() < 500 && output.stdout.is_empty(), "{said}");
    said
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    directory
}

#[test]
fn damaged_directories_are_told_and_left_alone() {
    let (_alone, mut whole) = alone();
    if whole.database_url.take().is_some() {
        return; // Once is enough.
    }
    runtime().block_on(async { carto_sandbox::open_database(&whole).await.unwrap().close().await });
    let data_dir = scratch("sandbox-damaged");
    let write = |file: &str, content: &[u8]| fs::write(data_dir.join(file), content).unwrap();
    let damages: [(&str, &dyn Fn()); 6] = [
        ("is of PostgreSQL 14, and this program has PostgreSQL", &|| write("PG_VERSION", b"14\n")),
        ("its file PG_VERSION says nothing", &|| write("PG_VERSION", b"")),
        ("its file PG_VERSION is missing", &|| fs::remove_file(data_dir.join("PG_VERSION")).unwrap()),
        ("is damaged: restore it", &|| write("global/pg_control", &[0xa5; 8192])),
        ("is damaged: restore it", &|| files(&data_dir.join("base/5")).iter().for_each(|f| fs::write(f, b"").unwrap())),
        ("is damaged: restore it", &|| fs::remove_dir_all(data_dir.join("pg_wal")).unwrap()),
    ];
    for (words, damage) in damages {
        let _ = fs::remove_dir_all(&data_dir);
        copy(&whole.data_dir, &data_dir);
        damage();
        let before = files(&data_dir);
        let said = complaint(&data_dir);
        assert!(said.starts_with("carto-sandbox: The database in ") && said.contains(words), "{said}");
        assert_eq!(before, files(&data_dir), "{words}");
    }
    fs::remove_dir_all(&data_dir).unwrap();
    fs::write(&data_dir, b"a file").unwrap();
    let said = complaint(&data_dir);
    assert!(said.contains("cannot be made"), "{said}");
    let said = complaint(Path::new("/dev/null/inside"));
    assert!(said.contains("cannot be made"), "{said}");
    fs::remove_file(&data_dir).unwrap();
}

#[cfg(unix)]
#[test]
fn a_half_made_directory_is_made_anew() {
    if config("").database_url.is_some() {
        return;
    }
    let data_dir = scratch("sandbox-half");
    fs::create_dir_all(&data_dir).unwrap();
    fs::write(data_dir.join("note.txt"), b"mine").unwrap();
    let mut child = command(&data_dir).spawn().unwrap();
    let begin = Instant::now();
    while !data_dir.join("base").exists() {
        assert!(begin.elapsed() < Duration::from_secs(120) && child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(20));
    }
    let process = fs::read_to_string(data_dir.join("sandbox.pid")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for_end_of(&process);
    assert!(data_dir.join("sandbox.creating").exists());
    let done = command(&data_dir).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!data_dir.join("sandbox.creating").exists() && data_dir.join("PG_VERSION").exists());
    assert_eq!(fs::read(data_dir.join("note.txt")).unwrap(), b"mine");
    fs::remove_dir_all(&data_dir).unwrap();
}
