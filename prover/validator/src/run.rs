//! The loop around the follower: a line for every verdict, patience with what passes, an end for what does not.

use crate::{
    error::{Class, Error, Result},
    follower::Follower,
    source::InputSource,
    verdict::{Judged, Verdict},
};
use ballast_bridge::l1::L1;
use std::{future::Future, io::Write, pin::pin, time::Duration};
use tracing::warn;

/// How the loop runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunConfig {
    /// One JSON object a line instead of a sentence.
    pub json: bool,
    /// Stop when L1 has no batch that was not judged.
    pub once: bool,
    /// Go on after a batch that is not valid.
    pub keep_going: bool,
    /// How often L1 is asked when there is nothing to do.
    pub poll: Duration,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was told to, or everything was judged and is valid.
    Quiet,
    /// A batch is not valid.
    Invalid,
    /// A batch cannot be judged, and nobody wants to wait for it.
    Unavailable,
}

/// Judges batch after batch until `stop` resolves, and writes a line for every new verdict to `out`.
///
/// # Errors
/// Those of the class Critical; with `once`, of any; and when nothing can be written.
pub async fn run<L: L1, S: InputSource>(
    follower: &mut Follower<L, S>,
    config: RunConfig,
    mut out: impl Write,
    stop: impl Future<Output = ()>,
) -> Result<Ending> {
    let mut stop = pin!(stop);
    let mut told: Option<Judged> = None;
    let mut ending = Ending::Quiet;
    loop {
        let step = tokio::select! {
            biased;
            () = &mut stop => return Ok(ending),
            step = follower.step() => step,
        };
        let wait = match step {
            Ok(Some(judged)) => {
                let waits = matches!(judged.verdict, Verdict::Unavailable(_));
                tell(&mut out, config.json, &judged, &mut told)?;
                ending = end(ending, &judged.verdict);
                if (ending == Ending::Invalid && !config.keep_going) || (waits && config.once) {
                    return Ok(ending);
                }
                waits
            }
            Ok(None) if config.once => return Ok(ending),
            Ok(None) => true,
            Err(error) if config.once || error.class() == Class::Critical => return Err(error),
            Err(error) => {
                warn!(%error, "trying again");
                true
            }
        };
        if wait {
            tokio::select! {
                () = &mut stop => return Ok(ending),
                () = tokio::time::sleep(config.poll) => {}
            }
        }
    }
}

/// What an exit would say now. A wrong batch is never forgotten; one that was unavailable may have come.
const fn end(so_far: Ending, verdict: &Verdict) -> Ending {
    match (so_far, verdict) {
        (Ending::Invalid, _) | (_, Verdict::Invalid(_)) => Ending::Invalid,
        (_, Verdict::Unavailable(_)) => Ending::Unavailable,
        (_, Verdict::Valid) => Ending::Quiet,
    }
}

/// Writes the verdict, unless it is the one that was told last.
fn tell(out: &mut impl Write, json: bool, judged: &Judged, told: &mut Option<Judged>) -> Result<()> {
    let again = told.as_ref().is_some_and(|last| last.hash == judged.hash && last.verdict == judged.verdict);
    if !again {
        let line = if json { judged.json() } else { judged.to_string() };
        writeln!(out, "{line}").and_then(|()| out.flush()).map_err(Error::Output)?;
        *told = Some(judged.clone());
    }
    Ok(())
}
