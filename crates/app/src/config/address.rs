//! Where things are reached, and which of them lie on this machine, where nothing has to be encrypted.

/// Where a ledger is reached.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Scheme and host of its data.
    pub base_url: String,
    /// The consent page.
    pub consent_url: String,
    /// Token endpoint.
    pub token_url: String,
    /// Where tokens are revoked.
    pub revoke_url: String,
}

/// The port of `http://localhost:PORT/…` or `http://127.0.0.1:PORT/…`; none for every other address.
pub fn local_port(address: &str) -> Option<u16> {
    let rest = address.strip_prefix("http://")?;
    let authority = rest.split(['/', '?']).next()?;
    match authority.split_once(':') {
        Some(("localhost" | "127.0.0.1", port)) => port.parse().ok(),
        None if matches!(authority, "localhost" | "127.0.0.1") => Some(80),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_on_this_machine_is_listened_to() {
        assert_eq!(local_port("http://localhost:8080/oauth/quickbooks/callback"), Some(8080));
        assert_eq!(local_port("http://127.0.0.1:9/x?y"), Some(9));
        assert_eq!(local_port("http://localhost/x"), Some(80));
        for other in ["https://localhost:8080/x", "http://books.example.com:8080/", "localhost:1"] {
            assert_eq!(local_port(other), None, "{other}");
        }
    }
}
