//! Reads the lines of a scenario.

use super::assets::InKind;
use alloy::primitives::utils::parse_units;
use ballast_engine::governance::SIGNERS;
use ballast_types::{
    Direction, ForcedRequest, LinkKind, MarketMode, PriceSource, SelfTrade, Side, TimeInForce,
};

/// Decimals of prices, sizes and money in the scenarios' market.
pub(super) const PRICE_DECIMALS: u8 = 1;
pub(super) const SIZE_DECIMALS: u8 = 5;
pub(super) const MONEY_DECIMALS: u8 = 6;

/// A line that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub(super) String);

type Read<T> = Result<T, ReadError>;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Account {
        name: String,
        deposit: i64,
        of: Option<String>,
    },
    Fees {
        volume: u64,
        taker: u32,
        maker: i32,
    },
    /// A tier of margin: beyond so many lots, times so much; and what they are worth, where they follow that.
    Tier {
        above: u64,
        multiplier: u32,
        notional: i64,
    },
    /// What the backstop and the fund have.
    Protect {
        backstop: i64,
        fund: i64,
    },
    /// The market is alone in a pool, whose fund has so much.
    Silo(i64),
    Transfer {
        amount: i64,
        from: String,
        to: String,
    },
    Liquidate(String),
    Deleverage(Vec<String>),
    /// Gains pay what the pool of the market owes.
    Haircut,
    /// What is forced through L1, but for a withdrawal.
    Force {
        request: ForcedRequest,
        account: String,
    },
    ForceWithdraw {
        amount: InKind,
        from: String,
    },
    /// An account that exits is closed and paid out.
    Exit(String),
    /// Governance moves a parameter, by its name, to this.
    Govern {
        action: String,
        value: Governed,
    },
    /// The market settles at a whole minute, about so many milliseconds after the beginning.
    SettlesAt(u64),
    Settle,
    /// Positions of these become cash.
    CashIn(Vec<String>),
    /// The pool in which the market is.
    Resolve,
    Fund {
        amount: i64,
        of_silo: bool,
    },
    Deficit {
        amount: i64,
        of_silo: bool,
    },
    Mark(u64),
    /// What the publisher says once: spot, and what perpetuals cost elsewhere.
    Report {
        spot: u64,
        perp: Option<u64>,
    },
    Wait(u64),
    Sweep,
    Fire,
    /// What the guardian restricts the market to, and for how many milliseconds from now.
    Restrict {
        mode: MarketMode,
        ahead: u64,
    },
    /// The market has its circuit breakers.
    Breakers,
    /// Most open interest of the market, in u.
    OpenInterestCap(i64),
    /// By how much it may grow beyond twice what it was a day ago, in u.
    OpenInterestGrowth(i64),
    /// From how much of it on initial margin grows, in u.
    OpenInterestFree(i64),
    /// The market's margin follows its index, after a quiet month.
    Shortfall,
    /// The market is one of class C at launch.
    LongTail,
    /// Gains of the market count when they have lasted.
    StrictGains,
    /// The least that leaves pool 0 in an hour and in a day, in u; or 1% and 10% of what it has.
    Pace {
        hour: i64,
        day: i64,
    },
    /// Markets tighten while L1 takes no batch.
    Lag,
    /// Open interest goes by what publishers say is borne elsewhere.
    Capacity,
    /// They say that it is so many USDC.
    TellCapacity(u64),
    /// Markets tighten while a USDC is worth less than a dollar.
    Peg,
    /// From now on each report says this of it, in ppm.
    Usdc(u32),
    /// L1 took a batch.
    Posted(u64),
    Seal,
    /// What waits to leave pool 0, in u, and how many wait.
    Queued {
        amount: i64,
        count: u64,
    },
    Withdraw {
        amount: InKind,
        from: String,
    },
    /// An asset beside USDC, and its minimum.
    Asset(InKind),
    /// It is margin at the price of the market, for all but so much of its value, in ppm; where it is new, for at most so much.
    Collateral {
        symbol: String,
        haircut: u32,
        new: Option<i64>,
    },
    Deposit {
        amount: InKind,
        to: String,
    },
    Holds {
        account: String,
        amount: InKind,
    },
    /// The publisher says this once a second for so many milliseconds.
    Steady {
        time: u64,
        price: u64,
    },
    Clear,
    Grant {
        account: String,
        key: String,
    },
    Act {
        account: String,
        key: Option<String>,
        atomic: bool,
        steps: Vec<Step>,
    },
    Depth {
        side: Side,
        levels: Vec<(u64, u64)>,
    },
    Position {
        account: String,
        lots: i64,
    },
    Cash {
        account: String,
        amount: i64,
    },
    Orders {
        account: String,
        count: u32,
    },
}

/// What a parameter is to be, or who is to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Governed {
    /// In its own unit.
    Value(u64),
    /// A whole minute, so many milliseconds from now or later.
    Ahead(u64),
    /// Whoever owns this account.
    OwnerOf(String),
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Place(Draft),
    Cancel(String),
    CancelId(u64),
    Replace(String, Draft),
    CancelAll {
        side: Option<Side>,
        key: Option<String>,
    },
    CancelAt(Option<u64>),
    /// An order that waits, and the step, from 1, with which it hangs together.
    When {
        trigger: When,
        link: Option<(LinkKind, u8)>,
        order: Draft,
    },
    CancelWaiting(String),
    /// 0 takes it back.
    Leverage(u16),
}

/// What an order waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Price(PriceSource, Direction, u64),
    Opened,
    /// Milliseconds from now; parts, and milliseconds between them.
    At(u64, u16, u32),
}

/// An order as a line writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) side: Side,
    pub(super) size: u64,
    pub(super) price: u64,
    pub(super) name: Option<String>,
    pub(super) time_in_force: TimeInForce,
    pub(super) display: Option<u64>,
    pub(super) reduce_only: bool,
    /// Milliseconds from now.
    pub(super) until: Option<i64>,
    pub(super) self_trade: SelfTrade,
    pub(super) client: u64,
}

/// A line and what it expects; nothing when it is empty or a comment.
pub(super) fn line(text: &str) -> Read<Option<(Line, Vec<String>)>> {
    let text = text.split('#').next().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (said, expected) = text.split_once("->").unwrap_or((text, ""));
    let phrases = expected.split(',').map(str::trim).filter(|phrase| !phrase.is_empty());
    let phrases = phrases.map(str::to_owned).collect();
    Ok(Some((what(said.trim())?, phrases)))
}

fn what(text: &str) -> Read<Line> {
    if let Some((who, steps)) = text.split_once(':')
        && !matches!(who, _ if who.starts_with("bids") || who.starts_with("asks"))
    {
        return act(who, steps);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(match words.as_slice() {
        ["account", name, deposit] => {
            Line::Account { name: (*name).into(), deposit: money(deposit)?, of: None }
        }
        ["account", name, deposit, "of", owner] => {
            Line::Account { name: (*name).into(), deposit: money(deposit)?, of: Some((*owner).into()) }
        }
        ["fees", volume, taker, maker] => Line::Fees {
            volume: narrow(fixed(volume, MONEY_DECIMALS)?)?,
            taker: narrow(fixed(taker, 2)?)?,
            maker: narrow(fixed(maker, 2)?)?,
        },
        ["tier", above, multiplier, worth @ ..] => Line::Tier {
            above: narrow(fixed(above, SIZE_DECIMALS)?)?,
            multiplier: narrow(fixed(multiplier, MONEY_DECIMALS)?)?,
            notional: match worth {
                [] => 0,
                ["worth", notional] => money(notional)?,
                _ => return Err(ReadError(format!("worth what? {worth:?}"))),
            },
        },
        ["mark", price] => Line::Mark(ticks(price)?),
        ["report", spot] => Line::Report { spot: ticks(spot)?, perp: None },
        ["report", spot, "perp", perp] => Line::Report { spot: ticks(spot)?, perp: Some(ticks(perp)?) },
        ["wait", time] => Line::Wait(number(time)?),
        ["sweep"] => Line::Sweep,
        ["fire"] => Line::Fire,
        ["restrict", mode, time] => {
            Line::Restrict { mode: market_mode(mode)?, ahead: number(time.trim_start_matches('+'))? }
        }
        ["breakers"] => Line::Breakers,
        ["open-interest", "cap", amount] => Line::OpenInterestCap(money(amount)?),
        ["open-interest", "growth", amount] => Line::OpenInterestGrowth(money(amount)?),
        ["open-interest", "free", amount] => Line::OpenInterestFree(money(amount)?),
        ["shortfall"] => Line::Shortfall,
        ["long-tail"] => Line::LongTail,
        ["strict", "gains"] => Line::StrictGains,
        ["pace", hour, day] => Line::Pace { hour: money(hour)?, day: money(day)? },
        ["lag"] => Line::Lag,
        ["capacity"] => Line::Capacity,
        ["capacity", usdc] => Line::TellCapacity(number(usdc)?),
        ["peg"] => Line::Peg,
        ["usdc", worth] => Line::Usdc(narrow(fixed(worth, MONEY_DECIMALS)?)?),
        ["posted", batch] => Line::Posted(number(batch)?),
        ["seal"] => Line::Seal,
        ["queued", amount, "by", count] => Line::Queued { amount: money(amount)?, count: number(count)? },
        ["withdraw", amount, "from", from] => {
            Line::Withdraw { amount: in_kind(amount, "USDC")?, from: (*from).into() }
        }
        ["withdraw", amount, symbol, "from", from] => {
            Line::Withdraw { amount: in_kind(amount, symbol)?, from: (*from).into() }
        }
        ["asset", symbol, minimum] => Line::Asset(in_kind(minimum, symbol)?),
        ["collateral", symbol, "less", part] => Line::Collateral {
            symbol: (*symbol).into(),
            haircut: narrow(fixed(part.trim_end_matches('%'), 4)?)?,
            new: None,
        },
        ["collateral", symbol, "less", part, "new", "up", "to", most] => Line::Collateral {
            symbol: (*symbol).into(),
            haircut: narrow(fixed(part.trim_end_matches('%'), 4)?)?,
            new: Some(money(most)?),
        },
        ["deposit", amount, symbol, "to", to] => {
            Line::Deposit { amount: in_kind(amount, symbol)?, to: (*to).into() }
        }
        [account, "holds", amount, symbol] => {
            Line::Holds { account: (*account).into(), amount: in_kind(amount, symbol)? }
        }
        ["steady", price, "for", time] => Line::Steady { time: number(time)?, price: ticks(price)? },
        ["clear"] => Line::Clear,
        ["protect", backstop, fund] => Line::Protect { backstop: money(backstop)?, fund: money(fund)? },
        ["liquidate", account] => Line::Liquidate((*account).into()),
        ["deleverage", accounts @ ..] => {
            Line::Deleverage(accounts.iter().map(|account| (*account).into()).collect())
        }
        ["haircut"] => Line::Haircut,
        ["force-withdraw", amount, "from", account] => {
            Line::ForceWithdraw { amount: in_kind(amount, "USDC")?, from: (*account).into() }
        }
        ["force-withdraw", amount, symbol, "from", account] => {
            Line::ForceWithdraw { amount: in_kind(amount, symbol)?, from: (*account).into() }
        }
        [word, account] if word.starts_with("force-") => {
            Line::Force { request: request(word)?, account: (*account).into() }
        }
        ["govern", action, value] => Line::Govern {
            action: (*action).into(),
            value: match value.strip_prefix('+') {
                Some(ahead) => Governed::Ahead(number(ahead)?),
                None if SIGNERS.iter().any(|(_, name)| name == action) => Governed::OwnerOf((*value).into()),
                None => Governed::Value(number(value)?),
            },
        },
        ["exit", account] => Line::Exit((*account).into()),
        ["settles", "at", time] => Line::SettlesAt(number(time.trim_start_matches('+'))?),
        ["settle"] => Line::Settle,
        ["cash-in", accounts @ ..] => {
            Line::CashIn(accounts.iter().map(|account| (*account).into()).collect())
        }
        ["resolve"] => Line::Resolve,
        ["silo", fund] => Line::Silo(money(fund)?),
        ["transfer", amount, "from", from, "to", to] => {
            Line::Transfer { amount: money(amount)?, from: (*from).into(), to: (*to).into() }
        }
        ["fund", amount] => Line::Fund { amount: money(amount)?, of_silo: false },
        ["fund", amount, "of", "silo"] => Line::Fund { amount: money(amount)?, of_silo: true },
        ["deficit", amount] => Line::Deficit { amount: money(amount)?, of_silo: false },
        ["deficit", amount, "of", "silo"] => Line::Deficit { amount: money(amount)?, of_silo: true },
        [account, "grants", key] => Line::Grant { account: (*account).into(), key: (*key).into() },
        ["bids", levels @ ..] => Line::Depth { side: Side::Buy, levels: depth(levels)? },
        ["asks", levels @ ..] => Line::Depth { side: Side::Sell, levels: depth(levels)? },
        [account, "position", size] => {
            Line::Position { account: (*account).into(), lots: narrow(fixed(size, SIZE_DECIMALS)?)? }
        }
        [account, "cash", amount] => Line::Cash { account: (*account).into(), amount: money(amount)? },
        [account, "orders", count] => {
            Line::Orders { account: (*account).into(), count: narrow(number(count)?.into())? }
        }
        _ => return Err(ReadError(format!("nobody knows what this says: {text}"))),
    })
}

fn request(word: &str) -> Read<ForcedRequest> {
    match word {
        "force-cancel-all" => Ok(ForcedRequest::CancelAll),
        "force-exit" => Ok(ForcedRequest::Exit),
        "force-liquidate" => Ok(ForcedRequest::Liquidate),
        _ => Err(ReadError(format!("nobody can force this: {word}"))),
    }
}

fn market_mode(name: &str) -> Read<MarketMode> {
    let mut modes = MarketMode::ALL.into_iter();
    modes.find(|mode| mode.name() == name).ok_or_else(|| ReadError(format!("no mode: {name}")))
}

fn act(who: &str, steps: &str) -> Read<Line> {
    let words: Vec<&str> = who.split_whitespace().collect();
    let (account, rest) = words.split_first().ok_or_else(|| ReadError("who?".into()))?;
    let (key, rest) = match rest {
        ["key", key, rest @ ..] => (Some((*key).to_owned()), rest),
        rest => (None, rest),
    };
    let atomic = match rest {
        [] | ["together"] => false,
        ["atomic"] => true,
        _ => return Err(ReadError(format!("`together` or `atomic`, not {rest:?}"))),
    };
    let steps = steps.split(';').map(|text| step(text.trim())).collect::<Read<_>>()?;
    Ok(Line::Act { account: (*account).into(), key, atomic, steps })
}

fn step(text: &str) -> Read<Step> {
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(match words.as_slice() {
        ["cancel", name] => Step::Cancel((*name).into()),
        ["cancel-id", id] => Step::CancelId(number(id)?),
        ["replace", name, "with", order @ ..] => Step::Replace((*name).into(), draft(order)?),
        ["when", rest @ ..] => when(rest)?,
        ["cancel-waiting", name] => Step::CancelWaiting((*name).into()),
        ["leverage", times] => Step::Leverage(narrow(number(times)?.into())?),
        ["cancel-never"] => Step::CancelAt(None),
        ["cancel-at", ahead] => Step::CancelAt(Some(number(ahead.trim_start_matches('+'))?)),
        ["cancel-all", filters @ ..] => cancel_all(filters)?,
        order => Step::Place(draft(order)?),
    })
}

fn when(words: &[&str]) -> Read<Step> {
    let (trigger, rest) = match words {
        [source, direction, level, rest @ ..] if matches!(*source, "mark" | "index") => {
            let source = if *source == "mark" { PriceSource::Mark } else { PriceSource::Index };
            let direction = match *direction {
                "above" => Direction::Above,
                "below" => Direction::Below,
                _ => return Err(ReadError(format!("above or below, not {direction}"))),
            };
            (When::Price(source, direction, ticks(level)?), rest)
        }
        ["opened", rest @ ..] => (When::Opened, rest),
        ["at", ahead, "in", parts, "every", interval, rest @ ..] => {
            let (parts, interval) = (narrow(number(parts)?.into())?, narrow(number(interval)?.into())?);
            (When::At(number(ahead.trim_start_matches('+'))?, parts, interval), rest)
        }
        ["at", ahead, rest @ ..] => (When::At(number(ahead.trim_start_matches('+'))?, 1, 0), rest),
        _ => return Err(ReadError(format!("when? {words:?}"))),
    };
    let (link, rest) = match rest {
        ["after", step, rest @ ..] => (Some((LinkKind::After, narrow(number(step)?.into())?)), rest),
        ["beside", step, rest @ ..] => (Some((LinkKind::Beside, narrow(number(step)?.into())?)), rest),
        rest => (None, rest),
    };
    Ok(Step::When { trigger, link, order: draft(rest)? })
}

fn cancel_all(mut filters: &[&str]) -> Read<Step> {
    let (mut side, mut key) = (None, None);
    loop {
        filters = match filters {
            [] => return Ok(Step::CancelAll { side, key }),
            ["buys", rest @ ..] => {
                side = Some(Side::Buy);
                rest
            }
            ["sells", rest @ ..] => {
                side = Some(Side::Sell);
                rest
            }
            ["by", name, rest @ ..] => {
                key = Some((*name).to_owned());
                rest
            }
            _ => return Err(ReadError(format!("cancel all of what? {filters:?}"))),
        };
    }
}

fn draft(words: &[&str]) -> Read<Draft> {
    let (side, rest) = match words {
        ["buy", rest @ ..] => (Side::Buy, rest),
        ["sell", rest @ ..] => (Side::Sell, rest),
        _ => return Err(ReadError(format!("no order: {words:?}"))),
    };
    let [size, "@", price, options @ ..] = rest else {
        return Err(ReadError(format!("an order is SIDE SIZE @ PRICE, not {words:?}")));
    };
    let mut order = Draft {
        side,
        size: narrow(fixed(size, SIZE_DECIMALS)?)?,
        price: ticks(price)?,
        name: None,
        time_in_force: TimeInForce::Gtc,
        display: None,
        reduce_only: false,
        until: None,
        self_trade: SelfTrade::CancelMaker,
        client: 0,
    };
    let mut options = options;
    while !options.is_empty() {
        options = option(&mut order, options)?;
    }
    Ok(order)
}

/// Takes one option off the front.
fn option<'a, 'b>(order: &mut Draft, options: &'a [&'b str]) -> Read<&'a [&'b str]> {
    Ok(match options {
        ["as", name, rest @ ..] => {
            order.name = Some((*name).into());
            rest
        }
        ["ioc", rest @ ..] => with(order, TimeInForce::Ioc, rest),
        ["fok", rest @ ..] => with(order, TimeInForce::Fok, rest),
        ["post-only", rest @ ..] => with(order, TimeInForce::PostOnly, rest),
        ["slide", rest @ ..] => with(order, TimeInForce::PostOnlySlide, rest),
        ["show", size, rest @ ..] => {
            order.display = Some(narrow(fixed(size, SIZE_DECIMALS)?)?);
            rest
        }
        ["only-closes", rest @ ..] => {
            order.reduce_only = true;
            rest
        }
        ["until", time, rest @ ..] => {
            let time = time.trim_start_matches('+').parse();
            order.until = Some(time.map_err(|_| ReadError("until +MILLISECONDS".into()))?);
            rest
        }
        ["stp", mode, rest @ ..] => {
            order.self_trade = self_trade(mode)?;
            rest
        }
        ["id", id, rest @ ..] => {
            order.client = number(id)?;
            rest
        }
        _ => return Err(ReadError(format!("no option of an order: {options:?}"))),
    })
}

fn with<'a, 'b>(order: &mut Draft, time_in_force: TimeInForce, rest: &'a [&'b str]) -> &'a [&'b str] {
    order.time_in_force = time_in_force;
    rest
}

fn self_trade(mode: &str) -> Read<SelfTrade> {
    match mode {
        "cancel-maker" => Ok(SelfTrade::CancelMaker),
        "cancel-taker" => Ok(SelfTrade::CancelTaker),
        "cancel-both" => Ok(SelfTrade::CancelBoth),
        "decrement" => Ok(SelfTrade::Decrement),
        _ => Err(ReadError(format!("no way of self-trade prevention: {mode}"))),
    }
}

fn depth(levels: &[&str]) -> Read<Vec<(u64, u64)>> {
    let levels = levels.iter().filter(|level| **level != "-");
    let level = |text: &&str| {
        let (price, size) = text.split_once(':').ok_or_else(|| ReadError("a level is PRICE:SIZE".into()))?;
        Ok((ticks(price)?, narrow(fixed(size, SIZE_DECIMALS)?)?))
    };
    levels.map(level).collect()
}

fn ticks(text: &str) -> Read<u64> {
    narrow(fixed(text, PRICE_DECIMALS)?)
}

fn money(text: &str) -> Read<i64> {
    narrow(fixed(text, MONEY_DECIMALS)?)
}

fn in_kind(amount: &str, symbol: &str) -> Read<InKind> {
    Ok(InKind { amount: money(amount)?, symbol: symbol.into() })
}

fn number(text: &str) -> Read<u64> {
    text.parse().map_err(|_| ReadError(format!("no number: {text}")))
}

/// A decimal number in units of `10^-decimals`, exact.
fn fixed(text: &str, decimals: u8) -> Read<i128> {
    let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if fraction > usize::from(decimals) {
        return Err(ReadError(format!("{text} has more than {decimals} decimals")));
    }
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let units = parse_units(digits, decimals).map_err(|error| ReadError(format!("{text}: {error}")))?;
    let units: i128 =
        units.get_absolute().try_into().map_err(|_| ReadError(format!("{text} is too large")))?;
    Ok(sign * units)
}

fn narrow<T: TryFrom<i128>>(value: i128) -> Read<T> {
    T::try_from(value).map_err(|_| ReadError(format!("{value} is out of range")))
}
