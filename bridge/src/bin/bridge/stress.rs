//! `bridge stress`: proves to L1, by its own headers, that it was too dear for anybody to act in time, and so stretches the
//! windows that are open. Anybody may.

use crate::{
    context::Context,
    output::{Answer, say},
    transaction::{send, unsigned},
};
use alloy::{
    primitives::{Bytes, U256},
    sol_types::SolCall,
};
use ballast_bridge::{
    bindings::{
        StressClock,
        StressClock::{StressClockErrors, proveCall},
    },
    stress::{MOST_HEADERS, Provable, Unproven, Window, WindowOf},
};
use eyre::Result;
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub(crate) struct StressArgs {
    /// Print the transactions instead of sending them, to be signed elsewhere. Needs no key, and looks at none.
    #[arg(long)]
    pub(crate) print: bool,
    /// Send nothing: tell what would be proven, and how far the windows are stretched already.
    #[arg(long, conflicts_with = "print")]
    pub(crate) look: bool,
}

pub(crate) async fn run(context: &Context, args: &StressArgs) -> Result<Answer> {
    let unproven = context.l1.unproven().await?;
    let calls = calls(&unproven);
    if args.print {
        return Ok(print(context, &unproven, calls));
    }
    let before = context.l1.windows().await?;
    if args.look {
        return Ok(answer(&unproven, &before, &before, "can be proven"));
    }
    if !calls.is_empty() {
        let clock = StressClock::new(unproven.clock, context.wallet()?);
        for call in calls {
            send::<_, StressClockErrors>(clock.prove(call), "the proof").await?;
        }
    }
    let after = context.l1.windows().await?;
    Ok(answer(&unproven, &before, &after, "proven"))
}

/// Samples come first: what is abnormal follows from them.
fn calls(unproven: &Unproven) -> Vec<Vec<Bytes>> {
    let headers = |of: &[Provable]| of.iter().map(|provable| provable.header.clone()).collect();
    let of = |all: &[Provable]| all.chunks(MOST_HEADERS).map(headers).collect::<Vec<Vec<_>>>();
    let mut calls = of(&unproven.samples);
    calls.extend(of(&unproven.dear));
    calls
}

fn print(context: &Context, unproven: &Unproven, calls: Vec<Vec<Bytes>>) -> Answer {
    say("to be sent in this order, by anybody, before the windows are over");
    let printed: Vec<_> = calls
        .into_iter()
        .map(|headers| {
            let data = proveCall { headers }.abi_encode();
            unsigned(context, unproven.clock, &data.into(), U256::ZERO)
        })
        .collect();
    let text: Vec<_> = printed.iter().map(|answer| answer.text.clone()).collect();
    let transactions: Vec<_> = printed.into_iter().map(|answer| answer.json).collect();
    Answer { text: text.join("\n\n"), json: json!({ "transactions": transactions }) }
}

fn answer(unproven: &Unproven, before: &[Window], after: &[Window], how: &str) -> Answer {
    let mut lines = vec![format!(
        "{} samples and {} blocks of stress {how}",
        unproven.samples.len(),
        unproven.dear.len()
    )];
    lines.extend(after.iter().map(|window| line(window, gained(before, window))));
    Answer {
        text: lines.join("\n"),
        json: json!({
            "clock": unproven.clock, "samples": unproven.samples.len(), "blocks": unproven.dear.len(),
            "windows": after.iter().map(|window| told(window, gained(before, window))).collect::<Vec<_>>(),
        }),
    }
}

/// Seconds by which a window ends later than before.
fn gained(before: &[Window], now: &Window) -> u64 {
    let same = before.iter().find(|window| window.of == now.of && window.plain == now.plain);
    same.map_or(0, |window| now.end.saturating_sub(window.end))
}

fn line(window: &Window, gained: u64) -> String {
    let what = match window.of {
        WindowOf::Batch(index) => format!("batch {index} can be disputed until"),
        WindowOf::Request(id) => format!("request {id} is due by"),
        WindowOf::Silence => "the next batch is due by".to_owned(),
        WindowOf::Demand(index, chunk) => format!("chunk {chunk} of batch {index} is to be shown until"),
    };
    let stretched = window.end.saturating_sub(window.plain);
    format!("{what} Unix time {}: {stretched} s later than without stress, {gained} s by this", window.end)
}

fn told(window: &Window, gained: u64) -> Value {
    let (of, number) = match window.of {
        WindowOf::Batch(index) => ("batch", Some(index)),
        WindowOf::Request(id) => ("request", Some(id)),
        WindowOf::Silence => ("silence", None),
        WindowOf::Demand(index, _) => ("demand", Some(index)),
    };
    let stretched = window.end.saturating_sub(window.plain);
    json!({ "of": of, "number": number, "end": window.end, "stretched": stretched, "gained": gained })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::Address;

    fn unproven(samples: usize, dear: usize) -> Unproven {
        let header = Provable { number: 7, header: Bytes::from_static(b"header") };
        Unproven { clock: Address::ZERO, samples: vec![header.clone(); samples], dear: vec![header; dear] }
    }

    #[test]
    fn samples_go_first_and_no_call_is_too_long() {
        let lengths =
            |samples, dear| -> Vec<_> { calls(&unproven(samples, dear)).iter().map(Vec::len).collect() };
        assert_eq!(lengths(0, 0), [0_usize; 0]);
        assert_eq!(lengths(2, 130), [2, 64, 64, 2]);
    }

    #[test]
    fn what_was_stretched_is_told_and_by_whom() {
        let before = Window { of: WindowOf::Request(3), plain: 100, end: 110 };
        let after = Window { end: 130, ..before };
        assert_eq!(gained(&[before], &after), 20);
        assert_eq!(gained(&[Window { plain: 99, ..before }], &after), 0, "another window");
        let text = line(&after, 20);
        assert!(text.contains("130: 30 s later") && text.ends_with("20 s by this"), "{text}");
        assert_eq!(told(&after, 20)["stretched"], json!(30));
    }
}
