//! Process groups of Unix.
use anyhow::Result;
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpgid};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

/// A process group, named by the process that leads it.
#[derive(Clone, PartialEq)]
pub struct Group(Pid);

impl Group {
    pub(super) fn prepare(command: &mut Command) {
        command.process_group(0);
    }

    pub(super) fn of(leader: &Child) -> Result<Group> {
        Ok(Group(Pid::from_child(leader)))
    }

    /// Asks all members to end; one that is gone already has done so.
    pub fn terminate(&self) {
        let _ = kill_process_group(self.0, Signal::TERM);
    }

    pub fn kill(&self) {
        let _ = kill_process_group(self.0, Signal::KILL);
    }

    /// Reaps what has ended, because a zombie still counts as a member of its group.
    pub fn is_gone(&self) -> bool {
        while let Ok(Some(_)) = waitpgid(self.0, WaitOptions::NOHANG) {}
        // What may not be told to end is nothing to wait for, either: macOS says so of zombies.
        test_kill_process_group(self.0).is_err() || self.has_only_zombies()
    }

    /// Orphans are init's to reap, which in containers takes its time; nobody has to wait for that.
    fn has_only_zombies(&self) -> bool {
        let Ok(processes) = std::fs::read_dir("/proc") else {
            return false;
        };
        let stats = processes.flatten().filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok());
        let mut members = stats.filter_map(|stat| self.state_in(&stat)).peekable();
        members.peek().is_some() && members.all(|state| state == "Z" || state == "X")
    }

    /// The state of a process, if it is a member: `pid (name) state parent group …`, any character in the name.
    fn state_in(&self, stat: &str) -> Option<String> {
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace();
        let state = fields.next()?;
        (fields.nth(1)?.parse() == Ok(self.0.as_raw_nonzero().get())).then(|| state.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Program;
    use rustix::process::test_kill_process;
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    use std::time::Duration;

    #[test]
    fn reads_the_state_of_a_member() {
        let group = |id| Group(Pid::from_raw(id).expect("a process id"));
        let stat = "77 (a (b) c) Z 1 42 42 0 -1";
        assert_eq!(group(42).state_in(stat).as_deref(), Some("Z"));
        assert_eq!(group(1).state_in(stat), None);
    }

    #[test]
    fn a_dropped_service_takes_its_children_along() {
        let mut service =
            Program::new("sh").args(["-c", "sleep 60 & echo $!; wait"]).start(Stdio::piped()).expect("starts");
        let mut line = String::new();
        BufReader::new(service.stdout().expect("is piped")).read_line(&mut line).expect("reads");
        let grandchild = line.trim().parse().ok().and_then(Pid::from_raw).expect("a process id");
        assert_eq!(test_kill_process(grandchild), Ok(()));
        drop(service);
        let gone = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            // Its new parent reaps it in its own time, and not every system tells of zombies in files.
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", grandchild.as_raw_nonzero()));
            test_kill_process(grandchild).is_err() || stat.is_ok_and(|stat| stat.contains(") Z "))
        });
        assert!(gone, "process {} is still there", grandchild.as_raw_nonzero());
    }
}
