//! A program with all that it starts, ended as one.
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::Group;
#[cfg(windows)]
pub use windows::Group;

use anyhow::{Context, Result};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take to stop by itself before it is killed.
pub const GRACE: Duration = Duration::from_secs(8);

impl Group {
    /// Starts a program in a group of its own.
    pub fn spawn(command: &mut Command, shown: &str) -> Result<(Child, Group)> {
        Group::prepare(command);
        let mut child = command.spawn().with_context(|| format!("cannot run `{shown}`"))?;
        match Group::of(&child) {
            Ok(group) => Ok((child, group)),
            Err(error) => {
                // Outside of a group its children could be left behind.
                let _ = child.kill();
                let _ = child.wait();
                Err(error.context(format!("cannot keep `{shown}` together with what it starts")))
            }
        }
    }
}

/// Asks groups to stop, waits a while, and kills what is left.
pub fn stop(groups: &[Group]) {
    groups.iter().for_each(Group::terminate);
    let deadline = Instant::now() + GRACE;
    let mut alive = groups.to_vec();
    loop {
        alive.retain(|group| !group.is_gone());
        if alive.is_empty() || Instant::now() > deadline {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    alive.iter().for_each(Group::kill);
}
