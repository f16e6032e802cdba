//! Ids by which order systems name what a processor did: with one of these its own events tell of the
//! same movement.

/// Whether an id is as PayPal makes them: 17 capitals and digits.
pub fn is_pay_pals(id: &str) -> bool {
    id.len() == 17 && is_plain(id)
}

/// Whether a reference (`pspReference`) is as Adyen makes them: 16 capitals and digits.
pub fn is_adyens(reference: &str) -> bool {
    reference.len() == 16 && is_plain(reference)
}

fn is_plain(id: &str) -> bool {
    id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}
