//! The line to the chain, with everything that can happen on it; and the hand that stops escrow.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use devnet::Chain;
use escrow::{Fault, PriceSource, Probe, Transport, TransportError};

/// What happens to a broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendFault {
    /// It never arrives.
    RequestLost,
    /// It arrives and the answer gets lost.
    ReplyLost,
    /// It is taken, and the answer is an error.
    ErrorAfterAcceptance,
}

/// The line to a chain in this process.
pub(crate) struct Wire {
    chain: Chain,
    sends: AtomicUsize,
    send_faults: Mutex<HashMap<usize, SendFault>>,
    pub(crate) down: AtomicBool,
    /// Said instead of every answer.
    pub(crate) says: Mutex<Option<String>>,
    /// Replaced in every answer.
    pub(crate) lies: Mutex<Vec<(String, String)>>,
    /// Which requests are refused.
    refuses: Mutex<Option<Refuses>>,
}

type Refuses = Box<dyn Fn(&str) -> bool + Send>;

impl Wire {
    pub(crate) fn new(chain: Chain) -> Self {
        Self {
            chain,
            sends: AtomicUsize::new(0),
            send_faults: Mutex::default(),
            down: AtomicBool::new(false),
            says: Mutex::default(),
            lies: Mutex::default(),
            refuses: Mutex::default(),
        }
    }

    /// Broadcasts are counted from here, the first one is 1; the given one meets the fault.
    pub(crate) fn expect(&self, fault: Option<(usize, SendFault)>) {
        self.sends.store(0, Ordering::SeqCst);
        *self.send_faults.lock().unwrap() = fault.into_iter().collect();
    }

    pub(crate) fn lie(&self, truth: &str, lie: &str) {
        self.lies.lock().unwrap().push((truth.to_owned(), lie.to_owned()));
    }

    /// From now on requests of which this is so are refused.
    pub(crate) fn refuse(&self, refuses: impl Fn(&str) -> bool + Send + 'static) {
        *self.refuses.lock().unwrap() = Some(Box::new(refuses));
    }

    pub(crate) fn mend(&self) {
        *self.refuses.lock().unwrap() = None;
        self.down.store(false, Ordering::SeqCst);
        *self.says.lock().unwrap() = None;
        self.lies.lock().unwrap().clear();
    }

    fn fault(&self, body: &str) -> Option<SendFault> {
        if !body.contains("eth_sendRawTransaction") {
            return None;
        }
        let number = self.sends.fetch_add(1, Ordering::SeqCst) + 1;
        self.send_faults.lock().unwrap().get(&number).copied()
    }
}

const REFUSAL: &str =
    r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"not served"}}"#;

fn lost() -> TransportError {
    TransportError("lost".to_owned())
}

/// Several engines share one line.
pub(crate) struct Line(pub(crate) std::sync::Arc<Wire>);

impl Transport for Line {
    fn call(&self, body: &str) -> Result<String, TransportError> {
        let wire = &self.0;
        if wire.down.load(Ordering::SeqCst) {
            return Err(lost());
        }
        if let Some(text) = &*wire.says.lock().unwrap() {
            return Ok(text.clone());
        }
        if wire.refuses.lock().unwrap().as_ref().is_some_and(|refuses| refuses(body)) {
            return Ok(REFUSAL.to_owned());
        }
        let fault = wire.fault(body);
        if fault == Some(SendFault::RequestLost) {
            return Err(lost());
        }
        let mut answer = wire.chain.handle(body);
        for (truth, lie) in &*wire.lies.lock().unwrap() {
            answer = answer.replace(truth, lie);
        }
        match fault {
            Some(SendFault::ReplyLost) => Err(lost()),
            Some(_) => {
                Ok(r#"[{"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":"busy"}}]"#
                    .to_owned())
            }
            None => Ok(answer),
        }
    }
}

impl PriceSource for Line {
    fn get(&self, query: &str) -> Result<String, TransportError> {
        if self.0.down.load(Ordering::SeqCst) {
            return Err(lost());
        }
        Ok(self.0.chain.prices(query))
    }

    fn name(&self) -> String {
        "devnet".to_owned()
    }
}

type Act = Box<dyn FnOnce() + Send>;

/// Stops escrow at a point, or does something there first.
#[derive(Default)]
pub(crate) struct Script {
    stop: Mutex<Option<(&'static str, usize)>>,
    acts: Mutex<Vec<(&'static str, Act)>>,
    visits: Mutex<Vec<&'static str>>,
}

impl Script {
    /// Stops at the `nth` visit of a point, counted from now.
    pub(crate) fn stop_at(&self, stop: Option<(&'static str, usize)>) {
        *self.stop.lock().unwrap() = stop;
        self.visits.lock().unwrap().clear();
    }

    /// Does something when a point is next reached.
    pub(crate) fn on(&self, point: &'static str, act: impl FnOnce() + Send + 'static) {
        self.acts.lock().unwrap().push((point, Box::new(act)));
    }

    pub(crate) fn visits(&self) -> Vec<&'static str> {
        self.visits.lock().unwrap().clone()
    }
}

/// Several engines follow one script.
pub(crate) struct Hand(pub(crate) std::sync::Arc<Script>);

impl Probe for Hand {
    fn reach(&self, point: &'static str) -> Result<(), Fault> {
        let script = &self.0;
        let act = {
            let mut acts = script.acts.lock().unwrap();
            let found = acts.iter().position(|(at, _)| *at == point);
            found.map(|found| acts.remove(found).1)
        };
        if let Some(act) = act {
            act();
        }
        let mut visits = script.visits.lock().unwrap();
        visits.push(point);
        let nth = visits.iter().filter(|visited| **visited == point).count();
        let mut stop = script.stop.lock().unwrap();
        if *stop == Some((point, nth)) {
            *stop = None;
            return Err(Fault::Stopped(point));
        }
        Ok(())
    }
}
