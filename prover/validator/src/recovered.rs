//! Signers of a batch's inputs, recovered on all cores at once. The program and the exchange both ask for them, one
//! input after the other, and find them here.

use alloy::primitives::{Address, B256};
use ballast_auth::{K256, Recover};
use ballast_engine::verify;
use ballast_types::{Input, Signature};
use std::{cell::RefCell, collections::HashMap, num::NonZero, thread};

type Signers = HashMap<(B256, [u8; 65]), Option<Address>>;

/// What [`K256`] says about signatures; the ones it was asked about before are remembered.
pub(crate) struct Recovered {
    known: Signers,
}

/// Asks [`K256`] and writes down what it says.
struct Notes(RefCell<Signers>);

impl Recover for Notes {
    fn recover(&self, digest: B256, signature: &Signature) -> Option<Address> {
        let signer = K256.recover(digest, signature);
        self.0.borrow_mut().insert((digest, signature.0), signer);
        signer
    }
}

impl Recovered {
    /// The signers of `inputs` over the domain `separator`.
    pub(crate) fn of(inputs: &[Input], separator: B256) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let share = inputs.len().div_ceil(cores).max(1);
        let mut known = Signers::with_capacity(inputs.len());
        thread::scope(|scope| {
            let workers: Vec<_> =
                inputs.chunks(share).map(|part| scope.spawn(move || signers(part, separator))).collect();
            for worker in workers {
                known.extend(worker.join().expect("recovering a signer does not panic"));
            }
        });
        Self { known }
    }
}

fn signers(inputs: &[Input], separator: B256) -> Signers {
    let notes = Notes(RefCell::default());
    for input in inputs {
        verify(&notes, separator, &input.source);
    }
    notes.0.into_inner()
}

impl Recover for Recovered {
    fn recover(&self, digest: B256, signature: &Signature) -> Option<Address> {
        let known = self.known.get(&(digest, signature.0)).copied();
        known.unwrap_or_else(|| K256.recover(digest, signature))
    }
}
