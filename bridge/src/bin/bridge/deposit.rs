//! `bridge deposit`.

use crate::{
    args::DepositArgs,
    asset::Asset,
    context::{Context, POLL, persist},
    node::Event,
    output::{Answer, say},
    permit::{Wanted, permit},
    transaction::{receipt, send, unsigned},
};
use alloy::{
    primitives::{Address, B256, U256},
    providers::{DynProvider, Provider},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use ballast_bridge::bindings::{
    Inbox,
    TestToken::{self, approveCall},
    Vault::{self, depositCall},
};
use ballast_types::limits::{FUND_ACCOUNT, MAX_ACCOUNTS, NEW_ACCOUNT};
use eyre::{Result, WrapErr, bail, eyre};
use serde_json::json;

/// How the code of an address begins that is a key's nevertheless (EIP-7702).
const DELEGATION: [u8; 3] = [0xef, 0x01, 0x00];

/// Where a deposit is on L1.
struct Queued {
    index: u64,
    block: u64,
}

/// A deposit that was sent.
struct Deposit {
    owner: Address,
    micros: u64,
    transaction: B256,
}

pub(crate) async fn run(context: &Context, args: &DepositArgs) -> Result<Answer> {
    let payer = match args.payer {
        Some(payer) => payer,
        None => context.signer()?.address(),
    };
    let reader = context.reader()?;
    let asset = Asset::read(context, &reader, args.asset).await?;
    let micros = asset.parse(&args.amount)?;
    let owner = args.owner.unwrap_or(payer);
    check_destination(context, &reader, owner, args).await?;
    let tokens = check(&reader, payer, &asset, micros).await?;
    let account = match args.to_fund {
        Some(pool) => FUND_ACCOUNT - u32::from(pool),
        None => args.account.unwrap_or(NEW_ACCOUNT),
    };
    let wanted = Wanted { asset: asset.number, token: asset.token, tokens, owner, account };
    let token = TestToken::new(asset.token, &reader);
    let allowance = token.allowance(payer, context.deployment.vault).call().await;
    let allowed = allowance.wrap_err("the token does not answer")? >= tokens;
    if args.print {
        return Ok(printed(context, payer, &wanted, allowed));
    }

    let wallet = context.wallet()?;
    let receipt = transfer(context, &wallet, args, &wanted, allowed).await?;
    let deposit = Deposit { owner, micros, transaction: receipt.transaction_hash };
    let at = queued(context, &receipt)?;
    say(&format!("in block {}, message {}", at.block, at.index));
    if args.no_wait {
        return Ok(answer(&deposit, &at, None));
    }
    let (at, account, opened) = credited(context, &wallet, &deposit).await?;
    Ok(answer(&deposit, &at, Some((account, opened))))
}

/// Refuses, before money moves, where it would go somewhere else than was meant.
async fn check_destination(
    context: &Context,
    wallet: &DynProvider,
    owner: Address,
    args: &DepositArgs,
) -> Result<()> {
    let code = wallet.get_code_at(owner).await.wrap_err("L1 does not answer")?;
    if !code.is_empty() && !code.starts_with(&DELEGATION) {
        bail!(
            "{owner} is a contract: it cannot sign, so it could not trade, and what it owned on the exchange would leave by \
             forced requests that it sends to L1, and by nothing else"
        );
    }
    if context.node.status().await?.l1.is_none() {
        bail!("the node at --node does not follow L1: it would not credit the deposit");
    }
    if let Some(pool) = args.to_fund
        && !context.node.has_pool(pool).await?
    {
        bail!("there is no pool {pool}: the exchange would open an account of {owner} with it instead");
    }
    match args.account {
        Some(account) if !context.node.accounts(owner).await?.contains(&account) => {
            bail!("account {account} is not {owner}'s: leave --account out to open a new one")
        }
        _ => Ok(()),
    }
}

/// The amount in units of the token, after everything that would make the deposit fail.
async fn check(wallet: &DynProvider, payer: Address, asset: &Asset, micros: u64) -> Result<U256> {
    if micros < asset.minimum {
        bail!("the smallest deposit is {}", asset.display(asset.minimum));
    }
    let tokens = asset.tokens(micros);
    let balance = TestToken::new(asset.token, wallet).balanceOf(payer).call().await?;
    if balance < tokens {
        bail!("{payer} holds {}, less than {}", asset.display(asset.micros(balance)), asset.display(micros));
    }
    Ok(tokens)
}

/// Has the vault take exactly this deposit: as it may already, by a permit, or by an approval before.
async fn transfer(
    context: &Context,
    wallet: &DynProvider,
    args: &DepositArgs,
    wanted: &Wanted,
    allowed: bool,
) -> Result<TransactionReceipt> {
    type Errors = Vault::VaultErrors;
    let Wanted { asset, token, tokens, owner, account } = *wanted;
    let vault = Vault::new(context.deployment.vault, wallet);
    let telling = || say(&format!("depositing {}", args.amount));
    if !allowed
        && !args.no_permit
        && let Some(signed) = permit(context, wallet, wanted).await?
    {
        telling();
        let (deadline, v, r, s) = (signed.deadline, signed.v, signed.r, signed.s);
        let call = vault.depositWithPermit(asset, tokens, owner, account, deadline, v, r, s);
        return send::<_, Errors>(call, "the deposit").await;
    }
    if !allowed {
        say("approving the vault");
        let token = TestToken::new(token, wallet);
        let call = token.approve(context.deployment.vault, tokens);
        send::<_, TestToken::TestTokenErrors>(call, "the approval").await?;
    }
    telling();
    send::<_, Errors>(vault.deposit(asset, tokens, owner, account), "the deposit").await
}

/// What the payer is to send.
fn printed(context: &Context, payer: Address, wanted: &Wanted, allowed: bool) -> Answer {
    let Wanted { asset, token, tokens: amount, owner, account } = *wanted;
    let mut all = Vec::new();
    if !allowed {
        let data = approveCall { spender: context.deployment.vault, value: amount }.abi_encode().into();
        all.push(unsigned(context, token, &data, U256::ZERO));
    }
    let data = depositCall { asset, amount, owner, account }.abi_encode().into();
    all.push(unsigned(context, context.deployment.vault, &data, U256::ZERO));
    say(&format!(
        "to be sent by {payer}, in this order: what is approved is for the vault, and as much as is deposited"
    ));
    let (texts, jsons): (Vec<_>, Vec<_>) = all.into_iter().map(|one| (one.text, one.json)).unzip();
    Answer { text: texts.join("\n\n"), json: json!({ "payer": payer, "transactions": jsons }) }
}

fn queued(context: &Context, receipt: &TransactionReceipt) -> Result<Queued> {
    let logs = receipt.logs().iter().filter(|log| log.address() == context.deployment.inbox);
    let message = logs.filter_map(|log| log.log_decode::<Inbox::MessageQueued>().ok()).next();
    let message =
        message.ok_or_else(|| eyre!("the deposit queued no message: is the deployment file right?"))?;
    Ok(Queued { index: message.inner.data.index, block: receipt.block_number.unwrap_or_default() })
}

/// Waits until the exchange has credited the deposit: where it is on L1 in the end, the account, and whether it was
/// opened for it. L1 may put the deposit elsewhere meanwhile, and another one in its place.
async fn credited(context: &Context, wallet: &DynProvider, deposit: &Deposit) -> Result<(Queued, u32, bool)> {
    let mut told = String::new();
    let mut tell = |stage: String| {
        if told != stage {
            say(&stage);
            told = stage;
        }
    };
    loop {
        let receipt = persist(async || receipt(wallet, deposit.transaction).await).await?;
        match receipt.map(|receipt| queued(context, &receipt)).transpose()? {
            None => tell(format!(
                "L1 was reorganised: waiting for transaction {} to be in a block again. If L1 has forgotten it, the \
                 money never left",
                deposit.transaction
            )),
            Some(at) => {
                if let Some((account, opened)) = persist(async || found(context, &at, deposit).await).await? {
                    return Ok((at, account, opened));
                }
                let (deep, wanted) = persist(async || depth(context, &at).await).await?;
                tell(format!("{deep} of {wanted} confirmations"));
            }
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The account that was credited with this very deposit, when the exchange has consumed its message.
async fn found(context: &Context, at: &Queued, deposit: &Deposit) -> Result<Option<(u32, bool)>> {
    let Some(consumed) = context.node.deposit(at.index).await? else { return Ok(None) };
    let credited = consumed.events.iter().find_map(|event| match event {
        Event::Deposited { account, owner, amount, opened } => Some((*account, *owner, *amount, *opened)),
        Event::FundDeposited { owner, amount, pool } => {
            Some((FUND_ACCOUNT - u32::from(*pool), *owner, *amount, false))
        }
        _ => None,
    });
    match credited {
        Some((account, owner, amount, opened)) if (owner, amount) == (deposit.owner, deposit.micros) => {
            Ok(Some((account, opened)))
        }
        // Another message stood there when the exchange looked: L1 has moved, and the receipt will say where to.
        Some(_) => Ok(None),
        None => Err(eyre!(
            "the exchange consumed message {} and credited nobody: ask its operator, the deposit is on L1",
            at.index
        )),
    }
}

/// How many blocks lie on top of the deposit as the exchange sees it, and how many it wants.
async fn depth(context: &Context, at: &Queued) -> Result<(u64, u64)> {
    let l1 = context.node.status().await?.l1.ok_or_else(|| eyre!("the node at --node does not follow L1"))?;
    let missing = at.block.saturating_sub(l1.confirmed).min(l1.confirmations);
    Ok((l1.confirmations - missing, l1.confirmations))
}

fn answer(deposit: &Deposit, at: &Queued, account: Option<(u32, bool)>) -> Answer {
    let json = json!({
        "amount": deposit.micros.to_string(),
        "messageIndex": at.index,
        "block": at.block,
        "transaction": deposit.transaction,
        "account": account.map(|(account, _)| account).filter(|account| *account < MAX_ACCOUNTS),
        "opened": account.map(|(_, opened)| opened),
    });
    let text = match account {
        None => format!("message {}", at.index),
        Some((account, _)) if account >= MAX_ACCOUNTS => "the insurance fund".to_owned(),
        Some((account, _)) => account.to_string(),
    };
    Answer { text, json }
}
