//! What `bridge claim` takes.

use super::DataArgs;
use alloy::primitives::Address;

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
    /// Who is paid instead of the recipient, who alone may say so: for one whom the token's issuer has blocked. With --all only
    /// what pays the address of your key.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<Address>,
    /// Print the transactions instead of sending them, to be signed elsewhere: by anybody, with --to by the recipient. Needs no
    /// key, and looks at none.
    #[arg(long, conflicts_with_all = ["all", "wait"])]
    pub(crate) print: bool,
    /// Ask nobody but L1, for when the exchange does not answer: read what its batches left there into the folder --dir, as
    /// `bridge rebuild` does, find the withdrawals, and prove them. With --all also those that pay your address from accounts of others.
    #[arg(long)]
    pub(crate) from_l1: bool,
    #[command(flatten)]
    pub(crate) data: DataArgs,
}
