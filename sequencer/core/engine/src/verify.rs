//! The one place where an input's signature is dealt with, before the engine sees it.

use ballast_auth::{Authorized, Recover, authorize_command, authorize_guardian, authorize_report};
use ballast_batch::promise;
use ballast_types::{
    B256, GuardianCommand, L1Message, PriceReport, Rejection, Source, SystemCommand, UserCommand,
};

/// A source whose signature has been dealt with, and its hash for the promise chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    said: Said,
    hash: B256,
}

/// What a source said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A command and the address that signed it.
    User(Authorized<UserCommand>),
    /// A report and the address that signed it.
    Publisher(Authorized<PriceReport>),
    /// A command of a guardian and the address that signed it.
    Guardian(Authorized<GuardianCommand>),
    /// A message of the inbox; the batch's rolling hash answers for it.
    L1(L1Message),
    /// The sequencer's own word; the batch it ends up in answers for it.
    System(SystemCommand),
    /// What nobody signed.
    Unsigned(Rejection),
}

impl Verified {
    /// What was said, by whom.
    #[must_use]
    pub const fn said(&self) -> &Said {
        &self.said
    }

    /// The hash of the source, its signature included.
    #[must_use]
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// Whether this came from `source`, its signature aside.
    pub(crate) fn is_of(&self, source: &Source) -> bool {
        match (&self.said, source) {
            (Said::User(verified), Source::User { command, .. }) => verified.get() == command,
            (Said::Publisher(verified), Source::Publisher { report, .. }) => verified.get() == report,
            (Said::Guardian(verified), Source::Guardian { command, .. }) => verified.get() == command,
            (Said::L1(verified), Source::L1(message)) => verified == message,
            (Said::System(verified), Source::System(command)) => verified == command,
            (Said::Unsigned(_), Source::User { .. } | Source::Publisher { .. } | Source::Guardian { .. }) => {
                true
            }
            _ => false,
        }
    }
}

/// Recovers the signer of `source`, where it has one, over the domain `separator` (EIP-712), and hashes it.
///
/// A function of its arguments alone, so that it can run on any thread, long before the input has a place in
/// the log. Whether the signer may say this is for the engine: it depends on the state.
pub fn verify<R: Recover>(recover: &R, separator: B256, source: &Source) -> Verified {
    let said = match source {
        Source::User { command, signature } => {
            match authorize_command(recover, separator, command.clone(), signature) {
                Ok(command) => Said::User(command),
                Err(rejection) => Said::Unsigned(rejection),
            }
        }
        Source::Publisher { report, signature } => {
            match authorize_report(recover, separator, report.clone(), signature) {
                Ok(report) => Said::Publisher(report),
                Err(rejection) => Said::Unsigned(rejection),
            }
        }
        Source::Guardian { command, signature } => {
            match authorize_guardian(recover, separator, *command, signature) {
                Ok(command) => Said::Guardian(command),
                Err(rejection) => Said::Unsigned(rejection),
            }
        }
        Source::L1(message) => Said::L1(message.clone()),
        Source::System(command) => Said::System(command.clone()),
    };
    Verified { said, hash: promise::source_hash(source) }
}
