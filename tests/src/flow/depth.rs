//! Recorded books beside the book that a flow makes: how far they agree, and what it is when they do not.

use super::{Flow, Shadow, bitstamp, decimal, rows};
use ballast_types::{PriceTicks, Side, SizeLots};
use eyre::{WrapErr, bail, eyre};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, io::Read, path::Path};

/// Levels that a Bitstamp snapshot has on each side.
const LEVELS: usize = 20;

/// How far the recorded book of a file and the reconstructed one agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    /// The file.
    pub file: String,
    /// The file with the orders, from which the book was made.
    pub orders: String,
    /// Recorded books.
    pub books: u64,
    /// Best prices recorded, one a side.
    pub best_prices: u64,
    /// Of these, equal here.
    pub best_prices_equal: u64,
    /// Levels recorded, best ones included.
    pub levels: u64,
    /// Of these, equal here in price and size.
    pub equal: u64,
    /// There here with a smaller size: orders of the level arrived before the file began, or were never shown.
    pub smaller: u64,
    /// There here with a larger size: orders of the level left or were filled unseen.
    pub larger: u64,
    /// Not there here at all: every order of the level is of that kind.
    pub missing: u64,
    /// Best prices here that are better than the recorded ones: orders that left unseen, for one because the file
    /// tells only of the best level.
    pub left_unseen: u64,
}

/// A recorded book: the place in the file of orders that it is after, and its levels, best first.
struct Recorded {
    at: u64,
    bids: Vec<(PriceTicks, SizeLots)>,
    asks: Vec<(PriceTicks, SizeLots)>,
}

/// Makes the book of the file of orders that belongs to the file of books `path`, of which at most `most` rows are
/// read, and compares the two at every recorded book. `None` when `path` is no file of books.
///
/// # Errors
/// When a file cannot be read.
pub fn compare(path: &Path, most: usize) -> eyre::Result<Option<Agreement>> {
    let (name, reader) = rows(path, most)?;
    let (orders, recorded) = if name.starts_with("lobster_") && name.contains("_orderbook") {
        (name.replace("_orderbook", "_message"), lobster(reader))
    } else if name.starts_with("bitstamp_") && name.contains("_top20_snapshots") {
        (name.replace("_top20_snapshots", "_L3_events"), bitstamp(reader))
    } else {
        return Ok(None);
    };
    let recorded = recorded.wrap_err_with(|| format!("cannot read {}", path.display()))?;
    let flow = Flow::read(&path.with_file_name(&orders), usize::MAX)?;
    let mut agreement = Agreement { file: name, orders, ..Agreement::default() };
    let mut book = Shadow::default();
    let mut actions = flow.at.iter().zip(&flow.actions).peekable();
    for recorded in &recorded {
        while let Some((_, action)) = actions.next_if(|(at, _)| **at <= recorded.at) {
            book.carry_out(action);
        }
        agreement.books += 1;
        agreement.side(&book, Side::Buy, &recorded.bids);
        agreement.side(&book, Side::Sell, &recorded.asks);
    }
    Ok(Some(agreement))
}

impl Agreement {
    fn side(&mut self, book: &Shadow, side: Side, recorded: &[(PriceTicks, SizeLots)]) {
        let Some((best, _)) = recorded.first() else { return };
        self.best_prices += 1;
        let ours = book.depth(side, usize::MAX);
        if let Some(first) = ours.first() {
            let better = if side == Side::Buy { first.price > *best } else { first.price < *best };
            self.left_unseen += u64::from(better);
            self.best_prices_equal += u64::from(first.price == *best);
        }
        let ours: HashMap<_, _> = ours.into_iter().map(|level| (level.price, level.size)).collect();
        for (price, size) in recorded {
            let ours = ours.get(price).copied().unwrap_or_default();
            self.levels += 1;
            *match ours.cmp(&u128::from(size.0)) {
                std::cmp::Ordering::Equal => &mut self.equal,
                _ if ours == 0 => &mut self.missing,
                std::cmp::Ordering::Less => &mut self.smaller,
                std::cmp::Ordering::Greater => &mut self.larger,
            } += 1;
        }
    }
}

/// A row for each message: the best of both sides after it. A side without orders has a price that none has.
fn lobster<R: Read>(mut reader: csv::Reader<R>) -> eyre::Result<Vec<Recorded>> {
    #[derive(Deserialize)]
    struct Row {
        ask_price_x10000: i64,
        ask_size: u64,
        bid_price_x10000: i64,
        bid_size: u64,
    }
    let level = |price: i64, size| {
        let price = u64::try_from(price).ok().filter(|price| (1..9_999_999_999).contains(price));
        price.map(|price| (PriceTicks(price / 100), SizeLots(size))).into_iter().collect()
    };
    let books = reader.deserialize().zip(0..).map(|(row, at)| {
        let row: Row = row?;
        let bids = level(row.bid_price_x10000, row.bid_size);
        Ok(Recorded { at, bids, asks: level(row.ask_price_x10000, row.ask_size) })
    });
    books.collect()
}

/// Twenty levels of each side at a time, best first.
fn bitstamp<R: Read>(mut reader: csv::Reader<R>) -> eyre::Result<Vec<Recorded>> {
    #[derive(Deserialize)]
    struct Row {
        recv_ms: u64,
        side: String,
        price: String,
        amount: String,
    }
    let mut books: Vec<Recorded> = Vec::new();
    for row in reader.deserialize() {
        let row: Row = row?;
        if books.last().is_none_or(|book| book.at != row.recv_ms) {
            books.push(Recorded { at: row.recv_ms, bids: Vec::new(), asks: Vec::new() });
        }
        let book = books.last_mut().ok_or_else(|| eyre!("a book was just begun"))?;
        let price =
            decimal(&row.price, 2).ok_or_else(|| eyre!("the price {} is not a whole cent", row.price))?;
        let size = bitstamp::lots(&row.amount).ok_or_else(|| eyre!("the amount {} is none", row.amount))?;
        let side = if row.side == "bid" { &mut book.bids } else { &mut book.asks };
        if side.len() == LEVELS {
            bail!("a book of {} has more than {LEVELS} levels of a side", row.recv_ms);
        }
        side.push((PriceTicks(price), size));
    }
    Ok(books)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn write(directory: &Path, name: &str, text: &str) {
        let file = std::fs::File::create(directory.join(name)).expect("a file");
        let mut file = GzEncoder::new(file, Compression::fast());
        file.write_all(text.as_bytes()).expect("it is written");
        file.finish().expect("it is written");
    }

    #[test]
    fn a_recorded_book_is_compared_level_by_level() {
        let directory = tempfile::tempdir().expect("a directory");
        let orders = "time_s_after_midnight_et,type,order_id,size,price_x10000,direction\n\
            1.0,1,1,10,1000000,1\n1.0,1,2,20,1010000,-1\n2.0,1,3,5,1000000,1\n3.0,3,2,20,1010000,-1\n";
        write(directory.path(), "lobster_X_message.csv.gz", orders);
        // The second ask was never shown, and of the bids five too many are there at the end.
        let books = "ask_price_x10000,ask_size,bid_price_x10000,bid_size\n\
            9999999999,0,1000000,10\n1010000,20,1000000,10\n1010000,25,1000000,15\n1020000,7,1000000,10\n";
        write(directory.path(), "lobster_X_orderbook.csv.gz", books);
        let path = directory.path().join("lobster_X_orderbook.csv.gz");
        let found = compare(&path, usize::MAX).expect("both can be read").expect("a file of books");
        let expected = Agreement {
            file: "lobster_X_orderbook.csv.gz".into(),
            orders: "lobster_X_message.csv.gz".into(),
            books: 4,
            best_prices: 7,
            best_prices_equal: 6,
            levels: 7,
            equal: 4,
            smaller: 1,
            larger: 1,
            missing: 1,
            left_unseen: 0,
        };
        assert_eq!(found, expected);
    }
}
