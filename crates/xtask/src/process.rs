//! Running other programs: shown, timed, in process groups of their own, and never left behind.
use crate::console;
use crate::group::{self, GRACE, Group};
use crate::meter::{Ear, Piece};
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufReader, IsTerminal, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A silent program gets a line this often.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// What has to be gone when this process is gone.
struct Started {
    groups: Vec<Group>,
    directories: Vec<PathBuf>,
    /// Nothing is started any more.
    is_closed: bool,
}

static STARTED: Mutex<Started> = Mutex::new(Started { groups: Vec::new(), directories: Vec::new(), is_closed: false });
static STOPPING: AtomicBool = AtomicBool::new(false);

fn started() -> MutexGuard<'static, Started> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// On Ctrl-C, SIGTERM and SIGHUP: stop every process group, remove temporary directories, leave.
pub fn stop_everything_on_signals() -> Result<()> {
    ctrlc::set_handler(|| {
        STOPPING.store(true, Ordering::SeqCst);
        console::step("Stopping", "what this command started");
        let (groups, directories) = {
            let started = started();
            (started.groups.clone(), started.directories.clone())
        };
        group::stop(&groups);
        for directory in directories {
            // Best effort: the process is on its way out and nobody could act on an error.
            let _ = std::fs::remove_dir_all(directory);
        }
        std::process::exit(130);
    })
    .context("cannot listen for Ctrl-C")
}

/// Stops every program that was started, and lets other threads start none, for an end that does not wait for them.
pub fn stop_everything() {
    let groups = {
        let mut started = started();
        started.is_closed = true;
        started.groups.clone()
    };
    group::stop(&groups);
}

/// The signal handler ends the process; until then nothing else may report the programs that it stopped as failures.
pub fn wait_if_stopping() {
    while STOPPING.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// Whether this process is on its way out.
#[cfg(windows)]
pub fn is_stopping() -> bool {
    STOPPING.load(Ordering::SeqCst)
}

/// A directory that is removed when it is dropped and on Ctrl-C.
pub struct TempDir(tempfile::TempDir);

impl TempDir {
    pub fn new() -> Result<TempDir> {
        let directory = tempfile::Builder::new()
            .prefix("carto-wasm-")
            .tempdir()
            .context("cannot make a temporary directory; check TMPDIR")?;
        started().directories.push(directory.path().to_owned());
        Ok(TempDir(directory))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let path = self.0.path();
        started().directories.retain(|kept| kept != path);
    }
}

/// A program to run.
pub struct Program {
    command: Command,
    shown: String,
    limit: Option<Duration>,
}

impl Program {
    pub fn new(program: impl AsRef<OsStr>) -> Program {
        let program = program.as_ref();
        let name = Path::new(program).file_name().unwrap_or(program);
        // Scripts as npm's are not found by their bare names there.
        let found = if cfg!(windows) { which::which(program).ok() } else { None };
        let program = found.as_deref().map_or(program, Path::as_os_str);
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        // `cargo run` leaves these behind; a compiler of another toolchain must not load this one's libraries.
        for name in ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"] {
            command.env_remove(name);
        }
        Program { command, shown: name.to_string_lossy().into_owned(), limit: None }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Program {
        self.shown.push(' ');
        self.shown.push_str(&arg.as_ref().to_string_lossy());
        self.command.arg(arg);
        self
    }

    pub fn args<A: AsRef<OsStr>>(self, args: impl IntoIterator<Item = A>) -> Program {
        args.into_iter().fold(self, Program::arg)
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Program {
        self.command.env(name, value);
        self
    }

    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Program {
        self.command.env_remove(name);
        self
    }

    pub fn dir(mut self, dir: impl AsRef<Path>) -> Program {
        self.command.current_dir(dir);
        self
    }

    /// Runs as another user, which only root can.
    #[cfg(unix)]
    pub fn user(mut self, uid: u32, gid: u32) -> Program {
        use std::os::unix::process::CommandExt;
        self.command.uid(uid).gid(gid);
        self
    }

    /// Stops the program when it takes longer, for those that may wait for ever.
    pub fn limit(mut self, limit: Duration) -> Program {
        self.limit = Some(limit);
        self
    }

    /// Shows the command and lets it write to the terminal.
    pub fn run(mut self) -> Result<()> {
        console::step("Running", &self.shown);
        // On a terminal the program shows its own progress.
        let heartbeat = !std::io::stderr().is_terminal();
        let status = self.wait(heartbeat)?;
        self.check(status)
    }

    /// The same; where somebody hears, it tells how far cargo is, and a failure is an error that carries the `Messages`.
    pub fn run_for(mut self, ear: Ear) -> Result<()> {
        let Some(hear) = ear else {
            return self.run();
        };
        console::step("Running", &self.shown);
        let color = if std::io::stderr().is_terminal() { "always" } else { "never" };
        // Its bar, wherever the output goes.
        for (name, value) in [("WHEN", "always"), ("WIDTH", "100")] {
            self.command.env(format!("CARGO_TERM_PROGRESS_{name}"), value);
        }
        self.command.env("CARGO_TERM_COLOR", color).stderr(Stdio::piped());
        let mut running = self.spawn()?;
        let stderr = running.child.as_mut().and_then(|child| child.stderr.take()).context("the output is gone")?;
        let (status, messages) = thread::scope(|scope| {
            let reading = scope.spawn(|| relay(stderr, hear));
            let status = self.attend(&mut running, !std::io::stderr().is_terminal());
            (status, reading.join().unwrap_or_default())
        });
        let status = status?;
        if status.success() {
            return Ok(());
        }
        wait_if_stopping();
        Err(Messages { what: format!("`{}` failed ({status})", self.shown), text: messages }.into())
    }

    /// Shows `what` instead of the command's output, which appears only when it fails.
    pub fn run_quietly(mut self, what: &str) -> Result<()> {
        console::step("Running", what);
        let mut log = tempfile::tempfile().context("cannot make a temporary file; check TMPDIR")?;
        self.command.stdout(log.try_clone()?).stderr(log.try_clone()?);
        let status = self.wait(true)?;
        if !status.success() {
            let mut text = String::new();
            log.rewind()?;
            // Programs may print what is no UTF-8; then the exit status has to do.
            let _ = log.read_to_string(&mut text);
            wait_if_stopping();
            let _ = std::io::stderr().write_all(console::without_hosts(&text).as_bytes());
        }
        self.check(status)
    }

    /// What the program writes to stdout; a failure is an error that carries its last line of stderr.
    pub fn output(mut self) -> Result<String> {
        self.command.stderr(Stdio::piped());
        self.output_beside_messages()
    }

    /// The same, with what the program writes to stderr on the terminal: for those that work for a while.
    pub fn output_beside_messages(mut self) -> Result<String> {
        self.command.stdout(Stdio::piped());
        let output = self.spawn()?.into_output(&self.shown)?;
        if !output.status.success() {
            wait_if_stopping();
            let stderr = String::from_utf8_lossy(&output.stderr);
            let last = stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it printed no reason");
            bail!("`{}` failed: {}", self.shown, console::without_hosts(last.trim()));
        }
        String::from_utf8(output.stdout).with_context(|| format!("`{}` printed something that is no UTF-8", self.shown))
    }

    /// Starts a program that goes on until the returned value is dropped.
    pub fn start(mut self, stdout: Stdio) -> Result<Service> {
        console::step("Starting", &self.shown);
        self.command.stdout(stdout);
        Ok(Service { started: self.spawn()?, name: self.shown })
    }

    fn spawn(&mut self) -> Result<Running> {
        // Holding the list while spawning: a signal in between must not miss the new group.
        let mut started = started();
        if STOPPING.load(Ordering::SeqCst) {
            drop(started);
            wait_if_stopping();
            bail!("stopped");
        }
        if started.is_closed {
            bail!("`{}` is not started any more", self.shown);
        }
        let (child, group) = Group::spawn(&mut self.command, &self.shown)?;
        started.groups.push(group.clone());
        Ok(Running { child: Some(child), group })
    }

    fn wait(&mut self, heartbeat: bool) -> Result<ExitStatus> {
        let mut running = self.spawn()?;
        self.attend(&mut running, heartbeat)
    }

    fn attend(&self, running: &mut Running, heartbeat: bool) -> Result<ExitStatus> {
        let (done, waiting) = mpsc::channel::<()>();
        let name = self.shown.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let (group, limit) = (running.group.clone(), self.limit.unwrap_or(Duration::MAX));
        let beat = thread::spawn(move || {
            let start = Instant::now();
            let next = || match limit.saturating_sub(start.elapsed()) {
                Duration::ZERO => GRACE,
                left => HEARTBEAT.min(left),
            };
            while waiting.recv_timeout(next()) == Err(mpsc::RecvTimeoutError::Timeout) {
                if start.elapsed() > limit.saturating_add(GRACE) {
                    group.kill();
                } else if start.elapsed() > limit {
                    console::step("Stopping", format!("{name}: it took longer than {}", console::duration(limit)));
                    group.terminate();
                } else if heartbeat {
                    console::step("…", format!("{name}: {}", console::duration(start.elapsed())));
                }
            }
        });
        let status = running.wait();
        drop(done);
        // The thread only prints; a panic in it would have shown itself.
        let _ = beat.join();
        status.with_context(|| format!("cannot wait for `{}`", self.shown))
    }

    fn check(&self, status: ExitStatus) -> Result<()> {
        if !status.success() {
            wait_if_stopping();
            bail!("`{}` failed ({status})", self.shown);
        }
        Ok(())
    }
}

/// What a program that failed has written to stderr, without colours.
#[derive(Debug)]
pub struct Messages {
    what: String,
    pub text: String,
}

impl std::fmt::Display for Messages {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(&self.what)
    }
}

impl std::error::Error for Messages {}

/// Passes a program's messages on to the terminal, tells of its progress, and gives the messages.
fn relay(stderr: impl Read, hear: &(dyn Fn(String) + Sync)) -> String {
    let mut messages = String::new();
    let mut pieces = BufReader::new(stderr);
    let mut piece = Vec::new();
    while let Some(end) = next_piece(&mut pieces, &mut piece) {
        let text = String::from_utf8_lossy(&piece);
        match Piece::of(&text) {
            Piece::Progress(progress) => hear(progress.to_string()),
            Piece::Bar => {}
            Piece::Line("") if end == Some(b'\r') => {}
            Piece::Line(line) => {
                // A reader who has left must not keep the work from being done.
                let _ = writeln!(std::io::stderr().lock(), "{line}");
                messages.extend([&anstream::adapter::strip_str(line).to_string(), "\n"]);
            }
        }
    }
    messages
}

/// Reads to the next carriage return or line's end, and tells which it was; None when there is nothing more.
fn next_piece(from: &mut BufReader<impl Read>, piece: &mut Vec<u8>) -> Option<Option<u8>> {
    piece.clear();
    for byte in from.by_ref().bytes() {
        match byte.ok()? {
            end @ (b'\n' | b'\r') => return Some(Some(end)),
            byte => piece.push(byte),
        }
    }
    (!piece.is_empty()).then_some(None)
}

/// A child and the group that it leads.
struct Running {
    child: Option<Child>,
    group: Group,
}

impl Running {
    fn wait(&mut self) -> std::io::Result<ExitStatus> {
        match &mut self.child {
            Some(child) => child.wait(),
            None => Err(std::io::Error::other("the child was taken")),
        }
    }

    fn into_output(mut self, shown: &str) -> Result<std::process::Output> {
        let child = self.child.take().with_context(|| format!("`{shown}` was taken"))?;
        child.wait_with_output().with_context(|| format!("cannot wait for `{shown}`"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Also after a regular end: a program's own children may have outlived it.
        group::stop(std::slice::from_ref(&self.group));
        started().groups.retain(|group| *group != self.group);
    }
}

/// A running program; dropping it stops the whole group.
pub struct Service {
    started: Running,
    name: String,
}

impl Service {
    pub fn stdout(&mut self) -> Result<std::process::ChildStdout> {
        let child = self.started.child.as_mut();
        child.and_then(|child| child.stdout.take()).with_context(|| format!("`{}` has no output to read", self.name))
    }

    /// Waits for the end, which for a server is never the plan.
    pub fn wait(&mut self) -> Result<()> {
        let status = self.started.wait().with_context(|| format!("cannot wait for `{}`", self.name))?;
        wait_if_stopping();
        bail!("`{}` ended by itself ({status}); its messages are above", self.name)
    }
}

/// Whether this process may do everything; on Windows nothing here asks for it.
pub fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    false
}

/// The program of this name on PATH.
pub fn find(name: &str) -> Option<PathBuf> {
    which::which(name).ok()
}

/// Whether a file can be run.
pub fn is_program(file: &Path) -> bool {
    which::which(file).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_gives_stdout_or_the_last_line_of_stderr() {
        assert_eq!(Program::new("sh").args(["-c", "echo fine"]).output().expect("runs"), "fine\n");
        let error =
            Program::new("sh").args(["-c", "echo first >&2; echo last >&2; exit 3"]).output().expect_err("fails");
        assert!(error.to_string().ends_with("failed: last"), "{error}");
    }

    #[test]
    fn messages_are_told_from_progress() {
        let script = "printf '  Building [=> ] 1/2: a\\r   Compiling a\\n\\033[31mred\\033[0m\\n  Building [==>] 2/2: b\\r' >&2; exit 1";
        let heard = Mutex::new(Vec::new());
        let hear = |progress| heard.lock().expect("is free").push(progress);
        let error = Program::new("sh").args(["-c", script]).run_for(Some(&hear)).expect_err("fails");
        let messages = error.downcast_ref::<Messages>().map(|messages| messages.text.as_str());
        assert_eq!(messages, Some("   Compiling a\nred\n"));
        assert_eq!(*heard.lock().expect("is free"), ["compiled 1 of 2 crates", "compiled 2 of 2 crates"]);
    }

    #[test]
    fn a_program_may_not_take_longer_than_its_limit() {
        let start = Instant::now();
        let error = Program::new("sleep").arg("60").limit(Duration::from_millis(50)).run().expect_err("is stopped");
        assert!(start.elapsed() < Duration::from_secs(30), "{error}");
    }
}
