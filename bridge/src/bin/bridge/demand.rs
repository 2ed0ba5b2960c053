//! `bridge demand`: inputs that nobody shows are asked for on L1, with a bond; and what became of bonds comes back.

use crate::{
    args::{Chunks, DemandArgs},
    context::Context,
    output::{Answer, ether, say},
    transaction::{price, send, unsigned},
};
use alloy::{
    primitives::{B256, U256},
    sol_types::SolCall,
};
use ballast_bridge::{
    bindings::{
        DataDemand,
        DataDemand::{ChunkDemanded, CreditWithdrawn, DataDemandErrors, demandCall},
    },
    demand::{DemandState, DemandTerms},
    l1::{Demands, L1, Posted},
};
use eyre::{Result, bail, eyre};
use serde_json::{Value, json};

const WHAT: &str = "the demand";

pub(crate) async fn run(context: &Context, args: &DemandArgs) -> Result<Answer> {
    if args.back {
        return back(context, args).await;
    }
    let posted = posted(context, args.batch).await?;
    check_window(context, &posted).await?;
    let terms = context.l1.demand_terms().await?;
    let (free, taken) = sort(context, &posted, args.chunk).await?;
    for (chunk, state) in &taken {
        say(&format!("chunk {chunk} was demanded before: {}", in_words(*state)));
    }
    check_bonds(args, &free, &terms)?;
    if args.print {
        return Ok(printed(context, &posted, &free, &terms));
    }
    demand(context, &posted, (&free, &taken), &terms).await
}

/// The batch as it is on L1.
pub(crate) async fn posted(context: &Context, batch: u64) -> Result<Posted> {
    context
        .l1
        .posted(batch)
        .await?
        .ok_or_else(|| eyre!("L1 has no batch {batch}: it was not posted, or dropped"))
}

/// Refuses a batch of which nothing is demanded any more.
async fn check_window(context: &Context, posted: &Posted) -> Result<()> {
    let index = posted.header.index;
    let head = context.l1.head().await?;
    let end = context.l1.final_from(index).await?.unwrap_or_default();
    if index < context.l1.finalized_count().await? || head.time >= end {
        bail!("the challenge window of batch {index} is over: nothing can be demanded of it any more");
    }
    say(&format!("batch {index} can be demanded of for {} s yet", end - head.time));
    Ok(())
}

/// The chunks that were not demanded yet, and the others with what became of them.
async fn sort(
    context: &Context,
    posted: &Posted,
    wanted: Chunks,
) -> Result<(Vec<u32>, Vec<(u32, DemandState)>)> {
    let (index, count) = (posted.header.index, posted.header.inputChunks);
    let chunks = match wanted {
        Chunks::All => 0..count,
        Chunks::One(chunk) if chunk < count => chunk..chunk + 1,
        Chunks::One(chunk) => {
            bail!("batch {index} has {count} chunks, numbered from 0: there is no chunk {chunk}")
        }
    };
    let (mut free, mut taken) = (Vec::new(), Vec::new());
    for chunk in chunks {
        let demand = context.l1.demand(posted.hash(), chunk).await?;
        if demand.fallen {
            bail!(
                "batch {index} has fallen already, as a chunk was not shown in time: `bridge reject {index}` drops it"
            );
        }
        match demand.state {
            DemandState::None => free.push(chunk),
            state => taken.push((chunk, state)),
        }
    }
    Ok((free, taken))
}

/// Refuses bonds above what was allowed.
fn check_bonds(args: &DemandArgs, free: &[u32], terms: &DemandTerms) -> Result<()> {
    let total = terms.bond * U256::from(free.len());
    if total > args.max_bond {
        bail!(
            "{} chunks take bonds of {} in all, above --max-bond {}: raise it, or name one chunk with --chunk",
            free.len(),
            ether(total),
            ether(args.max_bond)
        );
    }
    Ok(())
}

fn printed(context: &Context, posted: &Posted, free: &[u32], terms: &DemandTerms) -> Answer {
    say("to be sent by anybody, who gets the bonds back, less what showing the chunks costs");
    let to = context.deployment.data_demand;
    let one = |chunk: &u32| {
        let call = demandCall { header: (&posted.header).into(), chunk: *chunk };
        unsigned(context, to, &call.abi_encode().into(), terms.bond)
    };
    let (texts, jsons): (Vec<_>, Vec<_>) = free.iter().map(one).map(|one| (one.text, one.json)).unzip();
    let text = if texts.is_empty() { "nothing is left to demand".to_owned() } else { texts.join("\n\n") };
    Answer { text, json: json!({ "batch": posted.header.index, "transactions": jsons }) }
}

async fn demand(
    context: &Context,
    posted: &Posted,
    (free, taken): (&[u32], &[(u32, DemandState)]),
    terms: &DemandTerms,
) -> Result<Answer> {
    let contract = DataDemand::new(context.deployment.data_demand, context.wallet()?);
    let sender = context.signer()?.address();
    let mut made: Vec<(u32, u64, B256)> = Vec::new();
    for chunk in free {
        let call = contract.demand((&posted.header).into(), *chunk).value(terms.bond).from(sender);
        let gas = price::<_, DataDemandErrors>(&call, WHAT).await?;
        say(&format!(
            "demanding chunk {chunk}: a bond of {}, and about {} of gas",
            ether(terms.bond),
            ether(gas.cost)
        ));
        let receipt = send::<_, DataDemandErrors>(call.gas(gas.limit), WHAT).await?;
        let told = receipt.logs().iter().find_map(|log| log.log_decode::<ChunkDemanded>().ok());
        let told = told.ok_or_else(|| eyre!("nothing was demanded: is the deployment file right?"))?;
        made.push((*chunk, told.inner.data.due.saturating_to(), receipt.transaction_hash));
    }
    Ok(answer(posted, &made, taken, terms))
}

fn answer(
    posted: &Posted,
    made: &[(u32, u64, B256)],
    taken: &[(u32, DemandState)],
    terms: &DemandTerms,
) -> Answer {
    let (index, batch_hash) = (posted.header.index, posted.hash());
    if !made.is_empty() {
        say(&format!(
            "who shows them has {} s; if nobody does, the batch has fallen: `bridge reject {index}` drops it then. \
             `bridge demand {index} --back` brings back the bonds, less what showing them costs. A validator reads by itself \
             what is shown",
            terms.deadline
        ));
    }
    let text = match made.last() {
        None => format!("nothing is left to demand of batch {index}"),
        Some((_, due, _)) => format!("demanded {} chunks of batch {index}, due at {due}", made.len()),
    };
    let demanded = made
        .iter()
        .map(|(chunk, due, transaction)| json!({ "chunk": chunk, "due": due, "transaction": transaction }));
    let before = taken.iter().map(|(chunk, state)| json!({ "chunk": chunk, "state": name(*state) }));
    let json = json!({
        "batch": index, "batchHash": batch_hash, "bond": terms.bond.to_string(),
        "demanded": demanded.collect::<Vec<_>>(), "demandedBefore": before.collect::<Vec<_>>(),
    });
    Answer { text, json }
}

/// Has bonds returned of chunks that nobody showed, whether or not L1 has the batch yet, and pulls the sender's credit.
async fn back(context: &Context, args: &DemandArgs) -> Result<Answer> {
    let sender = context.signer()?.address();
    let contract = DataDemand::new(context.deployment.data_demand, context.wallet()?);
    let head = context.l1.head().await?.number;
    let made = context.l1.demands(context.deployment.deploy_block, head).await?;
    let mut returned = Vec::new();
    for demanded in made.iter().filter(|demanded| demanded.index == args.batch) {
        let (hash, chunk) = (demanded.batch_hash, demanded.chunk);
        let state = context.l1.demand(hash, chunk).await?.state;
        let of_sender = contract.demandOf(hash, chunk).call().await?.demander == sender;
        let meant = args.chunk == Chunks::All || args.chunk == Chunks::One(chunk);
        if !of_sender || !meant || !matches!(state, DemandState::Open { .. }) {
            continue;
        }
        let call = contract.takeBack(hash, chunk).from(sender);
        match price::<_, DataDemandErrors>(&call, "the return of the bond").await {
            Ok(gas) => {
                send::<_, DataDemandErrors>(call.gas(gas.limit), "the return of the bond").await?;
                returned.push(chunk);
            }
            // The others may be due.
            Err(error) => say(&format!("chunk {chunk}: {error:#}")),
        }
    }
    let credit = context.l1.demand_credit(sender).await?;
    let mut paid = U256::ZERO;
    if !credit.is_zero() {
        let call = contract.withdrawCredit(sender).from(sender);
        let gas = price::<_, DataDemandErrors>(&call, "the payment").await?;
        let receipt = send::<_, DataDemandErrors>(call.gas(gas.limit), "the payment").await?;
        let told = receipt.logs().iter().find_map(|log| log.log_decode::<CreditWithdrawn>().ok());
        paid = told.map(|told| told.inner.data.amount).unwrap_or_default();
    }
    let json = json!({ "batch": args.batch, "returned": returned, "paid": paid.to_string(), "to": sender });
    Ok(Answer { text: format!("{} were paid", ether(paid)), json })
}

pub(crate) fn in_words(state: DemandState) -> String {
    match state {
        DemandState::None => "nobody demanded it".to_owned(),
        DemandState::Open { due } => format!("it is to be shown by {due}"),
        DemandState::Revealed => "it was shown, and is on L1".to_owned(),
        DemandState::TakenBack => "nobody showed it in time".to_owned(),
    }
}

pub(crate) fn name(state: DemandState) -> Value {
    match state {
        DemandState::None => json!("none"),
        DemandState::Open { .. } => json!("open"),
        DemandState::Revealed => json!("revealed"),
        DemandState::TakenBack => json!("takenBack"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bonds_above_what_was_allowed_are_refused() {
        let args = |max_bond: u64| DemandArgs {
            batch: 1,
            chunk: Chunks::All,
            max_bond: U256::from(max_bond),
            back: false,
            print: false,
        };
        let terms = DemandTerms { bond: U256::from(5), deadline: 1, review: 1 };
        assert!(check_bonds(&args(10), &[0, 1], &terms).is_ok());
        let refused = check_bonds(&args(9), &[0, 1], &terms).expect_err("ten are needed");
        assert!(refused.to_string().contains("--max-bond"), "{refused}");
        assert!(check_bonds(&args(0), &[], &terms).is_ok());
    }

    #[test]
    fn states_are_told_in_words() {
        assert!(in_words(DemandState::Open { due: 17 }).contains("17"));
        assert_eq!(name(DemandState::TakenBack), json!("takenBack"));
    }
}
