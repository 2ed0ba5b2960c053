//! All that the program asks for when it judges an escape claim.

use super::case::recorded;
use crate::{error::Result, replica::Replica};
use alloy_sol_types::SolValue;
use ballast_batch::EscapeClaim;
use ballast_oracle::{Collector, Host};
use ballast_program::{Invalid, judge_escape};
use ballast_vm::Facts;
use std::sync::Arc;

/// What the program says of a claim on the state `after` its batch, natively, and everything that it asked for.
///
/// # Errors
/// [`Error::Incomplete`](crate::Error::Incomplete) when it asks for something that is not here.
pub fn claim_facts(
    after: &Replica,
    claim: &EscapeClaim,
) -> Result<(std::result::Result<(), Invalid>, Facts)> {
    let (header, ledger, hash) = (after.header(), after.ledger().clone(), claim.hash());
    let host = Host::new(Arc::clone(ledger.commitment()), ledger)
        .with_header(header.hash(), header.abi_encode())
        .with_claim(hash, claim.abi_encode());
    recorded(hash, || {
        let (verdict, oracle) = judge_escape(Collector::new(host), hash);
        (verdict.map(|_| ()), oracle.into_collected())
    })
}
