//! What was rebuilt, in a directory, to go on from.

use super::Rebuilt;
use crate::error::{Error, Result};
use alloy::sol_types::SolValue;
use ballast_batch::BatchHeader;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// The header, then the leaves as a diff against nothing.
const STATE: &str = "state.bin";
/// The same in words.
const SUMMARY: &str = "summary.json";
/// Bytes of an encoded header.
const HEADER_BYTES: usize = 25 * 32;

/// A directory that holds one state. A run that is cut off leaves the last one that was written.
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

    /// The state that it holds; `None` when it holds none, or a damaged one.
    ///
    /// # Errors
    /// [`Error::Config`] when it cannot be read.
    pub fn load(&self) -> Result<Option<Rebuilt>> {
        let path = self.0.join(STATE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(&path, &error)),
        };
        Ok(read(&bytes))
    }

    /// Holds this state from now on, and `summary` of it.
    ///
    /// # Errors
    /// [`Error::Config`] when it cannot be written.
    pub fn save(&self, state: &Rebuilt, summary: &str) -> Result<()> {
        let mut bytes = state.header.abi_encode();
        bytes.extend(state.leaves.against_nothing().encode());
        self.write(STATE, &bytes)?;
        self.write(SUMMARY, summary.as_bytes())
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
