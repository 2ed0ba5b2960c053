//! `bridge slash`: shows the contract of the sequencer's bond a broken word. It looks first, here, whether there is a fault.

use crate::{
    context::Context,
    output::{Answer, ether, say},
    transaction::{send, unsigned},
};
use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use ballast_auth::Domain;
use ballast_batch::{BatchHeader, promise::follow};
use ballast_bridge::{
    bindings::{
        Rollup, SequencerBond,
        SequencerBond::{
            SequencerBondErrors, learnCall, slashBrokenPromiseCall, slashRejectedBatchCall,
            slashTwoPromisesCall,
        },
    },
    l1::L1,
    promise::{BatchChain, Broken, Evidence, Finding, compare, contract_links},
};
use ballast_types::{Millis, Seq};
use eyre::{Result, WrapErr, bail, eyre};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Most links that the contract takes at once.
const MAX_LINKS: usize = 1_024;

#[derive(Debug, clap::Args)]
pub(crate) struct SlashArgs {
    /// A file with an answer of the exchange to something that you sent, as its RPC gave it (JSON with seq, time, chain,
    /// signature and, where there are, links). Give two to show that they contradict each other; or one, and --batch.
    #[arg(
        long = "promise",
        value_name = "FILE",
        conflicts_with = "rejected",
        required_unless_present = "rejected"
    )]
    pub(crate) promises: Vec<PathBuf>,
    /// The final batch that does not hold what was promised: the one with the promise's number (seq) between its first and
    /// last. Its inputs are asked of --node, which may be a validator, where the batch goes on after that number.
    #[arg(long, value_name = "INDEX", requires = "promises")]
    pub(crate) batch: Option<u64>,
    /// Hash of a batch that the rollup rejected because it was invalid. Needs no promise.
    #[arg(long, value_name = "HASH")]
    pub(crate) rejected: Option<B256>,
    /// The contract of the bond; that of the deployment file when left out.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bond: Option<Address>,
    /// Print the transactions instead of sending them, to be signed elsewhere. Who sends the last one is paid. Needs no key,
    /// and looks at none.
    #[arg(long)]
    pub(crate) print: bool,
}

/// What is sent, in this order; the last one takes the bond.
enum Call {
    Learn(learnCall),
    TwoPromises(slashTwoPromisesCall),
    Broken(slashBrokenPromiseCall),
    Rejected(slashRejectedBatchCall),
}

impl Call {
    fn data(&self) -> Vec<u8> {
        match self {
            Self::Learn(call) => call.abi_encode(),
            Self::TwoPromises(call) => call.abi_encode(),
            Self::Broken(call) => call.abi_encode(),
            Self::Rejected(call) => call.abi_encode(),
        }
    }
}

pub(crate) async fn run(context: &Context, args: &SlashArgs) -> Result<Answer> {
    let missing =
        || eyre!("the deployment file names no bond: say where its contract is, with --bond ADDRESS");
    let address = args.bond.or(context.deployment.bond).ok_or_else(missing)?;
    let bond = SequencerBond::new(address, context.reader()?);
    let calls = calls(context, args, bond.signer().call().await?).await?;
    let at_stake = bond.bond().call().await?;
    if at_stake.is_zero() {
        bail!("there is a fault, but no bond left to lose. It still counts when there is one again");
    }
    if args.print {
        return Ok(print(context, address, &calls));
    }
    let bond = SequencerBond::new(address, context.wallet()?);
    let owner = context.signer()?.address();
    let before = bond.credit(owner).call().await?;
    for call in calls {
        match call {
            Call::Learn(c) => {
                let call = bond.learn(c.seq, c.chain, c.links, c.end);
                send::<_, SequencerBondErrors>(call, "a part of the proof").await?
            }
            Call::TwoPromises(c) => {
                send::<_, SequencerBondErrors>(bond.slashTwoPromises(c.first, c.second), "the report").await?
            }
            Call::Broken(c) => {
                let call = bond.slashBrokenPromise(c.given, c.before, c.links, c.end);
                send::<_, SequencerBondErrors>(call, "the report").await?
            }
            Call::Rejected(c) => {
                send::<_, SequencerBondErrors>(bond.slashRejectedBatch(c.batchHash), "the report").await?
            }
        };
    }
    let reward = bond.credit(owner).call().await?.saturating_sub(before);
    send::<_, SequencerBondErrors>(bond.withdrawCredit(owner), "the payment").await?;
    Ok(Answer {
        text: format!("the bond of {} is lost: {} were paid to {owner}", ether(at_stake), ether(reward)),
        json: json!({ "bond": at_stake.to_string(), "reward": reward.to_string(), "to": owner }),
    })
}

/// What shows the fault, if there is one.
async fn calls(context: &Context, args: &SlashArgs, signer: Address) -> Result<Vec<Call>> {
    if let Some(hash) = args.rejected {
        let rollup = Rollup::new(context.deployment.rollup, context.reader()?);
        if !rollup.isRejected(hash).call().await? {
            bail!("no fault: the rollup rejected no batch {hash} as invalid");
        }
        say(&format!("a fault: batch {hash} was rejected as invalid"));
        return Ok(vec![Call::Rejected(slashRejectedBatchCall { batchHash: hash })]);
    }
    let domain = Domain { chain_id: context.deployment.chain_id, exchange: context.deployment.rollup };
    let separator = domain.separator();
    let given: Vec<_> =
        args.promises.iter().map(|file| read(file, separator, signer)).collect::<Result<_>>()?;
    match (&given[..], args.batch) {
        ([first, second], None) => Ok(vec![Call::TwoPromises(contradiction(first, second)?)]),
        ([given], Some(batch)) => broken(context, given, batch).await,
        _ => bail!("give two promises (--promise A --promise B), or one and --batch INDEX"),
    }
}

fn read(file: &Path, separator: B256, signer: Address) -> Result<Evidence> {
    let name = file.display();
    let text = std::fs::read_to_string(file).wrap_err_with(|| format!("{name} cannot be read"))?;
    let given = Evidence::read(&text).wrap_err_with(|| format!("{name} holds"))?;
    match given.signer(separator) {
        Some(found) if found == signer => Ok(given),
        found => bail!(
            "no fault: what {name} says was not signed by {signer}, which signs for this exchange, but by {}. Or a part of \
             it is missing: links belong to it",
            found.map_or_else(|| "nobody".to_owned(), |found| found.to_string())
        ),
    }
}

fn contradiction(first: &Evidence, second: &Evidence) -> Result<slashTwoPromisesCall> {
    match compare(first, second) {
        Finding::Apart => bail!(
            "no fault: they speak of no input in common, one of {} to {}, the other of {} to {}",
            first.seq.0,
            first.last().0,
            second.seq.0,
            second.last().0
        ),
        Finding::Agree(seq) => bail!("no fault: both say the same of all inputs up to {}", seq.0),
        Finding::Fault((first, second)) => {
            say(&format!("a fault: two promises for input {} contradict each other", first.seq.0));
            Ok(slashTwoPromisesCall { first: (&first).into(), second: (&second).into() })
        }
    }
}

async fn broken(context: &Context, given: &Evidence, index: u64) -> Result<Vec<Call>> {
    let header = header(context, index).await?;
    if index >= context.l1.finalized_count().await? {
        let from = context.l1.final_from(index).await?.unwrap_or_default();
        bail!("batch {index} is not final, and proves nothing before: not before Unix time {from}");
    }
    if given.last().0 < header.firstSeq || given.seq.0 > header.lastSeq {
        bail!(
            "no fault: batch {index} has the inputs {} to {}, and the promise is of {} to {}",
            header.firstSeq,
            header.lastSeq,
            given.seq.0,
            given.last().0
        );
    }
    // The header may be enough; the exchange has no reason to help.
    let mut found = BatchChain::of_header(header.clone()).compare(given);
    if !matches!(found, Finding::Fault(_)) && given.seq.0 < header.lastSeq {
        let before =
            if index == 0 { B256::ZERO } else { self::header(context, index - 1).await?.promiseHash };
        let inputs = context.node.inputs(&header).await;
        let inputs =
            inputs.wrap_err("the inputs of the batch are needed, and whoever has them may be --node")?;
        found = BatchChain::of_inputs(header.clone(), before, &inputs)?.compare(given);
    }
    match found {
        Finding::Apart => bail!("no fault: batch {index} says nothing of the promise's inputs"),
        Finding::Agree(seq) => bail!("no fault: batch {index} keeps the promise, up to input {}", seq.0),
        Finding::Fault(broken) => {
            say(&format!(
                "a fault: batch {index} does not hold what was promised of input {}",
                broken.given.seq.0
            ));
            Ok(steps(&broken, &header))
        }
    }
}

async fn header(context: &Context, index: u64) -> Result<BatchHeader> {
    let posted = context.l1.posted(index).await?;
    Ok(posted.ok_or_else(|| eyre!("there is no batch {index} on L1"))?.header)
}

/// The report, and before it, from the end of the batch backwards, what makes its links few enough for one call.
fn steps(broken: &Broken, header: &BatchHeader) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut links = &broken.links[..];
    let first = Seq(broken.given.seq.0.saturating_sub(1));
    while links.len() > MAX_LINKS {
        let (rest, last) = links.split_at(links.len() - MAX_LINKS);
        let (seq, chain, _) = follow((first, broken.before, Millis(0)), rest);
        calls.push(Call::Learn(learnCall {
            seq: seq.0,
            chain,
            links: contract_links(last),
            end: header.into(),
        }));
        links = rest;
    }
    calls.push(Call::Broken(slashBrokenPromiseCall {
        given: (&broken.given).into(),
        before: broken.before,
        links: contract_links(links),
        end: header.into(),
    }));
    calls
}

fn print(context: &Context, to: Address, calls: &[Call]) -> Answer {
    say(
        "to be sent in this order; who sends the last one is credited a part of the bond, and pulls it with withdrawCredit",
    );
    let printed: Vec<_> =
        calls.iter().map(|call| unsigned(context, to, &call.data().into(), U256::ZERO)).collect();
    let text: Vec<_> = printed.iter().map(|answer| answer.text.clone()).collect();
    let transactions: Vec<_> = printed.into_iter().map(|answer| answer.json).collect();
    Answer { text: text.join("\n\n"), json: json!({ "transactions": transactions }) }
}

/// The bond in a line and in JSON, for `bridge status`; nothing where no deployment file names it.
pub(crate) async fn bond(context: &Context) -> Result<Option<(String, Value)>> {
    let Some(address) = context.deployment.bond else { return Ok(None) };
    let contract = SequencerBond::new(address, context.reader()?);
    let (amount, minimum) = (contract.bond().call().await?, contract.minimum().call().await?);
    let announced = contract.announcedAt().call().await?;
    let leavable = contract.leavableAt().call().await?;
    let mut line = format!("bond             {}", ether(amount));
    if amount < minimum {
        line.push_str(&format!(", less than the {} that should be there", ether(minimum)));
    }
    if leavable != 0 {
        line.push_str(&format!(", can be taken back after Unix time {leavable}"));
    } else if announced != 0 {
        line.push_str(", its owner wants it back");
    }
    let json = json!({
        "amount": amount.to_string(), "minimum": minimum.to_string(), "announcedAt": announced,
        "leavableAt": leavable,
    });
    Ok(Some((line, json)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_batch::promise::Link;
    use ballast_types::Signature;

    #[test]
    fn a_long_batch_is_shown_in_steps_from_its_end() {
        let links: Vec<_> =
            (0..2_500).map(|i| Link { time: Millis(i), source_hash: B256::repeat_byte(1) }).collect();
        let given = Evidence {
            seq: Seq(11),
            chain: B256::ZERO,
            time: Millis(0),
            links: Vec::new(),
            signature: Signature([0; 65]),
        };
        let broken = Broken { given, before: B256::repeat_byte(3), links: links.clone() };
        let calls = steps(&broken, &BatchHeader::genesis([B256::ZERO; 7]));
        let [Call::Learn(first), Call::Learn(second), Call::Broken(report)] = &calls[..] else {
            panic!("two steps and the report")
        };
        assert_eq!((first.seq, first.links.len()), (10 + 2_500 - 1_024, MAX_LINKS));
        assert_eq!((second.seq, second.links.len()), (10 + 2_500 - 2_048, MAX_LINKS));
        assert_eq!(report.links.len(), 2_500 - 2_048);
        let (seq, chain, _) = follow((Seq(10), broken.before, Millis(0)), &links[..2_500 - 2_048]);
        assert_eq!((seq.0, chain), (second.seq, second.chain));
    }
}
