//! `bridge reveal`: a chunk of inputs that was demanded is shown on L1, so that its batch does not fall.

use crate::{
    args::RevealArgs,
    context::Context,
    demand::{in_words, posted},
    output::{Answer, ether, say},
    transaction::{price, send, unsigned},
};
use alloy::{
    primitives::{Bytes, U256},
    sol_types::SolCall,
};
use ballast_bridge::{
    bindings::{
        DataDemand,
        DataDemand::{ChunkRevealed, DataDemandErrors, revealCall},
    },
    demand::{Chunk, DemandState, reward},
    l1::{Demands, L1Sender},
};
use ballast_types::codec;
use eyre::{Result, WrapErr, bail, eyre};
use serde_json::json;
use std::path::Path;

const WHAT: &str = "the reveal";

pub(crate) async fn run(context: &Context, args: &RevealArgs) -> Result<Answer> {
    let posted = posted(context, args.batch).await?;
    let (batch_hash, chunk) = (posted.hash(), args.chunk);
    let demand = context.l1.demand(batch_hash, chunk).await?;
    if demand.fallen {
        bail!("batch {} has fallen already: nothing helps it any more", args.batch);
    }
    if !matches!(demand.state, DemandState::Open { .. }) {
        bail!("chunk {chunk} of batch {} is not waited for: {}", args.batch, in_words(demand.state));
    }
    let shown = match &args.dir {
        Some(dir) => kept(dir, args.batch, chunk)?,
        None => context.node.chunk(args.batch, chunk).await?,
    };
    let shown = shown.ok_or_else(|| eyre!("chunk {chunk} of batch {} is not kept there", args.batch))?;
    if !shown.answers(posted.header.inputsRoot, chunk) {
        bail!("what is kept there is not chunk {chunk} of batch {} as L1 has it", args.batch);
    }
    let (data, proof) = (Bytes::from(shown.data), shown.proof);
    let bond = context.l1.demand_terms().await?.bond;
    let reward = reward(bond, context.l1.fees().await?.base_fee, data.len());
    if args.print {
        say(&format!("to be sent by anybody, to whom it brings about {}", ether(reward)));
        let call = revealCall { batchHash: batch_hash, chunk, data, proof };
        let to = context.deployment.data_demand;
        return Ok(unsigned(context, to, &call.abi_encode().into(), U256::ZERO));
    }
    let sender = context.signer()?.address();
    let contract = DataDemand::new(context.deployment.data_demand, context.wallet()?);
    let call = contract.reveal(batch_hash, chunk, data, proof).from(sender);
    let gas = price::<_, DataDemandErrors>(&call, WHAT).await?;
    say(&format!(
        "it takes about {} of gas, and brings about {} of a bond of {}",
        ether(gas.cost),
        ether(reward),
        ether(bond)
    ));
    let receipt = send::<_, DataDemandErrors>(call.gas(gas.limit), WHAT).await?;
    let told = receipt.logs().iter().find_map(|log| log.log_decode::<ChunkRevealed>().ok());
    let told = told.ok_or_else(|| eyre!("nothing was shown: is the deployment file right?"))?;
    let credited = told.inner.data.paid;
    say(&format!("{} are credited: `bridge demand {} --back` pays them out", ether(credited), args.batch));
    let json = json!({
        "batch": args.batch, "batchHash": batch_hash, "chunk": chunk, "credited": credited.to_string(),
        "transaction": receipt.transaction_hash,
    });
    Ok(Answer { text: format!("chunk {chunk} of batch {} is on L1", args.batch), json })
}

/// A chunk from the directory of a validator, which keeps the inputs of a batch in a file of its own; `None` when it is not
/// kept.
fn kept(dir: &Path, batch: u64, chunk: u32) -> Result<Option<Chunk>> {
    let path = dir.join(format!("inputs-{batch:020}"));
    let bytes = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.wrap_err_with(|| format!("cannot read {}", path.display()))?,
    };
    let chunks: Vec<Vec<u8>> =
        codec::decode(&bytes).map_err(|_| eyre!("{} holds no inputs of a batch", path.display()))?;
    Ok(Chunk::of(&chunks, chunk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_batch::chunks::inputs_root;

    #[test]
    fn a_chunk_is_read_from_the_directory_of_a_validator() {
        let dir = std::env::temp_dir().join(format!("ballast-reveal-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        let chunks = vec![vec![1_u8; 30], vec![2; 40]];
        std::fs::write(dir.join("inputs-00000000000000000007"), codec::encode(&chunks)).expect("a file");
        std::fs::write(dir.join("inputs-00000000000000000008"), b"something").expect("a file");
        let shown = kept(&dir, 7, 1).expect("it is read").expect("it is there");
        assert!(shown.answers(inputs_root(&chunks), 1) && !shown.answers(inputs_root(&chunks), 0));
        assert!(kept(&dir, 7, 2).expect("it is read").is_none(), "there are two");
        assert!(kept(&dir, 9, 0).expect("it is looked for").is_none());
        assert!(kept(&dir, 8, 0).is_err());
        std::fs::remove_dir_all(&dir).expect("it is ours");
    }
}
