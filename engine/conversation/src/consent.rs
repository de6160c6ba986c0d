//! What customers allow, or do not: the last answer for each purpose stands at the contact.
//!
//! Replay folds the same rules ([`crate::replay`]), so they are functions over what is known and nothing else.

use std::collections::BTreeMap;

use cauce_model::{Consent, ContactId};

/// The most purposes of one customer: the record that every turn reads stays small.
const MOST: usize = 32;

/// Keeps an answer; not when there is no room for one more purpose.
pub(crate) fn keep(consents: &mut BTreeMap<String, Consent>, purpose: &str, consent: Consent) -> bool {
    let has_room = consents.len() < MOST || consents.contains_key(purpose);
    if has_room {
        consents.insert(purpose.to_owned(), consent);
    }
    has_room
}

/// What steps read of them.
pub(crate) fn known(consents: &BTreeMap<String, Consent>) -> BTreeMap<String, bool> {
    consents.iter().map(|(purpose, consent)| (purpose.clone(), consent.granted)).collect()
}

/// Takes over what a younger contact of the same person answered, as far as it did so later; of two answers of the
/// same moment the one that allows nothing stands.
pub(crate) fn take_over(
    consents: &mut BTreeMap<String, Consent>,
    younger: ContactId,
    theirs: BTreeMap<String, Consent>,
) {
    for (purpose, consent) in theirs {
        let later = |own: &Consent| (consent.at, !consent.granted) > (own.at, !own.granted);
        if consents.get(&purpose).is_none_or(later) {
            let contact = consent.contact.or(Some(younger));
            // Each of the two had room for its own: both fit.
            consents.insert(purpose, Consent { contact, ..consent });
        }
    }
}

/// Forgets what was taken over from a contact that turned out to be somebody else. What stood before that is in the
/// journal only: until the customer answers again nothing is allowed.
pub(crate) fn give_back(consents: &mut BTreeMap<String, Consent>, younger: ContactId) {
    consents.retain(|_, consent| consent.contact != Some(younger));
}

#[cfg(test)]
mod tests {
    use cauce_model::{Slot, Timestamp};

    use super::*;

    fn said(granted: bool, at: i64) -> Consent {
        let (label, version) = ("Ofertas".to_owned(), "1".to_owned());
        Consent { label, granted, at: Timestamp(at), version, message: 1, contact: None }
    }

    fn of<const N: usize>(answers: [(&str, Consent); N]) -> BTreeMap<String, Consent> {
        answers.map(|(purpose, consent)| (purpose.to_owned(), consent)).into()
    }

    #[test]
    fn the_last_answer_stands_and_there_is_room_for_so_many() {
        let mut consents = BTreeMap::new();
        for n in 0..MOST {
            assert!(keep(&mut consents, &format!("p{n}"), said(true, 1)));
        }
        assert!(!keep(&mut consents, "uno mas", said(true, 2)));
        assert!(keep(&mut consents, "p0", said(false, 2)), "no is always heard");
        assert_eq!((consents.len(), known(&consents)["p0"], known(&consents)["p1"]), (MOST, false, true));
    }

    #[test]
    fn of_two_contacts_of_one_person_the_later_answer_stands() {
        let younger = ContactId::new(Slot::of("x"), 2);
        let mut own =
            of([("a", said(true, 5)), ("b", said(true, 5)), ("c", said(true, 5)), ("d", said(false, 5))]);
        let theirs = of([
            ("a", said(false, 6)),
            ("b", said(false, 4)),
            ("c", said(false, 5)),
            ("d", said(true, 5)),
            ("e", said(true, 1)),
        ]);
        take_over(&mut own, younger, theirs);
        let granted: Vec<bool> = own.values().map(|consent| consent.granted).collect();
        assert_eq!(granted, [false, true, false, false, true]);
        let proofs: Vec<bool> = own.values().map(|consent| consent.contact == Some(younger)).collect();
        assert_eq!(proofs, [true, false, true, false, true], "the message that proves it is in that history");
        give_back(&mut own, younger);
        assert_eq!(own.keys().collect::<Vec<_>>(), ["b", "d"]);
    }
}
