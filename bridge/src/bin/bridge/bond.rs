//! `bridge bond`: what the owner of the sequencer's bond does with it. Whoever was promised something uses `bridge slash`.

use crate::{
    context::Context,
    output::{Answer, ether, say},
    transaction::{send, unsigned},
};
use alloy::{
    contract::RawCallBuilder,
    primitives::{Address, U256},
    providers::DynProvider,
    sol_types::SolCall,
};
use ballast_batch::BatchHeader;
use ballast_bridge::{
    bindings::{
        SequencerBond,
        SequencerBond::{
            SequencerBondErrors, announceLeaveCall, beginLeaveCall, cancelLeaveCall, leaveCall, topUpCall,
        },
    },
    l1::L1,
};
use eyre::{Result, bail, eyre};
use serde_json::json;

/// Inputs may run ahead of L1 by so many milliseconds.
const AHEAD_MS: u64 = 60_000;

#[derive(Debug, clap::Args)]
pub(crate) struct BondArgs {
    #[command(subcommand)]
    pub(crate) action: BondAction,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum BondAction {
    /// Add ether to the bond. Anybody may; it is its owner's then.
    TopUp(TopUpArgs),
    /// Make the next step to take the bond back: say that the owner leaves, and, once all that was promised before is final, let
    /// the delay run. Its last step is `withdraw`.
    Leave(ContractArgs),
    /// Stay after all.
    Stay(ContractArgs),
    /// Take all of the bond, once the delay is over.
    Withdraw(WithdrawArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ContractArgs {
    /// The contract of the bond; that of the deployment file when left out. Nothing on L1 leads there from the rollup.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bond: Option<Address>,
    /// Print the transaction instead of sending it, to be signed elsewhere. Needs no key, and looks at none.
    #[arg(long)]
    pub(crate) print: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TopUpArgs {
    #[command(flatten)]
    pub(crate) contract: ContractArgs,
    /// How much, in ether, for example 0.5.
    #[arg(value_parser = crate::args::ether, value_name = "ETH")]
    pub(crate) amount: U256,
}

#[derive(Debug, clap::Args)]
pub(crate) struct WithdrawArgs {
    #[command(flatten)]
    pub(crate) contract: ContractArgs,
    /// Who is paid; you when left out. With --print it has to be said.
    #[arg(long, value_name = "ADDRESS", required_if_eq("print", "true"))]
    pub(crate) to: Option<Address>,
}

impl BondArgs {
    pub(crate) const fn contract(&self) -> &ContractArgs {
        match &self.action {
            BondAction::TopUp(args) => &args.contract,
            BondAction::Leave(args) | BondAction::Stay(args) => args,
            BondAction::Withdraw(args) => &args.contract,
        }
    }
}

/// What is sent, with how much, and what then holds.
struct Step {
    data: Vec<u8>,
    value: U256,
    done: String,
}

impl Step {
    fn new(call: &impl SolCall, done: &str) -> Self {
        Self { data: call.abi_encode(), value: U256::ZERO, done: done.to_owned() }
    }
}

pub(crate) async fn run(context: &Context, args: &BondArgs) -> Result<Answer> {
    let missing =
        || eyre!("the deployment file names no bond: say where its contract is, with --bond ADDRESS");
    let address = args.contract().bond.or(context.deployment.bond).ok_or_else(missing)?;
    let bond = SequencerBond::new(address, context.reader()?);
    let step = step(context, &bond, &args.action).await?;
    if args.contract().print {
        say(&format!("once it is sent, {}", step.done));
        return Ok(unsigned(context, address, &step.data.into(), step.value));
    }
    let call = RawCallBuilder::new_raw(context.wallet()?, step.data.into()).to(address).value(step.value);
    let receipt = send::<_, SequencerBondErrors>(call, "the call").await?;
    let (now, announced) = (bond.bond().call().await?, bond.announcedAt().call().await?);
    let leavable = bond.leavableAt().call().await?;
    Ok(Answer {
        text: format!("{}; the bond is {}", step.done, ether(now)),
        json: json!({
            "transaction": receipt.transaction_hash, "amount": now.to_string(), "announcedAt": announced,
            "leavableAt": leavable,
        }),
    })
}

async fn step(
    context: &Context,
    bond: &SequencerBond::SequencerBondInstance<DynProvider>,
    action: &BondAction,
) -> Result<Step> {
    let (announced, leavable) = (bond.announcedAt().call().await?, bond.leavableAt().call().await?);
    match action {
        BondAction::TopUp(args) => {
            let done = format!("{} were added", ether(args.amount));
            Ok(Step { value: args.amount, ..Step::new(&topUpCall {}, &done) })
        }
        BondAction::Stay(_) if announced == 0 => bail!("the owner never said that he leaves"),
        BondAction::Stay(_) => Ok(Step::new(&cancelLeaveCall {}, "the owner stays")),
        BondAction::Leave(_) if announced == 0 => {
            Ok(Step::new(&announceLeaveCall {}, "it is announced: run it again when all promises are final"))
        }
        BondAction::Leave(_) if leavable == 0 => {
            let end = context.l1.finalized_count().await?.saturating_sub(1);
            let posted = context.l1.posted(end).await?;
            let end = posted.ok_or_else(|| eyre!("L1 moved while it was read: try again"))?.header;
            let settled = context.l1.freeze().await?.settled;
            let end = covering(end, announced, settled)?;
            let call = beginLeaveCall { end: (&end).into() };
            Ok(Step::new(&call, "the delay runs: `bridge bond withdraw` comes next"))
        }
        BondAction::Leave(_) => bail!("the delay runs already, until Unix time {leavable} is over"),
        BondAction::Withdraw(args) => {
            if leavable == 0 {
                bail!("the delay does not run: `bridge bond leave` comes first");
            }
            let now = context.l1.head().await?.time;
            if now <= leavable {
                bail!("the delay is not over: {} s are left", leavable - now + 1);
            }
            let to = args.to.map_or_else(|| context.signer().map(|signer| signer.address()), Ok)?;
            Ok(Step::new(&leaveCall { to }, &format!("all of it was paid to {to}")))
        }
    }
}

/// The batch, when all that was promised before the announcement, unix seconds, is in it or before it.
fn covering(end: BatchHeader, announced: u64, settled: bool) -> Result<BatchHeader> {
    let needed = announced.saturating_mul(1_000).saturating_add(AHEAD_MS);
    if !settled && end.lastTimeMs < needed {
        bail!(
            "promises given before the announcement are not final yet: the last final batch ends at Unix time \
             {} ms, and one is needed that ends at {needed} ms or later",
            end.lastTimeMs
        );
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::B256;

    #[test]
    fn the_delay_runs_when_promises_are_final() {
        let end = |time| BatchHeader { lastTimeMs: time, ..BatchHeader::genesis([B256::ZERO; 7]) };
        assert!(covering(end(69_999), 10, false).is_err());
        assert!(covering(end(70_000), 10, false).is_ok());
        assert!(covering(end(0), 10, true).is_ok(), "no batch comes any more");
        assert!(covering(end(u64::MAX - 1), u64::MAX, false).is_err());
    }
}
