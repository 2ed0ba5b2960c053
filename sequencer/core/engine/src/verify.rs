//! The one place where an input's signature is dealt with, before the engine sees it.

use ballast_auth::{Authorized, Recover, authorize_command, authorize_report};
use ballast_types::{B256, L1Message, PriceReport, Rejection, Source, SystemCommand, UserCommand};

/// A source whose signature has been dealt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// A command and the address that signed it.
    User(Authorized<UserCommand>),
    /// A report and the address that signed it.
    Publisher(Authorized<PriceReport>),
    /// A message of the inbox; the batch's rolling hash answers for it.
    L1(L1Message),
    /// The sequencer's own word; the batch it ends up in answers for it.
    System(SystemCommand),
    /// A command or report that nobody signed.
    Unsigned(Rejection),
}

impl Verified {
    /// Whether this came from `source`, its signature aside.
    pub(crate) fn is_of(&self, source: &Source) -> bool {
        match (self, source) {
            (Self::User(verified), Source::User { command, .. }) => verified.get() == command,
            (Self::Publisher(verified), Source::Publisher { report, .. }) => verified.get() == report,
            (Self::L1(verified), Source::L1(message)) => verified == message,
            (Self::System(verified), Source::System(command)) => verified == command,
            (Self::Unsigned(_), Source::User { .. } | Source::Publisher { .. }) => true,
            _ => false,
        }
    }
}

/// Recovers the signer of `source`, where it has one, over the domain `separator` (EIP-712).
///
/// A function of its arguments alone, so that it can run on any thread, long before the input has a place in
/// the log. Whether the signer may say this is for the engine: it depends on the state.
pub fn verify<R: Recover>(recover: &R, separator: B256, source: &Source) -> Verified {
    match source {
        Source::User { command, signature } => {
            match authorize_command(recover, separator, command.clone(), signature) {
                Ok(command) => Verified::User(command),
                Err(rejection) => Verified::Unsigned(rejection),
            }
        }
        Source::Publisher { report, signature } => {
            match authorize_report(recover, separator, report.clone(), signature) {
                Ok(report) => Verified::Publisher(report),
                Err(rejection) => Verified::Unsigned(rejection),
            }
        }
        Source::L1(message) => Verified::L1(message.clone()),
        Source::System(command) => Verified::System(command.clone()),
    }
}
