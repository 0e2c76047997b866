//! HTTP as the tester sees it, apart from any server: a strict parser of responses, a lenient view of requests, and
//! requests as commands.

pub(crate) mod curl;
pub(crate) mod fault;
pub(crate) mod response;
pub(crate) mod sent;
pub(crate) mod token;
