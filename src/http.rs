//! The only door to the network: timeout, abort, retries, and what an answer must be.
//!
//! By callbacks, not by futures: the machinery of futures weighs as much as all that is said here.

use crate::convert;
use carto::maps::failure::{Failure, reports_errors};
use carto::maps::request::{HttpRequest, Verb};
use carto::page_value::PageValue;
use carto::text;
use gloo_net::http::{Method, RequestBuilder};
use maps_api::json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    /// Wherever we run: a page, a worker or Node. The number is that of the object that may answer in the server's place.
    #[wasm_bindgen(catch, js_name = fetch)]
    fn fetch(request: &web_sys::Request, native: u32) -> Result<JsValue, JsValue>;
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

#[wasm_bindgen(module = "carto-rim")]
extern "C" {
    /// Calls back once when a promise is settled, with whether it is fulfilled and its value or reason. Whatever else than a
    /// promise it is counts as settled, as `is_fulfilled` says.
    #[wasm_bindgen(js_name = settled)]
    fn when_settled(is_fulfilled: bool, promise: &JsValue, done: &JsValue);
    /// Calls back once after so many milliseconds, or with true as soon as there is a network again.
    #[wasm_bindgen(js_name = whenBack)]
    fn when_back(milliseconds: u32, done: &JsValue);
}

/// What is called with an answer. Boxed, so that what calls it exists only once.
pub type Done<T> = Box<dyn FnOnce(Result<T, Failure>)>;

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
    /// The number of the object that may answer in the server's place, or 0.
    native: u32,
    aborted: Cell<bool>,
    /// What aborts the attempt that is under way.
    attempt: RefCell<Option<AbortController>>,
}

impl Call {
    /// A request that the object of a number may answer in the server's place.
    pub fn through(native: u32) -> Call {
        Call(Rc::new(CallState { native, ..CallState::default() }))
    }

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

    /// Asks for JSON, and repeats what is worth repeating. Fails in every way in which there is no usable answer within
    /// `timeout` milliseconds.
    pub fn json(self, request: HttpRequest, timeout: u32, done: Done<Value>) {
        let read = |Answered { status, status_text, text }| match convert::parse(&text) {
            Some(value) if !reports_errors(&value) => Ok(value),
            Some(value) => Err(Failure::Server(status, value)),
            None => Err(Failure::NotJson(status, status_text)),
        };
        self.text(request, timeout, Box::new(move |answered| done(answered.and_then(read))));
    }

    /// Asks for an answer of whatever form, and repeats what is worth repeating. Fails in every way in which there is no good
    /// answer within `timeout` milliseconds.
    pub fn text(self, request: HttpRequest, timeout: u32, done: Done<Answered>) {
        Work { call: self, request, timeout, attempt: 0, done }.begin();
    }
}

/// A request with what is called in the end.
struct Work {
    call: Call,
    request: HttpRequest,
    timeout: u32,
    /// How often it was repeated.
    attempt: u32,
    done: Done<Answered>,
}

/// An attempt that is under way: whoever comes first, an answer or the deadline, takes the work out of it.
type UnderWay = Rc<RefCell<Option<(Work, Timer)>>>;

impl Work {
    fn begin(self) {
        let controller = match AbortController::new() {
            Ok(controller) => controller,
            Err(thrown) => return self.fail(unreachable(thrown), None),
        };
        self.call.0.attempt.replace(Some(controller.clone()));
        let Some(request) = self.built(&controller) else {
            return self.fail(unreachable(JsValue::from_str("the address is no URL")), None);
        };
        let native = self.call.0.native;
        let under_way = UnderWay::default();
        // Aborting is not enough: a page's own `fetch` may not listen to it.
        let timer = Timer::start(self.timeout, {
            let under_way = under_way.clone();
            move || {
                // The timer must outlive its own call.
                let late = under_way.take();
                controller.abort();
                if let Some((work, _timer)) = late {
                    let timeout = Failure::Timeout(work.timeout);
                    work.end(timeout);
                }
            }
        });
        under_way.replace(Some((self, timer)));
        wait(fetch(&request, native), under_way, |answer, under_way| {
            let answer: Answer = answer.unchecked_into();
            let status = answer.status().ok().and_then(|status| status.as_f64()).unwrap_or_default() as u16;
            let status_text = answer.status_text().ok().and_then(|text| text.as_string()).unwrap_or_default();
            let retry_after = answer.headers().and_then(|headers| headers.get("Retry-After")).ok();
            let retry_after = retry_after.and_then(|seconds| text::whole(&seconds.as_string()?));
            wait(answer.text(), under_way, move |text, under_way| {
                let Some((work, _timer)) = under_way.take() else { return };
                work.answered(Answered { status, status_text, text }, retry_after);
            });
        });
    }

    fn built(&self, controller: &AbortController) -> Option<web_sys::Request> {
        let builder = RequestBuilder::new(&self.request.url).abort_signal(Some(&controller.signal()));
        let with = |builder: RequestBuilder, form| {
            builder.method(Method::POST).header("Content-Type", form).body(&self.request.body)
        };
        let request = match self.request.verb {
            Verb::Get => builder.build(),
            Verb::Delete => builder.method(Method::DELETE).build(),
            Verb::Json => with(builder, "application/json"),
            Verb::Form => with(builder, "application/x-www-form-urlencoded"),
        };
        request.ok().map(Into::into)
    }

    fn answered(self, answered: Answered, retry_after: Option<u32>) {
        let status = answered.status;
        if (200..300).contains(&status) {
            return (self.done)(Ok(answered));
        }
        let failure = match convert::parse(&answered.text) {
            Some(value) => Failure::Server(status, value),
            None => Failure::NotJson(status, answered.status_text),
        };
        self.fail(failure, retry_after);
    }

    /// There was no answer: because nobody wants one any more, or for this reason.
    fn end(self, failure: Failure) {
        let failure = if self.call.is_aborted() { Failure::Aborted } else { failure };
        self.fail(failure, None);
    }

    /// Ends with a failure, or tries again.
    fn fail(self, failure: Failure, retry_after: Option<u32>) {
        let retry = if self.request.safe { failure.retry_delay(retry_after, self.attempt) } else { None };
        let Some(delay) = retry else { return (self.done)(Err(failure)) };
        later(
            delay,
            Box::new(move || {
                if self.call.is_aborted() {
                    return (self.done)(Err(Failure::Aborted));
                }
                Work { attempt: self.attempt + 1, ..self }.begin();
            }),
        );
    }
}

/// Goes on when a promise is fulfilled; where it is rejected, the work fails.
fn wait(promise: Result<JsValue, JsValue>, under_way: UnderWay, then: impl FnOnce(JsValue, UnderWay) + 'static) {
    wait_for(
        promise,
        Box::new(move |result| match result {
            Ok(value) => then(value, under_way),
            Err(thrown) => {
                let Some((work, _timer)) = under_way.take() else { return };
                work.end(unreachable(thrown));
            }
        }),
    );
}

/// Calls back with what a promise settles with. Never before this returns.
fn wait_for(promise: Result<JsValue, JsValue>, done: Box<dyn FnOnce(Result<JsValue, JsValue>)>) {
    let (is_fulfilled, promise) = promise.map_or_else(|thrown| (false, thrown), |promise| (true, promise));
    when_settled(is_fulfilled, &promise, &callback(done));
}

/// A function that is called once, with whether something was good, and a value.
fn callback(done: Box<dyn FnOnce(Result<JsValue, JsValue>)>) -> JsValue {
    Closure::once_into_js(move |is_good: bool, value: JsValue| done(if is_good { Ok(value) } else { Err(value) }))
}

fn unreachable(thrown: JsValue) -> Failure {
    Failure::Unreachable(Some(PageValue(Rc::new(thrown))))
}

/// Calls back once after so many milliseconds, unless it is dropped before.
struct Timer {
    id: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    fn start(milliseconds: u32, callback: impl FnMut() + 'static) -> Timer {
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
pub fn later(milliseconds: u32, callback: Box<dyn FnOnce()>) {
    set_timeout(&Closure::once_into_js(callback), milliseconds);
}

/// Calls back once when it is worth asking again: after so many milliseconds, or with true as soon as there is a network.
pub fn later_or_online(milliseconds: u32, done: impl FnOnce(bool) + 'static) {
    when_back(milliseconds, &callback(Box::new(move |is_online| done(is_online.is_ok()))));
}
