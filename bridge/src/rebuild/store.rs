//! What was rebuilt, in a directory, to go on from.

use super::{Rebuilt, Sealed, Target, sealed::HEADER_BYTES};
use crate::error::{Error, Result};
use alloy::{
    primitives::{B256, keccak256},
    sol_types::SolValue,
};
use ballast_batch::BatchHeader;
use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

/// What was written last, in words.
const SUMMARY: &str = "summary.json";
/// The folder of the withdrawals, a file for each batch that has some.
const WITHDRAWALS: &str = "withdrawals";

/// A directory that holds the newest state of final batches, and the newest of posted ones: each a header, the numbers of the first
/// withdrawal that was rebuilt and of the next one, the hash of these, and then the leaves as a diff against nothing. Beside them it holds the
/// withdrawals of all batches up to them, from the first that was rebuilt on, and what earlier runs found of those before. A run that is cut off leaves what was written last.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// The directory, made where there is none.
    ///
    /// # Errors
    /// [`Error::Config`] when it cannot be made.
    pub fn open(path: &Path) -> Result<Self> {
        let withdrawals = path.join(WITHDRAWALS);
        fs::create_dir_all(&withdrawals).map_err(|error| failed(&withdrawals, &error))?;
        Ok(Self(path.to_owned()))
    }

    /// Holds the withdrawals of the state's batch from now on, in place of those of another batch with its index. It must have come
    /// from [`Rebuilt::advance`].
    ///
    /// # Errors
    /// [`Error::Config`] when they cannot be written.
    pub fn keep(&self, state: &Rebuilt) -> Result<()> {
        let (header, withdrawals) = (state.header.clone(), state.withdrawals.clone());
        let name = format!("{WITHDRAWALS}/{}.bin", header.index);
        if withdrawals.is_empty() {
            let path = self.0.join(name);
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(&path, &error)),
                _ => Ok(()),
            };
        }
        self.write(&name, &Sealed { header, withdrawals }.to_bytes())
    }

    /// Headers of the batches whose withdrawals it holds, in no order.
    ///
    /// # Errors
    /// [`Error::Config`] when they cannot be read.
    pub fn batches(&self) -> Result<Vec<BatchHeader>> {
        Ok(self.sealed(u64::MAX)?.into_iter().map(|batch| batch.header).collect())
    }

    /// Forgets the withdrawals of a batch, if it holds any.
    ///
    /// # Errors
    /// [`Error::Config`] when they cannot be removed.
    pub fn forget(&self, index: u64) -> Result<()> {
        let path = self.0.join(format!("{WITHDRAWALS}/{index}.bin"));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(&path, &error)),
            _ => Ok(()),
        }
    }

    /// What is sound of the batches with withdrawals up to `last`, in no order.
    fn sealed(&self, last: u64) -> Result<Vec<Sealed>> {
        let folder = self.0.join(WITHDRAWALS);
        let read = || -> std::io::Result<Vec<Sealed>> {
            let mut batches = Vec::new();
            for entry in fs::read_dir(&folder)? {
                let name = entry?.file_name();
                let index = name.to_str().and_then(|name| name.strip_suffix(".bin")?.parse::<u64>().ok());
                if index.is_some_and(|index| index <= last) {
                    batches.extend(Sealed::from_bytes(&fs::read(folder.join(name))?));
                }
            }
            Ok(batches)
        };
        read().map_err(|error| failed(&folder, &error))
    }

    /// The batches up to that of `state` that have withdrawals, in order: those from its first on, `None` when one of them is missing
    /// or damaged, and of those before it the ones that earlier runs left.
    ///
    /// # Errors
    /// [`Error::Config`] when they cannot be read.
    pub fn withdrawals(&self, state: &Rebuilt) -> Result<Option<Vec<Sealed>>> {
        let mut batches = self.sealed(state.header.index)?;
        batches.sort_unstable_by_key(|batch| batch.header.index);
        let mut next = state.first_withdrawal;
        let follows = |batch: &Sealed| {
            let (first, after) = batch.ids();
            first < state.first_withdrawal || std::mem::replace(&mut next, after) == first
        };
        let is_dense = batches.iter().all(follows) && next == state.next_withdrawal;
        Ok(is_dense.then_some(batches))
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
        bytes.extend(state.first_withdrawal.to_be_bytes());
        bytes.extend(state.next_withdrawal.to_be_bytes());
        bytes.extend(keccak256(&bytes));
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
    let (head, rest) = bytes.split_at_checked(HEADER_BYTES + 16)?;
    let (hash, leaves) = rest.split_at_checked(B256::len_bytes())?;
    let (header, numbers) = head.split_at_checked(HEADER_BYTES)?;
    let (first, next) = numbers.split_first_chunk()?;
    let header = BatchHeader::from_bytes(header).filter(|_| keccak256(head) == *hash)?;
    // The roots vouch for the leaves; what the header says of the batch's own diff and withdrawals is not of these bytes.
    let told = BatchHeader {
        diffHash: ballast_batch::data::diff_hash(leaves),
        ..BatchHeader::genesis(header.sectionRoots)
    };
    let mut state = Rebuilt::genesis(told, leaves).ok()?;
    state.header = header;
    state.first_withdrawal = u64::from_be_bytes(*first);
    state.next_withdrawal = u64::from_be_bytes(*next.first_chunk()?);
    Some(state)
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::Config(format!("{}: {error}", path.display()))
}
