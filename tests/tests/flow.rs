//! The beginning of every recorded file, read and carried out on a book without a devnet. Skipped, and says so, where
//! the recordings are not.

use ballast_tests::flow::{Flow, Shadow, compare, recorded};

/// Rows of each file.
const ROWS: usize = 3_000;

#[test]
fn every_recorded_file_is_of_use() {
    for path in recorded() {
        if let Some(agreement) = compare(&path, ROWS).expect("a file of books is compared") {
            assert!(agreement.books > 0 && agreement.equal > 0, "{agreement:?}");
            continue;
        }
        let flow = Flow::read(&path, ROWS).expect("a file of orders is read");
        flow.market.check().expect("its market can be listed");
        assert_eq!(flow.at.len(), flow.actions.len());
        assert!(flow.at.is_sorted(), "{}: in the order of the file", path.display());
        let mut book = Shadow::default();
        flow.actions.iter().for_each(|action| book.carry_out(action));
        let told = flow.actions.len() as u64 + flow.dropped.values().sum::<u64>();
        assert!(told >= ROWS as u64, "{}: {told} of {ROWS} rows are told of", path.display());
    }
}
