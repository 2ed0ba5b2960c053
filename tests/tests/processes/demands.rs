//! Inputs that nobody shows a validator: the sequencer shows them on L1 when they are demanded there, and one that does not
//! loses the batch. Real processes: anvil, the contracts, a node, a validator that knows nobody but L1, and the command line.

use alloy::primitives::U256;
use ballast_bridge::{
    bindings::DataDemand,
    demand::DemandState,
    l1::{Demands as _, L1 as _, alloy::AlloyL1, blobs::NoBlobs},
};
use ballast_tests::devnet::{
    Devnet, PATIENCE, accounts,
    options::{Data, Options},
    process::Process,
};
use ballast_types::Quote;
use eyre::{ContextCompat as _, ensure};
use serde_json::{Value, json};

/// Seconds in which a chunk has to be shown: more than a machine under load needs.
const DEADLINE: u64 = 60;

async fn l1(devnet: &Devnet) -> eyre::Result<AlloyL1<NoBlobs>> {
    Ok(AlloyL1::connect(&devnet.l1().url(), *devnet.deployment(), None, NoBlobs).await?)
}

/// A validator with a key, and with nobody to ask: nobody listens where it looks for inputs.
fn lonely(devnet: &Devnet, demand_after: &str) -> eyre::Result<Process> {
    let often = ["--json", "--confirmations", "0", "--poll-ms", "200"];
    devnet.keeper("lonely", "http://127.0.0.1:9", &[&often[..], &["--demand-after", demand_after]].concat())
}

/// The verdict of the validator on a batch, once it is one.
fn judged(validator: &Process, index: u64) -> eyre::Result<Option<Value>> {
    validator.check()?;
    let said = std::fs::read_to_string(validator.log())?;
    let lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut of_batch = lines.filter(|line| line["index"] == json!(index));
    Ok(of_batch.find(|line| line["verdict"] != json!("UNAVAILABLE")))
}

/// What somebody does with no more than a key and L1.
async fn bridge(devnet: &Devnet, line: &str) -> eyre::Result<Value> {
    devnet.bridge_alone(accounts::BOB, line).await
}

/// The sequencer answers: the validator has the inputs from L1 alone, and the batch becomes final.
async fn shown(devnet: &Devnet) -> eyre::Result<()> {
    devnet.fund(&[(accounts::address(accounts::BOB), Quote(1_000_000_000))]).await?;
    let l1 = l1(devnet).await?;
    let first = devnet.until("a batch to be posted", async || Ok(l1.posted(1).await?)).await?;
    let validator = lonely(devnet, "1")?;
    let verdict = devnet.until("a verdict from L1 alone", async || judged(&validator, 1)).await?;
    ensure!(verdict["verdict"] == json!("VALID"), "{verdict}");
    ensure!(l1.demand(first.hash(), 0).await?.state == DemandState::Revealed, "it came from elsewhere");
    let bond = l1.demand_terms().await?.bond;
    let credit = async |who| l1.demand_credit(accounts::address(who)).await;
    let keeper = accounts::address(accounts::KEEPER);
    let contract = DataDemand::new(devnet.deployment().data_demand, devnet.l1().reader()?);
    // Each is of another block, and more may be shown in between. The validator pulls what is its own.
    let split = async || {
        let pulled = contract.CreditWithdrawn_filter().topic1(keeper).from_block(0).query().await?;
        let pulled: U256 = pulled.iter().map(|(event, _)| event.amount).sum();
        let (paid, rest) = (credit(accounts::SEQUENCER).await?, credit(accounts::KEEPER).await? + pulled);
        let whole = (paid + rest).checked_rem(bond).is_some_and(|left| left.is_zero());
        Ok((!paid.is_zero() && !rest.is_zero() && whole).then_some(()))
    };
    devnet.until("the bonds to be split between who showed and who demanded", split).await?;
    validator.terminate(PATIENCE)?;
    let look = async || Ok((l1.finalized_count().await? > 1).then_some(()));
    devnet.until("the batch to be final", look).await
}

/// The sequencer is silent: the batch falls, and a validator drops it with all that follow.
async fn withheld(devnet: &Devnet) -> eyre::Result<()> {
    devnet.kill_node();
    let l1 = l1(devnet).await?;
    let last = l1.batch_count().await?.checked_sub(1).wrap_err("no batches")?;
    let posted = l1.posted(last).await?.wrap_err("it is gone")?;
    let demanded = bridge(devnet, &format!("demand {last} --chunk 0")).await?;
    ensure!(demanded["batchHash"] == json!(posted.hash()), "{demanded}");
    ensure!(bridge(devnet, &format!("reject {last}")).await.is_err(), "it was dropped before its time");
    devnet.l1().pass(DEADLINE + 2).await?;
    // It demands nothing: what is gone was demanded by somebody else.
    let validator = lonely(devnet, "100000")?;
    let look = async || {
        validator.check()?;
        Ok((l1.batch_count().await? == last).then_some(()))
    };
    devnet.until_on_l1("the batch to be dropped", look).await?;
    validator.terminate(PATIENCE)?;
    ensure!(l1.frozen_at().await?.is_none(), "nothing was late");
    let back = bridge(devnet, &format!("demand {last} --back")).await?;
    ensure!(back["paid"] == json!(l1.demand_terms().await?.bond.to_string()), "{back}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_come_from_l1_alone_and_who_withholds_them_loses_the_batch() {
    let options = Options {
        challenge_window: 30,
        demand_deadline: DEADLINE,
        demand_review: 2,
        data: Data::Calldata,
        validator: false,
        ..Options::quick()
    };
    let devnet = Devnet::start(options).await.expect("a devnet");
    shown(&devnet).await.expect("the batch stands");
    withheld(&devnet).await.expect("the batch falls");
}
