//! Imports that clients asked for: those that come, wait, run, and what became of them.
//!
//! All of it is kept in memory. A server that is started anew knows nothing of it; an import is one transaction, so what
//! ran then has changed nothing.

use super::import::source::{Given, Input, is_known};
use super::import::{self, ImportError, ImportOptions, Report};
use super::overviews;
use super::upload::Upload;
use crate::accounts::users;
use crate::db::Database;
use crate::db::server::LONG_WORK;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Imports of a user that come, wait or run.
pub const MOST_UNDER_WAY: usize = 10;
/// Time that one import may take.
const TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// What became of imports is told for so long, and of so many of a user.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
const MOST_KEPT: usize = 50;
/// Warnings that are kept of an import.
const MOST_WARNINGS: usize = 200;

/// What the codes of errors mean, as CARTO numbers them.
const UNSUPPORTED: (u32, &str) = (1002, "Unsupported file type");
const NO_FILE: (u32, &str) = (1010, "Not a file");
const NOT_LOADED: (u32, &str) = (2001, "Unable to load data");
const TIMED_OUT: (u32, &str) = (6667, "Import timed out");

/// What the options of the command are called here.
const NAMES: &[(&str, &str)] = &[
    ("--layer NAME", "layer=NAME"),
    ("--table NAME", "table_name=NAME"),
    ("--srid NUMBER", "srid=NUMBER"),
    ("--table", "table_name"),
    ("--layer", "layer"),
    ("--srid", "srid"),
];

/// How far an import is.
#[derive(Debug)]
enum State {
    Uploading,
    Pending(Upload, ImportOptions),
    Importing,
    Complete(Report),
    Failure { code: u32, title: &'static str, words: String },
}

#[derive(Debug)]
struct Job {
    id: String,
    file: PathBuf,
    state: State,
    /// Rows that are written, of how many.
    rows: (usize, usize),
    ended: Option<Instant>,
}

/// The imports of a user.
#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Job>,
    is_working: bool,
}

/// The imports of all users.
#[derive(Clone, Debug)]
pub struct Imports {
    queues: Arc<Mutex<HashMap<i32, Queue>>>,
    running: Arc<Semaphore>,
}

impl Default for Imports {
    fn default() -> Imports {
        Imports { queues: Arc::default(), running: Arc::new(Semaphore::new(LONG_WORK)) }
    }
}

/// A place in the queue for a file that comes; it is free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    imports: Imports,
    user_id: i32,
    id: String,
}

impl Place {
    /// Lets the file wait for its turn; gives the name of the import.
    pub fn fill(self, database: &Database, upload: Upload, options: ImportOptions) -> String {
        let id = self.id.clone();
        let is_first = {
            let mut queues = self.imports.lock();
            let queue = queues.entry(self.user_id).or_default();
            if let Some(job) = queue.jobs.iter_mut().find(|job| job.id == id) {
                job.file.clone_from(&upload.name);
                job.state = State::Pending(upload, options);
            }
            !std::mem::replace(&mut queue.is_working, true)
        };
        if is_first {
            tokio::spawn(self.imports.clone().work(database.clone(), self.user_id));
        }
        id
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.imports.lock();
        if let Some(queue) = queues.get_mut(&self.user_id) {
            queue.jobs.retain(|job| job.id != self.id || !matches!(job.state, State::Uploading));
        }
    }
}

impl Imports {
    /// A place for a file that comes; none when too many are under way.
    pub fn begin(&self, user_id: i32) -> Option<Place> {
        let id = new_id()?;
        let mut queues = self.lock();
        let queue = queues.entry(user_id).or_default();
        if queue.jobs.iter().filter(|job| job.ended.is_none()).count() >= MOST_UNDER_WAY {
            return None;
        }
        let job = Job { id: id.clone(), file: PathBuf::new(), state: State::Uploading, rows: (0, 0), ended: None };
        queue.jobs.push_back(job);
        Some(Place { imports: self.clone(), user_id, id })
    }

    /// An import that fails at once, for there is no file; gives its name.
    pub fn fail(&self, user_id: i32, words: &str) -> Option<String> {
        let (id, (code, title)) = (new_id()?, NO_FILE);
        let state = State::Failure { code, title, words: words.to_owned() };
        let (file, ended) = (PathBuf::new(), Some(Instant::now()));
        let job = Job { id: id.clone(), file, state, rows: (0, 0), ended };
        self.lock().entry(user_id).or_default().jobs.push_back(job);
        Some(id)
    }

    /// Names of the imports of a user, the first ones first.
    pub fn ids(&self, user_id: i32) -> Vec<String> {
        let queues = self.lock();
        queues.get(&user_id).map(|queue| queue.jobs.iter().map(|job| job.id.clone()).collect()).unwrap_or_default()
    }

    /// How far an import is, as the Import API tells it.
    pub fn told(&self, user_id: i32, id: &str) -> Option<Value> {
        let queues = self.lock();
        queues.get(&user_id)?.jobs.iter().find(|job| job.id == id).map(|job| job.told(user_id))
    }

    /// What is too old is forgotten whenever somebody looks.
    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Queue>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        for queue in queues.values_mut() {
            queue.forget(Instant::now());
        }
        queues.retain(|_, queue| queue.is_working || !queue.jobs.is_empty());
        queues
    }

    /// Imports what waits, one after the other.
    async fn work(self, database: Database, user_id: i32) {
        loop {
            let Ok(_running) = self.running.acquire().await else { return };
            let Some((id, upload, options)) = self.next(user_id) else { return };
            let begin = Instant::now();
            let is_supported = is_known(&upload.name);
            let user = options.user.clone();
            let done = self.import(&database, user_id, &id, upload, &options).await;
            let mut made = Vec::new();
            let state = match done {
                Ok(report) => {
                    made.extend(report.tables.iter().map(|(name, _)| name.clone()));
                    State::Complete(report)
                }
                Err(ImportError(words)) => {
                    let (code, title) = match begin.elapsed() {
                        time if time >= TIMEOUT => TIMED_OUT,
                        _ if is_supported => NOT_LOADED,
                        _ => UNSUPPORTED,
                    };
                    State::Failure { code, title, words: renamed(words) }
                }
            };
            self.change(user_id, &id, |job| {
                job.state = state;
                job.ended = Some(Instant::now());
            });
            // The dataset is there; its tiles are quicker from now on.
            for table in made {
                overviews::build_if_large(&database, &user, &table).await;
            }
        }
    }

    async fn import(
        &self,
        database: &Database,
        user_id: i32,
        id: &str,
        upload: Upload,
        options: &ImportOptions,
    ) -> Result<Report, ImportError> {
        self.change(user_id, id, |job| job.state = State::Importing);
        // Somebody may have deleted the user, and added another one of the name.
        let user = users::find(database, &options.user).await?;
        if user.is_none_or(|user| user.user_id != user_id) {
            return Err(ImportError("The user was deleted meanwhile.".into()));
        }
        let file = Given { name: upload.name, input: Input::Unpacked(upload.file) };
        let progress = |rows, all| self.change(user_id, id, |job| job.rows = (rows, all));
        let options = ImportOptions { timeout: Some(TIMEOUT), ..options.clone() };
        let mut report = import::import(database, file, &options, progress).await?;
        let more = report.warnings.len().saturating_sub(MOST_WARNINGS);
        report.warnings.truncate(MOST_WARNINGS);
        if more > 0 {
            report.warnings.push(format!("… and {more} more warnings."));
        }
        report.warnings = report.warnings.into_iter().map(renamed).collect();
        Ok(report)
    }

    /// The import whose turn it is.
    fn next(&self, user_id: i32) -> Option<(String, Upload, ImportOptions)> {
        let mut queues = self.lock();
        let queue = queues.get_mut(&user_id)?;
        for job in &mut queue.jobs {
            match std::mem::replace(&mut job.state, State::Importing) {
                State::Pending(upload, options) => return Some((job.id.clone(), upload, options)),
                other => job.state = other,
            }
        }
        queue.is_working = false;
        None
    }

    fn change(&self, user_id: i32, id: &str, change: impl FnOnce(&mut Job)) {
        let mut queues = self.lock();
        let queue = queues.get_mut(&user_id);
        if let Some(job) = queue.and_then(|queue| queue.jobs.iter_mut().find(|job| job.id == id)) {
            change(job);
        }
    }
}

impl Queue {
    fn forget(&mut self, now: Instant) {
        let is_over = |job: &Job| job.ended.is_some_and(|ended| now.saturating_duration_since(ended) > KEPT_FOR);
        self.jobs.retain(|job| !is_over(job));
        let mut more = self.jobs.iter().filter(|job| job.ended.is_some()).count().saturating_sub(MOST_KEPT);
        self.jobs.retain(|job| {
            let goes = more > 0 && job.ended.is_some();
            more -= usize::from(goes);
            !goes
        });
    }
}

impl Job {
    fn told(&self, user_id: i32) -> Value {
        let state = match &self.state {
            State::Uploading => "uploading",
            State::Pending(..) => "pending",
            State::Importing => "importing",
            State::Complete(_) => "complete",
            State::Failure { .. } => "failure",
        };
        let file = self.file.display().to_string();
        let mut told = json!({
            "id": self.id,
            "queue_id": self.id,
            "item_queue_id": self.id,
            "user_id": user_id.to_string(),
            "data_type": "file",
            "display_name": if file.is_empty() { &self.id } else { &file },
            "state": state,
            "table_id": null,
            "table_name": null,
            "tables": [],
            "tables_created_count": null,
            "rows": self.rows.0,
            "rows_total": self.rows.1,
            "error_code": null,
            "get_error_text": null,
            "warnings": null,
            "is_raster": false,
            "type_guessing": true,
            "quoted_fields_guessing": true,
            "content_guessing": false,
            "create_visualization": false,
            "visualization_id": null,
            "synchronization_id": null,
            "user_defined_limits": null,
        });
        match &self.state {
            State::Complete(report) => {
                let made: Vec<Value> =
                    report.tables.iter().map(|(name, rows)| json!({ "name": name, "rows": rows })).collect();
                let first = report.tables.first().map(|(name, _)| name).or(report.skipped.first());
                told["success"] = true.into();
                told["table_id"] = json!(first);
                told["table_name"] = json!(first);
                told["tables_created_count"] = made.len().into();
                told["tables"] = made.into();
                let rows: usize = report.tables.iter().map(|(_, rows)| rows).sum();
                told["rows"] = rows.into();
                told["rows_total"] = rows.into();
                if !report.warnings.is_empty() {
                    told["warnings"] = json!(report.warnings);
                }
            }
            State::Failure { code, title, words } => {
                told["success"] = false.into();
                told["error_code"] = (*code).into();
                told["get_error_text"] = json!({ "title": title, "what_about": words, "source": "user" });
            }
            State::Uploading | State::Pending(..) | State::Importing => {}
        }
        told
    }
}

/// Advice as clients can follow it, who have parameters in place of options.
fn renamed(words: String) -> String {
    NAMES.iter().fold(words, |words, (option, parameter)| words.replace(option, parameter))
}

/// A name that nobody guesses, in the form that clients know.
fn new_id() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    Some([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(imports: &Imports, user_id: i32) -> Vec<String> {
        let told = imports.ids(user_id).into_iter().filter_map(|id| imports.told(user_id, &id));
        told.map(|told| told["state"].as_str().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn places_are_few_and_come_back() {
        let imports = Imports::default();
        let mut places: Vec<Place> = (0..MOST_UNDER_WAY).filter_map(|_| imports.begin(1)).collect();
        assert!(places.len() == MOST_UNDER_WAY && imports.begin(1).is_none());
        assert!(imports.begin(2).is_some(), "another user");
        assert_eq!(states(&imports, 1), ["uploading"; MOST_UNDER_WAY]);
        let id = imports.ids(1).remove(3);
        assert!(imports.told(2, &id).is_none(), "of somebody else");
        places.remove(3);
        assert!(imports.told(1, &id).is_none());
        assert!(imports.begin(1).is_some());
        drop(places);
        assert!(
            imports.ids(1).is_empty() && imports.queues.lock().unwrap().values().all(|queue| queue.jobs.is_empty())
        );
    }

    #[test]
    fn what_became_of_imports_is_forgotten() {
        let imports = Imports::default();
        let places: Vec<Place> = (0..3).filter_map(|_| imports.begin(1)).collect();
        let end = |id: &str, ended| {
            imports.change(1, id, |job| {
                job.state = State::Complete(Report::default());
                job.ended = Some(ended);
            });
        };
        end(&places[0].id, Instant::now());
        let old = Instant::now().checked_sub(KEPT_FOR + Duration::from_secs(1));
        // A computer that was started a moment ago has no such time.
        if let Some(old) = old {
            end(&places[1].id, old);
            assert_eq!(imports.ids(1), [places[0].id.clone(), places[2].id.clone()]);
        }
        let mut queue = Queue::default();
        for number in 0..MOST_KEPT + 5 {
            let ended = (number != 0).then(Instant::now);
            let (file, state) = (PathBuf::new(), State::Uploading);
            queue.jobs.push_back(Job { id: number.to_string(), file, state, rows: (0, 0), ended });
        }
        queue.forget(Instant::now());
        let ids: Vec<&str> = queue.jobs.iter().map(|job| job.id.as_str()).collect();
        assert_eq!((ids.len(), &ids[..2]), (MOST_KEPT + 1, &["0", "5"][..]), "what is under way stays");
    }

    #[test]
    fn advice_names_parameters() {
        let words = renamed("--table names one dataset, and the file has several: a, b. Say --layer NAME.".into());
        assert_eq!(words, "table_name names one dataset, and the file has several: a, b. Say layer=NAME.");
    }
}
