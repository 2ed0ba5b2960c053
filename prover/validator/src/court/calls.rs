//! Acts as L1 takes them.

use super::{
    moves::descend,
    papers::{filing, state, witness},
    runs::Run,
    standing::Act,
};
use crate::{
    blocking::blocking,
    error::{Error, Result},
};
use alloy::{
    primitives::{B256, U256},
    sol_types::SolCall,
};
use ballast_bridge::{
    bindings::DisputeGame,
    dispute::{Encounter, Matter},
    l1::Call,
};
use std::sync::Arc;

/// The call of an act for the right claim, whose history `run` has; `bond` goes with a claim that is filed.
///
/// # Errors
/// [`Error::Incomplete`] when what L1 shows of the other claim leads nowhere.
pub(super) async fn call(matter: Matter, run: &Arc<Run>, act: Act, bond: U256) -> Result<Call> {
    let (hash, history) = (matter.hash, &run.trace.history);
    let is_valid = run.trace.last.says_valid();
    let roots = |against: B256| {
        if is_valid { (history.root(), against) } else { (against, history.root()) }
    };
    let input = match act {
        Act::File => {
            let input = DisputeGame::fileCall { filing: filing(matter, &run.trace) }.abi_encode();
            return Ok(Call::Dispute { input: input.into(), value: bond });
        }
        Act::Move { against, at } => {
            let Some((descent, nodes)) = descend(history, is_valid, at.level, at.index, &at.shown) else {
                let what = format!("what {against} shows is not the way down from level {}", at.level);
                return Err(Error::Incomplete { hash, what });
            };
            let (valid, invalid) = roots(against);
            DisputeGame::moveCall { hash, validRoot: valid, invalidRoot: invalid, descent, nodes }
                .abi_encode()
        }
        Act::Step { against, at } => step(hash, roots(against), run, &at).await?.abi_encode(),
        Act::Expire { against } => {
            let (valid, invalid) = roots(against);
            DisputeGame::expireCall { hash, validRoot: valid, invalidRoot: invalid }.abi_encode()
        }
        Act::Conclude => DisputeGame::concludeCall { hash }.abi_encode(),
    };
    Ok(plain(input))
}

/// A call of the game that costs gas alone.
pub(super) fn plain(input: Vec<u8>) -> Call {
    Call::Dispute { input: input.into(), value: U256::ZERO }
}

/// The step that decides.
async fn step(
    hash: B256,
    (valid, invalid): (B256, B256),
    run: &Arc<Run>,
    at: &Encounter,
) -> Result<DisputeGame::stepCall> {
    let before = at.index.checked_sub(1).ok_or_else(|| Error::Incomplete {
        hash,
        what: "a difference in the first state, which both have proven".to_owned(),
    })?;
    let proof = run.trace.history.proof(before).to_vec();
    let run = Arc::clone(run);
    let (before, witness) = blocking(move || {
        let leap = run.trial.clone().leap(before)?.0;
        let witness = witness(&leap, &run.data)?;
        Ok((state(&leap.before), witness))
    })
    .await?;
    Ok(DisputeGame::stepCall { hash, validRoot: valid, invalidRoot: invalid, before, proof, witness })
}
