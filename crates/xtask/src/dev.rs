//! `dev`: the demo while somebody works on it. What is edited is built again, and open pages load it.
mod watch;

use crate::live::{Live, Part};
use crate::process::Service;
use crate::sandbox::{self, Profile};
use crate::serve::Options;
use crate::serve::making::{PREPARING, ear, reason};
use crate::toolchain::Origin;
use crate::wasm::{self, Mode};
use crate::workspace::Workspace;
use crate::{console, docs, setup};
use anyhow::{Context, Result};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Once};
use std::thread;
use std::time::Instant;
use watch::Change;

pub fn run(workspace: &Workspace, origin: Origin, options: &Options) -> Result<()> {
    let (site, live) = options.open(workspace, true)?;
    // Before anything is built: an edit meanwhile counts, too.
    let changes = watch::watch(workspace)?;
    options.show(&site);
    live.tell(Part::Package, PREPARING);
    let toolchain = setup::for_build(workspace, origin)?;
    options.say_where(workspace, &site);
    thread::scope(|scope| {
        let package = worker(scope, &live, Part::Package, {
            let (live, toolchain) = (&live, &toolchain);
            let mut is_compiled = false;
            let has_docs = Once::new();
            move |change| {
                let tell = ear(live, Part::Package);
                if change == Change::Scripts && is_compiled {
                    return wasm::bundle_anew(workspace, Mode::Dev, Some(&tell));
                }
                is_compiled = false;
                let is_new = wasm::build_heard(workspace, toolchain, Mode::Dev, Some(&tell))?;
                // Once, when there is time for it.
                has_docs.call_once(|| docs::build_in_background(workspace));
                is_compiled = true;
                Ok(is_new)
            }
        });
        let server = worker(scope, &live, Part::Server, {
            let live = &live;
            let mut running = None;
            move |_| start_anew(workspace, options, live, &mut running)
        });
        for change in changes {
            let worker = match change {
                Change::Page => {
                    live.renew();
                    continue;
                }
                Change::Scripts | Change::Package => &package,
                Change::Server => &server,
            };
            worker.send(change).context("the builds have ended")?;
        }
        Ok(())
    })
}

/// A thread that makes a part at once, and again after edits.
fn worker<'scope, 'env>(
    scope: &'scope thread::Scope<'scope, 'env>,
    live: &Arc<Live>,
    part: Part,
    mut make: impl FnMut(Change) -> Result<bool> + Send + 'scope,
) -> Sender<Change> {
    let (sender, edits) = mpsc::channel();
    let live = live.clone();
    scope.spawn(move || {
        let mut change = Some(Change::Package);
        while let Some(wanted) = change {
            let start = Instant::now();
            live.tell(part, "is being built");
            match make(wanted) {
                Ok(is_new) => {
                    live.finish(part, is_new);
                    console::step("Ready", format!("{} after {}", part.name(), console::duration(start.elapsed())));
                }
                Err(error) => {
                    live.fail(part, reason(&error));
                    console::step("Failed", format!("{}: {error:#}", part.name()));
                }
            }
            change = next(&edits);
        }
    });
    sender
}

/// Waits for an edit; of those that came meanwhile it gives the one that changes most.
fn next(edits: &Receiver<Change>) -> Option<Change> {
    let first = edits.recv().ok()?;
    Some(edits.try_iter().fold(first, Change::max))
}

/// Builds the server, and puts the new one in the place of the one that runs.
fn start_anew(
    workspace: &Workspace,
    options: &Options,
    live: &Arc<Live>,
    running: &mut Option<(Service, Vec<u8>)>,
) -> Result<bool> {
    let tell = ear(live, Part::Server);
    let program = sandbox::build_heard(workspace, Profile::Tests, Some(&tell))?;
    let content = std::fs::read(&program).context("the server's program cannot be read")?;
    if running.as_ref().is_some_and(|(_, of)| *of == content) {
        return Ok(false);
    }
    // The port and the database have room for one.
    drop(running.take());
    *running = Some((options.start(workspace, &program, Some(&tell))?, content));
    Ok(true)
}
