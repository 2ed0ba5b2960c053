//! The command line.

use alloy::primitives::Address;
use ballast_types::limits::MAX_POOLS;
use clap::{Parser, Subcommand};
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
}

#[derive(Debug, clap::Args)]
pub(crate) struct DepositArgs {
    /// For example 1234.56 or "1,234.56 USDC".
    pub(crate) amount: String,
    /// The account to credit; a new one when left out.
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<u32>,
    /// Give it to the insurance fund of a pool, of pool 0 when none is named. It pays when others cannot. It does not come
    /// back.
    #[arg(long, value_name = "POOL", num_args = 0..=1, default_missing_value = "0",
        value_parser = clap::value_parser!(u16).range(..i64::from(MAX_POOLS)), conflicts_with_all = ["account", "owner"])]
    pub(crate) to_fund: Option<u16>,
    /// Who owns the account; the payer when left out. Not a contract: it could not sign a withdrawal.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) owner: Option<Address>,
    /// Do not wait until the exchange has credited it; the result is then the number of L1's message.
    #[arg(long)]
    pub(crate) no_wait: bool,
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

#[derive(Debug, clap::Args)]
pub(crate) struct ClaimArgs {
    /// Numbers of withdrawals; or --all.
    #[arg(value_name = "ID", required_unless_present = "all")]
    pub(crate) ids: Vec<u64>,
    /// Every withdrawal of your accounts whose window is over and that was not paid yet.
    #[arg(long, conflicts_with = "ids")]
    pub(crate) all: bool,
    /// Wait for those whose window is not over yet.
    #[arg(long)]
    pub(crate) wait: bool,
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
    fn what_to_claim_must_be_said_one_way() {
        assert!(Args::try_parse_from(["bridge", "claim"]).is_err());
        assert!(Args::try_parse_from(["bridge", "claim", "--all", "3"]).is_err());
        assert!(Args::try_parse_from(["bridge", "claim", "3", "4"]).is_ok());
        assert!(Args::try_parse_from(["bridge", "claim", "--all", "--json"]).is_ok());
    }
}
