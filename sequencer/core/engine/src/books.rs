//! The books of the markets: derived from the committed orders, all at once or when first touched
//! (architecture A3).

use alloc::{sync::Arc, vec::Vec};

use ballast_book::Book;
use ballast_state::{LeafSource, OrderPage, Section, Venue, page_index};
use ballast_types::{MarketId, codec};

use crate::resting::Resting;

/// One book a market, by market id.
#[derive(Clone)]
pub(crate) struct Books {
    /// `None` until it is touched; a complete exchange has them all.
    books: Vec<Option<Resting>>,
    /// Where the pages of an untouched book are.
    source: Option<Arc<dyn LeafSource>>,
    /// While changes may be taken back: the markets whose books were handed out to be changed.
    undo: Option<Vec<MarketId>>,
    /// How often taking back was begun within that: in there no book changes.
    within: u32,
}

impl Books {
    /// All books, in the order of their markets.
    pub(crate) fn complete(books: impl IntoIterator<Item = Book>) -> Self {
        Self {
            books: books.into_iter().map(|book| Some(Resting::of(book))).collect(),
            source: None,
            undo: None,
            within: 0,
        }
    }

    /// The books of `markets` markets, none of them touched.
    pub(crate) fn lazy(source: Arc<dyn LeafSource>, markets: u16) -> Self {
        Self { books: (0..markets).map(|_| None).collect(), source: Some(source), undo: None, within: 0 }
    }

    /// The book of `market`; `None` when there is no such market, or nothing has touched it yet.
    pub(crate) fn get(&self, market: MarketId) -> Option<&Resting> {
        self.books.get(usize::from(market.0))?.as_ref()
    }

    /// The book of `market`, which was touched before.
    pub(crate) fn at(&self, market: MarketId) -> &Resting {
        self.get(market).expect("a market is entered before its book is read")
    }

    /// The book of `market`, to be changed, which was touched before.
    pub(crate) fn at_mut(&mut self, market: MarketId) -> &mut Resting {
        assert_eq!(self.within, 0, "what is taken back within something else changes no book");
        let book = self.books[usize::from(market.0)].as_mut();
        let book = book.expect("a market is entered before its book changes");
        if let Some(changed) = &mut self.undo
            && !changed.contains(&market)
        {
            changed.push(market);
            book.begin_undo();
        }
        book
    }

    /// From here on changes of the books can be taken back.
    pub(crate) fn begin_undo(&mut self) {
        if self.undo.is_some() {
            self.within += 1;
        } else {
            self.undo = Some(Vec::new());
        }
    }

    /// Takes back every change since [`Self::begin_undo`]. Books that were loaded since stay loaded.
    pub(crate) fn undo(&mut self) {
        if !self.ends_within() {
            self.changed().for_each(Resting::undo);
        }
    }

    /// As [`Resting::take_back`], of every book: what was in the middle of anything may not say which.
    ///
    /// # Errors
    /// What is broken in one.
    pub(crate) fn take_back(&mut self) -> Result<(), &'static str> {
        (self.undo, self.within) = (None, 0);
        self.books.iter_mut().flatten().try_for_each(Resting::take_back)
    }

    /// The changes since [`Self::begin_undo`] stand.
    pub(crate) fn keep(&mut self) {
        if !self.ends_within() {
            self.changed().for_each(Resting::keep);
        }
    }

    /// Whether what ends was begun within something else: no book changed in it.
    const fn ends_within(&mut self) -> bool {
        let is_within = self.within > 0;
        if is_within {
            self.within -= 1;
        }
        is_within
    }

    /// The books that were handed out to be changed; they are no longer watched.
    fn changed(&mut self) -> impl Iterator<Item = &mut Resting> {
        let changed = self.undo.take().unwrap_or_default();
        let books = (0..).map(MarketId).zip(&mut self.books);
        books.filter_map(move |(market, book)| changed.contains(&market).then_some(book.as_mut()?))
    }

    /// The books that exist here, with their markets, ascending.
    pub(crate) fn touched_mut(&mut self) -> impl Iterator<Item = (MarketId, &mut Resting)> {
        (0..).map(MarketId).zip(&mut self.books).filter_map(|(market, book)| Some((market, book.as_mut()?)))
    }

    /// Rebuilds the book of `market` from the pages of its orders, unless it is there already.
    ///
    /// # Panics
    /// When the source's pages are not those of a book: the source has checked them against the state root.
    pub(crate) fn touch(&mut self, market: MarketId, venue: &Venue) {
        let book = &mut self.books[usize::from(market.0)];
        if book.is_some() {
            return;
        }
        let source = self.source.as_ref().expect("a complete exchange has every book");
        let orders = (0..venue.pages)
            .map(|page| u16::try_from(page).expect("a page index has 16 bits"))
            .filter_map(|page| source.load(Section::Orders, page_index(market, page)))
            .flat_map(|bytes| codec::decode::<OrderPage>(&bytes).expect("committed pages decode").orders);
        let restored = Book::restore(orders, venue.next_arrival, venue.pages);
        *book = Some(Resting::of(restored.expect("committed orders make a book")));
    }
}
