-- Names and readings are found by their beginning: one key each, whole, compared byte by byte; before, one key for each
-- beginning. Every registration is registered anew.

-- postgres:
ALTER TABLE registration_key ALTER COLUMN lookup TYPE TEXT COLLATE "C";

DELETE FROM registration_key;

UPDATE compartment SET registration_due = registration_due + 1 WHERE EXISTS
  (SELECT 1 FROM registration WHERE registration.bucket = compartment.bucket AND registration.compartment = compartment.id);
