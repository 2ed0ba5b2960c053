//! What was rebuilt, in a directory, to go on from.

use super::{Rebuilt, Target};
use crate::error::{Error, Result};
use alloy::sol_types::SolValue;
use ballast_batch::BatchHeader;
use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

/// What was written last, in words.
const SUMMARY: &str = "summary.json";
/// Bytes of an encoded header.
const HEADER_BYTES: usize = 25 * 32;

/// A directory that holds the newest state of final batches, and the newest of posted ones: each a header, and then the leaves as a
/// diff against nothing. A run that is cut off leaves what was written last.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// The directory, made where there is none.
    ///
    /// # Errors
    /// [`Error::Config`] when it cannot be made.
    pub fn open(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).map_err(|error| failed(path, &error))?;
        Ok(Self(path.to_owned()))
    }

    /// The state of this kind that it holds; `None` when it holds none, or a damaged one.
    ///
    /// # Errors
    /// [`Error::Config`] when it cannot be read.
    pub fn load(&self, target: Target) -> Result<Option<Rebuilt>> {
        let path = self.0.join(name(target));
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(&path, &error)),
        };
        Ok(read(&bytes))
    }

    /// Holds this state from now on, and `summary` of it. It never takes the place of a later one of its kind: what that was made of
    /// may not be had any more.
    ///
    /// # Errors
    /// [`Error::Config`] when it cannot be written.
    pub fn save(&self, target: Target, state: &Rebuilt, summary: &str) -> Result<()> {
        if self.names_later(target, state.header().index)? && self.load(target)?.is_some() {
            return Ok(());
        }
        let mut bytes = state.header.abi_encode();
        bytes.extend(state.leaves.encode_all());
        self.write(name(target), &bytes)?;
        self.write(SUMMARY, summary.as_bytes())
    }

    /// Whether the file of this kind says that it is of a batch after this one. It may be damaged all the same: to know that takes
    /// reading and hashing all of it, which is for the rare case.
    fn names_later(&self, target: Target, index: u64) -> Result<bool> {
        let path = self.0.join(name(target));
        let mut header = Vec::with_capacity(HEADER_BYTES);
        match fs::File::open(&path).and_then(|file| file.take(HEADER_BYTES as u64).read_to_end(&mut header)) {
            Ok(_) => Ok(BatchHeader::from_bytes(&header).is_some_and(|held| held.index > index)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    /// Replaces a file at once.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let (path, new) = (self.0.join(name), self.0.join(format!("{name}.new")));
        let put = || {
            let mut file = fs::File::create(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        put().map_err(|error| failed(&path, &error))
    }
}

/// The file of a kind of state.
const fn name(target: Target) -> &'static str {
    match target {
        Target::Final => "final.bin",
        Target::Posted => "posted.bin",
    }
}

/// The state, if all of it is there and has the header's roots.
fn read(bytes: &[u8]) -> Option<Rebuilt> {
    let (header, leaves) = bytes.split_at_checked(HEADER_BYTES)?;
    let header = BatchHeader::from_bytes(header)?;
    // The bytes have the hash of the batch's own diff for genesis alone: the roots vouch for them.
    let told = BatchHeader { diffHash: ballast_batch::data::diff_hash(leaves), ..header.clone() };
    let mut state = Rebuilt::genesis(told, leaves).ok()?;
    state.header = header;
    Some(state)
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::Config(format!("{}: {error}", path.display()))
}
