//! A section of the state as a typed array that knows what changed.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};
use ballast_types::codec;
use borsh::{BorshDeserialize, BorshSerialize};

use crate::leaf::Section;

/// Where a state that is not held whole takes its leaves from.
pub trait LeafSource: Send + Sync {
    /// The bytes of a leaf; `None` for the empty leaf. The source answers for their being the committed
    /// ones: it has checked them against the root.
    fn load(&self, section: Section, index: u32) -> Option<Vec<u8>>;
}

/// Slots that are allocated together, so that growth never copies what is there.
const CHUNK: u32 = 256;

/// What is noted of a slot. Beside the values, not with them: two bytes there would be eight.
#[derive(Clone, Copy, Default)]
struct Marks {
    /// Whether the slot is in the table's list of changes.
    dirty: bool,
    /// How deep the innermost undo is that has kept what the slot was; 0 for none. One copy is enough, however often the
    /// value is handed out.
    kept: u8,
}

/// A value and what is noted of it.
type Noted<T> = (Option<T>, Marks);

/// A slot that is handed out to be changed.
struct Slot<'a, T> {
    value: &'a mut Option<T>,
    marks: &'a mut Marks,
}

impl<'a, T> Slot<'a, T> {
    const fn of((value, marks): &'a mut Noted<T>) -> Self {
        Self { value, marks }
    }
}

#[derive(Clone)]
struct Chunk<T> {
    values: Box<[Option<T>]>,
    marks: Box<[Marks]>,
}

impl<T> Chunk<T> {
    fn empty() -> Self {
        let marks = (0..CHUNK).map(|_| Marks::default()).collect();
        Self { values: (0..CHUNK).map(|_| None).collect(), marks }
    }

    fn slot(&mut self, at: usize) -> Slot<'_, T> {
        Slot { value: &mut self.values[at], marks: &mut self.marks[at] }
    }
}

type Chunks<T> = Vec<Option<Chunk<T>>>;

#[derive(Clone)]
enum Slots<T> {
    /// Every leaf is here; chunks without one are not allocated.
    Complete { chunks: Chunks<T>, len: u32 },
    /// Only what was loaded or inserted is here.
    Lazy { source: Arc<dyn LeafSource>, loaded: BTreeMap<u32, Noted<T>> },
}

/// The leaves of one section by index.
///
/// A *complete* table holds every leaf: what it does not hold is empty. A *lazy* one holds what was asked
/// for and loads the rest from its source; reading an index that was never loaded is a mistake of ours.
/// Changes are noted in constant time and taken, once a commit, with [`Table::take_dirty`]. Those since
/// [`Table::begin_undo`] can be taken back.
#[derive(Clone)]
pub struct Table<T> {
    section: Section,
    slots: Slots<T>,
    dirty: Vec<u32>,
    undo: Undo<T>,
}

/// What values were before they were handed out to be changed.
#[derive(Clone)]
struct Undo<T> {
    /// Where each that is open begins, the innermost last.
    marks: Vec<usize>,
    /// In the order in which they were handed out, within each once.
    before: Vec<(u32, Noted<T>)>,
    /// Whether the outermost only watches: what it keeps is told, and never put back.
    watches: bool,
}

impl<T> Undo<T> {
    const CLOSED: Self = Self { marks: Vec::new(), before: Vec::new(), watches: false };

    /// Whether changes may be taken back.
    fn is_open(&self) -> bool {
        self.marks.len() > usize::from(self.watches)
    }

    /// How many are open, one within the other.
    fn depth(&self) -> u8 {
        u8::try_from(self.marks.len()).expect("undoing is nested a few times")
    }
}

impl<T> Table<T> {
    /// The complete and empty table of `section`.
    #[must_use]
    pub const fn complete(section: Section) -> Self {
        let slots = Slots::Complete { chunks: Vec::new(), len: 0 };
        Self { section, slots, dirty: Vec::new(), undo: Undo::CLOSED }
    }

    /// The table of `section` as `source` has it, nothing of it loaded.
    #[must_use]
    pub const fn lazy(section: Section, source: Arc<dyn LeafSource>) -> Self {
        let slots = Slots::Lazy { source, loaded: BTreeMap::new() };
        Self { section, slots, dirty: Vec::new(), undo: Undo::CLOSED }
    }

    /// Whether the table holds every leaf.
    #[must_use]
    #[inline]
    pub const fn is_complete(&self) -> bool {
        matches!(self.slots, Slots::Complete { .. })
    }

    /// The value at `index`; `None` when the leaf is empty.
    ///
    /// # Panics
    /// When the table is lazy and the index was not loaded.
    #[must_use]
    #[inline]
    pub fn get(&self, index: u32) -> Option<&T> {
        match &self.slots {
            Slots::Complete { chunks, .. } => value(chunks, index),
            Slots::Lazy { loaded, .. } => match loaded.get(&index) {
                Some((value, _)) => value.as_ref(),
                None => panic!("{:?} {index} is read before it is loaded", self.section),
            },
        }
    }

    /// Every value with its index, ascending.
    ///
    /// # Panics
    /// When the table is lazy.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let Slots::Complete { chunks, .. } = &self.slots else { self.not_whole() };
        let there = (0..)
            .step_by(CHUNK as usize)
            .zip(chunks)
            .filter_map(|(first, chunk)| Some((first, chunk.as_ref()?)));
        there.flat_map(|(first, chunk)| {
            let values = (first..).zip(&chunk.values);
            values.filter_map(|(index, value): (u32, &Option<T>)| Some((index, value.as_ref()?)))
        })
    }

    /// One more than the highest index that has a value; 0 when none has.
    ///
    /// # Panics
    /// When the table is lazy.
    #[must_use]
    pub fn len(&self) -> u32 {
        match &self.slots {
            Slots::Complete { len, .. } => *len,
            Slots::Lazy { .. } => self.not_whole(),
        }
    }

    /// Whether no index has a value.
    ///
    /// # Panics
    /// When the table is lazy.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many indices changed since [`Self::take_dirty`] was last asked.
    #[must_use]
    pub fn changed(&self) -> usize {
        self.dirty.len()
    }

    /// The indices that changed since this was last asked, ascending.
    pub fn take_dirty(&mut self) -> Vec<u32> {
        // Sorted first: what lies side by side is visited side by side.
        self.dirty.sort_unstable();
        self.clean()
    }

    /// Takes what changed as committed, without telling it in order.
    pub fn forget_changes(&mut self) {
        self.clean();
    }

    fn clean(&mut self) -> Vec<u32> {
        assert!(self.undo.marks.is_empty(), "what may be taken back is not committed");
        let indices = core::mem::take(&mut self.dirty);
        for &index in &indices {
            changed_slot(&mut self.slots, index).marks.dirty = false;
        }
        indices
    }

    /// Puts a value, new or instead of another, and notes the change. A lazy table does not load for it.
    ///
    /// # Panics
    /// When a complete table is given the index `u32::MAX`, or while changes may be taken back.
    pub fn insert(&mut self, index: u32, value: T) {
        assert!(!self.undo.is_open(), "what may be taken back adds nothing");
        let slot = match &mut self.slots {
            Slots::Complete { chunks, len } => {
                *len = (*len).max(index + 1);
                slot_grown(chunks, index)
            }
            Slots::Lazy { loaded, .. } => Slot::of(loaded.entry(index).or_default()),
        };
        let before = slot.value.replace(value);
        if self.undo.watches && slot.marks.kept == 0 {
            self.undo.before.push((index, (before, Marks::default())));
            slot.marks.kept = 1;
        }
        mark(&mut self.dirty, slot.marks, index);
    }

    /// From here on it is kept what values were before they change, until [`Self::end_watch`]: nothing is taken back by that.
    ///
    /// # Panics
    /// While changes may be taken back, or are watched.
    pub fn begin_watch(&mut self) {
        assert!(self.undo.marks.is_empty(), "watching is begun outside of everything");
        self.undo.marks.push(0);
        self.undo.watches = true;
    }

    /// What changed since [`Self::begin_watch`], each index once, with what was there before.
    ///
    /// # Panics
    /// While changes may be taken back, or when nothing is watched.
    pub fn end_watch(&mut self) -> Vec<(u32, Option<T>)> {
        assert!(self.undo.watches && !self.undo.is_open(), "watching ends outside of everything else");
        self.undo.marks.clear();
        self.undo.watches = false;
        let mut changed = Vec::with_capacity(self.undo.before.len());
        for (index, (before, _)) in self.undo.before.drain(..) {
            // What was begun within and kept has copied once more what had been changed before it.
            let slot = changed_slot(&mut self.slots, index);
            if core::mem::take(&mut slot.marks.kept) != 0 {
                changed.push((index, before));
            }
        }
        changed
    }

    fn not_whole(&self) -> ! {
        panic!("{:?} is not held whole and cannot be listed", self.section)
    }
}

impl<T: Clone> Table<T> {
    /// From here on changes can be taken back, until [`Self::undo`] or [`Self::keep`]. What is begun within another ends
    /// within it, and is taken back with it.
    pub fn begin_undo(&mut self) {
        self.undo.marks.push(self.undo.before.len());
    }

    /// Takes back every change since [`Self::begin_undo`]. What was loaded since stays loaded.
    pub fn undo(&mut self) {
        let mark = self.undo.marks.pop().expect("what is undone was begun");
        while self.undo.before.len() > mark {
            let (index, (before, marks)) = self.undo.before.pop().expect("more was changed than at the mark");
            let slot = changed_slot(&mut self.slots, index);
            if slot.marks.dirty && !marks.dirty {
                assert_eq!(
                    self.dirty.pop(),
                    Some(index),
                    "the last to become dirty is the first to be clean"
                );
            }
            (*slot.value, *slot.marks) = (before, marks);
        }
    }

    /// The changes since [`Self::begin_undo`] stand, as far as what that was begun within stands.
    pub fn keep(&mut self) {
        let mark = self.undo.marks.pop().expect("what is kept was begun");
        let depth = self.undo.depth();
        for (index, _) in &self.undo.before[mark..] {
            changed_slot(&mut self.slots, *index).marks.kept = depth;
        }
        if depth == 0 {
            self.undo.before.clear();
        }
    }
}

impl<T: BorshDeserialize + Clone> Table<T> {
    /// Makes `index` readable: loads its leaf when the table is lazy and does not hold it yet.
    ///
    /// # Panics
    /// When the source's bytes are no leaf of this section: the source has checked them against the root.
    pub fn load(&mut self, index: u32) {
        if let Slots::Lazy { source, loaded } = &mut self.slots {
            loaded.entry(index).or_insert_with(|| load(source.as_ref(), self.section, index));
        }
    }

    /// The value at `index` to be changed, loaded first where need be; `None` when the leaf is empty.
    /// A value that is handed out counts as changed.
    ///
    /// # Panics
    /// As [`Self::load`].
    pub fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        let slot = match &mut self.slots {
            Slots::Complete { chunks, .. } => slot_mut(chunks, index)?,
            Slots::Lazy { source, loaded } => {
                let loaded =
                    loaded.entry(index).or_insert_with(|| load(source.as_ref(), self.section, index));
                Slot::of(loaded)
            }
        };
        if slot.value.is_some() {
            let depth = self.undo.depth();
            if slot.marks.kept < depth {
                self.undo.before.push((index, (slot.value.clone(), *slot.marks)));
                slot.marks.kept = depth;
            }
            mark(&mut self.dirty, slot.marks, index);
        }
        slot.value.as_mut()
    }
}

impl<T: BorshSerialize> Table<T> {
    /// The bytes of a leaf; `None` when it is empty.
    ///
    /// # Panics
    /// As [`Self::get`].
    #[must_use]
    pub fn leaf(&self, index: u32) -> Option<Vec<u8>> {
        self.get(index).map(codec::encode)
    }
}

fn load<T: BorshDeserialize>(source: &dyn LeafSource, section: Section, index: u32) -> Noted<T> {
    let value = source.load(section, index).map(|bytes| match codec::decode(&bytes) {
        Ok(value) => value,
        Err(error) => panic!("{section:?} {index}: {error}"),
    });
    (value, Marks::default())
}

/// The slot of an index that was handed out to be changed.
fn changed_slot<T>(slots: &mut Slots<T>, index: u32) -> Slot<'_, T> {
    let slot = match slots {
        Slots::Complete { chunks, .. } => slot_mut(chunks, index),
        Slots::Lazy { loaded, .. } => loaded.get_mut(&index).map(Slot::of),
    };
    slot.expect("a changed slot exists")
}

fn mark(dirty: &mut Vec<u32>, marks: &mut Marks, index: u32) {
    if !marks.dirty {
        marks.dirty = true;
        dirty.push(index);
    }
}

const fn place(index: u32) -> (usize, usize) {
    ((index / CHUNK) as usize, (index % CHUNK) as usize)
}

fn value<T>(chunks: &[Option<Chunk<T>>], index: u32) -> Option<&T> {
    let (chunk, at) = place(index);
    chunks.get(chunk)?.as_ref()?.values[at].as_ref()
}

fn slot_mut<T>(chunks: &mut [Option<Chunk<T>>], index: u32) -> Option<Slot<'_, T>> {
    let (chunk, at) = place(index);
    Some(chunks.get_mut(chunk)?.as_mut()?.slot(at))
}

fn slot_grown<T>(chunks: &mut Chunks<T>, index: u32) -> Slot<'_, T> {
    let (chunk, at) = place(index);
    if chunks.len() <= chunk {
        chunks.resize_with(chunk + 1, || None);
    }
    chunks[chunk].get_or_insert_with(Chunk::empty).slot(at)
}

#[cfg(test)]
mod tests;
