//! Compression of pages, for browsers that ask for it.
//!
//! What is made for somebody signed in (`no-store`) is left as it is: the length of a compressed page
//! tells about the secrets in it (BREACH). What belongs to all is compressed, so that a first visit
//! over a slow line is quick.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use flate2::Compression;

use crate::assets::{gzip, takes_gzip};

/// Shorter bodies fit into the first packet anyway.
const WORTH_IT: usize = 1_400;

/// Compresses the answer where that is possible, harmless and worth it.
pub(crate) async fn compress(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let wanted = takes_gzip(request.headers());
    let mut served = next.call(request).await?.map_into_boxed_body();
    if !is_open_page(served.headers()) {
        return Ok(served);
    }
    served.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !wanted {
        return Ok(served);
    }
    let (request, response) = served.into_parts();
    let (mut response, body) = response.into_parts();
    let body = match body.try_into_bytes() {
        Ok(bytes) if bytes.len() >= WORTH_IT => {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            BoxBody::new(gzip(&bytes, Compression::fast()))
        }
        Ok(bytes) => BoxBody::new(bytes),
        Err(streamed) => streamed,
    };
    Ok(ServiceResponse::new(request, response.set_body(body)))
}

/// Whether it is a page that is nobody's own.
fn is_open_page(headers: &HeaderMap) -> bool {
    let has = |name, part| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|text| text.contains(part))
    };
    has(header::CONTENT_TYPE, "text/html")
        && !has(header::CACHE_CONTROL, "no-store")
        && !headers.contains_key(header::CONTENT_ENCODING)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, test, web};

    use super::*;

    async fn get(path: &str, codings: &str) -> ServiceResponse {
        let page = |keep: &'static str, kind: &'static str, length: usize| {
            web::get().to(move || async move {
                let mut answer = HttpResponse::Ok();
                answer.content_type(kind);
                answer.insert_header((header::CACHE_CONTROL, keep));
                answer.insert_header((header::VARY, "Cookie"));
                answer.body("x".repeat(length))
            })
        };
        let app = App::new()
            .wrap(from_fn(compress))
            .route("/open", page("private, no-cache", "text/html; charset=utf-8", 9_000))
            .route("/own", page("no-store", "text/html; charset=utf-8", 9_000))
            .route("/short", page("private, no-cache", "text/html; charset=utf-8", 20))
            .route("/json", page("private, no-cache", "application/json", 9_000));
        let app = test::init_service(app).await;
        let request =
            test::TestRequest::get().uri(path).insert_header(("Accept-Encoding", codings));
        test::call_service(&app, request.to_request()).await.map_into_boxed_body()
    }

    #[actix_web::test]
    async fn an_open_page_is_compressed_for_who_takes_it() {
        let response = get("/open", "gzip, br").await;
        assert_eq!(response.headers().get("content-encoding").unwrap(), "gzip");
        let vary: Vec<_> = response.headers().get_all("vary").collect();
        assert_eq!(vary, ["Cookie", "Accept-Encoding"]);
        let body = test::read_body(response).await;
        let mut text = String::new();
        flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, "x".repeat(9_000));
        let plain = get("/open", "br").await;
        assert!(plain.headers().get("content-encoding").is_none());
        assert_eq!(test::read_body(plain).await.len(), 9_000);
    }

    #[actix_web::test]
    async fn nothing_else_is_compressed() {
        for (path, length) in [("/own", 9_000), ("/short", 20), ("/json", 9_000)] {
            let response = get(path, "gzip").await;
            assert!(response.headers().get("content-encoding").is_none(), "{path}");
            assert_eq!(test::read_body(response).await.len(), length);
        }
    }
}
