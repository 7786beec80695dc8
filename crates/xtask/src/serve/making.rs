//! The package and the server, made side by side while pages are told how far both are.
use crate::live::{Live, Part};
use crate::process::{self, Messages};
use crate::sandbox::{self, Profile};
use crate::toolchain::Origin;
use crate::wasm::{self, Mode};
use crate::workspace::Workspace;
use crate::{console, setup};
use anyhow::{Error, Result, bail};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What comes before the package is built.
pub const PREPARING: &str = "looking for npm's packages and the toolchain";
/// Between two lines about the same part on the terminal.
const PAUSE: Duration = Duration::from_secs(10);
/// Where this is enough, nobody has to look at a page that waits.
const AT_ONCE: Duration = Duration::from_secs(3);
/// A last word to pages, before this process ends.
const TO_BE_HEARD: Duration = Duration::from_millis(500);
/// Of the compiler's messages, as a page shows them.
const LONGEST_REASON: usize = 60_000;

/// Makes both and gives the server's program; what fails first stops the other. `show` is called when it takes a while, or
/// at the end.
pub fn make(workspace: &Workspace, origin: Origin, live: &Arc<Live>, show: impl FnOnce()) -> Result<PathBuf> {
    let (sender, made) = mpsc::channel();
    let start = |part, work: fn(&Workspace, Origin, &Arc<Live>) -> Result<Option<PathBuf>>| {
        let (workspace, live, sender) = (workspace.clone(), live.clone(), sender.clone());
        // Not waited for: when the other part has failed, this one is of no use.
        thread::spawn(move || sender.send((part, work(&workspace, origin, &live))));
    };
    start(Part::Package, |workspace, origin, live| {
        let tell = ear(live, Part::Package);
        tell(PREPARING.to_owned());
        let toolchain = setup::for_build(workspace, origin)?;
        let is_new = wasm::build_heard(workspace, &toolchain, Mode::Release, Some(&tell))?;
        live.finish(Part::Package, is_new);
        Ok(None)
    });
    start(Part::Server, |workspace, _, live| {
        let tell = ear(live, Part::Server);
        sandbox::build_heard(workspace, Profile::Serve, Some(&tell)).map(Some)
    });
    drop(sender);
    let mut show = Some(show);
    let mut program = None;
    loop {
        match made.recv_timeout(AT_ONCE) {
            Ok((_, Ok(None))) => {}
            Ok((_, Ok(Some(path)))) => program = Some(path),
            Ok((part, Err(error))) => {
                live.fail(part, reason(&error));
                process::stop_everything();
                thread::sleep(TO_BE_HEARD);
                return Err(error);
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Some(show) = show.take() {
                    show();
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if let Some(show) = show {
        show();
    }
    match program {
        Some(program) => Ok(program),
        None => bail!("the server was given up"),
    }
}

/// Tells pages each step of a part, and the terminal a step now and then.
pub fn ear(live: &Arc<Live>, part: Part) -> impl Fn(String) + Sync + use<> {
    let live = live.clone();
    let last: Mutex<Option<Instant>> = Mutex::new(None);
    move |text| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() > PAUSE) {
            *last = Some(Instant::now());
            console::step("…", format!("{}: {text}", part.name()));
        }
        live.tell(part, text);
    }
}

/// Why something could not be made: the compiler's messages, where there are some.
pub fn reason(error: &Error) -> String {
    let Some(messages) = error.chain().find_map(|error| error.downcast_ref::<Messages>()) else {
        return format!("{error:#}");
    };
    let lines = messages.text.lines().filter(|line| !line.trim_start().starts_with("Compiling "));
    let mut text = lines.collect::<Vec<_>>().join("\n");
    let end = (0..=LONGEST_REASON.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or_default());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Program;
    use anyhow::Context;

    #[test]
    fn the_reason_is_what_the_compiler_says() {
        let program = Program::new("sh").args(["-c", "printf '   Compiling a v1\\nerror: b\\n' >&2; exit 1"]);
        let error = program.run_for(Some(&|_| {})).context("does not compile").expect_err("fails");
        assert_eq!(reason(&error), "error: b");
        assert_eq!(reason(&anyhow::anyhow!("no network").context("npm")), "npm: no network");
    }
}
