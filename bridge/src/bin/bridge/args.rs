//! The command line.

mod claim;
mod demand;

use crate::{bond::BondArgs, slash::SlashArgs, stress::StressArgs};
use alloy::primitives::{Address, B256, U256, utils::parse_ether};
use ballast_bridge::l1::blobs::SlotRule;
use ballast_types::limits::MAX_POOLS;
pub(crate) use claim::ClaimArgs;
use clap::{Parser, Subcommand};
pub(crate) use demand::{Chunks, DemandArgs, RejectArgs, RevealArgs};
use std::path::PathBuf;

/// Deposits to and withdrawals from the exchange. Results go to stdout, everything else to stderr.
#[derive(Debug, Parser)]
#[command(name = "bridge", version)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// Print the result as one JSON object.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where things are.
#[derive(Debug, clap::Args)]
pub(crate) struct NetworkArgs {
    /// JSON-RPC of a node of L1.
    #[arg(
        long,
        global = true,
        env = "BALLAST_L1",
        default_value = "http://127.0.0.1:8545",
        value_name = "URL"
    )]
    pub(crate) l1: String,
    /// JSON-RPC of the exchange.
    #[arg(
        long,
        global = true,
        env = "BALLAST_NODE",
        default_value = "http://127.0.0.1:8570",
        value_name = "URL"
    )]
    pub(crate) node: String,
    /// File that the deployment of the contracts wrote.
    #[arg(
        long,
        global = true,
        env = "BALLAST_DEPLOYMENT",
        default_value = "deployment.json",
        value_name = "FILE"
    )]
    pub(crate) deployment: PathBuf,
    /// Address of the rollup, in place of the file: the other contracts are found from there. What happened on L1 is then
    /// looked for from --deploy-block on.
    #[arg(long, global = true, env = "BALLAST_ROLLUP", value_name = "ADDRESS")]
    pub(crate) rollup: Option<Address>,
    /// With --rollup: a block before the contracts came. It saves the time of looking through those before.
    #[arg(long, global = true, env = "BALLAST_DEPLOY_BLOCK", value_name = "NUMBER", default_value_t = 0)]
    pub(crate) deploy_block: u64,
}

/// Who acts.
#[derive(Debug, clap::Args)]
pub(crate) struct KeyArgs {
    /// Private key in hexadecimal. Others on this machine can see it: prefer the variable, or a keystore.
    #[arg(long, global = true, env = "BALLAST_KEY", hide_env_values = true, value_name = "KEY")]
    pub(crate) private_key: Option<String>,
    /// Encrypted key file (Web3 Secret Storage); its password is read from BALLAST_PASSWORD.
    #[arg(
        long,
        global = true,
        env = "BALLAST_KEYSTORE",
        value_name = "FILE",
        conflicts_with = "private_key"
    )]
    pub(crate) keystore: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Pay USDC from L1 into an account of yours, opening one if none is named.
    Deposit(DepositArgs),
    /// Take USDC out of an account; it can be claimed on L1 when its batch is final.
    Withdraw(WithdrawArgs),
    /// Move USDC from an account to another of yours, in the same pool or another.
    Transfer(TransferArgs),
    /// Where L1, the batches and your money are.
    Status(StatusArgs),
    /// Have withdrawals paid on L1 whose challenge window is over.
    Claim(ClaimArgs),
    /// Leave through L1, without the exchange's leave: have all positions of an account closed and all of it paid out.
    ForceExit(ForceExitArgs),
    /// Take USDC out of an account through L1, without the exchange's leave.
    ForceWithdraw(ForceWithdrawArgs),
    /// Cancel all orders of an account through L1, without the exchange's leave.
    ForceCancel(ForceArgs),
    /// Have an account liquidated through L1 that lacks maintenance margin, whose ever it is.
    ForceLiquidate(ForceArgs),
    /// Get back the fees of your forced requests that were late, and what you paid above their fees.
    Refund(RefundArgs),
    /// Print what governance signs to move a parameter, or to have another publisher or guardian: nothing is sent.
    Govern(GovernArgs),
    /// End the exchange when it passed over a forced request, or posts no batches. Anybody may, and nobody can undo it.
    Freeze(FreezeArgs),
    /// Show L1 that the exchange broke its word to you, and be paid a part of its bond.
    Slash(SlashArgs),
    /// Add to the bond that the exchange loses when it breaks its word, or take it back as its owner.
    Bond(BondArgs),
    /// Prove to L1 that it was too dear to act in time, by its own headers, and so stretch the windows that are open. Anybody
    /// may; no window is ever more than doubled.
    Stress(StressArgs),
    /// Demand inputs of a batch on L1 that nobody shows you: they are shown there, or the batch falls. Takes a bond,
    /// which comes back but for what showing them costs.
    Demand(DemandArgs),
    /// Show on L1 a chunk of inputs that somebody demanded, so that its batch does not fall. Brings what that costs, out
    /// of the bond of the demand.
    Reveal(RevealArgs),
    /// Drop a batch that was found invalid, and all that follow it. Anybody may.
    Reject(RejectArgs),
    /// Work out from L1 alone what everybody has, and check it.
    Rebuild(RebuildArgs),
    /// Leave an exchange that is frozen: have what is yours paid out by L1 alone.
    Escape(EscapeArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct DepositArgs {
    /// For example 1234.56 or "1,234.56 USDC".
    pub(crate) amount: String,
    /// Which asset, by its number in the vault; 0 is USDC.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) asset: u16,
    /// The account to credit; a new one when left out.
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<u32>,
    /// Give it to the insurance fund of a pool, of pool 0 when none is named. It pays when others cannot. It does not come
    /// back.
    #[arg(long, value_name = "POOL", num_args = 0..=1, default_missing_value = "0",
        value_parser = clap::value_parser!(u16).range(..i64::from(MAX_POOLS)), conflicts_with_all = ["account", "owner", "asset"])]
    pub(crate) to_fund: Option<u16>,
    /// Who owns the account; the payer when left out. Not a contract: it cannot sign, and only forced requests of its own
    /// could bring the money back.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) owner: Option<Address>,
    /// Do not wait until the exchange has credited it; the result is then the number of L1's message.
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Approve by a transaction of its own, also where the token takes a signature (EIP-2612).
    #[arg(long)]
    pub(crate) no_permit: bool,
    /// Print the transactions instead of sending them, to be signed elsewhere, in a hardware wallet for example. Needs no key, and
    /// looks at none.
    #[arg(long, requires = "payer", conflicts_with = "no_wait")]
    pub(crate) print: bool,
    /// Whose money it is; with --print it has to be said.
    #[arg(long, value_name = "ADDRESS", requires = "print")]
    pub(crate) payer: Option<Address>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TransferArgs {
    /// For example 1234.56 or "1,234.56 USDC".
    pub(crate) amount: String,
    /// The account to debit; you must own it.
    #[arg(long, value_name = "ID")]
    pub(crate) account: u32,
    /// The account to credit, yours too; a new one, for 1 USDC, when left out.
    #[arg(long, value_name = "ID")]
    pub(crate) to: Option<u32>,
    /// Its pool.
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: u16,
}

#[derive(Debug, clap::Args)]
pub(crate) struct WithdrawArgs {
    /// For example 1234.56 or "1,234.56 USDC".
    pub(crate) amount: String,
    /// Which asset, by its number in the vault; 0 is USDC. What is not USDC leaves at once.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) asset: u16,
    /// The account to debit; you must own it.
    #[arg(long, value_name = "ID")]
    pub(crate) account: u32,
    /// Who is paid; you when left out.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<Address>,
    /// Wait until the withdrawal can be claimed.
    #[arg(long)]
    pub(crate) wait: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Whose accounts to show; those of the key when left out.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) owner: Option<Address>,
}

/// A request that goes through L1, which costs a fee in ether besides the gas.
#[derive(Debug, clap::Args)]
pub(crate) struct ForceArgs {
    /// The account that it is about.
    #[arg(long, value_name = "ID")]
    pub(crate) account: u32,
    /// Wait until L1 shows that the exchange has consumed the request.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Print the transaction instead of sending it, to be signed elsewhere: in a hardware wallet, or by the contract that
    /// owns the account. Needs no key, and looks at none.
    #[arg(long, conflicts_with = "wait")]
    pub(crate) print: bool,
    /// The highest fee that you would pay, in ether. It rises with the number of requests that wait. Twice the fee is sent
    /// along, but no more than this; what is too much is credited to you.
    #[arg(long, value_name = "ETH", default_value = "0.05", value_parser = ether)]
    pub(crate) max_fee: U256,
    /// Do not ask the exchange first whether the account is yours. L1 does not know: a request for an account of somebody
    /// else comes to nothing, and costs its fee.
    #[arg(long)]
    pub(crate) unchecked: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ForceExitArgs {
    #[command(flatten)]
    pub(crate) force: ForceArgs,
    /// Who is paid; you when left out. With --print it has to be said.
    #[arg(long, value_name = "ADDRESS", required_if_eq("print", "true"))]
    pub(crate) recipient: Option<Address>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ForceWithdrawArgs {
    #[command(flatten)]
    pub(crate) force: ForceArgs,
    /// For example 1234.56 or "1,234.56 USDC". When the account may withdraw less, it pays that.
    #[arg(long)]
    pub(crate) amount: String,
    /// Which asset, by its number in the vault; 0 is USDC.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) asset: u16,
    /// Who is paid; you when left out. With --print it has to be said.
    #[arg(long, value_name = "ADDRESS", required_if_eq("print", "true"))]
    pub(crate) recipient: Option<Address>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RefundArgs {
    /// Who gets the ether; who sent the requests when left out.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<Address>,
    /// Who sent the requests; you when left out. For somebody else late fees are settled, and nothing is paid out: only
    /// he can have that done.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) owner: Option<Address>,
    /// Print the transactions instead of sending them, to be signed elsewhere. Needs no key, and looks at none.
    #[arg(long, requires = "owner")]
    pub(crate) print: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct GovernArgs {
    /// Which parameter: maintenance_margin, initial_margin, open_interest_cap, open_interest_growth, open_interest_free,
    /// tier_notional (of the first of its tiers: the others move in proportion) or settles_at of a market; hour_share,
    /// hour_floor, day_share, day_floor or fund_target of a pool. Or who signs: publisher, guardian. Or its number.
    pub(crate) action: String,
    /// Number of the market or pool; the place of a publisher; 0 for the guardian.
    pub(crate) subject: u16,
    /// What it is to be. Margins and shares as 4% or "40000 ppm", amounts in USDC, the time at which a market settles as a
    /// Unix time in seconds: the exchange takes no more than twice and no less than half of what there is. Who is to sign as
    /// the number of an account that he owns.
    pub(crate) value: String,
    /// Print the transactions. There is no other way: governance is a contract, and others sign for it.
    #[arg(long, required = true)]
    pub(crate) print: bool,
    /// The TimelockController that is the exchange's governance: prints how it is scheduled there, and carried out.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) timelock: Option<Address>,
    /// How long it waits there, in seconds: at least what the timelock asks for (getMinDelay).
    #[arg(long, value_name = "SECONDS", requires = "timelock")]
    pub(crate) delay: Option<u64>,
    /// Sets it apart from the same change at another time: 32 bytes in hexadecimal.
    #[arg(long, value_name = "SALT", requires = "timelock", default_value_t = B256::ZERO)]
    pub(crate) salt: B256,
    /// The inbox; that of the deployment file when left out.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) inbox: Option<Address>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct FreezeArgs {
    /// The forced request that was passed over. When left out, the oldest one that waits, or the lack of batches, whatever
    /// allows it first.
    #[arg(long, value_name = "ID")]
    pub(crate) request: Option<u64>,
    /// Wait until it is allowed.
    #[arg(long, conflicts_with_all = ["request", "print"])]
    pub(crate) wait: bool,
    /// Print the transaction instead of sending it, to be signed elsewhere. Needs no key, and looks at none.
    #[arg(long)]
    pub(crate) print: bool,
}

/// Where the data of batches come from, and go.
#[derive(Debug, clap::Args)]
pub(crate) struct DataArgs {
    /// Directory that the state is kept in; a later run goes on from there.
    #[arg(long, value_name = "DIR", env = "BALLAST_REBUILD_DIR", default_value = "ballast-exit")]
    pub(crate) dir: PathBuf,
    /// HTTP endpoint of a beacon node, for data in blobs. Most keep them for 18 days, archives for ever. When left out, the node
    /// of L1 is asked, as development chains have them.
    #[arg(long, value_name = "URL", env = "BALLAST_BLOBS")]
    pub(crate) beacon: Option<String>,
    /// How the beacon node names the slot of a block: `number`, or GENESIS/SECONDS of its clock. Mainnet's clock on
    /// chain 1, else by number, when left out.
    #[arg(long, value_name = "RULE", env = "BALLAST_BLOB_SLOTS", value_parser = str::parse::<SlotRule>)]
    pub(crate) beacon_slots: Option<SlotRule>,
    /// JSON-RPC of a node of the exchange or of a validator that may still have what no beacon node has; may be given several times.
    /// Nobody is trusted: what it says is compared with L1.
    #[arg(long, value_name = "URL", env = "BALLAST_ARCHIVE", value_delimiter = ',')]
    pub(crate) archive: Vec<String>,
    /// Begin with this batch, whatever the directory holds: the batches of a round from it on tell the state. 0 is genesis.
    #[arg(long, value_name = "BATCH")]
    pub(crate) from: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RebuildArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Up to the last posted batch, instead of the last final one. It may yet be disputed.
    #[arg(long)]
    pub(crate) posted: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EscapeArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Who is paid what you are owed; you when left out.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["of", "everyone"])]
    pub(crate) to: Option<Address>,
    /// Have somebody else paid what he is owed, at your expense of gas; may be given several times.
    #[arg(long = "for", value_name = "ADDRESS")]
    pub(crate) of: Vec<Address>,
    /// Have everybody paid, at your expense of gas.
    #[arg(long, conflicts_with = "of")]
    pub(crate) everyone: bool,
    /// Wait for windows that are not over yet.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Send nothing: tell what is owed, and what comes next.
    #[arg(long)]
    pub(crate) look: bool,
}

impl Command {
    /// Whether it only prints what another hand is to sign.
    pub(crate) fn prints(&self) -> bool {
        match self {
            Self::ForceExit(args) => args.force.print,
            Self::ForceWithdraw(args) => args.force.print,
            Self::ForceCancel(args) | Self::ForceLiquidate(args) => args.print,
            Self::Refund(args) => args.print,
            Self::Claim(args) => args.print,
            Self::Deposit(args) => args.print,
            Self::Govern(args) => args.print,
            Self::Freeze(args) => args.print,
            Self::Slash(args) => args.print,
            Self::Bond(args) => args.contract().print,
            Self::Stress(args) => args.print || args.look,
            Self::Demand(args) => args.print,
            Self::Reveal(args) => args.print,
            Self::Reject(args) => args.print,
            Self::Withdraw(_) | Self::Transfer(_) | Self::Status(_) | Self::Rebuild(_) | Self::Escape(_) => {
                false
            }
        }
    }
}

/// The library reads a minus as a very large amount.
pub(crate) fn ether(text: &str) -> Result<U256, String> {
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !numeric || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err("not an amount of ether, such as 0.05".to_owned());
    }
    parse_ether(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn what_is_forced_is_about_an_account_and_its_fee_is_in_ether() {
        assert!(Args::try_parse_from(["bridge", "force-exit"]).is_err());
        let args = Args::try_parse_from(["bridge", "force-exit", "--account", "7", "--max-fee", "0.25"]);
        let Command::ForceExit(exit) = args.expect("it is complete").command else {
            panic!("another command")
        };
        assert_eq!(exit.force.max_fee, U256::from(250_000_000_000_000_000_u64));
        assert!(Args::try_parse_from(["bridge", "force-withdraw", "--account", "7"]).is_err(), "of how much");
        assert!(
            Args::try_parse_from(["bridge", "force-cancel", "--account", "7", "--wait", "--print"]).is_err()
        );
        assert!(Args::try_parse_from(["bridge", "refund"]).is_ok());
    }

    #[test]
    fn what_is_printed_names_who_is_paid_and_looks_at_no_key() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        let payee = "0x0101010101010101010101010101010101010101";
        for command in ["force-exit", "force-withdraw --amount 5"] {
            assert!(parse(&format!("bridge {command} --account 7")).is_ok(), "{command}");
            assert!(parse(&format!("bridge {command} --account 7 --print")).is_err(), "{command}");
            let full = format!("bridge {command} --account 7 --print --recipient {payee}");
            assert!(parse(&full).expect("it is complete").command.prints(), "{command}");
        }
        assert!(parse("bridge force-cancel --account 7 --print").expect("it pays nobody").command.prints());
        assert!(parse("bridge refund --print").is_err());
        assert!(
            parse(&format!("bridge refund --print --owner {payee}"))
                .expect("it is complete")
                .command
                .prints()
        );
        assert!(!parse(&format!("bridge refund --owner {payee}")).expect("it is complete").command.prints());
    }

    #[test]
    fn who_signs_elsewhere_says_whose_money_it_is_and_what_is_claimed() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        let one = "0x0101010101010101010101010101010101010101";
        assert!(parse("bridge deposit 5 --print").is_err());
        assert!(parse(&format!("bridge deposit 5 --payer {one}")).is_err());
        assert!(
            parse(&format!("bridge deposit 5 --print --payer {one}"))
                .expect("it is complete")
                .command
                .prints()
        );
        assert!(parse("bridge claim --all --print").is_err());
        assert!(parse("bridge claim 3 --wait --print").is_err());
        assert!(
            parse(&format!("bridge claim 3 --print --to {one}")).expect("it is complete").command.prints()
        );
        assert!(!parse(&format!("bridge claim --all --to {one}")).expect("it is complete").command.prints());
    }

    #[test]
    fn ether_is_a_number_that_is_not_below_zero() {
        assert_eq!(ether("0.05"), Ok(U256::from(50_000_000_000_000_000_u64)));
        assert_eq!(ether("1."), Ok(U256::from(10_u64.pow(18))));
        for bad in ["", ".", "-1", "-0.1", "+1", "1e3", "0x1", "1,5", "1.2.3", "1 ", &"9".repeat(90)] {
            assert!(ether(bad).is_err(), "{bad:?}");
        }
        assert!(Args::try_parse_from(["bridge", "force-exit", "--account", "7", "--max-fee=-1"]).is_err());
    }

    #[test]
    fn whose_money_escapes_is_said_one_way() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        let one = "0x0101010101010101010101010101010101010101";
        for line in [
            "escape",
            "escape --everyone --wait",
            "freeze --wait",
            "freeze --request 3 --print",
            "rebuild --posted",
        ] {
            assert!(parse(&format!("bridge {line}")).is_ok(), "{line}");
        }
        assert!(parse(&format!("bridge escape --for {one} --for {one}")).is_ok());
        assert!(parse(&format!("bridge escape --for {one} --everyone")).is_err());
        assert!(
            parse(&format!("bridge escape --for {one} --to {one}")).is_err(),
            "only he says where it goes"
        );
        assert!(parse("bridge freeze --wait --print").is_err());
        assert!(parse("bridge freeze --print").expect("it is complete").command.prints());
        let args = parse(&format!("bridge rebuild --rollup {one} --deploy-block 7 --beacon-slots 100/12"));
        let args = args.expect("it is complete");
        assert_eq!(
            (args.network.rollup.map(|it| it.to_string()), args.network.deploy_block),
            (Some(one.to_owned()), 7)
        );
        assert!(parse("bridge rebuild --beacon-slots 100").is_err());
    }

    #[test]
    fn what_becomes_of_the_bond_is_said_in_full() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        let one = "0x0101010101010101010101010101010101010101";
        assert!(parse("bridge bond").is_err());
        assert!(parse("bridge bond top-up").is_err());
        assert!(!parse("bridge bond top-up 0.5").expect("it is complete").command.prints());
        assert!(parse("bridge bond leave --print").expect("it is complete").command.prints());
        assert!(parse("bridge bond withdraw --print").is_err(), "to whom");
        assert!(parse(&format!("bridge bond withdraw --print --to {one}")).is_ok());
        assert!(parse("bridge stress --look").expect("it is complete").command.prints());
        assert!(parse("bridge stress --look --print").is_err());
    }

    #[test]
    fn what_to_claim_must_be_said_one_way() {
        assert!(Args::try_parse_from(["bridge", "claim"]).is_err());
        assert!(Args::try_parse_from(["bridge", "claim", "--all", "3"]).is_err());
        assert!(Args::try_parse_from(["bridge", "claim", "3", "4"]).is_ok());
        assert!(Args::try_parse_from(["bridge", "claim", "--all", "--json"]).is_ok());
        let line = ["bridge", "claim", "--all", "--from-l1", "--dir", "exit", "--wait"];
        let Command::Claim(claim) = Args::try_parse_from(line).expect("it is complete").command else {
            panic!("another command")
        };
        assert!(claim.from_l1 && claim.data.dir.ends_with("exit"));
        assert!(Args::try_parse_from(["bridge", "claim", "--from-l1"]).is_err(), "of what");
    }
}
