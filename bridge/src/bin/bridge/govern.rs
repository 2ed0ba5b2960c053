//! `bridge govern`: what governance signs, written out. Sends nothing, needs no key, no L1 and no exchange.

use crate::{
    args::{GovernArgs, NetworkArgs},
    output::{Answer, say},
};
use alloy::primitives::{Address, Bytes};
use ballast_bridge::{
    Deployment,
    governance::{Action, govern_data, timelock_data},
};
use eyre::{Result, bail};
use serde_json::json;

/// A transaction for another hand to sign.
struct Transaction {
    what: &'static str,
    to: Address,
    data: Bytes,
}

pub(crate) fn run(network: &NetworkArgs, args: &GovernArgs) -> Result<Answer> {
    let action = Action::named(&args.action)?;
    let (subject, value) = (action.subject(args.subject)?, action.value(&args.value)?);
    let inbox = match args.inbox {
        Some(inbox) => inbox,
        None => Deployment::read(&network.deployment)?.inbox,
    };
    say(&format!(
        "{} of {} {} becomes {}: what the exchange does not let be it refuses when it reads it, see `ballast_governance` \
         of its node",
        action.name,
        action.of,
        subject,
        action.in_words(value)
    ));
    let transactions = transactions(inbox, args, govern_data(action.number, subject, value))?;
    let lines: Vec<String> = (1..)
        .zip(&transactions)
        .map(|(place, sent)| {
            format!("{place}. {}\n   to    {}\n   value 0\n   data  {}", sent.what, sent.to, sent.data)
        })
        .collect();
    let json: Vec<_> = transactions
        .iter()
        .map(|sent| json!({ "what": sent.what, "to": sent.to, "value": "0", "data": sent.data }))
        .collect();
    let json = json!({
        "action": action.number, "name": action.name, "subject": subject, "value": value.to_string(),
        "transactions": json,
    });
    Ok(Answer { text: lines.join("\n"), json })
}

fn transactions(inbox: Address, args: &GovernArgs, data: Bytes) -> Result<Vec<Transaction>> {
    let Some(timelock) = args.timelock else {
        return Ok(vec![Transaction {
            what: "Inbox.govern, sent by the governance contract",
            to: inbox,
            data,
        }]);
    };
    let Some(delay) = args.delay else {
        bail!(
            "say how long it is to wait, with --delay SECONDS: at least what getMinDelay() of {timelock} says"
        );
    };
    let [schedule, execute] = timelock_data(inbox, &data, args.salt, delay);
    Ok(vec![
        Transaction { what: "TimelockController.schedule, sent by a proposer", to: timelock, data: schedule },
        Transaction {
            what: "TimelockController.execute, sent by an executor when the delay is over",
            to: timelock,
            data: execute,
        },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser;

    fn printed(line: &str) -> Result<Answer> {
        let args = Args::try_parse_from(line.split(' ')).map_err(|error| eyre::eyre!("{error}"))?;
        let Command::Govern(options) = &args.command else { panic!("another command") };
        run(&args.network, options)
    }

    #[test]
    fn the_call_of_the_inbox_is_printed_or_two_of_a_timelock() {
        let inbox = "--inbox 0x0202020202020202020202020202020202020202";
        let one = printed(&format!("bridge govern maintenance_margin 3 4% --print {inbox}")).expect("a call");
        let data = one.json["transactions"][0]["data"].as_str().expect("bytes").to_owned();
        assert_eq!(one.json["value"], "40000");
        let signer = printed(&format!("bridge govern publisher 2 17 --print {inbox}")).expect("a call");
        assert_eq!((&signer.json["action"], &signer.json["value"]), (&json!(11), &json!("17")));
        assert!(printed(&format!("bridge govern guardian 0 alice --print {inbox}")).is_err(), "whose");
        assert!(printed(&format!("bridge govern guardian 17 0 --print {inbox}")).is_err(), "there is one");
        assert!(printed(&format!("bridge govern publisher 16 17 --print {inbox}")).is_err(), "of 16");
        assert!(one.text.contains(&data));
        let timelock = "--timelock 0x0303030303030303030303030303030303030303";
        let two = printed(&format!("bridge govern 0 3 4% --print {inbox} {timelock} --delay 604800"));
        let two = two.expect("two calls").json["transactions"].clone();
        assert_eq!(two.as_array().map(Vec::len), Some(2));
        for call in [&two[0], &two[1]] {
            assert!(call["data"].as_str().expect("bytes").contains(&data[2..]), "it carries the call");
            assert_eq!(call["to"], "0x0303030303030303030303030303030303030303");
        }
        assert!(printed(&format!("bridge govern 0 3 4% --print {inbox} {timelock}")).is_err(), "how long");
        assert!(printed(&format!("bridge govern 0 3 4 --print {inbox}")).is_err(), "of what");
        assert!(printed(&format!("bridge govern 0 3 4% {inbox}")).is_err(), "it only prints");
    }
}
