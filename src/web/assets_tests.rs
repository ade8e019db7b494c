use std::io::Read;

use actix_web::dev::ServiceResponse;
use actix_web::{App, test};

use super::*;

async fn get(path: &str, headers: &[(&str, &str)]) -> ServiceResponse {
    let app = test::init_service(App::new().configure(configure)).await;
    let request = headers
        .iter()
        .fold(test::TestRequest::get().uri(path), |request, pair| request.insert_header(*pair));
    test::call_service(&app, request.to_request()).await
}

fn header_of(response: &ServiceResponse, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[::std::prelude::v1::test]
fn styles_and_scripts_keep_their_budget() {
    let total = ALL.css.gzip.len() + ALL.htmx.gzip.len() + ALL.app_js.gzip.len();
    assert!(
        total <= 30 * 1024,
        "{total} bytes: css {}, app.js {}",
        ALL.css.gzip.len(),
        ALL.app_js.gzip.len()
    );
    assert!(std::str::from_utf8(APP_JS).unwrap().lines().count() <= 100);
}

#[::std::prelude::v1::test]
fn htmx_is_the_file_that_its_note_describes() {
    let hash =
        Sha256::digest(HTMX).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let note = include_str!("../../assets/vendor/htmx/VENDOR.md");
    assert!(note.contains(&hash), "{hash}");
}

#[::std::prelude::v1::test]
fn the_style_sheet_is_slim_and_asks_nobody_for_anything() {
    let css = std::str::from_utf8(&ALL.css.plain).unwrap();
    for forbidden in ["/*", "@import", "url(http", "url(//", "@font-face", "\n "] {
        assert!(!css.contains(forbidden), "{forbidden}");
    }
    assert_eq!(css.matches('{').count(), css.matches('}').count());
    assert_eq!(slim("a { /* x */\n  b: c;\n\n}\n/* y */"), "a {\nb: c;\n}");
}

#[actix_web::test]
async fn a_hashed_file_is_kept_for_ever_and_comes_compressed() {
    let response = get(css_path(), &[("Accept-Encoding", "br, gzip;q=0.8")]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header_of(&response, "cache-control"), FOR_EVER);
    assert_eq!(header_of(&response, "content-encoding"), "gzip");
    assert_eq!(header_of(&response, "content-type"), CSS_TYPE);
    let body = test::read_body(response).await;
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut text).unwrap();
    assert_eq!(text, ALL.css.plain);
}

#[actix_web::test]
async fn who_takes_no_gzip_gets_none() {
    for codings in ["", "br", "gzip;q=0", "gzip;q=0.0"] {
        let response = get(app_js_path(), &[("Accept-Encoding", codings)]).await;
        assert_eq!(header_of(&response, "content-encoding"), "", "{codings}");
        assert_eq!(test::read_body(response).await, APP_JS);
    }
}

#[actix_web::test]
async fn an_unchanged_file_is_not_sent_again() {
    let etag = header_of(&get(htmx_path(), &[]).await, "etag");
    let response = get(htmx_path(), &[("If-None-Match", &format!("\"x\", W/{etag}"))]).await;
    assert_eq!(response.status(), 304);
    assert!(test::read_body(response).await.is_empty());
}

#[actix_web::test]
async fn a_page_from_before_an_upgrade_still_gets_its_files() {
    let response = get("/static/0000000000000000/app.css", &[]).await;
    assert_eq!(
        (response.status(), header_of(&response, "cache-control")),
        (StatusCode::OK, "no-cache".to_owned())
    );
}

#[actix_web::test]
async fn pictures_are_pictures_and_nothing_else_is_served() {
    for path in
        [picture_path("stoneware-mug"), picture_path("no such"), "/favicon.svg", "/favicon.ico"]
    {
        let response = get(path, &[]).await;
        assert_eq!(
            (response.status(), header_of(&response, "content-type")),
            (StatusCode::OK, SVG_TYPE.to_owned())
        );
    }
    for path in [
        "/static/img/nothing.svg",
        "/static/img/stoneware-mug",
        "/static/img/..%2f..%2fCargo.toml",
        "/static/x/y",
    ] {
        assert_eq!(get(path, &[]).await.status(), 404, "{path}");
    }
}
