//! Job objects of Windows. The system ends what is in one when its last handle is closed, and so also when this process
//! is ended from outside.
use anyhow::Result;
use std::os::windows::io::AsRawHandle;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use win32job::{ExtendedLimitInfo, Job};

/// A job; none any more when it was ended.
#[derive(Clone)]
pub struct Group(Arc<Mutex<Option<Job>>>);

impl PartialEq for Group {
    fn eq(&self, other: &Group) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Group {
    pub(super) fn prepare(_: &mut Command) {}

    pub(super) fn of(leader: &Child) -> Result<Group> {
        let job = Job::create_with_limit_info(ExtendedLimitInfo::new().limit_kill_on_job_close())?;
        job.assign_process(leader.as_raw_handle() as isize)?;
        Ok(Group(Arc::new(Mutex::new(Some(job)))))
    }

    /// The console tells its programs of Ctrl-C by itself; in other cases there is no way to ask.
    pub fn terminate(&self) {
        if !crate::process::is_stopping() {
            self.kill();
        }
    }

    pub fn kill(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    pub fn is_gone(&self) -> bool {
        let job = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let members = job.as_ref().map(Job::query_process_id_list);
        members.is_none_or(|members| members.is_ok_and(|members| members.is_empty()))
    }
}
