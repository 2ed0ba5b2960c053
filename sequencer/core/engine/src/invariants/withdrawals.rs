//! Withdrawals of the open batch.

use alloc::format;

use ballast_types::limits::MAX_WITHDRAWALS_PER_BATCH;

use super::{Violation, ensure};
use crate::exchange::Exchange;

/// INV-47: the withdrawals of the open batch are bounded and numbered without a gap up to the next.
pub(super) fn check_withdrawals(x: &Exchange) -> Result<(), Violation> {
    let count = x.open.len() as u64;
    let next = x.state.chain.next_withdrawal;
    let dense = count <= u64::from(MAX_WITHDRAWALS_PER_BATCH)
        && count <= next
        && (next - count..).zip(&x.open).all(|(id, withdrawal)| withdrawal.id == id);
    ensure(dense, 47, || format!("{count} withdrawals are open, the next is {next}"))
}
