//! What goes wrong with methods, known and unknown.

use super::Rule;
use crate::{
    http::sent::Sent,
    judge::{
        compare::Received,
        difference::{FieldFault, Mismatch},
    },
};

/// Why the response to a request with such a method differs.
pub(super) fn of(what: &Mismatch, received: &Received, sent: &Sent) -> Option<Rule> {
    match what {
        Mismatch::Status { wanted, got } => of_status(wanted, *got, sent),
        _ if sent.method() == b"HEAD" && what.is_field("Content-Length", FieldFault::Value) => Some(Rule::HeadLength),
        _ if what.is_field("Allow", FieldFault::Missing) => {
            Some(if received.head.status == 405 { Rule::AllowIn405 } else { Rule::AllowToOptions })
        }
        _ => what.is_field("Allow", FieldFault::Value).then_some(Rule::AllowWrong),
    }
}

fn of_status(wanted: &[u16], got: u16, sent: &Sent) -> Option<Rule> {
    let wants = |status: u16| wanted.contains(&status);
    Some(match got {
        404 if sent.method() == b"HEAD" && wants(200) => Rule::HeadIsGet,
        400 | 404 | 405 | 501 if sent.method() == b"OPTIONS" && wants(204) => Rule::OptionsOfEveryPath,
        405 if wants(501) => Rule::UnknownIs501,
        400 if wants(501) && !wants(405) => Rule::UnknownIsNot400,
        404 if wants(501) && !wants(405) => Rule::MethodBeforePath,
        404 if wants(405) => Rule::KnownPathIs405,
        501 if wants(405) => Rule::KnownMethodIs405,
        200..=299 if (wants(405) || wants(501)) && !wants(400) => Rule::MethodNotCompared,
        _ => return None,
    })
}
