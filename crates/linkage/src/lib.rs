//! Are two registrations one person? Normalise, block, score, decide. Pure.
