//! The documentation: `docs` builds its site as files, `serve` builds it when it changed and shows it at /docs/.
use crate::process::Program;
use crate::stamp::Stamp;
use crate::workspace::Workspace;
use crate::{console, node};
use anyhow::{Context, Result};
use axum::Router;
use axum::handler::HandlerWithoutStateExt;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use tower_http::services::ServeDir;

/// Where `serve` has it, and every page of it knows.
const BASE: &str = "/docs/";
/// What typedoc writes among the pages.
const MADE: &str = "api";

#[derive(clap::Args)]
pub struct Options {
    /// Where the site goes; a site that is there is replaced [default: docs in cargo's target directory]
    #[arg(long)]
    out: Option<PathBuf>,
    /// The path that a web server has it at
    #[arg(long, default_value = BASE)]
    base: String,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    node::ensure(workspace)?;
    let out = match &options.out {
        Some(out) => {
            let out = std::path::absolute(out)?;
            builder(workspace, &out, &options.base).run()?;
            out
        }
        None if options.base == BASE => {
            build(workspace, |builder| builder.run())?;
            directory(workspace)
        }
        None => {
            builder(workspace, &directory(workspace), &options.base).run()?;
            directory(workspace)
        }
    };
    console::step("Built", format!("{}, to be served at {}", out.display(), options.base));
    Ok(())
}

/// Builds the site if something changed since the last time, and lets the caller go on.
pub fn build_in_background(workspace: &Workspace) {
    let workspace = Workspace { root: workspace.root.clone(), target: workspace.target.clone() };
    thread::spawn(move || {
        if stamp(&workspace).is_ok_and(|stamp| stamp.is_current()) {
            return;
        }
        let built = build(&workspace, |builder| builder.run_quietly("the documentation's build"));
        let failure = failure(&workspace);
        // The page that reads it says less when this fails.
        let _ = match &built {
            Ok(()) => fs::remove_file(failure),
            Err(error) => fs::write(failure, format!("{error:#}")),
        };
        match built {
            Ok(()) => console::step("Built", "the documentation, at /docs/"),
            Err(error) => console::note(format!("there is no documentation at /docs/: {error:#}")),
        }
    });
}

/// The site, or a page that says why there is none yet.
pub fn router(workspace: &Workspace) -> Router {
    let (site, failure) = (directory(workspace), failure(workspace));
    let missing = move || async move { missing(&site, &failure) };
    Router::new().fallback_service(ServeDir::new(directory(workspace)).fallback(missing.into_service()))
}

fn missing(site: &Path, failure: &Path) -> Response {
    let html = |status, text| (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response();
    if site.join("index.html").exists() {
        let page = fs::read_to_string(site.join("404.html")).unwrap_or_default();
        return html(StatusCode::NOT_FOUND, page);
    }
    let (title, text) = match fs::read_to_string(failure) {
        Ok(reason) => (
            "The documentation could not be built",
            format!(
                "<p>{}</p><p>The messages are in the terminal of <code>cargo xtask serve</code>.</p>",
                escaped(&reason)
            ),
        ),
        Err(_) => (
            "The documentation is not built yet",
            "<p><code>cargo xtask serve</code> builds it at its first start, beside the map, in about a minute.</p>"
                .into(),
        ),
    };
    let page = format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="3">
<title>{title}</title>
<style>body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }}</style>
<main>
<h1>{title}</h1>
{text}
<p><code>cargo xtask docs</code> builds it by hand. This page looks every three seconds whether it is there. Until then the
texts are in <code>www/docs/</code>. <a href="/">To the map</a></p>
</main>
"#
    );
    html(StatusCode::SERVICE_UNAVAILABLE, page)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn directory(workspace: &Workspace) -> PathBuf {
    workspace.target.join("docs")
}

/// Why there is no site, where the last build failed.
fn failure(workspace: &Workspace) -> PathBuf {
    workspace.cache().join("docs-failure.txt")
}

fn builder(workspace: &Workspace, out: &Path, base: &str) -> Program {
    workspace.program("node").args(["www/docs/.vitepress/build.mjs", "--base", base, "--out"]).arg(out)
}

/// Builds beside the site that is there, which is shown until the new one is whole.
fn build(workspace: &Workspace, run: impl FnOnce(Program) -> Result<()>) -> Result<()> {
    let (site, new) = (directory(workspace), workspace.cache().join("docs"));
    run(builder(workspace, &new, BASE))?;
    let replace = || {
        if site.exists() {
            fs::remove_dir_all(&site)?;
        }
        fs::rename(&new, &site)
    };
    replace().with_context(|| format!("cannot write {}", site.display()))?;
    stamp(workspace)?.write()
}

/// What the site is made from, and the site.
fn stamp(workspace: &Workspace) -> Result<Stamp> {
    let (docs, pkg) = (workspace.root.join("www/docs"), workspace.pkg());
    let mut paths = vec![
        workspace.root.join("package-lock.json"),
        pkg.join("types"),
        pkg.join("package.json"),
        pkg.join("slim.d.mts"),
    ];
    let entries = fs::read_dir(&docs).with_context(|| format!("cannot read {}", docs.display()))?;
    let mut pages: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    pages.retain(|page| !page.ends_with(MADE));
    pages.sort();
    for page in &pages {
        included(page, &mut paths)?;
    }
    paths.extend(pages);
    paths.push(directory(workspace));
    Ok(Stamp::new(workspace, "docs", BASE, paths))
}

/// The files that pages show which lie elsewhere.
fn included(path: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            included(&entry?.path(), found)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "md") {
        let text = fs::read_to_string(path)?;
        let files = text.lines().filter_map(|line| line.trim().strip_prefix("<!-- @include: ")?.strip_suffix("-->"));
        found.extend(files.map(|file| path.with_file_name(file.trim())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn text(response: Response) -> String {
        let body = axum::body::to_bytes(response.into_body(), 100_000).await.expect("has a body");
        String::from_utf8(body.to_vec()).expect("is text")
    }

    #[test]
    fn says_why_there_is_no_documentation() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let (site, failure) = (directory.path().join("docs"), directory.path().join("failure"));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let answer = |expected: StatusCode| {
            let response = missing(&site, &failure);
            assert_eq!(response.status(), expected);
            runtime.block_on(text(response))
        };
        assert!(answer(StatusCode::SERVICE_UNAVAILABLE).contains("not built yet"));
        fs::write(&failure, "a <script> & more").expect("writes");
        let page = answer(StatusCode::SERVICE_UNAVAILABLE);
        assert!(page.contains("could not be built") && page.contains("a &lt;script> &amp; more"), "{page}");
        fs::create_dir(&site).expect("creates");
        fs::write(site.join("index.html"), "").expect("writes");
        fs::write(site.join("404.html"), "no such page").expect("writes");
        assert_eq!(answer(StatusCode::NOT_FOUND), "no such page");
    }

    #[test]
    fn notices_pages_and_what_they_include() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let workspace = Workspace { root: directory.path().join("root"), target: directory.path().join("target") };
        let write = |name: &str, text: &str| {
            let file = workspace.root.join(name);
            fs::create_dir_all(file.parent().expect("has a parent")).expect("creates");
            fs::write(file, text).expect("writes");
        };
        write("www/docs/server/page.md", "<!-- @include: ../../../crates/README.md -->\n");
        write("crates/README.md", "1");
        let is_current = || stamp(&workspace).expect("reads").is_current();
        let note = || stamp(&workspace).expect("reads").write().expect("writes");
        note();
        assert!(is_current());
        write("www/docs/api/made.md", "1");
        assert!(is_current());
        write("crates/README.md", "2");
        assert!(!is_current());
        note();
        write("www/docs/how-to/new.md", "1");
        assert!(!is_current());
    }
}
