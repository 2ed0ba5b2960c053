//! Demands for inputs: made, answered, and what comes of silence.

use super::ether;
use alloy::primitives::U256;
use std::path::PathBuf;

/// Which chunks of a batch are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunks {
    All,
    One(u32),
}

#[derive(Debug, clap::Args)]
pub(crate) struct DemandArgs {
    /// Number of the batch. It was posted, and its challenge window is not over.
    pub(crate) batch: u64,
    /// Which chunk of its inputs, counted from 0, or `all` that were not demanded yet.
    #[arg(long, value_name = "CHUNK", default_value = "all", value_parser = chunks)]
    pub(crate) chunk: Chunks,
    /// The most that you would put down in bonds, in ether. Each chunk takes one. Out of it whoever shows the chunk is paid what
    /// that costs; the rest comes back, and all of it if nobody does.
    #[arg(long, value_name = "ETH", default_value = "1", value_parser = ether)]
    pub(crate) max_bond: U256,
    /// Demand nothing: have bonds of this batch returned whose chunks nobody showed, once it has fallen or was dropped, and
    /// what is credited to you, also what reveals left of your bonds and brought you, paid out to you.
    #[arg(long, conflicts_with_all = ["print", "max_bond"])]
    pub(crate) back: bool,
    /// Print the transactions instead of sending them, to be signed elsewhere. Needs no key, and looks at none.
    #[arg(long)]
    pub(crate) print: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RevealArgs {
    /// Number of the batch.
    pub(crate) batch: u64,
    /// Which chunk of its inputs, counted from 0.
    pub(crate) chunk: u32,
    /// Directory of a validator that has the inputs. When left out, the node at --node is asked: the exchange's, or that of a
    /// validator.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Print the transaction instead of sending it, to be signed elsewhere. Needs no key, and looks at none.
    #[arg(long)]
    pub(crate) print: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RejectArgs {
    /// Number of the batch: the first that is invalid.
    pub(crate) batch: u64,
    /// Print the transaction instead of sending it, to be signed elsewhere. Needs no key, and looks at none.
    #[arg(long)]
    pub(crate) print: bool,
}

fn chunks(text: &str) -> Result<Chunks, String> {
    if text == "all" {
        return Ok(Chunks::All);
    }
    text.parse().map(Chunks::One).map_err(|_| "neither `all` nor the number of a chunk".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser;

    #[test]
    fn what_is_demanded_is_one_chunk_or_all() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        let demand = |line: &str| match parse(line).expect("it is complete").command {
            Command::Demand(args) => args,
            other => panic!("a demand, not {other:?}"),
        };
        assert_eq!(demand("bridge demand 7").chunk, Chunks::All);
        assert_eq!(demand("bridge demand 7 --chunk all --print").chunk, Chunks::All);
        assert_eq!(demand("bridge demand 7 --chunk 3 --max-bond 0.2").chunk, Chunks::One(3));
        for bad in ["demand", "demand 7 --chunk some", "demand 7 --back --print", "reveal 7", "reject"] {
            assert!(parse(&format!("bridge {bad}")).is_err(), "{bad}");
        }
        for printed in ["demand 7 --print", "reveal 7 0 --print", "reject 7 --print"] {
            assert!(
                parse(&format!("bridge {printed}")).expect("it is complete").command.prints(),
                "{printed}"
            );
        }
        assert!(!parse("bridge reveal 7 0 --dir somewhere").expect("it is complete").command.prints());
    }
}
