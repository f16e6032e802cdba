//! Small-text compression for kept answers: nearly all of an answer is property names, so a shared
//! dictionary and back references shrink it several times. Answers are kept for every request id, and
//! a company of 100,000 transactions must stay under 200 MiB.
//!
//! Format: a byte `n` below 128 is followed by `n + 1` literal bytes; a byte `n` of 128 or more means
//! `n - 128 + 4` bytes copied from `distance` back, a u16 LE that follows. Distances reach into the
//! dictionary that stands before the text.

const DICTIONARY: &str = concat!(
    r#"{"Deposit":{"DepositToAccountRef":{"value":"35","name":"Checking"},"Purchase":{"AccountRef":"#,
    r#"{"PaymentType":"Cash","EntityRef":"DepositLineDetail","JournalEntryLineDetail":{"#,
    r#""PostingType":"Credit","AccountBasedExpenseLineDetail","Entity":{"Type":"Customer","#,
    r#"{"Customer":{"DisplayName":"FullyQualifiedName":"Job":false,"Balance":0,"#,
    r#""BalanceWithJobs":0,"PrintOnCheckName":"Active":true,"#,
    r#"{"Payment":{"CustomerRef":{"value":"1","name":""},"DepositToAccountRef":{"value":"4","#,
    r#""name":"Undeposited Funds"},"PaymentRefNum":"","TotalAmt":0,"UnappliedAmt":0,"#,
    r#""ProcessPayment":false,"LineEx":{"any":[{"name":"{http://schema.intuit.com/finance/v3}"#,
    r#"NameValue","declaredType":"com.intuit.schema.finance.v3.NameValue","scope":"#,
    r#""javax.xml.bind.JAXBElement$GlobalScope","value":{"Name":"txnId","Value":""},"nil":false,"#,
    r#""globalScope":true,"typeSubstituted":false},"txnOpenBalance","txnReferenceNumber","#,
    r#"{"SalesReceipt":{"CreditMemo":{"RemainingCredit":"RefundReceipt":{"#,
    r#"{"Invoice":{"CustomerRef":{"value":"1","name":""},"DueDate":"2026-04-01","TotalAmt":100.00,"#,
    r#""Balance":100.00,"ApplyTaxAfterDiscount":false,"PrintStatus":"NeedToPrint","EmailStatus":"#,
    r#""NotSet","AllowIPNPayment":false,"AllowOnlinePayment":false,"#,
    r#""AllowOnlineCreditCardPayment":false,"AllowOnlineACHPayment":false,"domain":"QBO","#,
    r#""sparse":false,"Id":"145","SyncToken":"0","MetaData":{"CreateTime":"#,
    r#""2026-03-02T10:00:01-08:00","LastUpdatedTime":"2026-03-02T10:00:01-08:00"},"#,
    r#""CustomField":[],"DocNumber":"","TxnDate":"2026-03-02","CurrencyRef":{"value":"USD","name":"#,
    r#""United States Dollar"},"PrivateNote":"tieout:","LinkedTxn":[{"TxnId":"145","TxnType":"#,
    r#""Invoice"}],"Line":[{"Id":"1","LineNum":1,"Description":"","Amount":100.00,"DetailType":"#,
    r#""SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"1","name":"Services"},"#,
    r#""UnitPrice":100,"Qty":1,"ItemAccountRef":{"value":"1","name":"Services"},"TaxCodeRef":"#,
    r#"{"value":"NON"}}},{"Amount":100.00,"DetailType":"SubTotalLineDetail","#,
    r#""SubTotalLineDetail":{}}],"TxnTaxDetail":{"TotalTax":0}},"time":"#,
    r#""2026-03-02T10:00:01.000-08:00"}"#,
);

const SLOTS: usize = 4_096;
const LONGEST: usize = 127 + 4;

/// A compressor with its dictionary already indexed.
#[derive(Debug)]
pub(crate) struct Squeezer {
    slots: Vec<u16>,
}

fn slot(four: &[u8]) -> usize {
    let word = four.iter().take(4).fold(0_u32, |w, b| (w << 8) | u32::from(*b));
    usize::try_from(word.wrapping_mul(2_654_435_761) >> 20).unwrap_or(0) % SLOTS
}

impl Default for Squeezer {
    fn default() -> Self {
        let mut slots = vec![u16::MAX; SLOTS];
        for (at, four) in DICTIONARY.as_bytes().windows(4).enumerate() {
            slots[slot(four)] = u16::try_from(at).unwrap_or(u16::MAX);
        }
        Self { slots }
    }
}

fn literals(out: &mut Vec<u8>, bytes: &[u8]) {
    for chunk in bytes.chunks(128) {
        out.push(u8::try_from(chunk.len() - 1).unwrap_or(0));
        out.extend_from_slice(chunk);
    }
}

impl Squeezer {
    /// Compresses; text of any length is allowed, references reach 64 KiB back.
    pub(crate) fn squeeze(&self, text: &[u8]) -> Box<[u8]> {
        let before = DICTIONARY.len();
        let mut all = Vec::with_capacity(before + text.len());
        all.extend_from_slice(DICTIONARY.as_bytes());
        all.extend_from_slice(text);
        let mut slots = self.slots.clone();
        let mut out = Vec::with_capacity(text.len() / 2);
        let (mut at, mut pending) = (before, before);
        while at + 4 <= all.len() {
            let place = slot(&all[at..]);
            let from = usize::from(slots[place]);
            // Positions beyond 65,534 are not indexed; such text only finds earlier matches.
            slots[place] = u16::try_from(at).unwrap_or(slots[place]);
            let same = if from < at {
                let most = (all.len() - at).min(LONGEST);
                (0..most).take_while(|n| all[from + n] == all[at + n]).count()
            } else {
                0
            };
            match u16::try_from(at - from.min(at)) {
                Ok(distance) if same >= 4 => {
                    literals(&mut out, &all[pending..at]);
                    out.push(128 + u8::try_from(same - 4).unwrap_or(127));
                    out.extend(distance.to_le_bytes());
                    at += same;
                    pending = at;
                }
                _ => at += 1,
            }
        }
        literals(&mut out, &all[pending..]);
        out.into_boxed_slice()
    }
}

/// The text again.
pub(crate) fn expand(packed: &[u8]) -> Vec<u8> {
    let before = DICTIONARY.len();
    let mut all = DICTIONARY.as_bytes().to_vec();
    let mut at = 0;
    while let Some(&op) = packed.get(at) {
        at += 1;
        if op < 128 {
            let end = (at + usize::from(op) + 1).min(packed.len());
            all.extend_from_slice(&packed[at..end]);
            at = end;
        } else {
            let low = packed.get(at).copied().unwrap_or(0);
            let high = packed.get(at + 1).copied().unwrap_or(0);
            let distance = usize::from(u16::from_le_bytes([low, high]));
            at += 2;
            let from = all.len().saturating_sub(distance);
            for n in 0..usize::from(op - 128) + 4 {
                let byte = all.get(from + n).copied().unwrap_or(0);
                all.push(byte);
            }
        }
    }
    all.split_off(before)
}

#[cfg(test)]
mod tests {
    use super::{Squeezer, expand};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn what_goes_in_comes_out(
            words in prop::collection::vec("[a-z\\PC]{0,9}|\"TotalAmt\":|[0-9]{1,4}", 0..120),
        ) {
            let text = words.concat();
            prop_assert_eq!(expand(&Squeezer::default().squeeze(text.as_bytes())), text.as_bytes());
        }
    }

    #[test]
    fn long_and_monotonous_texts_come_out() {
        let squeezer = Squeezer::default();
        for text in [vec![b'a'; 200_000], (0..=255_u8).cycle().take(90_000).collect()] {
            let packed = squeezer.squeeze(&text);
            assert!(packed.len() < text.len() / 2, "{} of {}", packed.len(), text.len());
            assert_eq!(expand(&packed), text);
        }
    }
}
