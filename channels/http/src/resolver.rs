//! From a name to the addresses that may be called. The connection is made to what was checked here, so
//! a name that changes its address between check and connection gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::policy::Policy;

/// Who knows the addresses of a name.
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of a name, in the order to try them.
    fn addresses(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(
            async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect()) },
        )
    }
}

/// All addresses of the name are inside.
#[derive(Debug, thiserror::Error)]
#[error("the name leads inside")]
pub(crate) struct LeadsInside;

/// Lets through only what the policy allows.
pub(crate) struct Filter {
    pub(crate) policy: Arc<Policy>,
    pub(crate) lookup: Arc<dyn Lookup>,
}

impl Resolve for Filter {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, name) = (self.policy.clone(), name.as_str().to_owned());
        let looking = self.lookup.addresses(name.clone());
        Box::pin(async move {
            let mut found = looking.await?;
            if found.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            if !policy.allows_name(&name) {
                found.retain(|address| policy.allows_address(*address));
            }
            if found.is_empty() {
                return Err(LeadsInside.into());
            }
            // Port 0 stands for the port of the URL.
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
