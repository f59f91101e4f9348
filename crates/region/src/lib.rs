//! A synthetic region that writes real source formats.
