//! Who a message is from or to, by every address the webhook gives, and what changes about them.

use cauce_model::{Address, InboundContent, Profile, Sender};

use super::AccountRef;
use crate::events::{Contact, MessageEvent, System};
use crate::value::{is_bsuid, is_phone};

/// Who wrote: `from` and `from_user_id`, completed by their entry of `contacts`. Since 2026 the phone may
/// be absent for ever; then the business-scoped id stands alone.
pub(super) fn sender(message: &MessageEvent, account: &AccountRef) -> Option<Sender> {
    person(message.from.as_deref(), message.from_user_id.as_deref(), &message.contact, account)
}

/// To whom the business's own phone wrote.
pub(super) fn recipient(echo: &MessageEvent, account: &AccountRef) -> Option<Sender> {
    person(echo.to.as_deref(), echo.to_user_id.as_deref(), &echo.contact, account)
}

/// Whom a notice is about, by what they were known until then. The ids in `from` and `from_user_id` may be
/// the old or the new ones, so what the notice itself calls the old ones goes before them.
pub(super) fn before(system: &System, message: &MessageEvent, account: &AccountRef) -> Option<Sender> {
    let from = system.previous_wa_id.as_deref().or(message.from.as_deref());
    let user_id = system.previous_user_id.as_deref().or(message.from_user_id.as_deref());
    person(from, user_id, &message.contact, account)
}

/// The notice, with what its person is known by from now on. Who only has a new id and still writes from a
/// phone is answered there as before.
pub(super) fn notice(system: &System, message: &MessageEvent, account: &AccountRef) -> InboundContent {
    let phone = system.new_wa_id.as_deref().filter(|id| is_phone(id));
    let user_id = system.new_user_id.as_deref().filter(|id| is_bsuid(id));
    let keeps_phone = system.subtype.as_deref() == Some("user_changed_user_id")
        && message.from.as_deref().is_some_and(is_phone);
    let body = system.text.as_ref().or(system.subtype.as_ref());
    InboundContent::Notice {
        body: body.cloned().unwrap_or_default(),
        addresses: addresses(phone, user_id, account),
        reply_to: phone.or(user_id.filter(|_| !keeps_phone)).map(str::to_owned),
    }
}

fn person(
    from: Option<&str>,
    user_id: Option<&str>,
    contact: &Contact,
    account: &AccountRef,
) -> Option<Sender> {
    let nobody = Contact::default();
    // The only entry of a webhook is shown beside its only message even if the ids differ; it completes
    // the sender only if they agree.
    let contact = if contact.is_of(from, user_id) { contact } else { &nobody };
    let phone = from.filter(|id| is_phone(id)).or(contact.wa_id.as_deref().filter(|id| is_phone(id)));
    let user_id = user_id.or(from).filter(|id| is_bsuid(id));
    let user_id = user_id.or(contact.user_id.as_deref().filter(|id| is_bsuid(id)));
    Some(Sender {
        reply_to: phone.or(user_id)?.to_owned(),
        addresses: addresses(phone, user_id, account),
        profile: Profile { name: contact.name.clone(), username: contact.username.clone() },
    })
}

fn addresses(phone: Option<&str>, user_id: Option<&str>, account: &AccountRef) -> Vec<Address> {
    let phone = phone.map(|phone| Address::phone(account.workspace.clone(), phone));
    let user_id = user_id.map(|id| Address::bsuid(account.workspace.clone(), &account.portfolio, id));
    phone.into_iter().chain(user_id).collect()
}
