//! Whether the database answers, told without waiting for it longer than anybody wants to.

use crate::db::Database;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, watch};

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long somebody who asks waits for news; what was known before is told then.
const WAIT: Duration = Duration::from_millis(400);
/// How long an answer is good for: however often somebody asks, the database is asked seldom.
const FRESH: Duration = Duration::from_millis(200);

/// The last thing known of the database, and the question that is under way.
#[derive(Default)]
pub struct Health(Mutex<Known>);

#[derive(Default)]
struct Known {
    last: Option<(Instant, bool)>,
    asking: Option<watch::Receiver<Option<bool>>>,
}

impl Health {
    /// Whether the database is well. `busy` is how long it may be at work on something else before that is none.
    pub async fn of(self: &Arc<Self>, database: &Database, busy: Duration) -> bool {
        let (mut answer, last) = {
            let mut known = self.0.lock().await;
            if let Some((_, is_well)) = known.last.filter(|(then, _)| then.elapsed() < FRESH) {
                return is_well;
            }
            let asking = match known.asking.clone() {
                Some(asking) => asking,
                None => {
                    let (told, asking) = watch::channel(None);
                    tokio::spawn(self.clone().ask(database.clone(), PATIENCE + busy, told));
                    known.asking.insert(asking).clone()
                }
            };
            (asking, known.last.map(|(_, is_well)| is_well))
        };
        let wait = if last.is_some() { WAIT } else { PATIENCE + busy };
        let told = tokio::time::timeout(wait, answer.wait_for(Option::is_some)).await;
        let news = told.ok().and_then(Result::ok).and_then(|told| *told);
        news.or(last).unwrap_or(false)
    }

    /// Asks, whoever goes on waiting for the answer.
    async fn ask(self: Arc<Self>, database: Database, patience: Duration, told: watch::Sender<Option<bool>>) {
        let asked = tokio::time::timeout(patience, database.admin_query("SELECT 1", Vec::new())).await;
        let is_well = matches!(asked, Ok(Ok(_))) || asked.is_err() && database.has_served_within(patience);
        let mut known = self.0.lock().await;
        known.last = Some((Instant::now(), is_well));
        known.asking = None;
        told.send_replace(Some(is_well));
    }
}
