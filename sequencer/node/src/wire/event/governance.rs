//! What governance does.

use super::EventView;
use crate::wire::number::Integer;
use ballast_types::{Event, GovernanceCall};

/// Of a change that waits, takes effect or is refused.
pub(super) fn governance_view(event: &Event) -> EventView {
    match *event {
        Event::ChangeScheduled(GovernanceCall { action, subject, value }, at) => EventView::ChangeScheduled {
            action,
            name: action_name(action),
            subject,
            value: Integer(value),
            at: at.0,
        },
        Event::ParameterChanged(GovernanceCall { action, subject, value }) => {
            EventView::ParameterChanged { action, name: action_name(action), subject, value: Integer(value) }
        }
        Event::GovernanceRefused(GovernanceCall { action, subject, value }, rejection) => {
            EventView::GovernanceRefused {
                action,
                name: action_name(action),
                subject,
                value: Integer(value),
                rejection: rejection.into(),
            }
        }
        _ => unreachable!("the caller has looked"),
    }
}

/// The name of an action; empty when there is none with this number.
pub(crate) fn action_name(number: u8) -> String {
    ballast_engine::governance::action_name(number).unwrap_or_default().into()
}
