//! What gateway and hub say to each other; versioned.
