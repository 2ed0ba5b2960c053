//! The files of the web page, read once: no request ever touches the file system.

use hyper::body::Bytes;
use std::{collections::BTreeMap, io, path::Path};

/// Most bytes of all files together.
const MAX_BYTES: u64 = 64 << 20;

/// A file of the page.
#[derive(Clone, Debug)]
pub struct File {
    /// Its bytes.
    pub bytes: Bytes,
    /// Its media type.
    pub content_type: &'static str,
}

/// Files by their path, which begins with a slash.
pub type Files = BTreeMap<String, File>;

/// Reads a directory with everything below it.
///
/// # Errors
/// When a file cannot be read, or they are too large together.
pub fn read(directory: &Path) -> io::Result<Files> {
    let (mut files, mut left) = (Files::new(), MAX_BYTES);
    read_below(directory, "", &mut files, &mut left)?;
    Ok(files)
}

fn read_below(directory: &Path, prefix: &str, files: &mut Files, left: &mut u64) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let path = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_below(&entry.path(), &path, files, left)?;
            continue;
        }
        let bytes = entry.metadata()?.len();
        *left =
            left.checked_sub(bytes).ok_or_else(|| io::Error::other("the files of the page are too large"))?;
        let content_type = content_type(&path);
        files.insert(path, File { bytes: Bytes::from(std::fs::read(entry.path())?), content_type });
    }
    Ok(())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
