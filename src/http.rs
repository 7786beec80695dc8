//! The only door to the network: timeout, abort, retries, and what an answer must be.

use crate::convert;
use carto::error::Cause;
use carto::maps::failure::{Failure, reports_errors};
use carto::maps::request::{Request, Verb};
use carto::text;
use gloo_net::http::{Method, RequestBuilder};
use js_sys::{Array, Function, Promise};
use maps_api::json::Value;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    /// Wherever we run: a page, a worker or Node.
    #[wasm_bindgen(catch, js_name = fetch)]
    fn fetch(request: &web_sys::Request) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, milliseconds: u32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);

    /// What `fetch` gave. Not `web_sys::Response`: pages replace `fetch`, and other realms have their own classes.
    type Answer;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn status(this: &Answer) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch, js_name = statusText)]
    fn status_text(this: &Answer) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn headers(this: &Answer) -> Result<AnswerHeaders, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn text(this: &Answer) -> Result<JsValue, JsValue>;
    type AnswerHeaders;
    #[wasm_bindgen(method, structural, catch)]
    fn get(this: &AnswerHeaders, name: &str) -> Result<JsValue, JsValue>;
}

/// An answer to come. Boxed, so that the machinery behind it exists only once.
pub type Answering<T> = Pin<Box<dyn Future<Output = Result<T, Failure>>>>;

/// A good answer.
pub struct Answered {
    /// HTTP status, 200 to 299.
    pub status: u16,
    /// What HTTP/1 says beside it.
    pub status_text: String,
    /// The body, mostly a text.
    pub text: JsValue,
}

/// A request that a newer one may supersede.
#[derive(Clone, Default)]
pub struct Call(Rc<CallState>);

#[derive(Default)]
struct CallState {
    aborted: Cell<bool>,
    /// What aborts the attempt that is under way.
    attempt: RefCell<Option<AbortController>>,
}

impl Call {
    /// Aborts the request; it ends with [`Failure::Aborted`].
    pub fn abort(&self) {
        self.0.aborted.set(true);
        if let Some(attempt) = self.0.attempt.take() {
            attempt.abort();
        }
    }

    fn is_aborted(&self) -> bool {
        self.0.aborted.get()
    }

    /// Asks for JSON, and repeats what is worth repeating.
    ///
    /// # Errors
    /// Every way in which there is no usable answer within `timeout` milliseconds.
    pub fn json(self, request: Request, timeout: u32) -> Answering<Value> {
        let text = self.text(request, timeout);
        Box::pin(async move {
            let Answered { status, status_text, text } = text.await?;
            match convert::parse(&text.as_string().unwrap_or_default()) {
                Some(value) if !reports_errors(&value) => Ok(value),
                Some(value) => Err(Failure::Server(status, value)),
                None => Err(Failure::NotJson(status, status_text)),
            }
        })
    }

    /// Asks for an answer of whatever form, and repeats what is worth repeating.
    ///
    /// # Errors
    /// Every way in which there is no good answer within `timeout` milliseconds.
    pub fn text(self, request: Request, timeout: u32) -> Answering<Answered> {
        Box::pin(async move {
            let mut attempt = 0;
            loop {
                let (failure, retry_after) = match self.once(&request, timeout).await {
                    Ok(answered) => return Ok(answered),
                    Err(failed) => failed,
                };
                let retry = if request.safe { failure.retry_delay(retry_after, attempt) } else { None };
                let Some(delay) = retry else { return Err(failure) };
                attempt += 1;
                sleep(delay).await;
                if self.is_aborted() {
                    return Err(Failure::Aborted);
                }
            }
        })
    }

    async fn once(&self, request: &Request, timeout: u32) -> Result<Answered, (Failure, Option<u32>)> {
        let controller = AbortController::new().map_err(|thrown| (unreachable(thrown), None))?;
        self.0.attempt.replace(Some(controller.clone()));
        let late = Rc::new(Cell::new(false));
        // Aborting is not enough: a page's own `fetch` may not listen to it.
        let mut timer = None;
        let deadline = Promise::new(&mut |_, reject: Function| {
            let (late, controller) = (late.clone(), controller.clone());
            timer = Some(Timer::start(timeout, move || {
                late.set(true);
                controller.abort();
                let _ = reject.call0(&JsValue::UNDEFINED);
            }));
        });
        let failed = |thrown: JsValue| {
            let failure = match (self.is_aborted(), late.get()) {
                (true, _) => Failure::Aborted,
                (_, true) => Failure::Timeout(timeout),
                _ => unreachable(thrown),
            };
            (failure, None)
        };
        let builder = RequestBuilder::new(&request.url).abort_signal(Some(&controller.signal()));
        let with = |builder: RequestBuilder, form| {
            builder.method(Method::POST).header("Content-Type", form).body(&request.body)
        };
        let request = match request.verb {
            Verb::Get => builder.build(),
            Verb::Delete => builder.method(Method::DELETE).build(),
            Verb::Json => with(builder, "application/json"),
            Verb::Form => with(builder, "application/x-www-form-urlencoded"),
        };
        let request: web_sys::Request = match request {
            Ok(request) => request.into(),
            Err(_) => return Err(failed(JsValue::from_str("the address is no URL"))),
        };
        let answer = settle(fetch(&request), &deadline).await.map_err(failed)?;
        let answer: Answer = answer.unchecked_into();
        let status = answer.status().ok().and_then(|status| status.as_f64()).unwrap_or_default() as u16;
        let status_text = answer.status_text().ok().and_then(|text| text.as_string()).unwrap_or_default();
        let retry_after = answer.headers().and_then(|headers| headers.get("Retry-After")).ok();
        let retry_after = retry_after.and_then(|seconds| text::whole(&seconds.as_string()?));
        let text = settle(answer.text(), &deadline).await.map_err(failed)?;
        drop(timer);
        if (200..300).contains(&status) {
            return Ok(Answered { status, status_text, text });
        }
        match text.as_string().and_then(|text| convert::parse(&text)) {
            Some(value) => Err((Failure::Server(status, value), retry_after)),
            None => Err((Failure::NotJson(status, status_text), retry_after)),
        }
    }
}

fn unreachable(thrown: JsValue) -> Failure {
    Failure::Unreachable(Some(Cause(Rc::new(thrown))))
}

/// Awaits what should be a promise, until the deadline; whatever else it is settles at once.
async fn settle(promise: Result<JsValue, JsValue>, deadline: &Promise) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::race(&Array::of2(&promise?, deadline))).await
}

/// Calls back once after so many milliseconds, unless it is dropped before.
pub struct Timer {
    id: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Starts a timer.
    pub fn start(milliseconds: u32, callback: impl FnMut() + 'static) -> Timer {
        let callback = Closure::<dyn FnMut()>::new(callback);
        Timer { id: set_timeout(callback.as_ref(), milliseconds), _callback: callback }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.id);
    }
}

/// Calls back once after so many milliseconds.
pub fn later(milliseconds: u32, callback: impl FnOnce() + 'static) {
    set_timeout(&Closure::once_into_js(callback), milliseconds);
}

/// Waits.
pub async fn sleep(milliseconds: u32) {
    let promise = Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, milliseconds);
    });
    let _ = JsFuture::from(promise).await;
}
