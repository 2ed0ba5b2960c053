//! Withdrawals of an exchange that answers nobody any more: found, proved and paid by L1 alone.

use super::{
    cli::{Person, key},
    escape::{USDC, balance, deposit, fresh, genesis, header_of_genesis, post_paying},
    network::{Network, WINDOW},
};
use alloy::primitives::{Address, U256};
use ballast_batch::{ExitLeaves, Withdrawn};
use ballast_state::{Account, Holdings, Pool};
use ballast_types::{AccountId, PoolId, Quote};
use serde_json::{Value, json};

/// Two accounts that have so much, of what came and of which `withdrawn` left.
fn having([(owner, cash), (other, others)]: [(Address, i64); 2], withdrawn: i64) -> ExitLeaves {
    let account = |owner, cash| Account {
        owner,
        pool: PoolId(0),
        cash: Quote(cash),
        positions: Vec::new(),
        holdings: Holdings::NONE,
    };
    let mut leaves = genesis();
    leaves.accounts.insert(0, account(owner, cash));
    leaves.accounts.insert(1, account(other, others));
    let (credited, withdrawn) = (Quote(cash + others + withdrawn), Quote(withdrawn));
    leaves.pools.insert(0, Pool { credited, withdrawn, ..Pool::default() });
    leaves
}

fn paid(account: u32, recipient: Address, amount: i64) -> Withdrawn {
    Withdrawn { account: AccountId(account), recipient, asset: 0, amount: amount.unsigned_abs() }
}

/// Numbers and amounts of what was claimed.
fn claimed(answer: &Value) -> Vec<(u64, u64)> {
    let list = answer["claimed"].as_array().expect("a list");
    let one = |it: &Value| Some((it["id"].as_u64()?, it["amount"].as_str()?.parse().ok()?));
    list.iter().map(|it| one(it).expect("a withdrawal")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_operator_is_gone_withdrawals_are_claimed_from_l1_alone() {
    let (header, data) = header_of_genesis();
    let network = Network::start_with(&header, &data).await;
    let [other, payee] = [0xc3, 0x55].map(Address::repeat_byte);
    let user = network.user();
    let (l1, rollup) = (network.url(), network.deployment.rollup.to_string());
    let place = vec!["--rollup".to_owned(), rollup];
    let person = |key: String| Person { l1: &l1, place: place.clone(), key };
    let (me, helper) = (person(key(&network.user_key())), person(key(&network.sequencer_key())));

    deposit(&network, user, 150 * USDC).await;
    let rich = having([(user, 100 * USDC), (other, 50 * USDC)], 0);
    let first = post_paying(&network, &header, &genesis(), &rich, 0, &[]).await;
    let withdrawals = [paid(0, user, 40 * USDC), paid(1, payee, 20 * USDC), paid(1, user, 5 * USDC)];
    let poor = having([(user, 60 * USDC), (other, 25 * USDC)], 65 * USDC);
    let second = post_paying(&network, &first, &rich, &poor, 0, &withdrawals).await;
    let dir = fresh("claim-from-l1").display().to_string();

    let (done, refusal) = me.run("claim --all");
    assert!(!done, "without the exchange there is no other way: {refusal}");
    let early = me.done(&format!("claim --all --from-l1 --dir {dir}"));
    assert_eq!(claimed(&early), [], "the window is not over");
    let (done, refusal) = me.run(&format!("claim 0 --from-l1 --dir {dir}"));
    assert!(!done && refusal["error"].as_str().is_some_and(|text| text.contains("--wait")), "{refusal}");

    network.pass(WINDOW).await;
    let before = balance(&network, user).await;
    let mine = me.done(&format!("claim --all --from-l1 --dir {dir}"));
    assert_eq!(claimed(&mine), [(0, 40_000_000), (2, 5_000_000)], "{mine}");
    assert_eq!(balance(&network, user).await - before, U256::from(45 * USDC));
    let again = me.done(&format!("claim --all --from-l1 --dir {dir}"));
    assert_eq!(claimed(&again), [], "each is paid once");

    // A batch that tells other withdrawals than its root is of hides itself, and none before it.
    let last = having([(user, 59 * USDC), (other, 25 * USDC)], 66 * USDC);
    post_paying(&network, &second, &poor, &last, 7, &[paid(0, user, USDC)]).await;
    let (done, refusal) = me.run(&format!("rebuild --posted --dir {dir}"));
    let told = refusal["error"].as_str().unwrap_or_default();
    assert!(!done && told.contains("other withdrawals"), "{refusal}");
    let fresh = fresh("claim-from-l1-again").display().to_string();
    let helped = helper.done(&format!("claim 1 --from-l1 --dir {fresh}"));
    assert_eq!(claimed(&helped), [(1, 20_000_000)], "anybody can have anybody paid");
    assert_eq!(balance(&network, payee).await, U256::from(20 * USDC));
    let (done, refusal) = helper.run(&format!("claim 3 --from-l1 --dir {fresh}"));
    let told = refusal["error"].as_str().unwrap_or_default();
    assert!(!done && told.contains("not 3"), "{refusal}");
    assert_eq!(helper.done(&format!("claim 1 --from-l1 --dir {fresh}"))["claimed"], json!([]));
}
