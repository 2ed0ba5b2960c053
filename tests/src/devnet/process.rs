//! A process of the devnet: its talk goes to a file, and it dies with its owner.

use eyre::{WrapErr, bail, eyre};
use std::{
    fs::OpenOptions,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Lines of a log that an error shows.
const TAIL: usize = 25;
/// How often a condition is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A running process.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Mutex<Child>,
    log: PathBuf,
}

impl Process {
    /// Starts `command`; what it says is added to `<dir>/<name>.log`.
    ///
    /// # Errors
    /// When the log cannot be written or the program is not there.
    pub fn start(name: &str, mut command: Command, dir: &Path) -> eyre::Result<Self> {
        let log = dir.join(format!("{name}.log"));
        let out = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .wrap_err_with(|| log.display().to_string())?;
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            // The log is a file.
            .env("NO_COLOR", "1")
            // Its end is shown when it dies, and the reason is in the last line, not in a page of frames.
            .env("RUST_BACKTRACE", "0")
            .stdout(out.try_clone()?)
            .stderr(out)
            // A Ctrl-C in the terminal is for the owner, who then stops the processes in the right order.
            .process_group(0)
            .spawn()
            .wrap_err_with(|| format!("cannot start {program}"))?;
        Ok(Self { name: name.to_owned(), child: Mutex::new(child), log })
    }

    /// The file with what it said.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child().id()
    }

    /// Makes sure that it still runs.
    ///
    /// # Errors
    /// With the end of its log when it does not.
    pub fn check(&self) -> eyre::Result<()> {
        match self.child().try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}); {}", self.name, self.last_words()),
        }
    }

    /// The end of its log, as a sentence.
    #[must_use]
    pub fn last_words(&self) -> String {
        format!("the end of {}:\n{}", self.log.display(), tail(&self.log))
    }

    /// Ends it at once, as a power cut would: SIGKILL.
    pub fn kill(&self) {
        let mut child = self.child();
        // A process that is dead already is what was wanted.
        let _ = child.kill();
        let _ = child.wait();
    }

    /// How it ended; `None` while it runs.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn ended(&self) -> eyre::Result<Option<ExitStatus>> {
        Ok(self.child().try_wait()?)
    }

    /// Holds it where it is: SIGSTOP.
    ///
    /// # Errors
    /// When no signal can be sent.
    pub fn pause(&self) -> eyre::Result<()> {
        self.signal("STOP")
    }

    /// Lets it go on after [`Self::pause`].
    ///
    /// # Errors
    /// See [`Self::pause`].
    pub fn resume(&self) -> eyre::Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, name: &str) -> eyre::Result<()> {
        let id = self.id();
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status()?;
        if sent.success() { Ok(()) } else { Err(eyre!("{} takes no SIG{name}", self.name)) }
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    ///
    /// # Errors
    /// When it has not ended after `patience`; it is killed then.
    pub fn terminate(&self, patience: Duration) -> eyre::Result<ExitStatus> {
        if let Some(status) = self.ended()? {
            return Ok(status);
        }
        self.signal("TERM")?;
        let started = Instant::now();
        while started.elapsed() < patience {
            if let Some(status) = self.child().try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        self.kill();
        Err(eyre!("{} did not end within {patience:?}:\n{}", self.name, tail(&self.log)))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The last lines of a log.
#[must_use]
pub fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

/// A program that was built beside the one that runs now.
///
/// # Errors
/// When it is not there.
pub fn program(name: &str) -> eyre::Result<PathBuf> {
    let own = std::env::current_exe()?;
    // A test lies one folder deeper, in `deps`.
    let found = own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| eyre!("{name} is not built: run `cargo build --workspace --bins`"))
}

/// Runs a program to its end and gives what it printed.
///
/// # Errors
/// When it fails, with what it said.
pub fn run(command: &mut Command) -> eyre::Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().wrap_err_with(|| format!("cannot start {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let printed = String::from_utf8_lossy(&output.stdout);
        bail!("{program} failed ({}):\n{}\n{}", output.status, printed.trim(), said.trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn until_it_fails(process: &Process) -> String {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) {
            if let Err(error) = process.check() {
                return error.to_string();
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        panic!("it still runs");
    }

    #[test]
    fn a_process_that_ends_tells_what_it_said() {
        let dir = tempfile::tempdir().expect("a folder");
        let process =
            Process::start("talker", shell("echo the reason; exit 3"), dir.path()).expect("sh is there");
        let error = until_it_fails(&process);
        assert!(error.contains("talker") && error.contains("the reason") && error.contains('3'), "{error}");
    }

    #[test]
    fn one_that_is_asked_to_end_may_do_so_in_its_own_way() {
        let dir = tempfile::tempdir().expect("a folder");
        let script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done";
        let process = Process::start("polite", shell(script), dir.path()).expect("sh is there");
        while !tail(process.log()).contains("ready") {
            std::thread::sleep(LOOK_AGAIN);
        }
        assert_eq!(process.terminate(Duration::from_secs(20)).expect("it ends").code(), Some(7));
    }

    #[test]
    fn the_output_of_a_program_is_its_result_and_a_failure_shows_what_it_said() {
        assert_eq!(run(&mut shell("echo result; echo talk >&2")).expect("it succeeds"), "result\n");
        let error = run(&mut shell("echo why >&2; exit 1")).expect_err("it fails").to_string();
        assert!(error.contains("why"), "{error}");
    }
}
