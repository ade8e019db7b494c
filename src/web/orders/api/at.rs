//! How agents act on an order: one extractor and one road for every route of theirs.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::ReqData;
use actix_web::{FromRequest, HttpRequest};
use domain::ids::OrderId;
use domain::policy::Act;

use super::json::OrderJson;
use crate::error::{ApiError, ApiResult, AppError};
use crate::http::viewer::{Account, ApiCaller, no_app};
use crate::http::{Extracting, RequestId, api};
use crate::orders::actions::act::{Deed, perform};
use crate::state::State;

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
    /// Does it. 202 where escrow carries it out: the order shows when it has.
    pub(crate) async fn does(&self, deed: Deed) -> ApiResult {
        let status = match deed.act() {
            Act::Ship | Act::Offer | Act::Claim => StatusCode::OK,
            _ => StatusCode::ACCEPTED,
        };
        let request = self.request.as_str();
        let view = perform(&self.app, &self.who, self.order, deed, request).await?;
        Ok(api::json(status, "application/json", &OrderJson::from(&view)))
    }
}
