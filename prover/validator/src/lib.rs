//! Follows the batches that are posted on L1, re-executes every one, and says which is right.
//!
//! The validator trusts nobody but its own L1 node. It begins with the genesis, whose hash L1 knows, and takes every
//! batch from there: the header by its hash, the inputs by the root that the header names ([`source`]), the diff from
//! L1 itself. It [judges](judge()) them with the very program that decides a dispute, and besides with a complete
//! exchange of its own; where the two disagree, it stops rather than accuse anybody. [`Follower`] goes from batch
//! to batch, keeps what a restart needs ([`archive`]) and walks back when L1 does.
//!
//! Inputs that nobody shows it demands on L1, when it has a key ([`withheld`]), and reads what is shown there; what
//! others demand it answers from its archive. With the key it runs other errands besides ([`keeper`]). It [watches](watch)
//! whether the exchange is late, and whether claims on a frozen one are right.
//!
//! With the program that L1 judges by it goes to [`court`]: it challenges what is wrong, defends what is right, and plays
//! every match to its end.
//!
//! What is absent: rules of the exchange, and disputes of escape claims: a wrong one is named.

mod answers;
pub mod archive;
mod blocking;
pub mod court;
pub mod error;
mod exits;
pub mod follower;
pub mod genesis;
mod judge;
pub mod keeper;
pub mod ledger;
pub mod metrics;
mod published;
mod recovered;
pub mod replica;
pub mod run;
pub mod server;
pub mod source;
pub mod status;
pub mod store;
pub mod verdict;
pub mod watch;
pub mod withheld;

pub use answers::Answers;
pub use archive::{Archive, Kept, Retention};
pub use error::{Class, Error, Result};
pub use follower::{Follower, FollowerConfig};
pub use judge::{Batch, Judgement, judge};
pub use published::Published;
pub use replica::Replica;
pub use source::InputSource;
pub use status::{Board, Opinion, Status};
pub use store::Store;
pub use verdict::{Judged, Missing, Reason, Verdict};
pub use watch::Watch;
pub use withheld::Patience;
