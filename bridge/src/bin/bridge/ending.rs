//! Whether the exchange has ended, and how far its escape is, for `bridge status`: from L1 alone.

use crate::context::Context;
use ballast_bridge::{
    amount,
    escape::{Freeze, Proposal, Reason},
};
use eyre::Result;
use serde_json::{Value, json};

/// Lines and JSON; `now` is the time of L1's last block, unix seconds.
pub(crate) async fn tell(context: &Context, now: u64) -> Result<(Vec<String>, Value)> {
    let freeze = context.l1.freeze().await?;
    if freeze.frozen_at == 0 {
        let (reason, due) = freeze.reason();
        let json = json!({ "frozenAt": null, "freezableFrom": due.saturating_add(1), "settled": false });
        return Ok((running(reason, due, now).into_iter().collect(), json));
    }
    let mut lines = vec![frozen(&freeze, context.l1.settled_from().await?, now)];
    let accepted = context.l1.accepted_claim().await?;
    let mut claims = Vec::new();
    for proposal in context.l1.proposals().await? {
        let hash = proposal.claim.hash();
        let is_accepted = accepted == Some(hash);
        lines.push(claim(&proposal, is_accepted));
        claims.push(json!({
            "claimHash": hash, "batchHash": proposal.claim.batchHash, "payouts": proposal.claim.payoutCount,
            "total": proposal.claim.total.to_string(), "proposer": proposal.proposer,
            "proposedAt": proposal.proposed_at, "accepted": is_accepted,
        }));
    }
    let json = json!({
        "frozenAt": freeze.frozen_at, "settled": freeze.settled, "claims": claims, "acceptedClaim": accepted,
    });
    Ok((lines, json))
}

/// Nothing is worth a line but that anybody may end it.
fn running(reason: Reason, due: u64, now: u64) -> Option<String> {
    (now > due).then(|| format!("exchange         {reason}: `bridge freeze` ends it, for ever"))
}

fn frozen(freeze: &Freeze, settled_from: u64, now: u64) -> String {
    let since = now.saturating_sub(freeze.frozen_at);
    let then = match freeze.settled {
        true => "settled: `bridge escape` is the way out".to_owned(),
        false => format!("its last batches can be disputed for {} s more", settled_from.saturating_sub(now)),
    };
    format!("exchange         frozen for ever, {since} s ago; {then}")
}

fn claim(proposal: &Proposal, is_accepted: bool) -> String {
    let stage = if is_accepted { "accepted" } else { "proposed" };
    format!(
        "claim            {} {stage}: {} payouts, {} in all assets",
        proposal.claim.hash(),
        proposal.claim.payoutCount,
        amount::format(proposal.claim.total)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_that_runs_is_no_line_until_it_can_be_ended() {
        assert_eq!(running(Reason::Silence, 10, 10), None);
        let line = running(Reason::Request(3), 10, 11).expect("it can");
        assert!(line.contains("request 3") && line.contains("bridge freeze"), "{line}");
    }

    #[test]
    fn what_a_frozen_one_waits_for_is_told() {
        let freeze = Freeze { frozen_at: 100, settled: false, silent_due: 100, oldest_request: None };
        assert!(
            frozen(&freeze, 150, 120).ends_with("20 s ago; its last batches can be disputed for 30 s more")
        );
        assert!(frozen(&Freeze { settled: true, ..freeze }, 150, 160).contains("bridge escape"));
    }
}
