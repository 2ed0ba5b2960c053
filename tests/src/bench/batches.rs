//! The batch that the common workload makes, behind the batch that opens the accounts.

use super::script::Script;
use crate::{
    guest::{Guest, facts},
    world::{Sealed, World},
};
use ballast_types::{B256, Event, Source};
use ballast_vm::{Facts, FastMachine, Subject};
use eyre::{ContextCompat, Result};
use serde::Serialize;

/// What a batch is made of.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub struct Parameters {
    /// Steps of the common workload: orders, cancels, replacements.
    #[arg(long, default_value_t = 1_000)]
    pub orders: usize,
    /// Markets that they are spread over.
    #[arg(long, default_value_t = 4)]
    pub markets: usize,
    /// Most steps of one account under one signature.
    #[arg(long, default_value_t = 10)]
    pub operations: usize,
    /// Seed of the generator.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// A batch of the common workload, and the guest that judges it.
pub(super) struct Batch {
    pub(super) sealed: Sealed,
    /// Signatures of traders.
    pub(super) signatures: u64,
    /// Fills made.
    pub(super) fills: u64,
    /// The domain that they sign over.
    pub(super) separator: B256,
    guest: Guest,
    tape: Vec<u8>,
}

impl Batch {
    /// Makes the batch.
    ///
    /// # Errors
    /// When there is no guest.
    pub(super) fn of(workload: &Parameters) -> Result<Self> {
        let guest = guest()?;
        let script = Script::of(workload.orders, workload.markets, workload.operations, workload.seed);
        let mut world = World::new(&script.genesis);
        script.opening.iter().for_each(|input| drop(world.apply(input)));
        world.seal(script.opening);
        let (mut inputs, mut fills) = (Vec::with_capacity(script.inputs.len()), 0);
        for (said, _) in script.inputs {
            // A seal came between.
            let input = world.input(said.source);
            let events = world.apply(&input);
            fills += events.iter().filter(|event| matches!(event, Event::Fill { .. })).count() as u64;
            inputs.push(input);
        }
        let signatures = inputs.iter().filter(|input| matches!(input.source, Source::User { .. }));
        let signatures = signatures.count() as u64;
        let separator = world.exchange.separator();
        let sealed = world.seal(inputs);
        let tape = sealed.tape();
        Ok(Self { sealed, signatures, fills, separator, guest, tape })
    }

    /// The machine, about to judge it.
    pub(super) fn machine(&self) -> FastMachine {
        self.guest.machine(Subject::Batch, self.sealed.header.hash())
    }

    /// What the guest asks for.
    pub(super) fn facts(&self) -> Facts {
        facts(&self.tape)
    }
}

/// The guest that `scripts/bench` built.
///
/// # Errors
/// When this machine cannot build it.
pub(super) fn guest() -> Result<Guest> {
    Guest::find().wrap_err("there is no guest: scripts/setup guest")
}
