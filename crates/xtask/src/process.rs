//! Running other programs: shown, timed, in process groups of their own, and never left behind.
use crate::say;
use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::ffi::OsStr;
use std::io::{IsTerminal, Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take to stop by itself before it is killed.
const GRACE: Duration = Duration::from_secs(8);
/// A silent program gets a line this often.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// What has to be gone when this process is gone.
struct Started {
    groups: Vec<Pid>,
    directories: Vec<PathBuf>,
}

static STARTED: Mutex<Started> = Mutex::new(Started { groups: Vec::new(), directories: Vec::new() });
static STOPPING: AtomicBool = AtomicBool::new(false);

fn started() -> MutexGuard<'static, Started> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// On Ctrl-C, SIGTERM and SIGHUP: stop every process group, remove temporary directories, leave.
pub fn stop_everything_on_signals() -> Result<()> {
    ctrlc::set_handler(|| {
        STOPPING.store(true, Ordering::SeqCst);
        say::step("Stopping", "what this command started");
        let (groups, directories) = {
            let started = started();
            (started.groups.clone(), started.directories.clone())
        };
        stop_groups(&groups);
        for directory in directories {
            // Best effort: the process is on its way out and nobody could act on an error.
            let _ = std::fs::remove_dir_all(directory);
        }
        std::process::exit(130);
    })
    .context("cannot listen for Ctrl-C")
}

/// The signal handler ends the process; until then nothing else may report the programs that it stopped as failures.
pub fn wait_if_stopping() {
    while STOPPING.load(Ordering::SeqCst) {
        thread::park();
    }
}

fn stop_groups(groups: &[Pid]) {
    for group in groups {
        let _ = killpg(*group, Signal::SIGTERM);
    }
    let deadline = Instant::now() + GRACE;
    let mut alive = groups.to_vec();
    loop {
        alive.retain(|group| !group_is_gone(*group));
        if alive.is_empty() || Instant::now() > deadline {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    for group in alive {
        let _ = killpg(group, Signal::SIGKILL);
    }
}

/// Reaps what has ended, because a zombie still counts as a member of its group.
fn group_is_gone(group: Pid) -> bool {
    while let Ok(status) = waitpid(Pid::from_raw(-group.as_raw()), Some(WaitPidFlag::WNOHANG)) {
        if status == WaitStatus::StillAlive {
            break;
        }
    }
    matches!(killpg(group, None), Err(Errno::ESRCH)) || only_zombies(group)
}

/// Orphans are init's to reap, which in containers takes its time; nobody has to wait for that.
fn only_zombies(group: Pid) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return false;
    };
    let stats = processes.flatten().filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok());
    let mut members = stats.filter_map(|stat| state_in(group, &stat)).peekable();
    members.peek().is_some() && members.all(|state| state == "Z" || state == "X")
}

/// The state of a process, if it belongs to the group: `pid (name) state parent group …`, any character in the name.
fn state_in(group: Pid, stat: &str) -> Option<String> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    (fields.nth(1)?.parse() == Ok(group.as_raw())).then(|| state.to_owned())
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
    pub fn user(mut self, uid: u32, gid: u32) -> Program {
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
        say::step("Running", &self.shown);
        // On a terminal the program shows its own progress.
        let heartbeat = !std::io::stderr().is_terminal();
        let status = self.wait(heartbeat)?;
        self.check(status)
    }

    /// Shows `what` instead of the command's output, which appears only when it fails.
    pub fn run_quietly(mut self, what: &str) -> Result<()> {
        say::step("Running", what);
        let mut log = tempfile::tempfile().context("cannot make a temporary file; check TMPDIR")?;
        self.command.stdout(log.try_clone()?).stderr(log.try_clone()?);
        let status = self.wait(true)?;
        if !status.success() {
            let mut text = String::new();
            log.rewind()?;
            // Programs may print what is no UTF-8; then the exit status has to do.
            let _ = log.read_to_string(&mut text);
            wait_if_stopping();
            let _ = std::io::stderr().write_all(say::without_hosts(&text).as_bytes());
        }
        self.check(status)
    }

    /// What the program writes to stdout; a failure is an error that carries its last line of stderr.
    pub fn output(mut self) -> Result<String> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = self.spawn_group()?.into_output(&self.shown)?;
        if !output.status.success() {
            wait_if_stopping();
            let stderr = String::from_utf8_lossy(&output.stderr);
            let last = stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it printed no reason");
            bail!("`{}` failed: {}", self.shown, say::without_hosts(last.trim()));
        }
        String::from_utf8(output.stdout).with_context(|| format!("`{}` printed something that is no UTF-8", self.shown))
    }

    /// Starts a program that goes on until the returned value is dropped.
    pub fn start(mut self, stdout: Stdio) -> Result<Service> {
        say::step("Starting", &self.shown);
        self.command.stdout(stdout);
        Ok(Service { group: self.spawn_group()?, name: self.shown })
    }

    fn spawn_group(&mut self) -> Result<Group> {
        // Holding the list while spawning: a signal in between must not miss the new group.
        let mut started = started();
        if STOPPING.load(Ordering::SeqCst) {
            drop(started);
            wait_if_stopping();
            bail!("stopped");
        }
        let child = self.command.process_group(0).spawn().with_context(|| format!("cannot run `{}`", self.shown))?;
        let id = Pid::from_raw(i32::try_from(child.id()).context("a process id out of range")?);
        started.groups.push(id);
        Ok(Group { child: Some(child), id })
    }

    fn wait(&mut self, heartbeat: bool) -> Result<ExitStatus> {
        let mut group = self.spawn_group()?;
        let (done, waiting) = mpsc::channel::<()>();
        let name = self.shown.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let (id, limit) = (group.id, self.limit.unwrap_or(Duration::MAX));
        let beat = thread::spawn(move || {
            let start = Instant::now();
            let next = || match limit.saturating_sub(start.elapsed()) {
                Duration::ZERO => GRACE,
                left => HEARTBEAT.min(left),
            };
            while waiting.recv_timeout(next()) == Err(mpsc::RecvTimeoutError::Timeout) {
                if start.elapsed() > limit.saturating_add(GRACE) {
                    let _ = killpg(id, Signal::SIGKILL);
                } else if start.elapsed() > limit {
                    say::step("Stopping", format!("{name}: it took longer than {}", say::duration(limit)));
                    let _ = killpg(id, Signal::SIGTERM);
                } else if heartbeat {
                    say::step("…", format!("{name}: {}", say::duration(start.elapsed())));
                }
            }
        });
        let status = group.wait();
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

/// A child and the process group that it leads.
struct Group {
    child: Option<Child>,
    id: Pid,
}

impl Group {
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

impl Drop for Group {
    fn drop(&mut self) {
        // Also after a regular end: a program's own children may have outlived it.
        stop_groups(&[self.id]);
        started().groups.retain(|id| *id != self.id);
    }
}

/// A running program; dropping it stops the whole group.
pub struct Service {
    group: Group,
    name: String,
}

impl Service {
    pub fn stdout(&mut self) -> Result<std::process::ChildStdout> {
        let child = self.group.child.as_mut();
        child.and_then(|child| child.stdout.take()).with_context(|| format!("`{}` has no output to read", self.name))
    }

    /// Waits for the end, which for a server is never the plan.
    pub fn wait(&mut self) -> Result<()> {
        let status = self.group.wait().with_context(|| format!("cannot wait for `{}`", self.name))?;
        wait_if_stopping();
        bail!("`{}` ended by itself ({status}); its messages are above", self.name)
    }
}

/// The program of this name on PATH.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| is_program(file))
}

pub fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
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
    fn reads_the_state_of_a_groups_member() {
        let stat = "77 (a (b) c) Z 1 42 42 0 -1";
        assert_eq!(state_in(Pid::from_raw(42), stat).as_deref(), Some("Z"));
        assert_eq!(state_in(Pid::from_raw(1), stat), None);
    }

    #[test]
    fn a_program_may_not_take_longer_than_its_limit() {
        let start = Instant::now();
        let error = Program::new("sleep").arg("60").limit(Duration::from_millis(50)).run().expect_err("is stopped");
        assert!(start.elapsed() < Duration::from_secs(30), "{error}");
    }

    #[test]
    fn a_dropped_service_takes_its_children_along() {
        let mut service =
            Program::new("sh").args(["-c", "sleep 60 & echo $!; wait"]).start(Stdio::piped()).expect("starts");
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(service.stdout().expect("is piped")), &mut line)
            .expect("reads");
        let grandchild = Pid::from_raw(line.trim().parse().expect("a process id"));
        assert_eq!(nix::sys::signal::kill(grandchild, None), Ok(()));
        drop(service);
        let gone = (0..100).any(|_| {
            thread::sleep(Duration::from_millis(10));
            // Its new parent reaps it in its own time.
            let state = std::fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        });
        assert!(gone, "process {grandchild} is still there");
    }
}
