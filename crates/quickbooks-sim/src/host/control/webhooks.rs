//! The webhook endpoint of the app.

use serde_json::{Value, json};

use super::{Ask, Outcome, Refusal, change, look};
use crate::host::Host;
use crate::webhooks::{WebhookRules, instant};

fn shown(host: &Host) -> Value {
    let hooks = &host.webhooks;
    let (events, notifications) = hooks.waiting();
    let past: Vec<_> = hooks
        .past()
        .map(|p| {
            json!({
                "id": p.id,
                "events": p.events,
                "attempts": p.tries,
                "at": instant(p.done_us),
                "status": p.status,
            })
        })
        .collect();
    json!({
        "subscription": hooks.rules(),
        "paused": hooks.is_paused(),
        "disabled": hooks.disabled(),
        "counts": hooks.counts(),
        "waiting": { "events": events, "notifications": notifications },
        "next": hooks.next_us().map(instant),
        "delivered": past,
    })
}

pub(super) fn show(host: &mut Host, _: &Ask<'_>) -> Outcome {
    look(shown(host))
}

pub(super) fn subscribe(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let rules: WebhookRules = match host.webhooks.rules() {
        Some(rules) => ask.patched(rules)?,
        None => ask.body()?,
    };
    rules.check().map_err(|e| Refusal::bad(e, "GET /_sim/webhooks shows a subscription"))?;
    host.webhooks.set_rules(Some(rules), ask.req.now_us);
    change(shown(host))
}

pub(super) fn unsubscribe(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    host.webhooks.set_rules(None, ask.req.now_us);
    change(shown(host))
}

pub(super) fn pause(host: &mut Host, _: &Ask<'_>) -> Outcome {
    host.webhooks.pause(true);
    change(shown(host))
}

pub(super) fn resume(host: &mut Host, _: &Ask<'_>) -> Outcome {
    host.webhooks.pause(false);
    change(shown(host))
}

pub(super) fn flush(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    host.webhooks.flush(ask.req.now_us);
    change(shown(host))
}
