//! `bridge freeze`: ends an exchange that does not serve what is forced, or posts nothing. Anybody may, and nobody can undo it.

use crate::{
    args::FreezeArgs,
    context::{Context, POLL, persist},
    output::{Answer, say},
    transaction::{send, unsigned},
};
use alloy::sol_types::SolCall;
use ballast_bridge::{
    bindings::{
        Rollup,
        Rollup::{freezeCall, freezeSilentCall},
    },
    escape::{Freeze, Reason},
    l1::L1,
};
use eyre::{Result, bail};
use serde_json::json;

pub(crate) async fn run(context: &Context, args: &FreezeArgs) -> Result<Answer> {
    let reason = match (args.request, already(context).await?) {
        (_, Some(answer)) => return Ok(answer),
        (Some(id), None) => Reason::Request(id),
        (None, None) => match due(context, args.wait).await? {
            Some(reason) => reason,
            None => return frozen(context).await,
        },
    };
    if args.print {
        say("to be sent by anybody; it ends the exchange for ever");
        let data = match reason {
            Reason::Request(id) => freezeCall { requestId: id }.abi_encode(),
            Reason::Silence => freezeSilentCall {}.abi_encode(),
        };
        return Ok(unsigned(context, context.deployment.rollup, &data.into(), alloy::primitives::U256::ZERO));
    }
    let rollup = Rollup::new(context.deployment.rollup, context.wallet()?);
    let sent = match reason {
        Reason::Request(id) => send::<_, Rollup::RollupErrors>(rollup.freeze(id), "the freeze").await,
        Reason::Silence => send::<_, Rollup::RollupErrors>(rollup.freezeSilent(), "the freeze").await,
    };
    match (sent, already(context).await?) {
        // Whoever was first, it is done.
        (_, Some(answer)) => Ok(answer),
        (Err(error), None) => Err(error),
        (Ok(_), None) => {
            bail!("L1 did not freeze the exchange: it may be reorganising, try again in a minute")
        }
    }
}

/// Waits, if that is wanted, until something allows a freeze; `None` when somebody froze it meanwhile.
async fn due(context: &Context, wait: bool) -> Result<Option<Reason>> {
    let mut told = None;
    loop {
        let (freeze, head) =
            persist(async || Ok((context.l1.freeze().await?, context.l1.head().await?))).await?;
        let (reason, due) = freeze.reason();
        if freeze.frozen_at != 0 {
            return Ok(None);
        }
        if head.time > due {
            say(&format!("{reason}: anybody may freeze the exchange"));
            return Ok(Some(reason));
        }
        let left = due - head.time + 1;
        if !wait {
            bail!(
                "nothing allows a freeze yet: {}, in {left} s at the earliest. Add --wait to wait",
                coming(reason)
            );
        }
        if told != Some(reason) {
            say(&format!("{}, in {left} s at the earliest", coming(reason)));
            told = Some(reason);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn coming(reason: Reason) -> String {
    match reason {
        Reason::Request(id) => {
            format!("forced request {id} may yet be consumed in time; if not, it allows one")
        }
        Reason::Silence => "no forced request waits; that no batch is posted allows one".to_owned(),
    }
}

/// The answer, when the exchange is frozen.
async fn already(context: &Context) -> Result<Option<Answer>> {
    let freeze = context.l1.freeze().await?;
    Ok((freeze.frozen_at != 0).then(|| answer(&freeze)))
}

async fn frozen(context: &Context) -> Result<Answer> {
    Ok(answer(&context.l1.freeze().await?))
}

fn answer(freeze: &Freeze) -> Answer {
    let next = if freeze.settled {
        "`bridge escape` goes on"
    } else {
        "`bridge escape` goes on when all batches are final"
    };
    say(&format!("the exchange is frozen for ever: {next}"));
    Answer {
        text: format!("frozen at {}", freeze.frozen_at),
        json: json!({ "frozenAt": freeze.frozen_at, "settled": freeze.settled }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_in_words() {
        assert_eq!(Reason::Request(4).to_string(), "forced request 4 was passed over");
        assert!(coming(Reason::Silence).contains("no batch is posted"));
    }
}
