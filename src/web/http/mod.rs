//! What stands between a socket and the actions: who asks, what was sent, how it is answered.

pub mod api;
mod banner;
pub(crate) mod body;
pub(crate) mod client;
pub(crate) mod cookies;
pub(crate) mod flash;
pub mod form;
pub(crate) mod gate;
pub mod idempotency;
pub mod json;
pub mod limits;
mod making;
pub(crate) mod outcome;
pub mod page;
pub mod paging;
pub mod path;
pub mod query;
pub(crate) mod session;
pub(crate) mod sse;
pub mod viewer;

/// A future of an extractor.
pub(crate) type Extracting<T, E> =
    std::pin::Pin<Box<dyn std::future::Future<Output = Result<T, E>>>>;

/// The id of a request, in its answer, in its log line and in what it makes.
#[derive(Debug, Clone)]
pub struct RequestId(pub(crate) std::rc::Rc<str>);

impl RequestId {
    /// As text: 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
