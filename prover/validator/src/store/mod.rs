//! Named entries that are written whole or not at all.

mod directory;
mod memory;

pub use directory::Directory;
pub use memory::MemoryStore;

use std::io;

/// Keeps entries by name. Names are lower-case letters, digits and hyphens.
pub trait Store: Send + Sync {
    /// Writes an entry: durably, and never half.
    ///
    /// # Errors
    /// When the medium fails; so with all methods.
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Reads an entry; `None` when there is none.
    ///
    /// # Errors
    /// See [`Store::put`].
    fn get(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Removes an entry, if there is one.
    ///
    /// # Errors
    /// See [`Store::put`].
    fn remove(&self, name: &str) -> io::Result<()>;

    /// All names, ascending.
    ///
    /// # Errors
    /// See [`Store::put`].
    fn names(&self) -> io::Result<Vec<String>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(store: &impl Store) {
        assert_eq!(store.names().expect("names"), [""; 0]);
        store.put("b-2", b"two").expect("room");
        store.put("a-1", b"one").expect("room");
        store.put("a-1", b"another").expect("room");
        assert_eq!(store.get("a-1").expect("an answer").as_deref(), Some(&b"another"[..]));
        assert_eq!(store.get("a-2").expect("an answer"), None);
        assert_eq!(store.names().expect("names"), ["a-1", "b-2"]);
        store.remove("b-2").expect("gone");
        store.remove("b-2").expect("still gone");
        assert_eq!(store.names().expect("names"), ["a-1"]);
    }

    #[test]
    fn the_two_stores_are_alike() {
        check(&MemoryStore::default());
        let dir = tempfile::tempdir().expect("a directory");
        check(&Directory::open(dir.path()).expect("a store"));
    }

    #[test]
    fn a_directory_keeps_its_entries_and_forgets_what_was_torn() {
        let dir = tempfile::tempdir().expect("a directory");
        Directory::open(dir.path()).expect("a store").put("a", b"kept").expect("room");
        std::fs::write(dir.path().join("b.tmp"), b"torn").expect("room");
        let store = Directory::open(dir.path()).expect("a store");
        assert_eq!(store.names().expect("names"), ["a"]);
        assert_eq!(store.get("a").expect("an answer").as_deref(), Some(&b"kept"[..]));
        assert!(!dir.path().join("b.tmp").exists());
    }

    #[test]
    fn a_directory_has_one_owner() {
        let dir = tempfile::tempdir().expect("a directory");
        let _owner = Directory::open(dir.path()).expect("a store");
        assert!(Directory::open(dir.path()).is_err());
    }
}
