//! Scenario tables: what a trader does, line by line, and what must come of it.
//!
//! A file is read top to bottom. `#` begins a comment. Money is in USDC, prices in USDC, sizes in coins; the market is
//! BTC with a tick of 0.1 and a lot of 0.00001.
//!
//! ```text
//! account alice 100000            opens an account with this deposit
//! account aunt 100000 of alice    another account of the same owner
//! fees 0 3.5 1                    a tier: from this volume, basis points of taker and maker; before any account
//! tier 10 1.5                     positions beyond 10 BTC need 1.5 times the margin for what is beyond; before any account
//! tier 10 1.5 worth 500000        the same, and the 10 BTC follow what 500,000 USDC are
//! protect 1000000 100000          a backstop with so much and a fund with so much and no less wanted; the first line
//! silo 10000                      the market is in a pool of its own with so much in its fund, and of class C; before any account
//! pace 1000000 10000000           of pool 0 so much leaves in an hour and a day, or 1% and 10% of what it has; before any account
//! lag                             markets tighten while L1 takes no batch; before any account
//! peg                             markets tighten while a USDC is worth less than a dollar; before any account
//! usdc 0.985                      from now on each report says that it is worth so much
//! posted 3                        L1 took batch 3 just now
//! seal                            the open batch ends
//! withdraw 500 from alice         to her own address; also `withdraw 1.5 ETH from alice`
//! asset ETH 0.001                 besides USDC that asset is taken, of which no less is withdrawn; before any account
//! deposit 2 ETH to alice          from L1, by her owner
//! transfer 500 from alice to bob  bob is opened where the market is when nobody has that name
//! mark 50000                      all publishers report this price
//! wait 5000                       milliseconds go by
//! alice: sell 1 @ 50010 as a1 ioc show 0.1 only-closes until +5000 stp decrement id 7
//! alice: cancel a1
//! alice: cancel-id 7
//! alice: replace a1 with sell 1 @ 50020 as a2
//! alice: cancel-all sells by alice
//! alice: cancel-at +5000          or: cancel-never
//! alice: when mark below 49000 sell 1 @ 1 ioc only-closes as stop      waits; also index, above, opened
//! alice: when at +0 in 4 every 1000 buy 1 @ 50000 ioc as twap
//! alice: cancel-waiting stop
//! alice: leverage 10              0 takes it back
//! alice atomic: buy 1 @ 49900 as e; when opened after 1 sell 1 @ 50500  hangs on the first step; also `beside 1`
//! alice key k1: ..                signed by a session key; `alice grants k1` begins it
//! alice together: .. ; ..         steps of one signature, each on its own merits
//! alice atomic: .. ; ..           all or none
//! sweep                           everything that rests is named to be swept
//! fire                            everything that waits is named to be placed
//! open-interest cap 500000        most that may be open; also `growth` and `free`, from which on margin grows; before any account
//! breakers                        the market has its circuit breakers; before any account
//! shortfall                       its margin follows its index, after a quiet month, from its floors; before any account
//! restrict batches +5000          the guardian restricts the market for so long; 0 ends it; also reduceOnly, halt
//! steady 50000 for 5000           all publishers report this price once a second for so many milliseconds
//! clear                           the market is to be cleared
//! liquidate alice                 a step down the ladder
//! deleverage alice bob            their positions are torn up against all who hold the other side
//! force-cancel-all alice          through L1, by her owner: all orders leave
//! force-withdraw 500 from alice   to her own address, or the most that she may
//! force-exit alice                she is to be closed, and paid out to her own address
//! force-liquidate alice           by anybody
//! exit alice                      she exits: she is closed against all who hold the other side, and paid out
//! govern initial_margin 80000     through L1: a parameter of the market or of pool 0, in its own unit, becomes that
//! govern settles_at +259200000    or a whole minute, so many milliseconds from now
//! govern publisher alice          or whoever owns this account is to sign: also guardian
//! ```
//!
//! What follows `->` is what must have happened, in order; without it nothing may. `bids`, `asks` and the name of an
//! account with `position`, `cash`, `orders` or `holds 2 ETH` state facts, and so do `fund` and
//! `deficit`, of pool 0 or with `of silo`, and `queued 500 by 2`: so much waits to leave pool 0, of so many.

mod assets;
mod forced;
mod governed;
mod listing;
mod read;
mod tell;
mod world;

pub use read::ReadError;
pub use world::{Failure, run};

/// Every scenario of the repository: its file's name and its text.
///
/// # Panics
/// When the folder cannot be read.
#[must_use]
pub fn files() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = std::fs::read_dir(folder).expect("the folder of the scenarios");
    let mut files: Vec<(String, String)> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "scn"))
        .map(|path| {
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a scenario is text"))
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there are scenarios");
    files
}
