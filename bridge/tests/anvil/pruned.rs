//! L1 has dropped the blobs of the first batches, as it does after 18 days: the last batches alone give back the state, by the
//! command line, against the real contracts and blobs, and everybody leaves.

use super::{
    cli::{Person, key},
    escape::{USDC, balance, change, deposit, fresh, genesis, header_of_genesis, sealed},
    network::{DEADLINE, Network, WINDOW},
};
use alloy::{
    network::TransactionBuilder4844 as _,
    primitives::{Address, U256},
    providers::Provider,
};
use ballast_batch::{BatchHeader, ExitLeaves, Stripes, Withdrawn, diff::Stripe};
use ballast_bridge::{
    bindings::Rollup,
    data::{BatchData, Mode, SidecarForm, seal_data},
};
use ballast_state::{Account, Holdings, Pool};
use ballast_types::{AccountId, PoolId, Quote};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Rounds of four batches, of at most four accounts each.
const SHORT: Stripes = Stripes { batches: 4, accounts: 4 };
/// Accounts that the first batch opens. The last half never changes after it, so that nothing but stripes tells of them.
const ACCOUNTS: u32 = 12;
/// What each has at first.
const STAKE: i64 = 100 * USDC;
/// Batches that are there when somebody rebuilds early.
const EARLY: usize = 4;
/// The last batch.
const LAST: usize = 16;
/// Batches that pay the user, and what.
const PAYS: [(u64, i64); 2] = [(2, 2 * USDC), (13, 5 * USDC)];

/// A node of the beacon chain that has the blobs of the block `oldest` and later ones. It asks `behind`, which has all.
fn beacon(behind: &str, oldest: Arc<AtomicU64>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let behind = behind.trim_start_matches("http://").trim_end_matches('/').to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that hangs up is no concern of ours.
            let _ = answer(stream, &behind, oldest.load(Ordering::SeqCst));
        }
    });
    url
}

fn answer(mut stream: TcpStream, behind: &str, oldest: u64) -> std::io::Result<()> {
    let mut request = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    reader.read_line(&mut request)?;
    while reader.read_line(&mut String::new())? > 2 {}
    let path = request.split(' ').nth(1).unwrap_or_default();
    let slot = path.split(['/', '?']).find_map(|part| part.parse::<u64>().ok());
    if slot.is_none_or(|slot| slot < oldest) {
        let gone = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return stream.write_all(gone.as_bytes());
    }
    let mut other = TcpStream::connect(behind)?;
    write!(other, "GET {path} HTTP/1.1\r\nHost: {behind}\r\nConnection: close\r\n\r\n")?;
    let mut told = Vec::new();
    other.read_to_end(&mut told)?;
    stream.write_all(&told)
}

/// Batches in blobs, each with its stripe, and where they are.
struct History {
    leaves: ExitLeaves,
    headers: Vec<BatchHeader>,
    /// Blocks of the batches, in order; genesis has none.
    blocks: Vec<u64>,
    withdrawals: u64,
}

impl History {
    fn new() -> Self {
        let (header, _) = header_of_genesis();
        Self { leaves: genesis(), headers: vec![header], blocks: vec![0], withdrawals: 0 }
    }

    /// Posts what leads to `after`.
    async fn post(&mut self, network: &Network, after: ExitLeaves, paid: &[Withdrawn]) {
        let previous = self.headers.last().expect("genesis");
        let mut diff = change(&self.leaves, &after, paid);
        let accounts = after.accounts.len() as u32;
        diff.stripe = Some(Stripe::of(previous.index + 1, accounts, SHORT, &mut &after));
        let bytes = diff.encode(&mut &self.leaves);
        let data = seal_data(&bytes, Mode::Blobs(SidecarForm::Eip7594)).expect("it fits");
        let withdrawals = (self.withdrawals, paid);
        let header = sealed(network, (previous, &after), &bytes, withdrawals, data.commitment()).await;
        let BatchData::Blobs(sidecar) = data else { unreachable!("it is in blobs") };
        let rollup = Rollup::new(network.deployment.rollup, network.provider());
        let call = rollup.postBatch((&header).into(), Vec::new().into()).from(network.sequencer());
        // What it takes is estimated without the blobs.
        let call = call.gas(1_000_000);
        let request = call.into_transaction_request();
        let request = request.with_max_fee_per_blob_gas(1_000_000_000).with_blob_sidecar((*sidecar).clone());
        let sent = network.provider().send_transaction(request).await.expect("it is taken");
        let receipt = sent.get_receipt().await.expect("a receipt");
        assert!(receipt.status());
        self.blocks.push(receipt.block_number.expect("it is in a block"));
        self.headers.push(header);
        self.withdrawals += paid.len() as u64;
        self.leaves = after;
    }

    /// The next batch: somebody of the first half pays another, and now and then the user takes money out.
    async fn go_on(&mut self, network: &Network) {
        let index = self.headers.len() as u64;
        let mut after = self.leaves.clone();
        if index == 1 {
            for id in 0..ACCOUNTS {
                let owner = if id == 0 { network.user() } else { Address::repeat_byte(id as u8) };
                let account = Account {
                    owner,
                    pool: PoolId(0),
                    cash: Quote(STAKE),
                    positions: Vec::new(),
                    holdings: Holdings::NONE,
                };
                after.accounts.insert(id, account);
            }
            let credited = Quote(STAKE * i64::from(ACCOUNTS));
            after.pools.insert(0, Pool { credited, ..Pool::default() });
        }
        let half = u64::from(ACCOUNTS / 2);
        let mut add = |id: u64, amount: i64| {
            after.accounts.get_mut(&(id as u32)).expect("it is there").cash.0 += amount;
        };
        add(1 + index % (half - 1), -7);
        add(1 + (index + 2) % (half - 1), 7);
        let pays = PAYS.iter().find(|(batch, _)| *batch == index);
        let paid = pays.map(|(_, amount)| {
            add(0, -*amount);
            let recipient = network.user();
            Withdrawn { account: AccountId(0), recipient, asset: 0, amount: amount.unsigned_abs() }
        });
        if let Some(Withdrawn { amount, .. }) = paid {
            after.pools.get_mut(&0).expect("it is there").withdrawn.0 += amount.cast_signed();
        }
        let paid: Vec<_> = paid.into_iter().collect();
        self.post(network, after, &paid).await;
    }
}

fn refusal((done, answer): (bool, Value)) -> String {
    assert!(!done, "{answer}");
    answer["error"].as_str().expect("a reason").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_l1_has_dropped_is_not_needed_to_leave() {
    let (header, data) = header_of_genesis();
    let network = Network::start_with(&header, &data).await;
    let mut history = History::new();
    for _ in 0..3 {
        deposit(&network, network.user(), 4 * STAKE).await;
    }
    let oldest = Arc::new(AtomicU64::new(0));
    let (l1, place) = (network.url(), vec!["--rollup".into(), network.deployment.rollup.to_string()]);
    let url = beacon(&l1, Arc::clone(&oldest));
    let user = Person { l1: &l1, place, key: key(&network.user_key()) };
    let rebuild = |dir: &str, rest: &str| format!("rebuild --posted --dir {dir} --beacon {url}{rest}");
    let path = |name: &str| fresh(name).display().to_string();
    for _ in 1..=EARLY {
        history.go_on(&network).await;
    }
    let early = path("pruned-held");
    user.done(&rebuild(&early, ""));
    for _ in EARLY..LAST {
        history.go_on(&network).await;
    }
    let forget = |before: usize| oldest.store(history.blocks[before], Ordering::SeqCst);
    let all = path("pruned-whole");
    let whole = user.done(&rebuild(&all, ""));
    assert_eq!((&whole["batch"], &whole["firstWithdrawal"]), (&json!(LAST), &json!(0)));

    // The last four batches are a round: the same state to the last bit. From the ten that are there one finds what was withdrawn
    // since.
    forget(7);
    let dir = path("pruned");
    let rebuilt = user.done(&rebuild(&dir, ""));
    assert_eq!((&rebuilt["claimHash"], &rebuilt["firstWithdrawal"]), (&whole["claimHash"], &json!(2)));
    let rebuilt = user.done(&rebuild(&dir, " --from 7"));
    for same in ["batch", "batchHash", "stateRoot", "accounts", "payoutsRoot", "claimHash", "withdrawals"] {
        assert_eq!(rebuilt[same], whole[same], "{same}");
    }
    assert_eq!(rebuilt["stateRoot"], json!(history.headers[LAST].stateRoot));
    assert_eq!((&rebuilt["firstWithdrawal"], &rebuilt["withdrawals"]), (&json!(1), &json!(2)));
    let from = user.done(&rebuild(&all, " --from 12"));
    assert_eq!((&from["claimHash"], &from["firstWithdrawal"]), (&whole["claimHash"], &json!(2)));

    // What an earlier run holds is not given up unasked, and what it found stays.
    let told = refusal(user.run(&rebuild(&early, "")));
    assert!(told.contains("does not have it") && told.contains("--from"), "{told}");
    let from = user.done(&rebuild(&early, " --from 7"));
    assert_eq!((&from["claimHash"], &from["firstWithdrawal"]), (&whole["claimHash"], &json!(1)));

    // Less than a round, and it says what is missing.
    forget(14);
    let told = refusal(user.run(&rebuild(&path("pruned-short"), "")));
    assert!(told.contains("14 to 16") && told.contains("4 batches"), "{told}");
    let told = refusal(user.run(&rebuild(&path("pruned-late"), " --from 17")));
    assert!(told.contains("the last there is is 16"), "{told}");
    let told = refusal(user.run(&rebuild(&path("pruned-early"), " --from 7")));
    assert!(told.contains("does not have it"), "{told}");
    // What was rebuilt before needs none of that.
    assert_eq!(user.done(&rebuild(&dir, "")), rebuilt);

    network.pass(DEADLINE + 1).await;
    user.done("freeze");
    let options = format!("--dir {dir} --beacon {url}");
    let claimed = user.done(&format!("claim --all --from-l1 {options}"));
    assert_eq!(claimed["claimed"][0]["amount"], json!((5 * USDC).to_string()), "{claimed}");
    let told = refusal(user.run(&format!("claim 0 --from-l1 {options}")));
    assert!(told.contains("from 1 to below 2"), "{told}");
    let found = user.done(&format!("claim 0 --from-l1 --dir {all} --beacon {url}"));
    assert_eq!(
        found["claimed"][0]["amount"],
        json!((2 * USDC).to_string()),
        "an earlier run found it: {found}"
    );
    let waits = user.done(&format!("escape {options}"));
    assert_eq!(waits["step"], json!("accept"), "{waits}");
    network.pass(WINDOW).await;
    let before = balance(&network, network.user()).await;
    user.done(&format!("escape {options}"));
    assert_eq!(balance(&network, network.user()).await - before, U256::from(STAKE - 7 * USDC));
    // One that no batch changed since the first.
    let silent = Address::repeat_byte(11);
    user.done(&format!("escape --for {silent} {options}"));
    assert_eq!(balance(&network, silent).await, U256::from(STAKE));
}
