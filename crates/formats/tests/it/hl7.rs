//! HL7 v2 messages as sent over MLLP, without a storage's file name.
