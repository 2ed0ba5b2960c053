//! A store in a directory: one file an entry, written beside it and then renamed.

use super::Store;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Ending of a file that is being written.
const UNFINISHED: &str = "tmp";
/// File that whoever owns the directory holds locked.
const LOCK: &str = "lock";

/// Entries as files. One process at a time owns the directory.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// Held for the lock on it.
    _lock: File,
}

impl Directory {
    /// Opens the directory, making it when there is none, and clears what a crash left.
    ///
    /// # Errors
    /// When it cannot be made or read, or another process owns it.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let lock = File::create(path.join(LOCK))?;
        lock.try_lock().map_err(|error| {
            io::Error::new(io::ErrorKind::ResourceBusy, format!("{} is in use: {error}", path.display()))
        })?;
        let this = Self { path: path.into(), _lock: lock };
        for entry in fs::read_dir(path)? {
            let file = entry?.path();
            if file.extension().is_some_and(|ending| ending == UNFINISHED) {
                fs::remove_file(file)?;
            }
        }
        Ok(this)
    }

    fn file(&self, name: &str) -> PathBuf {
        assert!(
            name != LOCK && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')),
            "{name} is no name of an entry"
        );
        self.path.join(name)
    }

    /// Makes renames and removals durable.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

impl Store for Directory {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (file, unfinished) = (self.file(name), self.file(name).with_extension(UNFINISHED));
        let mut out = File::create(&unfinished)?;
        out.write_all(bytes)?;
        out.sync_all()?;
        fs::rename(unfinished, file)?;
        self.sync()
    }

    fn get(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.file(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.file(name)) {
            Ok(()) => self.sync(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            // What we did not write is not ours to read.
            let ours = name.to_str().filter(|name| *name != LOCK && !name.contains('.'));
            names.extend(ours.map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names)
    }
}
