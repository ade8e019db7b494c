//! Forms with files in them: read only once it is known who sends one and that he may.

use std::cell::RefCell;
use std::collections::HashSet;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::rt::time::timeout;
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use domain::clock::Span;
use domain::file::{BadFile, safe_name, shown_name};
use domain::limits::{FILE_BYTES, FILES_A_CLAIM};
use futures_util::{Stream, StreamExt};
use serde::de::DeserializeOwned;

use super::store::{Incoming, Received, Store, Unfit};
use crate::error::{AppError, PageError};
use crate::http::body;
use crate::http::form::{self, Checked, Form};
use crate::http::json::Json;
use crate::http::limits::{self, Limit};
use crate::http::page::Ctx;
use crate::http::viewer::{self, Account};
use crate::state::{App, State, hex};

/// The longest that a form with files may take to arrive.
const DEADLINE: Duration = Duration::from_secs(300);
/// The longest that a refused one is listened to, so that its sender reads the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest body of a form with files, in bytes: the files, the other fields and what parts them.
pub const MOST: usize = 26 << 20;
/// Forms with files in them, whatever becomes of them, of each account.
const UPLOADS: Limit = Limit { name: "uploads", max: 30, window: Span::hours(1) };
/// Fields beside files are few.
const FIELDS: usize = 16;

/// The name of the field that carries files.
pub const FILES: &str = "files";

/// Who sends a form, and whether it may carry files.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The account.
    pub who: &'a Account,
    /// What it asks for is possible, as far as that is known before the form is read.
    pub may: bool,
}

/// A body that is not read yet.
pub struct Body {
    request: HttpRequest,
    payload: Payload,
}

/// What came: the fields, and the files or why they are not taken. A person gets the form back with
/// what was typed in either case.
pub struct Sent<T> {
    /// What stands beside the files.
    pub fields: T,
    /// The files under their safe names, not kept yet.
    pub files: Result<Vec<(String, Received)>, AppError>,
}

impl FromRequest for Body {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Ok(Self { request: request.clone(), payload: payload.take() }))
    }
}

impl Body {
    /// Reads a form of a page, with files or without.
    ///
    /// # Errors
    /// What is wrong with the form itself; nothing of it is kept then.
    pub async fn form<T>(self, ctx: &Ctx, sender: Sender<'_>) -> Result<Sent<T>, AppError>
    where
        T: DeserializeOwned + 'static,
    {
        if self.is_multipart() {
            return self.parts(sender, Some(ctx)).await;
        }
        let Self { request, mut payload } = self;
        let form = Form::<T>::from_request(&request, &mut payload).await;
        Ok(Sent { fields: form.map_err(|PageError(error)| error)?.0, files: Ok(Vec::new()) })
    }

    /// Reads what an agent sends: JSON, or a form with files.
    ///
    /// # Errors
    /// What is wrong with it; nothing of it is kept then.
    pub async fn json<T>(self, sender: Sender<'_>) -> Result<Sent<T>, AppError>
    where
        T: DeserializeOwned + 'static,
    {
        if self.is_multipart() {
            return self.parts(sender, None).await;
        }
        let Self { request, mut payload } = self;
        let json = Json::<T>::from_request(&request, &mut payload).await;
        Ok(Sent { fields: json.map_err(|error| error.0)?.0, files: Ok(Vec::new()) })
    }

    fn is_multipart(&self) -> bool {
        let kind = self.request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("multipart/form-data")
    }

    async fn parts<T: DeserializeOwned>(
        self,
        sender: Sender<'_>,
        ctx: Option<&Ctx>,
    ) -> Result<Sent<T>, AppError> {
        let app = self.request.app_data::<State>().ok_or_else(viewer::no_app)?.clone();
        let tap = Tap(Rc::new(RefCell::new((self.payload, MOST))));
        let (request, seen) = (&self.request, HashSet::new());
        let mut reading = Reading { app: &app, sender, ctx, request, seen };
        let multipart = Multipart::new(self.request.headers(), tap.clone());
        let read = match timeout(DEADLINE, reading.all(multipart)).await {
            Ok(read) => read,
            Err(_elapsed) => Err(body::slow()),
        };
        let failed = match &read {
            Err(error) | Ok((_, Err(error))) => Some(error.status()),
            Ok((_, Ok(_))) => None,
        };
        // Who was waited for long enough is not listened to any more.
        if failed.is_some_and(|status| status != StatusCode::REQUEST_TIMEOUT) {
            tap.run_out().await;
        }
        let (fields, files) = read?;
        match (form::fields(&fields), files) {
            (Ok(fields), files) => Ok(Sent { fields, files }),
            // What is missing may have stood behind the file that is not taken.
            (Err(_), Err(error)) | (Err(error), Ok(_)) => Err(error),
        }
    }
}

/// The payload, of which both the parser and whoever gives up on it take; and how many bytes may
/// still come.
#[derive(Clone)]
struct Tap(Rc<RefCell<(Payload, usize)>>);

impl Stream for Tap {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut tap = self.0.borrow_mut();
        let polled = Pin::new(&mut tap.0).poll_next(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &polled {
            match tap.1.checked_sub(bytes.len()) {
                Some(left) => tap.1 = left,
                None => return Poll::Ready(Some(Err(PayloadError::Overflow))),
            }
        }
        polled
    }
}

impl Tap {
    /// Takes what still comes, within bounds, and forgets it.
    async fn run_out(mut self) {
        self.0.borrow_mut().1 = MOST;
        let all = async { while let Some(Ok(_)) = self.next().await {} };
        // Who is still sending after that does not read either.
        let _in_time = timeout(PATIENCE, all).await;
    }
}

type Fields = Vec<(String, String)>;
type Files = Result<Vec<(String, Received)>, AppError>;

/// A form as it comes in.
struct Reading<'a> {
    app: &'a App,
    sender: Sender<'a>,
    /// The page whose token must come before the first file; none for agents.
    ctx: Option<&'a Ctx>,
    request: &'a HttpRequest,
    seen: HashSet<String>,
}

impl Reading<'_> {
    async fn all(&mut self, mut parts: Multipart) -> Result<(Fields, Files), AppError> {
        let (mut fields, mut files): (Fields, _) = (Vec::new(), Vec::new());
        let mut room = body::MAX_BYTES;
        while let Some(mut part) = self.next(&mut parts).await? {
            let disposition = part.content_disposition();
            let name = disposition.and_then(|said| said.get_name()).unwrap_or_default().to_owned();
            match disposition.and_then(|said| said.get_filename()).map(str::to_owned) {
                None => {
                    let value = self.value(&mut part, &mut room).await?;
                    self.once(&name)?;
                    fields.push((name, value));
                }
                Some(sent) => {
                    self.checked(&mut fields)?;
                    if name != FILES {
                        return Err(unexpected(&name));
                    }
                    match self.file(&mut part, &sent, files.len()).await {
                        Ok(file) => files.extend(file),
                        Err(error) => {
                            self.checked(&mut fields)?;
                            return Ok((fields, Err(error)));
                        }
                    }
                }
            }
        }
        self.checked(&mut fields)?;
        Ok((fields, Ok(files)))
    }

    async fn next<S, T>(&self, stream: &mut S) -> Result<Option<T>, AppError>
    where
        S: Stream<Item = Result<T, MultipartError>> + Unpin,
    {
        let next = timeout(self.app.body_deadline, stream.next()).await;
        next.map_err(|_elapsed| body::slow())?.transpose().map_err(|error| broken(&error))
    }

    /// A field that is no file.
    async fn value(&self, part: &mut Field, room: &mut usize) -> Result<String, AppError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.next(part).await? {
            *room = room.checked_sub(chunk.len()).ok_or_else(body::too_long)?;
            bytes.extend_from_slice(&chunk);
        }
        String::from_utf8(bytes).map_err(|_bytes| body::not_text())
    }

    fn once(&mut self, name: &str) -> Result<(), AppError> {
        if self.seen.len() >= FIELDS {
            return Err(unexpected(name));
        }
        if self.seen.insert(name.to_owned()) { Ok(()) } else { Err(form::twice()) }
    }

    /// Looks at the page's token, once: before the first file, or at the end where there is none.
    fn checked(&self, fields: &mut Fields) -> Result<(), AppError> {
        let Some(ctx) = self.ctx else { return Ok(()) };
        let token = form::take(fields, form::TOKEN);
        if self.request.extensions().get::<Checked>().is_some() {
            return Ok(());
        }
        form::check(ctx, self.request, token.as_deref())
    }

    /// Takes in one file; nothing where a form's field was left empty. `before` came already.
    async fn file(
        &self,
        part: &mut Field,
        sent: &str,
        before: usize,
    ) -> Result<Option<(String, Received)>, AppError> {
        let mut incoming = None;
        while let Some(chunk) = self.next(part).await? {
            if chunk.is_empty() {
                continue;
            }
            let taking = match incoming.take() {
                Some(taking) => taking,
                None => self.begin(before).await?,
            };
            incoming = Some(pushed(taking, chunk).await?.map_err(|unfit| refused(sent, &unfit))?);
        }
        match incoming {
            None if sent.is_empty() => Ok(None),
            None => Err(refused(sent, &Unfit::Bad(BadFile::Empty))),
            Some(taking) => {
                let file = block(move || taking.finish()).await?;
                let file = file.map_err(|unfit| refused(sent, &unfit))?;
                Ok(Some((safe_name(sent, file.kind), file)))
            }
        }
    }

    async fn begin(&self, before: usize) -> Result<Incoming, AppError> {
        if !self.sender.may {
            return Err(not_now());
        }
        if before >= FILES_A_CLAIM {
            let said = format!("At most {FILES_A_CLAIM} files go with one statement.");
            return Err(AppError::fault(FILES, said));
        }
        let store = store(self.app)?.clone();
        if before == 0 {
            limits::admit(self.app, UPLOADS, &self.sender.who.id.to_string()).await?;
        }
        let nonce = hex(&self.app.random::<16>());
        let begun = block(move || store.begin(&nonce)).await?;
        begun.map_err(|error| refused("", &error.into()))
    }
}

/// Where files are kept.
///
/// # Errors
/// [`AppError::Unavailable`] where the shop keeps none.
pub(crate) fn store(app: &App) -> Result<&Store, AppError> {
    app.files.as_ref().ok_or_else(|| {
        AppError::Unavailable(
            "no-files",
            "This shop takes no files. Please say it in words.".into(),
        )
    })
}

pub(crate) async fn block<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AppError> {
    web::block(work).await.map_err(|error| AppError::Internal(error.to_string()))
}

async fn pushed(mut file: Incoming, chunk: Bytes) -> Result<Result<Incoming, Unfit>, AppError> {
    block(move || file.push(&chunk).map(|()| file)).await
}

/// Why a file is not taken, to whoever sent it.
fn refused(sent: &str, unfit: &Unfit) -> AppError {
    match unfit {
        Unfit::Bad(bad) => {
            let name = shown_name(sent);
            AppError::fault(FILES, format!("{name} is not taken: {bad}"))
        }
        Unfit::Disk(error) => no_room(error),
    }
}

/// A file cannot be written down.
pub(crate) fn no_room(error: &std::io::Error) -> AppError {
    tracing::error!(%error, "a file cannot be kept");
    let said = "The shop cannot keep files at the moment, and nothing was noted. Please try again in \
                a minute, or send it without files.";
    AppError::Unavailable("unavailable", said.into())
}

/// Stands for the reason that whoever reads the form knows better.
fn not_now() -> AppError {
    AppError::Conflict("not-now", "This is not possible now, so no file was taken.".into())
}

fn unexpected(name: &str) -> AppError {
    AppError::malformed(
        StatusCode::UNPROCESSABLE_ENTITY,
        "unexpected-fields",
        format!("The fields are not those of this form: {}.", shown_name(name)),
    )
}

fn broken(error: &MultipartError) -> AppError {
    match error {
        MultipartError::Payload(PayloadError::Overflow) => AppError::malformed(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            format!(
                "This is too large: at most {FILES_A_CLAIM} files of {} MiB each, please.",
                FILE_BYTES >> 20
            ),
        ),
        MultipartError::Payload(_) | MultipartError::Incomplete => body::broken(),
        _ => AppError::malformed(
            StatusCode::BAD_REQUEST,
            "broken-form",
            "This is not a form as browsers send it, so nothing of it was taken.",
        ),
    }
}
