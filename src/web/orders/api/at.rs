//! How agents act on an order: one extractor and one road for every route of theirs.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::ReqData;
use actix_web::{FromRequest, HttpRequest};
use domain::ids::OrderId;
use domain::policy::Act;
use serde::de::DeserializeOwned;

use super::json::OrderJson;
use crate::disputes::attached::Files;
use crate::error::{ApiError, ApiResult, AppError};
use crate::files::upload::{Body, Sender};
use crate::http::viewer::{Account, ApiCaller, no_app};
use crate::http::{Extracting, RequestId, api};
use crate::orders::actions::act::{Acting, Deed, perform};
use crate::orders::actions::read;
use crate::orders::pages::acts::takes;
use crate::state::{App, State};

/// An order, and who acts on it by a key that may change things.
#[derive(Clone)]
pub struct At {
    pub(super) app: State,
    /// Whose key it is.
    pub(super) who: Account,
    order: OrderId,
    request: RequestId,
}

impl FromRequest for At {
    type Error = ApiError;
    type Future = Extracting<Self, ApiError>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = ApiCaller::from_request(request, payload);
        let id = ReqData::<RequestId>::extract(request);
        let app = request.app_data::<State>().cloned();
        let order = request.match_info().get("id").and_then(|text| text.parse().ok());
        Box::pin(async move {
            let who = caller.await?.write()?.clone();
            let request = id.await.map_err(|error| AppError::Internal(error.to_string()))?;
            Ok(Self {
                app: app.ok_or_else(no_app)?,
                who,
                order: order.ok_or(AppError::NotFound)?,
                request: request.into_inner(),
            })
        })
    }
}

impl At {
    /// Reads what comes with an act that files may go with. Those of one that is not possible are not
    /// even taken in; why it is not, the act tells.
    pub(crate) async fn sent<T>(&self, act: Act, body: Body) -> Result<(T, Files), AppError>
    where
        T: DeserializeOwned + 'static,
    {
        let view = read::view(&self.app, &self.who, self.order).await;
        let may = view.as_ref().is_ok_and(|view| takes(view, act));
        let sent = body.json::<T>(Sender { who: &self.who, may }).await?;
        view?;
        let files = if may { sent.files? } else { Vec::new() };
        Ok((sent.fields, files))
    }

    /// Does it. 202 where escrow carries it out: the order shows when it has.
    pub(crate) async fn does(&self, deed: Deed) -> ApiResult {
        let status = match deed.act() {
            Act::Ship | Act::Offer | Act::Claim => StatusCode::OK,
            _ => StatusCode::ACCEPTED,
        };
        let (app, who): (&App, _) = (&self.app, &self.who);
        let view = read::view(app, who, self.order).await?;
        let at = Acting { app, who, view: &view, request_id: self.request.as_str() };
        perform(at, deed).await?;
        let view = read::view(app, who, self.order).await?;
        Ok(api::json(status, "application/json", &OrderJson::from(&view)))
    }
}
