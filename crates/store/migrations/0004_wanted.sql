-- Objects that deliveries only named and that are read from their vendor.
CREATE TABLE wanted (
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  -- How often it was named since it was last read.
  asked BIGINT NOT NULL,
  PRIMARY KEY (source, name)
) /*STRICT*/;
