//! Batches that were found not valid, kept for disputes.

use super::{Archive, Kept, WRONG, damaged, decode, header, name};
use crate::{court::Data, error::Result, source::Chunk};
use alloy::{eips::eip4844::Blob, primitives::B256};
use alloy_sol_types::SolValue;
use ballast_batch::BatchHeader;
use ballast_types::codec;
use borsh::{BorshDeserialize, BorshSerialize};
use std::ops::Range;

#[derive(BorshSerialize, BorshDeserialize)]
struct WrongEntry {
    header: Vec<u8>,
    chunks: Vec<(Vec<u8>, Vec<B256>)>,
    /// Blobs by their versioned hashes; none of calldata. `None` where they could not be read, and were not needed.
    blobs: Option<Vec<(B256, Vec<u8>)>>,
}

fn read_blobs(name: &str, blobs: Vec<(B256, Vec<u8>)>) -> Result<Data> {
    if blobs.is_empty() {
        return Ok(Data::Calldata);
    }
    let read =
        |(hash, bytes): (B256, Vec<u8>)| Blob::try_from(bytes.as_slice()).ok().map(|blob| (hash, blob));
    let blobs: Option<Vec<_>> = blobs.into_iter().map(read).collect();
    blobs.map(Data::Blobs).ok_or_else(|| damaged(name, "a blob has another length"))
}

impl Archive {
    /// Keeps a batch that is not valid, for disputes. There is one of a number: that which was judged last.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep_wrong(&self, header: &BatchHeader, chunks: &[Chunk], data: Option<&Data>) -> Result<()> {
        let entry = WrongEntry {
            header: header.abi_encode(),
            chunks: chunks.iter().map(|chunk| (chunk.data.clone(), chunk.proof.clone())).collect(),
            blobs: data.map(|data| data.blobs().iter().map(|(hash, blob)| (*hash, blob.to_vec())).collect()),
        };
        Ok(self.store.put(&name(WRONG, header.index), &codec::encode(&entry))?)
    }

    /// Whether the batch with this number and hash was found valid; `None` when it was not judged, or is not kept.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn opinion(&self, index: u64, hash: B256) -> Result<Option<bool>> {
        if self.hash(index)? == Some(hash) {
            return Ok(Some(true));
        }
        let wrong = self.wrong_at(index)?;
        Ok(wrong.filter(|wrong| wrong.header.hash() == hash).map(|_| false))
    }

    /// Numbers and hashes of those of these batches that are kept and are not valid.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn wrong(&self, of: Range<u64>) -> Result<Vec<(u64, B256)>> {
        let mut found = Vec::new();
        for index in self.indices(WRONG)?.into_iter().filter(|index| of.contains(index)) {
            found.extend(self.wrong_at(index)?.map(|wrong| (index, wrong.header.hash())));
        }
        Ok(found)
    }

    pub(super) fn wrong_at(&self, index: u64) -> Result<Option<Kept>> {
        let name = name(WRONG, index);
        let Some(bytes) = self.store.get(&name)? else { return Ok(None) };
        let entry: WrongEntry = decode(&name, &bytes)?;
        let chunks = entry.chunks.into_iter().map(|(data, proof)| Chunk { data, proof }).collect();
        let data = entry.blobs.map(|blobs| read_blobs(&name, blobs)).transpose()?;
        Ok(Some(Kept { is_valid: false, header: header(&name, &entry.header)?, chunks, data }))
    }
}
