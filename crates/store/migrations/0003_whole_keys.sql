-- Names and readings are found by their beginning: one key each, whole, compared byte by byte; before, one key for each
-- beginning. And a registration is packed like every other body. Every registration is registered anew, at the start.

-- postgres:
ALTER TABLE registration_key ALTER COLUMN lookup TYPE TEXT COLLATE "C";

UPDATE compartment SET registration_due = registration_due + 1 WHERE EXISTS
  (SELECT 1 FROM registration WHERE registration.bucket = compartment.bucket AND registration.compartment = compartment.id);

DELETE FROM registration_key;

DELETE FROM registration;
