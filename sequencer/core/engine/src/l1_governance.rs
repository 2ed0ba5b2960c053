//! Governance speaks on L1: it moves a parameter, within the engine's own bounds.

use alloc::vec::Vec;

use ballast_types::{Event, GovernanceCall, L1Message};

use crate::{exchange::Exchange, governance, inbox};

/// Consumes `message`, in which governance asks for `call`. Never rejected: what is refused is told as such.
pub(crate) fn l1_governance(
    x: &mut Exchange,
    message: &L1Message,
    call: GovernanceCall,
    events: &mut Vec<Event>,
) {
    inbox::consume(&mut x.state, message);
    governance::take(x, call, events);
}
