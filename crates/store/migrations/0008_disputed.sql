-- Payments that disputes are about: what becomes known of their sales is news for the disputes.
CREATE TABLE disputed (
  -- Economic key of the payment.
  payment TEXT NOT NULL,
  -- Subject of the dispute.
  subject_key TEXT NOT NULL,
  PRIMARY KEY (payment, subject_key)
) /*STRICT*/;
